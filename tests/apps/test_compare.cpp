// scission-compare, as a person and a CI job call it.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/predict_example.hpp"
#include "scission/base.hpp"
#include "scission/profile.hpp"
#include "support/catch.hpp"
#include "support/run_tool.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

// Around `seconds`, ±2 %, in an order that no two profiles share.
std::vector<double> samples_around(double seconds, int seed) {
  std::vector<double> samples;
  for (int i = 0; i < 30; ++i) {
    samples.push_back(seconds * (1 + 0.02 * std::sin(12.9898 * (i + 1) * (seed + 1))));
  }
  return samples;
}

// Three layers of 1 s, of which layer 1 takes `factor` times as long.
SystemProfile measured(double factor, int seed) {
  SystemProfile system = profile_of("device", "pi", {1, factor, 1});
  ModelProfile& model = system.models[0];
  model.whole_seconds = 2 + factor;
  model.whole_samples = samples_around(model.whole_seconds, seed);
  for (BlockTiming& block : model.blocks) {
    block.interval = {0.99 * block.seconds, 1.01 * block.seconds};
    block.samples = samples_around(block.seconds, ++seed);
  }
  return system;
}

class Profiles {
 public:
  std::string add(const std::string& folder, const SystemProfile& profile, bool with_samples) {
    std::filesystem::create_directories(scratch_.path() / folder);
    const std::filesystem::path path = scratch_.path() / folder / "device-pi.json";
    write_profile(profile, path);
    if (with_samples) {
      scratch_.file(folder + "/device-pi.samples.csv", format_samples_csv(profile));
    }
    return path.string();
  }

  const Scratch& scratch() const { return scratch_; }

 private:
  Scratch scratch_;
};

ToolResult compare(const Arguments& arguments) { return run_tool("scission-compare", arguments); }

}  // namespace

TEST_CASE("a block that became slower is told and the exit code says so") {
  Profiles profiles;
  const std::string before = profiles.add("before", measured(1, 1), true);
  const std::string after = profiles.add("after", measured(1.2, 9), true);
  const ToolResult slower = compare({before, after});
  CHECK(slower.exit_code == 3);
  CHECK(contains(slower.out, "net: of 3 blocks 1 slower, 0 faster, 2 unchanged"));
  CHECK(contains(slower.out, "\nlayer 1 "));
  CHECK_FALSE(contains(slower.out, "\nlayer 0 "));
  CHECK(contains(slower.out, "samples"));
  CHECK(contains(slower.out, "Slower beyond noise: net.\n"));
  CHECK(slower.err.empty());
  CHECK(contains(compare({before, after, "--all"}).out, "\nlayer 0 "));
  const ToolResult faster = compare({after, before});
  CHECK(faster.exit_code == 0);
  CHECK(contains(faster.out, "1 faster"));
  CHECK(contains(faster.out, "Nothing is slower beyond noise.\n"));
}

TEST_CASE("what changed by less than the least change does not count") {
  Profiles profiles;
  const std::string before = profiles.add("before", measured(1, 1), true);
  const std::string after = profiles.add("after", measured(1.2, 9), true);
  CHECK(compare({before, after, "--min-change", "25%"}).exit_code == 0);
  CHECK(compare({before, after, "--min-change", "0.15"}).exit_code == 3);
}

TEST_CASE("without samples the intervals are tested and without those nothing") {
  Profiles profiles;
  const std::string before = profiles.add("before", measured(1, 1), false);
  const std::string after = profiles.add("after", measured(1.2, 9), true);
  const ToolResult intervals = compare({before, after});
  CHECK(intervals.exit_code == 3);
  CHECK(contains(intervals.out, "intervals"));
  const std::string bare = profiles.add("bare", profile_of("device", "pi", {9, 9, 9}), false);
  const ToolResult nothing = compare({before, bare});
  CHECK(nothing.exit_code == 0);
  CHECK(contains(nothing.out, "3 without a known spread"));
  CHECK(contains(nothing.out, "Nothing could be tested"));
  CHECK(contains(nothing.out, "9.000"));
}

TEST_CASE("a comparison for programs") {
  Profiles profiles;
  SystemProfile changed = measured(1.2, 9);
  changed.host.threads = 4;
  SystemProfile first = measured(1, 1);
  first.host.threads = 2;
  const std::string before = profiles.add("before", first, true);
  const std::string after = profiles.add("after", changed, true);
  const ToolResult result = compare({before, after, "--json"});
  CHECK(result.exit_code == 3);
  const auto json = nlohmann::json::parse(result.out);
  CHECK(json["format"] == "scission-comparison");
  CHECK(json["is_slower"] == true);
  CHECK(json["notes"] == nlohmann::json::array({"threads: 2 before, 4 after"}));
  const auto& block = json["models"][0]["blocks"][1];
  CHECK(block["first_layer"] == 1);
  CHECK(block["change"] == "slower");
  CHECK(block["tested_by"] == "samples");
  CHECK(block["ratio"].get<double>() == Approx(1.2).epsilon(0.02));
  CHECK(block["p"].get<double>() < 1e-6);
  CHECK(contains(compare({before, after}).out, "note: threads: 2 before, 4 after\n"));
}

TEST_CASE("wrong calls of scission-compare are told in one line") {
  Profiles profiles;
  const std::string good = profiles.add("good", measured(1, 1), true);
  struct Case {
    Arguments arguments;
    int exit_code;
    std::string message;
  };
  const std::string missing = (profiles.scratch().path() / "missing.json").string();
  const std::string damaged = profiles.scratch().file("device-x.json", "{\"format\": ").string();
  for (const Case& one : std::vector<Case>{
           {{good}, 2, "two profiles are compared, not 1"},
           {{good, good, good}, 2, "two profiles are compared, not 3"},
           {{good, good, "--min-change", "2"},
            2,
            "--min-change: '2' is not a fraction; write 5% or 0.05"},
           {{good, good, "--min-change", "-1%"}, 2, "--min-change"},
           {{good, good, "--fdr", "0"}, 2, "--fdr: must be above 0 and below 1"},
           {{good, good, "--fdr", "x"}, 2, "--fdr: 'x' is not a fraction"},
           {{good, good, "--model", "other"}, 2, "model 'other' is not in the profile before"},
           {{missing, good}, 1, "missing.json: cannot be opened"},
           {{good, damaged}, 1, "device-x.json: the JSON is truncated"}}) {
    INFO(one.message);
    const ToolResult result = compare(one.arguments);
    CHECK(result.exit_code == one.exit_code);
    CHECK(result.out.empty());
    CHECK(contains(result.err, one.message));
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  }
}

TEST_CASE("damaged samples beside a profile are not passed over") {
  Profiles profiles;
  const std::string good = profiles.add("good", measured(1, 1), true);
  profiles.scratch().file("good/device-pi.samples.csv", "nonsense\n");
  const ToolResult result = compare({good, good});
  CHECK(result.exit_code == 1);
  CHECK(contains(result.err, "device-pi.samples.csv"));
}

namespace {

/// The line of a block's row.
std::string row_of(const std::string& out, const std::string& what) {
  const std::size_t begin = out.find("\n" + what + " ");
  if (begin == std::string::npos) return {};
  return out.substr(begin + 1, out.find('\n', begin + 1) - begin - 1);
}

}  // namespace

TEST_CASE("the times beside a verdict are the medians that it is made of, not the means") {
  Profiles profiles;
  SystemProfile slow_by_its_mean = measured(1, 1);
  slow_by_its_mean.models[0].blocks[1].seconds = 3;
  const std::string before = profiles.add("before", slow_by_its_mean, true);
  const std::string after = profiles.add("after", measured(1.2, 9), true);
  const ToolResult result = compare({before, after});
  CHECK(result.exit_code == 3);
  const std::string row = row_of(result.out, "layer 1");
  CAPTURE(row);
  CHECK(contains(row, "slower"));
  CHECK_FALSE(contains(row, format_duration(3)));
  const auto json = nlohmann::json::parse(compare({before, after, "--json"}).out);
  const auto& block = json["models"][0]["blocks"][1];
  CHECK(block["before_s"] == 3);
  CHECK(block["before_median_s"].get<double>() == Approx(1).epsilon(0.02));
  CHECK(block["after_median_s"].get<double>() == Approx(1.2).epsilon(0.02));
}

TEST_CASE("no quotient of medians stands beside the ratio that the verdict is made of") {
  Profiles profiles;
  const auto two_peaks = [](int low) {
    SystemProfile system = measured(1, 1);
    std::vector<double>& samples = system.models[0].blocks[1].samples;
    for (int i = 0; i < 30; ++i) {
      const double peak = (i * 7) % 30 < low ? 1 : 2;
      samples[static_cast<std::size_t>(i)] = peak * (1 + 1e-4 * ((i * 11) % 30));
    }
    return system;
  };
  const std::string before = profiles.add("before", two_peaks(16), true);
  const std::string after = profiles.add("after", two_peaks(14), true);
  const ToolResult result = compare({before, after, "--all"});
  CHECK(result.exit_code == 0);
  const std::string row = row_of(result.out, "layer 1");
  CAPTURE(row);
  CHECK(contains(row, "unchanged"));
  CHECK_FALSE(contains(row, format_duration(2)));
}
