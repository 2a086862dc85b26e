// scission-adapt analyse: when repartitioning is worthwhile, from the files of sweeps.
#include <iostream>
#include <string>
#include <vector>

#include "adapt/commands.hpp"
#include "scission/report.hpp"
#include "scission/sweep.hpp"

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

Exit codes: 0 done, 1 failed, 2 wrong usage.
)";

void add_analyse_options(cxxopts::Options& options) {
  options.add_options()  //
      ("b,baseline", "condition whose best plan is kept (default: the first level of each factor)",
       text_value(), "CODE")  //
      ("g,gain", "relative gain from which on repartitioning is worthwhile", text_value("5%"),
       "SHARE")  //
      ("fdr", "accepted share of false reports among the conditions reported beyond noise",
       text_value("5%"), "SHARE")  //
      ("noise", "source of the noise estimate: automatic, intervals, grid or none",
       text_value("automatic"), "SOURCE")  //
      ("w,within", "find the smallest sets of plans that are this near to the best everywhere",
       text_value("1%,5%,10%,20%"), "SHARES")             //
      ("a,conditions", "print a row for each condition")  //
      ("map", "two factors of the picture of best plans (default: those with the largest effects)",
       list_value(), "FACTORS")  //
      ("beside", "predicted sweep of the same conditions to compare with (default: none)",
       text_value(),
       "DIR")                                                                              //
      ("csv", "write tables as CSV to this folder", text_value(), "FOLDER")                //
      ("pictures", "draw pictures to this folder, with gnuplot", text_value(), "FOLDER")   //
      ("keep-script", "keep the gnuplot script (.gp) beside each picture, with its data")  //
      ("json", "print the analysis as JSON");
}

SweepAnalysisRequest analysis_request(const Arguments& arguments) {
  const auto text = [&](const char* option) { return arguments[option].as<std::string>(); };
  SweepAnalysisRequest request;
  request.options.min_gain = parse_fraction(text("gain"), "--gain");
  request.options.false_discovery_rate = parse_fraction(text("fdr"), "--fdr");
  request.options.noise = parse_option("noise", text("noise"), parse_noise_source);
  request.baseline = text_of(arguments, "baseline");
  request.within = parse_fractions(text("within"), "--within");
  request.predicted_sweep = text_of(arguments, "beside");
  return request;
}

int run_analyse(const Arguments& arguments) {
  const Words paths = words_of(arguments, "paths");
  if (paths.empty()) throw usage_error("a DIR is needed; see scission-adapt analyse --help");
  const SweepAnalysisRequest request = analysis_request(arguments);
  if (!request.predicted_sweep.empty() && paths.size() > 1) {
    throw usage_error("goes with one DIR", "--beside");
  }
  const double min_gain = request.options.min_gain;
  std::vector<AnalysedSweep> sweeps;
  for (const std::string& path : paths) sweeps.push_back(analyse_sweep(path, request));
  write_analysis_files(sweeps, {words_of(arguments, "map"), "--map", min_gain},
                       {text_of(arguments, "csv"), text_of(arguments, "pictures"),
                        arguments.count("keep-script") > 0});
  std::cout << (arguments.count("json") > 0
                    ? format_analysis_json(sweeps, request.options)
                    : format_analysis(sweeps, min_gain, arguments.count("conditions") > 0,
                                      stdout_width()));
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
