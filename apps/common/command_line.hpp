// Reading a command line: what all tools have in common.
#pragma once

#include <cstdint>
#include <cxxopts.hpp>
#include <string>
#include <vector>

#include "scission/base/error.hpp"

namespace scission::apps {

/// Error(invalid_argument); `place` is the option or argument that is wrong.
Error usage_error(const std::string& message, const std::string& place = {});

/// options.parse(), which says of an unknown option which one may have been meant, and of a value
/// of the wrong kind whose it is: throws Error(invalid_argument) there, a cxxopts exception
/// otherwise.
cxxopts::ParseResult parse_options(cxxopts::Options& options, int argc, const char* const* argv);

/// The long names of all options, without dashes; not what is read by its position.
std::vector<std::string> option_names(const cxxopts::Options& options);

/// What --help prints: the options, those without a group first, then group by group, in the same
/// order for every tool; and then `more`. Fitted to the terminal, if it is one.
std::string help_of(const cxxopts::Options& options, const std::string& more);

/// A text for --help, fitted to the terminal as help_of() does it.
std::string help_text(const std::string& text);

/// --speed SHARE, above 0 and at most 1. Throws Error(invalid_argument) otherwise.
double speed_of(const cxxopts::ParseResult& arguments);

/// --pause S, 0 or more and at most an hour. Throws Error(invalid_argument) otherwise.
double pause_of(const cxxopts::ParseResult& arguments);

/// This machine's name, "here" where it has none.
std::string host_name();

/// "25,636,712".
std::string grouped(std::int64_t number);

}  // namespace scission::apps
