// scission-compare: what became slower between two profiles, beyond their noise.
#include <fmt/format.h>

#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "command_line.hpp"
#include "scission/base/units.hpp"
#include "scission/profile/profile_comparison.hpp"
#include "table.hpp"
#include "tool.hpp"

namespace {

using namespace scission;
using apps::Align;
using apps::Table;

/// Of this tool alone: others end with 3 when no plan fits.
constexpr int exit_slower = 3;

const char* const notes = R"(
Arguments:
  BEFORE, AFTER   two profiles of the same models, PLATFORM-NAME.json or .dat

Each block is tested for a change beyond noise:
  samples     where PLATFORM-NAME.samples.csv lies beside both profiles: Mann and Whitney's rank
              test, in which samples that resemble their neighbours weigh less
  intervals   where it does not: a z-test of the profiles' 95 % intervals
  none        a .dat has neither: the ratio is printed, and no block is called slower
Among many tests some seem to show a change by chance: --fdr bounds the share of such blocks among
those reported (Benjamini and Hochberg). Changes smaller than --min-change are not reported.

Before and after are medians, of the samples where these are tested. The ratio is after ÷ before:
with samples, the median of the ratios of all pairs, and the verdict is made of it and its interval.
Where the ratio of the two medians lies outside the interval, because the times have several peaks,
they are left out. Blocks of different granularity are merged up to common boundaries.
Other differences, such as the processor or the number of threads, are noted above the tables:
where there are some, it may not be the model that changed.

Noise within a run is not all noise: two runs of the same model an hour apart may differ by more.
As a gate in CI, compare runs from one idle machine, and see docs/report.md.

Examples:
  scission-compare old/device-pi.json new/device-pi.json
  scission-compare old/device-pi.json new/device-pi.json --model resnet50 --min-change 5%
  scission-compare base.json change.json --json > comparison.json || echo "slower"

Exit codes: 0 nothing is slower beyond noise (faster is fine), 1 it failed, 2 wrong usage,
3 something is slower.
)";

// "< 0.0001", "0.031"
std::string format_p(double p) {
  constexpr double least = 1e-4;
  if (p < least) return "< 0.0001";
  return p < 0.1 ? fmt::format("{:.2g}", p) : fmt::format("{:.2f}", p);
}

std::string format_interval(const Interval& interval) {
  return fmt::format("{:.3f} - {:.3f}", interval.low, interval.high);
}

std::string format_ratio(const TimeComparison& time) {
  return time.before_s > 0 ? fmt::format("{:.3f}", time.ratio) : "-";
}

std::string outcome(const TimeComparison& time) {
  if (time.change == Change::unknown) return "no spread known";
  return to_string(time.change);
}

/// The medians, which the ratio's interval must hold: where a distribution has several peaks, the
/// two say different things, and the verdict is the ratio's. Without a test, the profiles' times.
std::pair<std::string, std::string> times_of(const TimeComparison& time) {
  if (time.evidence == Evidence::none) {
    return {format_duration(time.before_s), format_duration(time.after_s)};
  }
  const double ratio = time.after_median_s / time.before_median_s;
  constexpr double rounding = 1e-9;
  const bool agree = ratio >= time.ratio_interval.low * (1 - rounding) &&
                     ratio <= time.ratio_interval.high * (1 + rounding);
  if (!agree) return {"-", "-"};
  return {format_duration(time.before_median_s), format_duration(time.after_median_s)};
}

void add_row(Table& table, const std::string& what, const TimeComparison& time) {
  const bool is_tested = time.evidence != Evidence::none;
  const auto [before, after] = times_of(time);
  table.add({what, before, after, format_ratio(time),
             is_tested ? format_interval(time.ratio_interval) : "-",
             is_tested ? format_p(time.p) : "-", to_string(time.evidence), outcome(time)});
}

bool has_changed(const TimeComparison& time) {
  return time.change == Change::slower || time.change == Change::faster;
}

std::string heading(const ModelComparison& model) {
  std::string text = fmt::format("\n{}: of {} blocks {} slower, {} faster, {} unchanged",
                                 model.model, model.blocks.size(), model.count(Change::slower),
                                 model.count(Change::faster), model.count(Change::unchanged));
  const int unknown = model.count(Change::unknown);
  if (unknown > 0) text += fmt::format(", {} without a known spread", unknown);
  return text + "\n";
}

std::string format_model(const ModelComparison& model, bool shows_all) {
  Table table({{"what", Align::left},
               {"before"},
               {"after"},
               {"ratio"},
               {"95 % interval"},
               {"p"},
               {"tested by", Align::left},
               {"outcome", Align::left}});
  const bool knows_whole = model.whole.before_s > 0 && model.whole.after_s > 0;
  if (knows_whole) add_row(table, "whole", model.whole);
  add_row(table, "sum of blocks", model.sum);
  for (const BlockComparison& block : model.blocks) {
    if (shows_all || has_changed(block.time))
      add_row(table, apps::layers_text(block.block.first_layer, block.block.last_layer),
              block.time);
  }
  return heading(model) + table.text();
}

bool was_tested(const ModelComparison& model) {
  return model.whole.evidence != Evidence::none || model.sum.evidence != Evidence::none ||
         model.count(Change::unknown) < static_cast<int>(model.blocks.size());
}

std::string verdict(const ProfileComparison& comparison) {
  std::string slower;
  bool is_tested = false;
  for (const ModelComparison& model : comparison.models) {
    if (model.is_slower()) slower += (slower.empty() ? "" : ", ") + model.model;
    is_tested = is_tested || was_tested(model);
  }
  if (!is_tested) return "\nNothing could be tested: a profile without spread gives ratios only.\n";
  return slower.empty() ? "\nNothing is slower beyond noise.\n"
                        : fmt::format("\nSlower beyond noise: {}.\n", slower);
}

std::string format_comparison(const ProfileComparison& comparison, bool shows_all) {
  std::string text;
  for (const std::string& note : comparison.notes) text += fmt::format("note: {}\n", note);
  for (const ModelComparison& model : comparison.models) text += format_model(model, shows_all);
  text += verdict(comparison);
  return text.front() == '\n' ? text.substr(1) : text;
}

void add_options(cxxopts::Options& options) {
  options.add_options()  //
      ("m,model", "compare only these models (default: all)", cxxopts::value<apps::Words>(),
       "NAMES")  //
      ("fdr", "accepted share of chance findings among the reported changes, 0 to 1",
       cxxopts::value<std::string>()->default_value("0.05"), "FRACTION")  //
      ("min-change", "smallest relative change that is reported",
       cxxopts::value<std::string>()->default_value("2%"), "FRACTION")  //
      ("a,all", "print every block, also those that did not change")    //
      ("json", "print the comparison as JSON");
}

ComparisonOptions comparison_options(const apps::Arguments& arguments) {
  ComparisonOptions options;
  options.false_discovery_rate = apps::parse_fraction(arguments["fdr"].as<std::string>(), "--fdr");
  options.min_change =
      apps::parse_fraction(arguments["min-change"].as<std::string>(), "--min-change");
  options.models = apps::words_of(arguments, "model");
  if (options.false_discovery_rate > 0 && options.false_discovery_rate < 1) return options;
  throw apps::usage_error("must lie between 0 and 1", "--fdr");
}

int compare(const apps::Arguments& arguments) {
  const apps::Words paths = apps::words_of(arguments, "profiles");
  if (paths.empty()) {
    throw apps::usage_error("BEFORE and AFTER are needed; see scission-compare --help");
  }
  if (paths.size() != 2) {
    throw apps::usage_error(fmt::format(
        "two profiles are compared, not {}; see scission-compare --help", paths.size()));
  }
  const ComparisonOptions options = comparison_options(arguments);
  const SystemProfile before = read_sampled_profile(paths[0]);
  const SystemProfile after = read_sampled_profile(paths[1]);
  const ProfileComparison comparison = compare_profiles(before, after, options);
  std::cout << (arguments.count("json")
                    ? format_comparison_json(comparison)
                    : format_comparison(comparison, arguments.count("all") > 0));
  return comparison.is_slower() ? exit_slower : apps::exit_done;
}

apps::Tool tool() {
  return {.name = "scission-compare",
          .summary = "Reports what changed between two profiles, beyond their noise.",
          .usage = "BEFORE.json AFTER.json [OPTION...]",
          .notes = notes,
          .positional = {"profiles..."},
          .add_options = add_options,
          .run = compare};
}

}  // namespace

int main(int argc, char** argv) { return scission::apps::run_tool(tool(), argc, argv); }
