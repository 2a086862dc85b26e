// scission-compare: what became slower between two profiles, beyond their noise.
#include <fmt/format.h>

#include <cxxopts.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "compare/print.hpp"
#include "sampled_profile.hpp"
#include "scission/base/error.hpp"
#include "scission/profile/profile_comparison.hpp"
#include "shares.hpp"
#include "tool.hpp"

namespace {

using namespace scission;

// Of this tool alone: others say 3 when no plan fits.
constexpr int exit_slower = 3;

const char* const epilog = R"(
Arguments:
  BEFORE, AFTER   two profiles of the same models, PLATFORM-NAME.json or .dat

Each block is tested for a change beyond noise:
  samples     with PLATFORM-NAME.samples.csv beside both profiles: Mann and Whitney's rank
              test, in which samples that resemble their neighbours weigh less
  intervals   without: a z-test of the profiles' 95 % intervals
  none        a .dat has neither: the ratio is told, and nothing is called slower
Where many blocks are tested some seem to change by chance alone: --fdr is the share of such among
those reported (Benjamini and Hochberg). What changed by less than --min-change does not count.

The ratio is after ÷ before. Blocks of different grain are merged up to common boundaries. What
else differs, as the processor or the number of threads, is noted above the tables: then it is not
the model that changed.

Noise within a run is not all there is: two runs of the same thing an hour apart may differ by more
than either tells. For a gate in CI compare runs from one machine at rest, and see docs/report.md.

Examples:
  scission-compare old/device-pi.json new/device-pi.json
  scission-compare old/device-pi.json new/device-pi.json --model resnet50 --min-change 5%
  scission-compare base.json change.json --json > comparison.json || echo "slower"

Exit codes: 0 nothing is slower beyond noise (faster is fine), 1 it failed, 2 wrong usage,
3 something is slower.
)";

cxxopts::Options make_options() {
  cxxopts::Options options("scission-compare", "Tells what changed between two profiles.\n");
  options.custom_help("BEFORE.json AFTER.json [OPTION...]");
  options.positional_help("");
  options.add_options()                                                                      //
      ("m,model", "only these models", cxxopts::value<std::vector<std::string>>(), "NAMES")  //
      ("fdr", "what share of the reported changes may be chance",
       cxxopts::value<std::string>()->default_value("0.05"), "SHARE")  //
      ("min-change", "the least change that counts",
       cxxopts::value<std::string>()->default_value("2%"),
       "SHARE")                                                   //
      ("a,all", "show every block, not only those that changed")  //
      ("json", "the comparison for programs")                     //
      ("h,help", "this text")                                     //
      ("version", "the version");
  options.add_options("positional")("profiles", "", cxxopts::value<std::vector<std::string>>());
  options.parse_positional({"profiles"});
  return options;
}

ComparisonOptions comparison_options(const cxxopts::ParseResult& arguments) {
  ComparisonOptions options;
  options.false_discovery_rate = apps::parse_share(arguments["fdr"].as<std::string>(), "--fdr");
  options.min_change = apps::parse_share(arguments["min-change"].as<std::string>(), "--min-change");
  if (arguments.count("model")) options.models = arguments["model"].as<std::vector<std::string>>();
  if (options.false_discovery_rate > 0 && options.false_discovery_rate < 1) return options;
  throw Error(ErrorCode::invalid_argument, "must lie between 0 and 1", "--fdr");
}

int compare(const cxxopts::ParseResult& arguments) {
  const auto paths = arguments["profiles"].as<std::vector<std::string>>();
  if (paths.size() != 2) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("two profiles are compared, not {}; see scission-compare --help",
                            paths.size()));
  }
  const ComparisonOptions options = comparison_options(arguments);
  const SystemProfile before = apps::read_sampled_profile(paths[0]);
  const SystemProfile after = apps::read_sampled_profile(paths[1]);
  const ProfileComparison comparison = compare_profiles(before, after, options);
  std::cout << (arguments.count("json")
                    ? compare::format_comparison_json(comparison)
                    : compare::format_comparison(comparison, arguments.count("all") > 0));
  return comparison.is_slower() ? exit_slower : apps::exit_done;
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
                "BEFORE and AFTER are needed; see scission-compare --help");
  }
  return compare(arguments);
}

}  // namespace

int main(int argc, char** argv) {
  return scission::apps::run_tool("scission-compare", argc, argv, run);
}
