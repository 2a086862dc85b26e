// Runs a tool and captures its exit code, stdout and stderr.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "support/scratch.hpp"

namespace scission::testing {

using Arguments = std::vector<std::string>;

struct ToolResult {
  int exit_code = -1;  ///< 128 + the signal's number when a signal ended it
  std::string out;     ///< all of stdout
  std::string err;     ///< all of stderr
};

/// The environment of the tool. Its stdin is empty.
struct ToolOptions {
  std::filesystem::path folder = ".";              ///< where it runs
  std::map<std::string, std::string> environment;  ///< set on top of the test's own
};

/// A built tool that runs, "scission-predict". Killed at the end unless it was waited for.
class RunningTool {
 public:
  /// Throws std::runtime_error when it cannot be started.
  RunningTool(const std::string& tool, const Arguments& arguments, const ToolOptions& options = {});
  ~RunningTool();
  RunningTool(const RunningTool&) = delete;
  RunningTool& operator=(const RunningTool&) = delete;

  void send(int signal) const;

  /// Its output so far.
  std::string out() const;
  std::string err() const;

  /// Waits for its end. May be called once.
  ToolResult wait();

 private:
  Scratch streams_;
  pid_t process_ = -1;
};

/// Runs the built tool, "scission-predict", with these arguments and waits for its end.
/// Throws std::runtime_error when it cannot be started.
ToolResult run_tool(const std::string& tool, const Arguments& arguments,
                    const ToolOptions& options = {});

/// Whether the text is one line, with its line feed.
inline bool is_one_line(const std::string& text) {
  return !text.empty() && text.find('\n') == text.size() - 1;
}

}  // namespace scission::testing
