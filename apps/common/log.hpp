// What tools log: to stderr, as text or as JSON.
#pragma once

#include <spdlog/common.h>

#include <cstdint>
#include <cxxopts.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "command_line.hpp"

namespace scission::apps {

/// Sends spdlog to stderr as `NAME: warning: …`; in colour only on a terminal and without NO_COLOR.
void log_to_stderr(const std::string& name);

/// Adds --log-level and --log-format, for tools that run for long. run_command() applies them.
void add_log_options(cxxopts::Options& options);

/// Applies the two options where they are given. Throws Error(invalid_argument) with the option as
/// place on another word than those that --help lists.
void apply_log_options(const Arguments& arguments);

/// Whether each message is a JSON object in a line.
bool logs_json();

/// What a message is about: a member of the JSON object, or `name=value` behind the text.
using LogField = std::pair<const char*, std::variant<std::string, double, std::int64_t>>;
using LogFields = std::vector<LogField>;

/// Logs a message with fields; empty texts among them are left out.
void log_event(spdlog::level::level_enum level, const std::string& message,
               const LogFields& fields);

/// A failure in one line: `NAME: LINE` on stderr, or an error of the log where that is JSON.
void print_failure(const std::string& name, const std::string& line);

}  // namespace scission::apps
