// The commands of scission-adapt: `scission-adapt NAME ARGUMENT...`.
#pragma once

#include <array>
#include <string_view>

namespace scission::apps {

/// Each is called as a main() of its own, argv[0] its full name ("scission-adapt analyse"), answers
/// --help itself and throws what run_tool() turns into an exit code.
int analyse(int argc, char** argv);
int replay(int argc, char** argv);
int trace(int argc, char** argv);

struct Command {
  std::string_view name;
  std::string_view summary;  ///< one line for --help
  int (*run)(int argc, char** argv);
};

inline constexpr std::array commands = {
    Command{"analyse", "when repartitioning pays, in measured conditions", analyse},
    Command{"replay", "what the controller would have done along a trace", replay},
    Command{"trace", "makes up rates and loads over time", trace},
};

}  // namespace scission::apps
