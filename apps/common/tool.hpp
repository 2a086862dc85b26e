// What every command-line tool has in common: errors, exit codes, --version, logging.
#pragma once

#include <functional>
#include <string>

#include "scission/base/error.hpp"

namespace scission::apps {

inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_no_plan = 3;

/// The exit code of a tool that ends with this error: 2 for invalid_argument, 3 for infeasible, 1
/// otherwise.
int exit_code(ErrorCode code) noexcept;

/// Runs a tool's body and turns whatever it throws into one line on stderr and an exit code:
///   scission::Error       `NAME: place: message`, exit_code(error.code())
///   a cxxopts exception   `NAME: message; see NAME --help`, 2
///   anything else         `NAME: message`, 1
/// Answers `--version` itself, sends spdlog to stderr (`NAME: warning: …`; colour only on a
/// terminal, never with NO_COLOR set), and fails when stdout could not be written.
///
///     int main(int argc, char** argv) {
///       return scission::apps::run_tool("scission-zoo", argc, argv, body);
///     }
int run_tool(const std::string& name, int argc, char** argv,
             const std::function<int(int argc, char** argv)>& body);

}  // namespace scission::apps
