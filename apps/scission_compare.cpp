// scission-compare: what became slower between two profiles, beyond their noise.
#include <fmt/format.h>

#include <iostream>
#include <string>

#include "command_line.hpp"
#include "scission/profile.hpp"
#include "scission/report.hpp"
#include "tool.hpp"

namespace {

using namespace scission;
using namespace scission::apps;

/// Of this tool alone: others end with 3 when no plan fits.

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

Columns of the tables:
  before      the median time before, for the size of the block
  ratio       after ÷ before: with samples, the median of the ratios of all pairs. The verdict is
              made of it and its 95 % interval. The quotient of two medians, which --json has, may
              differ where the times have several peaks
Blocks of different granularity are merged up to common boundaries.
Other differences, such as the processor or the number of threads, are noted above the tables:
where there are some, it may not be the model that changed.

Noise within a run is not all noise: two runs of the same model an hour apart may differ by more.
As a gate in CI, compare runs from one idle machine, and see docs/report.md.

Examples:
  scission-compare old/device-pi.json new/device-pi.json
  scission-compare old/device-pi.json new/device-pi.json --model resnet50 --min-change 5%
  scission-compare base.json change.json --json > comparison.json || echo "slower"

Exit codes: 0 nothing is slower beyond noise (faster is fine), 1 failed, 2 wrong usage,
3 something is slower.
)";

void add_options(cxxopts::Options& options) {
  options.add_options()  //
      ("m,model", "compare only these models (default: all)", list_value(),
       "NAMES")  //
      ("fdr", "accepted share of chance findings among the reported changes, above 0 and below 1",
       text_value("0.05"), "FRACTION")  //
      ("min-change", "smallest relative change that is reported", text_value("2%"),
       "FRACTION")                                                    //
      ("a,all", "print every block, also those that did not change")  //
      ("json", "print the comparison as JSON");
}

ComparisonOptions comparison_options(const Arguments& arguments) {
  ComparisonOptions options;
  options.false_discovery_rate = parse_fraction(arguments["fdr"].as<std::string>(), "--fdr");
  options.min_change = parse_fraction(arguments["min-change"].as<std::string>(), "--min-change");
  options.models = words_of(arguments, "model");
  if (options.false_discovery_rate > 0 && options.false_discovery_rate < 1) return options;
  throw usage_error("must be above 0 and below 1", "--fdr");
}

int compare(const Arguments& arguments) {
  const Words paths = words_of(arguments, "profiles");
  if (paths.empty()) {
    throw usage_error("BEFORE and AFTER are needed; see scission-compare --help");
  }
  if (paths.size() != 2) {
    throw usage_error(fmt::format("two profiles are compared, not {}; see scission-compare --help",
                                  paths.size()));
  }
  const ComparisonOptions options = comparison_options(arguments);
  const SystemProfile before = read_sampled_profile(paths[0]);
  const SystemProfile after = read_sampled_profile(paths[1]);
  const ProfileComparison comparison = compare_profiles(before, after, options);
  std::cout << (arguments.count("json")
                    ? format_comparison_json(comparison)
                    : format_comparison(comparison, arguments.count("all") > 0, stdout_width()));
  return comparison.is_slower() ? exit_findings : exit_done;
}

Tool tool() {
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
