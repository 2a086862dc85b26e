// Running a program without a shell.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scission/base.hpp"

namespace scission {

/// A program to find along PATH, and its working folder.
struct SCISSION_EXPORT ProgramCall {
  std::string program;
  std::vector<std::string> arguments;
  std::filesystem::path folder = ".";
  std::string remedy;  ///< completes the error if it is not installed: "install graphviz to …"
};

struct SCISSION_EXPORT ProgramResult {
  bool succeeded = false;  ///< exited with code 0
  std::string output;      ///< stdout and stderr, interleaved
};

/// Throws Error(unsupported) with the remedy if the program is not installed.
SCISSION_EXPORT void require_program(const ProgramCall& call);

/// Runs the program and waits for its end. Throws Error(unsupported) with the remedy if it is not
/// installed, Error(io) if it cannot be started.
SCISSION_EXPORT ProgramResult run_program(const ProgramCall& call);

/// A new hidden folder in `parent`; the destructor removes it with its contents.
/// Throws Error(io) with `parent` as place.
class SCISSION_EXPORT WorkFolder {
 public:
  explicit WorkFolder(const std::filesystem::path& parent);
  ~WorkFolder();
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace scission
