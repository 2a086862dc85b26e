// scission-report: profiles and plans as one HTML page.
#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "command_line.hpp"
#include "problem_arguments.hpp"
#include "progress.hpp"
#include "scission/explore.hpp"
#include "scission/plan/problem.hpp"
#include "scission/profile.hpp"
#include "scission/report.hpp"
#include "scission/search/plan_io.hpp"
#include "tool.hpp"

namespace {

using namespace scission;
using namespace scission::apps;
namespace fs = std::filesystem;

const char* const notes = R"(
Arguments:
  PROFILE...    PLATFORM-NAME.json (scission-benchmark) or PLATFORM-NAME.dat (the original tool), or
                folders of them; ratios are to the first

The page needs no scripts and no other files; it works offline and prints.
  systems       hosts and settings, side by side
  models        agreement of the blocks' sum with the whole model, warnings, the cuts after which
                less is sent than after any before, every block with its uncertainty, and pictures
                (gnuplot draws them; without it the page says that they are missing)
  plans         what scission-predict --json wrote, as timelines to scale with one lane per system

--interactive writes another page: that of scission-explore with sliders for bandwidths and speeds,
and the best plans of one model at every point of a grid inside, so that it works from an e-mail.

--network shows the links, and marks plans that were made from other links. The file is looked for
in the working directory, then in the first PROFILE where that is a folder. Equal input gives an
equal page: it shows no date but the one of --date.

Examples:
  scission-report device-my-pc.json
  scission-report data/example -o example.html --title "Three machines"
  scission-predict data/example network.csv resnet50 --json > plan.json
  scission-report data/example --network network.csv --plans plan.json -o report.html
  scission-report data/example --network network.csv --interactive vgg19 -o vgg19.html

Exit codes: 0 done, 1 failed, 2 wrong usage.
)";

void add_options(cxxopts::Options& options) {
  options.add_options()                                                      //
      ("o,output", "HTML file to write", text_value("report.html"), "FILE")  //
      ("title", "title of the page", text_value("Scission report"), "TEXT")  //
      ("date", "text printed below the title (default: none)", text_value(),
       "TEXT")  //
      ("network", "network file whose links are shown", text_value(),
       "FILE.csv")  //
      ("plans", "plans to show, as scission-predict --json writes them; can be repeated",
       list_value(), "FILE.json")  //
      ("interactive",
       "write a page with sliders and precomputed plans of this model instead; needs --network",
       text_value(), "MODEL")  //
      ("no-plot", "leave out the pictures of blocks, which take most of the time");
}

std::vector<SystemProfile> read_systems(const std::vector<std::string>& paths) {
  std::vector<SystemProfile> systems;
  for (const std::string& path : paths) {
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) {
      systems.push_back(read_profile(path));
      continue;
    }
    for (SystemProfile& system : read_profiles_of(path)) systems.push_back(std::move(system));
  }
  return systems;
}

HtmlReport make_report(const Arguments& arguments) {
  const std::vector<std::string> paths = words_of(arguments, "profiles");
  if (paths.empty()) throw usage_error("a PROFILE is needed; see scission-report --help");
  HtmlReport report;
  report.title = arguments["title"].as<std::string>();
  report.date = text_of(arguments, "date");
  report.systems = read_systems(paths);
  if (arguments.count("network")) {
    const fs::path network = arguments["network"].as<std::string>();
    report.network = read_network(find_data_file(network, paths.front()));
  }
  for (const std::string& path : words_of(arguments, "plans")) {
    report.plans.push_back({path, read_answer_json(path)});
  }
  report.draws_pictures = arguments.count("no-plot") == 0;
  return report;
}

std::string interactive_page(const Arguments& arguments) {
  const std::vector<std::string> paths = words_of(arguments, "profiles");
  const std::string network = text_of(arguments, "network");
  if (paths.empty() || network.empty()) {
    throw usage_error("needs a PROFILE and --network FILE.csv", "--interactive");
  }
  const std::vector<SystemProfile> systems = read_systems(paths);
  const std::string model = find_known_model(systems, text_of(arguments, "interactive"));
  PartitionProblem problem =
      make_problem(systems, read_network(find_data_file(network, paths.front())), model);
  Query query;
  query.input_bytes = default_input_bytes(problem);
  const BackgroundProgress progress("searching", std::nullopt);
  return Explorer(std::move(problem), std::move(query), {}).grid_page();
}

int write_report(const Arguments& arguments) {
  const fs::path output = arguments["output"].as<std::string>();
  if (arguments.count("interactive")) {
    write_file_atomically(output, interactive_page(arguments));
    fmt::print(stderr, "Report: {}\n", output.string());
    return exit_done;
  }
  HtmlReport report = make_report(arguments);
  Progress progress("drawing");
  report.on_picture = [&](int done, int total) { progress.update_steps(done, total); };
  write_file_atomically(output, format_html_report(report));
  progress.finish();
  fmt::print(stderr, "Report: {}\n", output.string());
  return exit_done;
}

Tool tool() {
  return {.name = "scission-report",
          .summary = "Shows profiles and plans on one HTML page.",
          .usage = "PROFILE... [OPTION...]",
          .notes = notes,
          .positional = {"profiles..."},
          .add_options = add_options,
          .run = write_report};
}

}  // namespace

int main(int argc, char** argv) { return scission::apps::run_tool(tool(), argc, argv); }
