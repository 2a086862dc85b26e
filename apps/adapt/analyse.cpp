// scission-adapt analyse: when repartitioning is worthwhile, from the files of sweeps.
#include "analyse.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <map>
#include <system_error>

#include "commands.hpp"
#include "scission/report/pictures.hpp"

namespace scission::apps {
namespace {

const char* const analyse_notes = R"(
Arguments:
  DIR   a sweep: a folder with sweep.json, or with the files weights_abcde.txt of the adaptivity
        study; or a sweep.json itself. Damaged, incomplete and missing files are named and counted.

Under each condition the plan that is best under the baseline is compared with the best plan:
  gain      1 - best / baseline's plan, the relative latency that repartitioning saves
  regret    baseline's plan / best - 1, the relative latency that keeping the plan costs
Only plans with a time under both the condition and the baseline are compared. The baseline is given
by its code: the number of a level for each factor, 00000 the first of each.

The fastest of many plans is the fastest partly by noise. "Beyond noise" means: corrected for the
number of compared plans (Bonferroni), and with at most --fdr of the reported conditions being false
(Benjamini and Hochberg). The noise comes from the times' intervals. Where a time has none, each
plan's latency is fitted to the factors over all conditions: the residuals are taken for noise, and
the likely best plan of a condition is the fastest by the fit.

Examples:
  scission-adapt analyse outputs_alexnet/ outputs_mobilenet/
  scission-adapt analyse results/ --gain 10% --within 1%,5%,20% --conditions
  scission-adapt analyse results/ --csv tables/ --pictures pictures/ --map network,edge-load
  scission-adapt analyse measured/ --beside predicted/
  scission-adapt analyse results/ --json | jq '.sweeps[0].worthwhile_beyond_noise'

Exit codes: 0 done, 1 it failed, 2 wrong usage.
)";

void add_analyse_options(cxxopts::Options& options) {
  const auto word = [] { return cxxopts::value<std::string>(); };
  options.add_options()  //
      ("b,baseline", "condition whose best plan is kept (default: the first level of each factor)",
       word(), "CODE")  //
      ("g,gain", "relative gain from which on repartitioning is worthwhile", usually("5%"),
       "SHARE")  //
      ("fdr", "accepted share of false reports among the conditions reported beyond noise",
       usually("5%"), "SHARE")  //
      ("noise", "source of the noise estimate: automatic, intervals, grid or none",
       usually("automatic"), "SOURCE")  //
      ("w,within", "find the smallest sets of plans that are this near to the best everywhere",
       usually("1%,5%,10%,20%"), "SHARES")                //
      ("a,conditions", "print a row for each condition")  //
      ("map", "two factors of the picture of best plans (default: those with the largest effects)",
       cxxopts::value<Words>(), "FACTORS")                                                   //
      ("beside", "compare with this predicted sweep of the same conditions", word(), "DIR")  //
      ("csv", "write tables as CSV to this folder", word(), "FOLDER")                        //
      ("pictures", "draw pictures to this folder, with gnuplot", word(), "FOLDER")           //
      ("keep-script", "keep the gnuplot script (.gp) beside each picture, with its data")    //
      ("json", "print the analysis as JSON");
}

NoiseSource parse_noise(const std::string& text) {
  for (const NoiseSource source :
       {NoiseSource::automatic, NoiseSource::intervals, NoiseSource::grid, NoiseSource::none}) {
    if (to_string(source) == text) return source;
  }
  throw usage_error(fmt::format("'{}' is not one of automatic, intervals, grid, none", text),
                    "--noise");
}

AnalyseRequest read_request(const Arguments& arguments) {
  const auto text = [&](const char* option) { return arguments[option].as<std::string>(); };
  AnalyseRequest request;
  request.paths = words_of(arguments, "paths");
  if (request.paths.empty()) {
    throw usage_error("a DIR is needed; see scission-adapt analyse --help");
  }
  request.options.min_gain = parse_fraction(text("gain"), "--gain");
  request.options.false_discovery_rate = parse_fraction(text("fdr"), "--fdr");
  request.options.noise = parse_noise(text("noise"));
  request.baseline = text_of(arguments, "baseline");
  request.within = parse_fractions(text("within"), "--within");
  request.map_factors = words_of(arguments, "map");
  request.shows_conditions = arguments.count("conditions") > 0;
  request.is_json = arguments.count("json") > 0;
  request.beside = text_of(arguments, "beside");
  if (!request.beside.empty() && request.paths.size() > 1) {
    throw usage_error("goes with one DIR", "--beside");
  }
  request.csv_folder = text_of(arguments, "csv");
  request.picture_folder = text_of(arguments, "pictures");
  request.keeps_scripts = arguments.count("keep-script") > 0;
  return request;
}

AnalysedSweep analyse_one(const std::string& path, const AnalyseRequest& request) {
  AnalysedSweep sweep;
  sweep.path = path;
  sweep.reading = read_sweep(path);
  AdaptivityOptions options = request.options;
  if (!request.baseline.empty()) {
    options.baseline = parse_condition_code(sweep.reading.sweep, request.baseline);
  }
  sweep.analysis = analyse_adaptivity(sweep.reading.sweep, options);
  for (const double within : request.within) {
    sweep.plan_sets.push_back(minimal_plan_set(sweep.reading.sweep, within));
  }
  if (!request.beside.empty()) {
    sweep.comparison = compare_sweeps(sweep.reading.sweep, read_sweep(request.beside).sweep);
  }
  return sweep;
}

/// A file's name for each sweep: the model, numbered where several have one.
std::vector<std::string> stems_of(const std::vector<AnalysedSweep>& sweeps) {
  std::map<std::string, int> seen;
  std::vector<std::string> stems;
  for (const AnalysedSweep& sweep : sweeps) {
    std::string stem = sweep.reading.sweep.model.empty() ? "sweep" : sweep.reading.sweep.model;
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
    if (!request.picture_folder.empty()) {
      draw_analysis(sweeps[i], {request.map_factors, "--map", request.options.min_gain},
                    request.picture_folder, stems[i]);
      if (!request.keeps_scripts) {
        remove_scripts(request.picture_folder, stems[i], {"best", "map", "regret", "effects"});
      }
    }
  }
}

void print(const std::vector<AnalysedSweep>& sweeps, const AnalyseRequest& request) {
  if (request.is_json) {
    std::cout << format_analysis_json(sweeps, request.options);
    return;
  }
  for (std::size_t i = 0; i < sweeps.size(); ++i) {
    std::cout << (i == 0 ? "" : "\n") << format_section(sweeps[i], request);
  }
  if (sweeps.size() > 1) std::cout << '\n' << format_overview(sweeps);
}

int run_analyse(const Arguments& arguments) {
  const AnalyseRequest request = read_request(arguments);
  std::vector<AnalysedSweep> sweeps;
  for (const std::string& path : request.paths) sweeps.push_back(analyse_one(path, request));
  write_files(sweeps, request);
  print(sweeps, request);
  return exit_done;
}

}  // namespace

Tool analyse_command() {
  return {
      .name = "scission-adapt analyse",
      .summary = "Reports when repartitioning is worthwhile, from plans timed under conditions.",
      .usage = "DIR... [OPTION...]",
      .notes = analyse_notes,
      .positional = {"paths..."},
      .add_options = add_analyse_options,
      .run = run_analyse};
}

}  // namespace scission::apps
