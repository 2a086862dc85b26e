// scission-check: whether profiles and a network suffice for plans that can be relied on.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "problem_arguments.hpp"
#include "scission/plan/problem.hpp"
#include "scission/report.hpp"
#include "tool.hpp"

namespace {

using namespace scission;
using namespace scission::apps;

/// Of this tool alone: others end with 3 when no plan fits.

const char* const notes = R"(
Arguments:
  PROFILES      a folder of profiles: PLATFORM-NAME.json (scission-benchmark) and PLATFORM-NAME.dat
                (the original tool), in any mixture
  NETWORK.csv   links: source,destination,ping(ms),bandwidth(mbps). Looked for in the working
                directory, then in PROFILES. Without it, links are not checked

A table of the systems, one of the links, one of the codecs that scission-benchmark --codecs has
measured, with the number of cuts on each system, and below them what is missing or unusual, each
with the command that fixes it:
  missing model   a system has not measured a model that others have
  missing codec   a system has not measured a codec, or some of its cuts, that others have
  missing link    no link between two systems that a plan in the platforms' order may use
  unknown name    the network names a system that no profile has, but one resembles
  imprecise       the 95 % interval of a whole model's time is wider than ±5 %
  doubtful        the measurement itself had warnings
  old             measured over 90 days ago (--max-age)
  governor        measured while the clock frequency was not fixed
  stressed        measured under the load of --stress
  unlike          versions, cuts, optimisations, pauses or inputs differ, or a date is missing or ahead

Columns of the table of systems:
  precision   half the 95 % interval of the whole model's time, of the least precise model
  governor    of the clock frequency; unknown in most VMs

scission-predict and scission-plan warn of the same in one line.

Examples:
  scission-check data/example network.csv
  scission-check profiles --model resnet50
  scission-check profiles network.csv --json

Exit codes: 0 nothing is missing or unusual, 1 failed, 2 wrong usage, 3 something is missing or unusual.
)";

void add_options(cxxopts::Options& options) {
  options.add_options()  //
      ("m,model", "check only what plans of this model need (default: all models)", text_value(),
       "MODEL")  //
      ("max-age", "age from which a profile counts as old, in days", int_value("90"),
       "DAYS")  //
      ("platforms", "platforms in the order in which data may pass them",
       list_value("device,edge,cloud"), "A,B,C")  //
      ("json", "print the findings as JSON");
}

void require_order_of(const std::vector<SystemProfile>& profiles, const Words& platforms) {
  for (const SystemProfile& profile : profiles) {
    if (std::find(platforms.begin(), platforms.end(), profile.platform) != platforms.end())
      continue;
    throw usage_error(fmt::format("platform '{}' of {} has no place in the order {}",
                                  profile.platform, profile.name, fmt::join(platforms, ",")),
                      "--platforms");
  }
}

int check(const Arguments& arguments) {
  if (arguments.count("profiles") == 0) {
    throw usage_error("PROFILES is needed; see scission-check --help");
  }
  SetupCheckOptions options;
  options.folder = arguments["profiles"].as<std::string>();
  options.network_file = text_of(arguments, "network");
  options.platforms = arguments["platforms"].as<Words>();
  options.max_age_days = int_of(arguments, "max-age", 0);
  options.now = this_host().date;
  const std::vector<SystemProfile> profiles = read_profiles_of(options.folder);
  require_order_of(profiles, options.platforms);
  std::optional<Network> network;
  if (!options.network_file.empty()) {
    const auto file = find_data_file(options.network_file, options.folder);
    options.network_file = file.string();
    network = read_network(file);
  }
  if (arguments.count("model")) {
    options.model = find_known_model(profiles, arguments["model"].as<std::string>());
  }
  const SetupCheck found = check_setup(profiles, network, options);
  std::cout << (arguments.count("json")
                    ? format_setup_check_json(found)
                    : format_setup(profiles, found, options.model, stdout_width()));
  return found.is_fine() ? exit_done : exit_findings;
}

Tool tool() {
  return {.name = "scission-check",
          .summary = "Says what is missing or unusual in profiles and links, and how to fix it.",
          .usage = "PROFILES [NETWORK.csv] [OPTION...]",
          .notes = notes,
          .positional = {"profiles", "network"},
          .add_options = add_options,
          .run = check};
}

}  // namespace

int main(int argc, char** argv) { return scission::apps::run_tool(tool(), argc, argv); }
