// scission-adapt analyse: when repartitioning pays, from a sweep's files.
#include "analyse.hpp"

#include <fmt/format.h>

#include <cxxopts.hpp>
#include <iostream>
#include <map>

#include "beside.hpp"
#include "command_line.hpp"
#include "commands.hpp"
#include "scission/base/error.hpp"
#include "tool.hpp"

namespace scission::apps {
namespace {

constexpr const char* epilog = R"(
Arguments:
  DIR   a sweep: a folder with sweep.json, or with the files weights_abcde.txt of the adaptivity
        study; or a sweep.json itself. Damaged, incomplete and missing files are named and counted.

For every condition the plan that is best under the baseline is kept, and compared with the best:
  gain      1 - best / kept, the share of latency that repartitioning saves
  regret    kept / best - 1, what keeping it costs
Plans count that both the condition and the baseline have a time for. The baseline is a condition's
number: the number of a level for every factor, 00000 the first of each.

A fastest of many plans is the fastest by noise as well. Beyond noise means: with the number of
plans compared taken into account (Bonferroni), and with at most --fdr of those told being chance
(Benjamini and Hochberg). Noise comes from the times' own intervals. Where a time has none, each
plan's latency is fitted to the factors over all conditions: what that leaves unexplained is taken
for noise, and the likely best of a condition is the fastest by the fit.

Examples:
  scission-adapt analyse outputs_alexnet/ outputs_mobilenet/
  scission-adapt analyse results/ --gain 10% --within 1%,5%,20% --conditions
  scission-adapt analyse results/ --csv tables/ --pictures pictures/ --map network,edge-load
  scission-adapt analyse measured/ --beside predicted/
  scission-adapt analyse results/ --json | jq '.sweeps[0].worthwhile_beyond_noise'

Exit codes: 0 done, 1 it failed, 2 wrong usage.
)";

cxxopts::Options make_options() {
  cxxopts::Options options("scission-adapt analyse",
                           "Tells when repartitioning pays, from plans timed under conditions.\n");
  options.custom_help("DIR... [OPTION...]");
  options.positional_help("");
  options.add_options()  //
      ("b,baseline", "the condition whose best plan is kept, as 00000",
       cxxopts::value<std::string>()->default_value(""), "NUMBER")  //
      ("g,gain", "repartitioning pays from this share of latency on",
       cxxopts::value<std::string>()->default_value("5%"), "SHARE")  //
      ("fdr", "what share of the conditions told to pay beyond noise may be chance",
       cxxopts::value<std::string>()->default_value("5%"), "SHARE")  //
      ("noise", "where noise is known from: automatic, intervals, grid or none",
       cxxopts::value<std::string>()->default_value("automatic"), "SOURCE")  //
      ("w,within", "find the fewest plans that are so near to the best everywhere",
       cxxopts::value<std::string>()->default_value("1%,5%,10%,20%"), "SHARES")  //
      ("a,conditions", "a row for every condition")                              //
      ("map", "two factors for the picture of the best plan; default: those that matter most",
       cxxopts::value<std::vector<std::string>>(), "FACTORS")  //
      ("beside", "a predicted sweep of the same conditions, to compare it with",
       cxxopts::value<std::string>()->default_value(""), "DIR")                                   //
      ("csv", "write tables as CSV", cxxopts::value<std::string>()->default_value(""), "FOLDER")  //
      ("pictures", "draw them, with gnuplot", cxxopts::value<std::string>()->default_value(""),
       "FOLDER")                             //
      ("json", "the analysis for programs")  //
      ("h,help", "this text")                //
      ("version", "the version");
  options.add_options("positional")("paths", "", cxxopts::value<std::vector<std::string>>());
  options.parse_positional({"paths"});
  return options;
}

NoiseSource parse_noise(const std::string& text) {
  for (const NoiseSource source :
       {NoiseSource::automatic, NoiseSource::intervals, NoiseSource::grid, NoiseSource::none}) {
    if (to_string(source) == text) return source;
  }
  throw Error(ErrorCode::invalid_argument,
              fmt::format("'{}' is none of automatic, intervals, grid, none", text), "--noise");
}

AnalyseRequest request_of(const cxxopts::ParseResult& arguments) {
  const auto text = [&](const char* option) { return arguments[option].as<std::string>(); };
  AnalyseRequest request;
  if (arguments.count("paths")) {
    request.paths = arguments["paths"].as<std::vector<std::string>>();
  } else {
    throw Error(ErrorCode::invalid_argument, "a DIR is needed; see scission-adapt analyse --help");
  }
  request.options.min_gain = parse_fraction(text("gain"), "--gain");
  request.options.false_discovery_rate = parse_fraction(text("fdr"), "--fdr");
  request.options.noise = parse_noise(text("noise"));
  request.baseline = text("baseline");
  request.within = parse_fractions(text("within"), "--within");
  if (arguments.count("map")) request.map_factors = arguments["map"].as<std::vector<std::string>>();
  request.shows_conditions = arguments.count("conditions") > 0;
  request.is_json = arguments.count("json") > 0;
  request.beside = text("beside");
  if (!request.beside.empty() && request.paths.size() > 1) {
    throw Error(ErrorCode::invalid_argument, "goes with one DIR", "--beside");
  }
  request.csv_folder = text("csv");
  request.picture_folder = text("pictures");
  return request;
}

AnalysedSweep analyse_one(const std::string& path, const AnalyseRequest& request) {
  AnalysedSweep sweep;
  sweep.path = path;
  sweep.reading = read_sweep(path);
  AdaptivityOptions options = request.options;
  if (!request.baseline.empty()) {
    options.baseline = parse_condition_code(sweep.grid(), request.baseline);
  }
  sweep.analysis = analyse_adaptivity(sweep.grid(), options);
  for (const double within : request.within) {
    sweep.covers.push_back(minimal_plan_set(sweep.grid(), within));
  }
  if (!request.beside.empty()) {
    sweep.beside = compare_sweeps(sweep.grid(), read_sweep(request.beside).sweep);
  }
  return sweep;
}

/// A file's name for each sweep: the model, numbered where several have one.
std::vector<std::string> stems_of(const std::vector<AnalysedSweep>& sweeps) {
  std::map<std::string, int> seen;
  std::vector<std::string> stems;
  for (const AnalysedSweep& sweep : sweeps) {
    std::string stem = sweep.grid().model.empty() ? "sweep" : sweep.grid().model;
    for (char& c : stem) {
      if (c == '/') c = '-';
    }
    const int count = ++seen[stem];
    stems.push_back(count == 1 ? stem : fmt::format("{}-{}", stem, count));
  }
  return stems;
}

void write_files(const std::vector<AnalysedSweep>& sweeps, const AnalyseRequest& request) {
  const std::vector<std::string> stems = stems_of(sweeps);
  for (std::size_t i = 0; i < sweeps.size(); ++i) {
    if (!request.csv_folder.empty()) write_analysis_csv(sweeps[i], request.csv_folder, stems[i]);
    if (!request.picture_folder.empty()) draw_analysis(sweeps[i], request, stems[i]);
  }
}

void print(const std::vector<AnalysedSweep>& sweeps, const AnalyseRequest& request) {
  if (request.is_json) {
    std::cout << format_analysis_json(sweeps, request);
    return;
  }
  for (std::size_t i = 0; i < sweeps.size(); ++i) {
    std::cout << (i == 0 ? "" : "\n") << format_section(sweeps[i], request);
    if (!sweeps[i].beside) continue;
    std::cout << format_beside(*sweeps[i].beside, sweeps[i].grid(), request.shows_conditions);
  }
  if (sweeps.size() > 1) std::cout << '\n' << format_overview(sweeps);
}

}  // namespace

int analyse(int argc, char** argv) {
  cxxopts::Options options = make_options();
  const cxxopts::ParseResult arguments = apps::parse_options(options, argc, argv);
  if (arguments.count("help")) {
    std::cout << help_of(options, epilog);
    return exit_done;
  }
  const AnalyseRequest request = request_of(arguments);
  std::vector<AnalysedSweep> sweeps;
  for (const std::string& path : request.paths) sweeps.push_back(analyse_one(path, request));
  write_files(sweeps, request);
  print(sweeps, request);
  return exit_done;
}

}  // namespace scission::apps
