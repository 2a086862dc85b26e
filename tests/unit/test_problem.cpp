#include "scission/error.hpp"
#include "scission/problem.hpp"
#include "support/catch.hpp"

using namespace scission;

namespace {

SystemProfile profile(const std::string& platform, const std::string& name,
                      const std::vector<Block>& blocks, double seconds) {
  ModelProfile model;
  model.model = "net";
  for (const Block& block : blocks) {
    BlockTiming timing;
    timing.block = block;
    timing.seconds = seconds;
    model.blocks.push_back(timing);
  }
  SystemProfile system;
  system.platform = platform;
  system.name = name;
  system.models.push_back(model);
  return system;
}

std::string refusal(const std::vector<SystemProfile>& profiles, const std::string& model = "net") {
  try {
    make_problem(profiles, Network{}, model);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("profiles of different grain are brought to their common boundaries") {
  const auto fine = profile("device", "pi", {{0, 0, 600}, {1, 1, 800}, {2, 2, 300}, {3, 4, 40}}, 1);
  const auto coarse = profile("cloud", "vm", {{0, 1, 928}, {2, 4, 168}}, 0.25);
  const PartitionProblem problem = make_problem({coarse, fine}, Network{}, "net");
  CHECK(problem.blocks == std::vector<Block>{{0, 1, 928}, {2, 4, 168}});
  CHECK(problem.systems == std::vector<System>{{"pi", "device"}, {"vm", "cloud"}});
  CHECK(problem.block_s == std::vector<std::vector<double>>{{2, 2}, {0.25, 0.25}});
}

TEST_CASE("profiles of different models under one name are refused") {
  const auto one = profile("device", "pi", {{0, 1, 800}, {2, 4, 40}}, 1);
  CHECK(refusal({one, profile("edge", "box", {{0, 1, 800}, {2, 5, 40}}, 1)}) ==
        "device-pi and edge-box hold different models under the name 'net': one ends with layer 4, "
        "the other with layer 5");
  CHECK(refusal({one, profile("edge", "box", {{0, 1, 1600}, {2, 4, 40}}, 1)}) ==
        "device-pi and edge-box hold different models under the name 'net': after layer 1 one puts "
        "out 800 bytes, the other 1600");
}

TEST_CASE("an unknown model is answered with those that are known") {
  CHECK(refusal({profile("device", "pi", {{0, 1, 8}}, 1)}, "nut") ==
        "model 'nut' is in none of the profiles; they hold net");
}

TEST_CASE("a platform without a place in the order and a name used twice are refused") {
  const auto one = profile("device", "pi", {{0, 1, 8}}, 1);
  CHECK(
      refusal({profile("fog", "box", {{0, 1, 8}}, 1)}).rfind("profile of box: platform 'fog'", 0) ==
      0);
  CHECK(
      refusal({one, profile("edge", "pi", {{0, 1, 8}}, 1)}).rfind("two systems have the same", 0) ==
      0);
}

TEST_CASE("an order that names a platform twice is refused") {
  const auto one = profile("device", "pi", {{0, 1, 8}}, 1);
  CHECK_THROWS_AS(make_problem({one}, Network{}, "net", {"device", "cloud", "device"}), Error);
}

TEST_CASE("links are taken from the network for every pair of systems") {
  const Network network({{"device", "cloud", {10, 8}}});
  const PartitionProblem problem = make_problem(
      {profile("device", "pi", {{0, 1, 8}}, 1), profile("cloud", "vm", {{0, 1, 8}}, 1)}, network,
      "net");
  CHECK(problem.link(0, 1) == Link{10, 8});
  CHECK_FALSE(problem.link(1, 0));
}
