// The commands of scission-adapt: `scission-adapt NAME ARGUMENT...`.
#pragma once

#include <array>
#include <string_view>

namespace scission::apps {

/// Each is called as a main() of its own, argv[0] its full name ("scission-adapt analyse"), answers
/// --help itself and throws what run_tool() turns into an exit code.
int analyse(int argc, char** argv);
int replay(int argc, char** argv);
int run(int argc, char** argv);    ///< where the runtime is built
int sweep(int argc, char** argv);  ///< where the runtime is built
int trace(int argc, char** argv);

struct Command {
  std::string_view name;
  std::string_view summary;  ///< one line for --help
  int (*run)(int argc, char** argv);
};

inline constexpr std::array commands = {
    Command{"analyse", "when repartitioning pays, in measured conditions", analyse},
    Command{"replay", "what the controller would have done along a trace", replay},
#ifdef SCISSION_HAS_RUNTIME
    Command{"run", "runs a model and goes over to another plan when it pays", run},
    Command{"sweep", "measures cuts under rates of links and stress of systems", sweep},
#endif
    Command{"trace", "makes up rates and loads over time", trace},
};

}  // namespace scission::apps
