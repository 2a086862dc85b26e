// Files as released versions wrote them: tests/released has a folder for each, which stays as it
// is.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "scission/control.hpp"
#include "scission/model.hpp"
#include "scission/plan/network.hpp"
#include "scission/plan/plan.hpp"
#include "scission/plan/problem.hpp"
#include "scission/profile.hpp"
#include "scission/search/plan_io.hpp"
#include "scission/sweep.hpp"
#include "support/catch.hpp"

using namespace scission;

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> releases() {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator("tests/released")) {
    if (entry.is_directory()) folders.push_back(entry);
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

}  // namespace

TEST_CASE("Files of every released version are read") {
  REQUIRE_FALSE(releases().empty());
  for (const fs::path& release : releases()) {
    CAPTURE(release);
    SystemProfile profile = read_profile(release / "profile.json");
    CHECK(profile.name == "box");
    REQUIRE(profile.models.size() == 1);
    CHECK(profile.models[0].blocks.size() == 9);
    CHECK(profile.models[0].blocks[0].seconds > 0);
    add_samples(profile, read_file(release / "profile.samples.csv"), "profile.samples.csv");
    CHECK_FALSE(profile.models[0].whole_samples.empty());

    const StoredAnswer plans = read_answer_json(release / "plans.json");
    CHECK(plans.model == "lenet");
    CHECK(plans.plans.size() == 2);

    const Network network = read_network(release / "network.csv");
    const auto has_curve = [](const NetworkRow& row) { return row.link.curve.size() == 2; };
    CHECK(std::any_of(network.rows().begin(), network.rows().end(), has_curve));
    CHECK(read_system_attributes(release / "systems.csv").size() == 3);

    const SegmentManifest manifest = read_manifest(release / "manifest.json");
    CHECK(manifest.segments.size() == 2);

    const SweepReading sweep = read_sweep(release / "sweep.json");
    REQUIRE(sweep.sweep.conditions.size() == 1);
    CHECK(sweep.sweep.plans.size() == 2);

    const ConditionTrace trace = read_condition_trace(release / "trace.csv");
    CHECK(trace.columns.size() == 3);
  }
}
