// scission-adapt: when to repartition, from measurements, and a controller along traces.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "adapt/commands.hpp"
#include "base/text.hpp"
#include "command_line.hpp"
#include "scission/base/error.hpp"
#include "tool.hpp"

namespace {

using namespace scission;

constexpr std::string_view epilog = R"(
Options:
  -h, --help     this text
      --version  the version

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
      "Tells when distributing a network anew pays.\n"
      "\nUsage:\n  scission-adapt COMMAND [ARGUMENT...]\n\nCommands:\n";
  for (const apps::Command& command : apps::commands) {
    text += fmt::format("  {:<10}{}\n", command.name, command.summary);
  }
  text += "\nscission-adapt COMMAND --help says more about each.\n" + std::string(epilog);
  return apps::help_text(text);
}

std::vector<std::string> known_names() {
  std::vector<std::string> names;
  for (const apps::Command& command : apps::commands) names.emplace_back(command.name);
  return names;
}

/// The command's own arguments, under its full name.
int run_command(const apps::Command& command, int argc, char** argv) {
  std::string name = fmt::format("scission-adapt {}", command.name);
  std::vector<char*> arguments = {name.data()};
  arguments.insert(arguments.end(), argv + 2, argv + argc);
  const int count = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  return command.run(count, arguments.data());
}

int run(int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  if (name == "-h" || name == "--help") {
    std::cout << help();
    return apps::exit_done;
  }
  const auto found = std::find_if(apps::commands.begin(), apps::commands.end(),
                                  [name](const auto& command) { return command.name == name; });
  if (found != apps::commands.end()) return run_command(*found, argc, argv);
  const std::string fault =
      name.empty() ? "a command is needed" : fmt::format("'{}' is no command", name);
  throw Error(ErrorCode::invalid_argument, fmt::format("{}; {}; see scission-adapt --help", fault,
                                                       suggestion(name, known_names())));
}

}  // namespace

int main(int argc, char** argv) {
  return scission::apps::run_tool("scission-adapt", argc, argv, run);
}
