#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "runtime/fleet.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

TEST_CASE("Segments are served under the model's name and the beginning of their checksum") {
  Segment segment = small_segment();
  segment.sha256 = "0123456789abcdef0123";
  CHECK(served_name("vgg19", segment) == "vgg19-0123456789ab");
}

TEST_CASE("The placements and segments of one plan make assignments") {
  SegmentManifest manifest;
  manifest.segments = {small_segment(), small_segment()};
  manifest.segments[0].first_layer = 0;
  manifest.segments[0].last_layer = 3;
  manifest.segments[0].file = "00.pt";
  manifest.segments[1].first_layer = 4;
  manifest.segments[1].last_layer = 9;
  manifest.segments[1].file = "01.pt";
  const auto assignments = assignments_of({{0, 3, "a"}, {4, 9, "b"}}, manifest, "parts");
  REQUIRE(assignments.size() == 2);
  CHECK(assignments[1].system == "b");
  CHECK(assignments[1].segment.first_layer == 4);
  CHECK(assignments[1].file == std::filesystem::path("parts") / "01.pt");
  CHECK(assignments[1].foreign_model.empty());
  CHECK_ERROR(assignments_of({{0, 4, "a"}, {5, 9, "b"}}, manifest, "parts"), ErrorCode::mismatch,
              "parts");
  CHECK_ERROR(assignments_of({{0, 3, "a"}}, manifest, "parts"), ErrorCode::mismatch, "parts");
}

TEST_CASE("Segments of two plans coexist on a worker, and equal ones are shared") {
  const Fleet fleet({"a", "b"});
  const StageAssignment one = fleet.assign("a", "add 1");
  const StageAssignment two = fleet.assign("b", "add 2");
  const StageAssignment three = fleet.assign("a", "add 3");
  deploy_stages("net", {one, two}, fleet.clients, {});
  const auto stages = deploy_stages("net", {one, three, two}, fleet.clients, {});
  std::set<std::string> models;
  for (const StoredModel& stored : fleet.clients.at("a")->list(30)) models.insert(stored.model);
  CHECK(models ==
        std::set<std::string>{served_name("net", one.segment), served_name("net", three.segment)});
  REQUIRE(stages.size() == 3);
  CHECK(stages[1].system == "a");
  CHECK(stages[1].model == served_name("net", three.segment));
  CHECK(stages[1].client == fleet.clients.at("a"));
  CHECK(stages[1].input_names == std::vector<std::string>{"x"});
}

TEST_CASE("A deployment reports its progress for each system") {
  const Fleet fleet({"a"});
  const StageAssignment one = fleet.assign("a", "add 1");
  std::int64_t last = 0;
  DeployOptions options;
  options.on_progress = [&](const std::string& system, std::int64_t sent, std::int64_t total) {
    CHECK(system == "a");
    CHECK(total == one.segment.bytes);
    last = sent;
  };
  deploy_stages("net", {one}, fleet.clients, options);
  CHECK(last == one.segment.bytes);
}

TEST_CASE("A segment that cannot be deployed is refused, and the others are deployed") {
  const Fleet fleet({"a", "b"});
  StageAssignment damaged = fleet.assign("a", "add 1");
  write_file_atomically(damaged.file, "add 9");
  const StageAssignment fine = fleet.assign("b", "add 2");
  CHECK_ERROR(deploy_stages("net", {damaged, fine}, fleet.clients, {}), ErrorCode::damaged, "");
  CHECK(fleet.clients.at("b")->list(30).size() == 1);
  CHECK_ERROR(deploy_stages("net", {fleet.assign("moon", "add 1")}, fleet.clients, {}),
              ErrorCode::invalid_argument, "moon");
  CHECK_ERROR(deploy_stages("net", {}, fleet.clients, {}), ErrorCode::invalid_argument, "stage");
}
