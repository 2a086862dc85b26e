// scission-report: profiles and plans as one HTML page.
#include <fmt/format.h>

#include <chrono>
#include <cxxopts.hpp>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "command_line.hpp"
#include "progress.hpp"
#include "scission/base/error.hpp"
#include "scission/profile/profile_io.hpp"
#include "scission/report/html_report.hpp"
#include "scission/search/plan_io.hpp"
#include "tool.hpp"

namespace {

using namespace scission;
namespace fs = std::filesystem;

const char* const epilog = R"(
Arguments:
  PROFILE...    PLATFORM-NAME.json (scission-benchmark) or PLATFORM-NAME.dat (the original tool), or
                folders of them; ratios are to the first

The page holds all that it shows: no scripts, nothing from elsewhere; it works offline and prints.
  systems       hosts and settings, side by side
  models        how the sum of the blocks agrees with the whole, warnings, the cuts after which
                less is sent than after any before, every block with its uncertainty, and pictures
                (drawn by gnuplot; without it the page has none and says so)
  plans         what scission-predict --json wrote, as timelines: a lane a system, to scale

--network shows the links, and tells where a plan was made from others. Looked for in the working
directory, then in the first PROFILE where that is a folder. Equal input gives an equal page: no
date but the one of --date.

Examples:
  scission-report device-my-pc.json
  scission-report data/example -o example.html --title "Three machines"
  scission-predict data/example network.csv resnet50 --json > plan.json
  scission-report data/example --network network.csv --plans plan.json -o report.html

Exit codes: 0 done, 1 it failed, 2 wrong usage.
)";

cxxopts::Options make_options() {
  using Names = std::vector<std::string>;
  cxxopts::Options options("scission-report", "Shows profiles and plans on one HTML page.\n");
  options.custom_help("PROFILE... [OPTION...]");
  options.positional_help("");
  options.add_options()  //
      ("o,output", "the page", cxxopts::value<std::string>()->default_value("report.html"),
       "FILE")  //
      ("title", "of the page", cxxopts::value<std::string>()->default_value("Scission report"),
       "TEXT")                                                                                 //
      ("date", "shown below the title as it stands", cxxopts::value<std::string>(), "TEXT")    //
      ("network", "the links between the systems", cxxopts::value<std::string>(), "FILE.csv")  //
      ("plans", "plans to show; can be repeated", cxxopts::value<Names>(), "FILE.json")        //
      ("no-plot", "without the pictures of blocks, which take most of the time")               //
      ("h,help", "this text")                                                                  //
      ("version", "the version");
  options.add_options("positional")("profiles", "", cxxopts::value<Names>());
  options.parse_positional({"profiles"});
  return options;
}

std::vector<std::string> names_of(const cxxopts::ParseResult& arguments,
                                  const std::string& option) {
  if (arguments.count(option) == 0) return {};
  return arguments[option].as<std::vector<std::string>>();
}

std::vector<SystemProfile> read_systems(const std::vector<std::string>& paths) {
  std::vector<SystemProfile> systems;
  for (const std::string& path : paths) {
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) {
      systems.push_back(read_profile(path));
      continue;
    }
    for (SystemProfile& system : read_profiles(path)) systems.push_back(std::move(system));
  }
  return systems;
}

// In the working directory, or else beside the profiles.
fs::path find_network(const fs::path& path, const fs::path& first_profile) {
  std::error_code ignored;
  const bool is_there = !fs::exists(path, ignored) && fs::exists(first_profile / path, ignored);
  return is_there ? first_profile / path : path;
}

HtmlReport make_report(const cxxopts::ParseResult& arguments) {
  const std::vector<std::string> paths = names_of(arguments, "profiles");
  HtmlReport report;
  report.title = arguments["title"].as<std::string>();
  if (arguments.count("date")) report.date = arguments["date"].as<std::string>();
  report.systems = read_systems(paths);
  if (arguments.count("network")) {
    const fs::path network = arguments["network"].as<std::string>();
    report.network = read_network(find_network(network, paths.front()));
  }
  for (const std::string& path : names_of(arguments, "plans")) {
    report.plans.push_back({path, read_answer_json(path)});
  }
  report.draws_pictures = arguments.count("no-plot") == 0;
  return report;
}

std::string format_with_progress(HtmlReport& report) {
  using Clock = std::chrono::steady_clock;
  apps::Progress progress("drawing");
  const Clock::time_point start = Clock::now();
  report.on_picture = [&](int done, int total) {
    const double elapsed_s = std::chrono::duration<double>(Clock::now() - start).count();
    const double fraction = static_cast<double>(done) / total;
    progress.update(fraction, done > 0 ? elapsed_s * (1 - fraction) / fraction : 0);
  };
  return format_html_report(report);
}

int write_report(const cxxopts::ParseResult& arguments) {
  const fs::path output = arguments["output"].as<std::string>();
  HtmlReport report = make_report(arguments);
  const std::string page = format_with_progress(report);
  write_file_atomically(output, page);
  fmt::print(stderr, "Report: {}\n", output.string());
  return apps::exit_done;
}

int run(int argc, char** argv) {
  cxxopts::Options options = make_options();
  const cxxopts::ParseResult arguments = apps::parse_options(options, argc, argv);
  if (arguments.count("help")) {
    std::cout << apps::help_of(options, epilog);
    return apps::exit_done;
  }
  if (arguments.count("profiles") == 0) {
    throw Error(ErrorCode::invalid_argument,
                "a PROFILE at least is needed; see scission-report --help");
  }
  return write_report(arguments);
}

}  // namespace

int main(int argc, char** argv) {
  return scission::apps::run_tool("scission-report", argc, argv, run);
}
