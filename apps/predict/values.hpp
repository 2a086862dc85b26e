// Reading the values of options; whatever cannot be read is an error that names the option.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include <cxxopts.hpp>

#include "scission/base/error.hpp"
#include "scission/search/search.hpp"

namespace scission::predict {

/// Runs `parse` and puts the option in front of what it complains about.
template <typename Parse>
auto of_option(const std::string& option, const std::string& text, Parse parse) {
  try {
    return parse(text);
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), "--" + option);
  }
}

/// A number ≥ 0; `unit` is for the message. Throws Error(invalid_argument) on anything else.
double parse_amount(const std::string& text, const std::string& unit);
/// "0.15" (MB), "150kB", "0.15MB" or "1GB", in bytes.
double parse_megabytes(const std::string& text);

/// "0.01,100": two numbers above 0, ascending. Throws Error(invalid_argument).
std::pair<double, double> parse_range(const std::string& text);

/// "0-5" or "3". Throws Error(invalid_argument).
KeepOn parse_keep_on(const std::string& name, const std::string& layers);

/// The option's amount where it is given.
std::optional<double> optional_amount(const cxxopts::ParseResult& arguments,
                                      const std::string& option, const std::string& unit);

}  // namespace scission::predict
