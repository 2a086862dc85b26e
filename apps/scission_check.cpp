// scission-check: whether profiles and a network suffice for plans that can be relied on.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "scission/plan/setup_check.hpp"
#include "table.hpp"
#include "tool.hpp"

namespace {

using namespace scission;
using apps::Align;
using apps::Table;

/// Of this tool alone: others end with 3 when no plan fits.
constexpr int exit_odd = 3;

const char* const notes = R"(
Arguments:
  PROFILES      a folder of profiles: PLATFORM-NAME.json (scission-benchmark) and PLATFORM-NAME.dat
                (the original tool), in any mixture
  NETWORK.csv   links: source,destination,ping(ms),bandwidth(mbps). Looked for in the working
                directory, then in PROFILES. Without it, links are not checked

A table of the systems, one of the links, and below them what is missing or unusual, each with the
command that fixes it:
  missing model   a system has not measured a model that others have
  missing link    no link between two systems that a plan in the platforms' order may use
  unknown name    the network names a system that no profile has, but one resembles
  imprecise       the 95 % interval of a whole model's time is wider than ±5 %
  doubtful        the measurement itself had warnings
  old             measured over 90 days ago (--max-age)
  governor        measured while the clock frequency was not fixed
  stressed        measured under the load of --stress
  unlike          versions, cuts, optimisations or inputs differ between systems

Columns of the table of systems:
  precision   half the 95 % interval of the whole model's time, of the least precise model
  governor    of the clock frequency; unknown in most VMs

scission-predict and scission-plan warn of the same in one line.

Examples:
  scission-check data/example network.csv
  scission-check profiles --model resnet50
  scission-check profiles network.csv --json

Exit codes: 0 nothing is missing or unusual, 1 it failed, 2 wrong usage, 3 something is missing or unusual.
)";

void add_options(cxxopts::Options& options) {
  options.add_options()  //
      ("m,model", "check only what plans of this model need (default: all models)",
       cxxopts::value<std::string>(), "MODEL")  //
      ("max-age", "age from which a profile counts as old, in days",
       cxxopts::value<int>()->default_value("90"), "DAYS")  //
      ("platforms", "platforms in the order in which data may pass them",
       cxxopts::value<apps::Words>()->default_value("device,edge,cloud"), "A,B,C")  //
      ("json", "print the findings as JSON");
}

std::string or_dash(const std::string& text) { return text.empty() ? "–" : text; }

std::string precision_cell(const SystemProfile& system, const std::string& only) {
  std::optional<double> widest;
  for (const ModelProfile& model : system.models) {
    if (!only.empty() && model.model != only) continue;
    if (const auto width = whole_half_width(model)) widest = std::max(widest.value_or(0), *width);
  }
  return widest ? fmt::format("±{:.1f} %", 100 * *widest) : "–";
}

std::string systems_table(const std::vector<SystemProfile>& profiles, const std::string& only) {
  Table table({{"system", Align::left},
               {"models"},
               {"measured", Align::left},
               {"threads"},
               {"versions", Align::left},
               {"governor", Align::left},
               {"precision"}});
  for (const SystemProfile& system : profiles) {
    const HostContext& host = system.host;
    const std::string versions =
        host.tool_version + (host.backend_version.empty() ? "" : "/" + host.backend_version);
    table.add({system.platform + "-" + system.name, std::to_string(system.models.size()),
               or_dash(host.date.substr(0, 10)),
               host.threads > 0 ? std::to_string(host.threads) : "–", or_dash(versions),
               or_dash(host.governor), precision_cell(system, only)});
  }
  return table.text();
}

std::string link_cell(const std::optional<Link>& link) {
  if (!link) return "missing";
  if (link->curve.empty()) {
    return fmt::format("{:g} ms, {:g} Mbit/s", link->ping_ms, link->megabits_per_s);
  }
  const auto rate = link->curve_megabits_per_s();
  return rate ? fmt::format("curve, {:.3g} Mbit/s", *rate) : "curve";
}

std::string links_table(const std::vector<SetupLink>& links) {
  if (links.empty()) return {};
  Table table({{"link", Align::left}, {"", Align::left}});
  for (const SetupLink& link : links)
    table.add({link.from + " → " + link.to, link_cell(link.link)});
  return "\n" + table.text();
}

// Broken to the terminal that stdout is; `first` begins the first line, spaces the others.
std::string paragraph(const std::string& first, const std::string& text) {
  constexpr std::size_t min_width = 20;
  const auto width = apps::terminal_width(STDOUT_FILENO);
  if (!width) return first + text + "\n";
  std::string lines;
  std::string indent = first;
  for (const std::string& line :
       apps::wrapped(text, std::max(min_width, *width - std::min(*width, first.size())))) {
    lines += indent + line + "\n";
    indent = std::string(first.size(), ' ');
  }
  return lines;
}

std::string findings_text(const SetupCheck& check) {
  if (check.is_fine()) return "\nFine: nothing is missing or unusual.\n";
  std::string text = fmt::format("\n{} to fix:\n", check.findings.size());
  for (const SetupFinding& finding : check.findings) {
    text += paragraph("- ", finding.text) + paragraph("    ", finding.remedy);
  }
  return text;
}

int check(const apps::Arguments& arguments) {
  if (arguments.count("profiles") == 0) {
    throw apps::usage_error("PROFILES is needed; see scission-check --help");
  }
  SetupCheckOptions options;
  options.folder = arguments["profiles"].as<std::string>();
  options.network_file = apps::text_of(arguments, "network");
  options.platforms = arguments["platforms"].as<apps::Words>();
  options.max_age_days = apps::int_of(arguments, "max-age", 0);
  options.now = this_host().date;
  const std::vector<SystemProfile> profiles = read_profiles(options.folder);
  std::optional<Network> network;
  if (!options.network_file.empty()) {
    const auto file = apps::find_data_file(options.network_file, options.folder);
    options.network_file = file.string();
    network = read_network(file);
  }
  if (arguments.count("model")) {
    options.model = find_known_model(profiles, arguments["model"].as<std::string>());
  }
  const SetupCheck found = check_setup(profiles, network, options);
  std::cout << (arguments.count("json") ? format_setup_check_json(found)
                                        : systems_table(profiles, options.model) +
                                              links_table(found.links) + findings_text(found));
  return found.is_fine() ? apps::exit_done : exit_odd;
}

apps::Tool tool() {
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
