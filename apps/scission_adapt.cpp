// scission-adapt: reports when repartitioning is worthwhile, and runs models adaptively.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "adapt/commands.hpp"
#include "base/text.hpp"
#include "tool.hpp"

namespace {

using namespace scission;

struct Command {
  std::string_view name;
  std::string_view summary;  ///< one line for --help
  apps::Tool (*tool)();
};

const std::vector<Command> commands{
    {"analyse", "reports when repartitioning is worthwhile in a sweep", apps::analyse_command},
    {"replay", "compares the controller with other strategies along a trace", apps::replay_command},
#ifdef SCISSION_HAS_RUNTIME
    {"run", "runs a model and switches plans when that is worthwhile", apps::adaptive_run_command},
    {"sweep", "measures plans under link rates and system loads", apps::sweep_command},
#endif
    {"trace", "generates link rates and system loads over time", apps::trace_command},
};

constexpr std::string_view notes = R"(
Options:
  -h, --help     print this text
      --version  print the version

Examples:
  scission-adapt analyse results/
  scission-adapt analyse --help
  scission-adapt sweep vgg16 --host 10.0.1.4 --workers cloud=10.0.1.5:8001 --insecure --cloud-cpu 0,50
  scission-adapt run vgg19 photos/ --workers edge=10.0.0.2:8001,cloud=10.0.1.5:8001 --insecure
  scission-adapt trace data/example network.csv vgg19 --kinds steps,outages -o trace.csv
  scission-adapt replay data/example network.csv vgg19 trace.csv

Exit codes: 0 done, 1 it failed, 2 wrong usage, 3 no plan fits.
)";

std::string help() {
  std::string text =
      "Reports when repartitioning a model is worthwhile, and runs models adaptively.\n"
      "\nUsage:\n  scission-adapt COMMAND [ARGUMENT...]\n\nCommands:\n";
  for (const Command& command : commands) {
    text += fmt::format("  {:<10}{}\n", command.name, command.summary);
  }
  return apps::help_text(text + "\nscission-adapt COMMAND --help explains each command.\n" +
                         std::string(notes));
}

int run(int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  if (name == "-h" || name == "--help") {
    std::cout << help();
    return apps::exit_done;
  }
  std::vector<std::string> names;
  for (const Command& command : commands) {
    if (command.name == name) return apps::run_command(command.tool(), argc - 1, argv + 1);
    names.emplace_back(command.name);
  }
  throw apps::usage_error(
      fmt::format("{}; {}; see scission-adapt --help",
                  name.empty() ? "a command is needed" : fmt::format("'{}' is not a command", name),
                  suggestion(name, names)));
}

}  // namespace

int main(int argc, char** argv) {
  return scission::apps::run_tool("scission-adapt", argc, argv, run);
}
