// Python as an independent implementation.
#pragma once

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/run_program.hpp"
#include "scission/base.hpp"

namespace scission::testing {

/// The output of `python3 program argument…`; empty where python3 is not installed.
/// Throws std::runtime_error with its message when it fails.
inline std::optional<std::string> run_python(const std::filesystem::path& program,
                                             std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program.string());
  try {
    const ProgramResult result =
        run_program({"python3", std::move(arguments), program.parent_path(), "install python3"});
    if (!result.succeeded) throw std::runtime_error("python3 failed: " + result.output);
    return result.output;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::unsupported) return std::nullopt;
    throw;
  }
}

}  // namespace scission::testing
