// Running another program, without a shell.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scission/base/export.hpp"

// For our own tools, which share this with the library.
namespace scission {

/// A program, found along PATH, and the folder it runs in.
struct SCISSION_EXPORT ProgramCall {
  std::string program;
  std::vector<std::string> arguments;
  std::filesystem::path folder = ".";
  std::string remedy;  ///< "install graphviz to …", for when the program is not there
};

struct SCISSION_EXPORT ProgramResult {
  bool succeeded = false;  ///< ended by itself, with exit code 0
  std::string output;      ///< stdout and stderr, as they came
};

/// Runs it and waits for its end.
/// Throws Error(unsupported) with the remedy when it is not installed, Error(io) when it cannot be
/// started.
SCISSION_EXPORT ProgramResult run_program(const ProgramCall& call);

/// A new hidden folder in `parent`, gone with everything left in it at the end.
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
