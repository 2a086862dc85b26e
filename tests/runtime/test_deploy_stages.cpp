#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "fleet.hpp"
#include "scission/file.hpp"
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

TEST_CASE("Segments of two plans lie side by side, equal ones once") {
  const Fleet fleet({"a", "b"});
  const Assignment one = fleet.assign("a", "add 1");
  const Assignment two = fleet.assign("b", "add 2");
  const Assignment three = fleet.assign("a", "add 3");
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

TEST_CASE("A deployment tells how far it is, system by system") {
  const Fleet fleet({"a"});
  const Assignment one = fleet.assign("a", "add 1");
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

TEST_CASE("What cannot be deployed is refused, and the rest is there all the same") {
  const Fleet fleet({"a", "b"});
  Assignment damaged = fleet.assign("a", "add 1");
  write_file_atomically(damaged.file, "add 9");
  const Assignment fine = fleet.assign("b", "add 2");
  CHECK_ERROR(deploy_stages("net", {damaged, fine}, fleet.clients, {}), ErrorCode::damaged, "");
  CHECK(fleet.clients.at("b")->list(30).size() == 1);
  CHECK_ERROR(deploy_stages("net", {fleet.assign("moon", "add 1")}, fleet.clients, {}),
              ErrorCode::invalid_argument, "moon");
  CHECK_ERROR(deploy_stages("net", {}, fleet.clients, {}), ErrorCode::invalid_argument, "stage");
}
