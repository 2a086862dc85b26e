#include <unistd.h>

#include <cmath>

#include "scission/profile.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;

namespace {

ModelProfile two_blocks() {
  ModelProfile profile;
  profile.model = "net";
  profile.blocks = {{{0, 3, 64}, 0.25, {}, "", 0}, {{4, 4, 8}, 0.5, {}, "", 0}};
  return profile;
}

}  // namespace

TEST_CASE("the blocks' seconds add up") {
  CHECK(two_blocks().blocks_seconds() == 0.75);
  CHECK(ModelProfile().blocks_seconds() == 0);
}

TEST_CASE("a system finds the models that it has measured, and no others") {
  SystemProfile system;
  system.models = {ModelProfile(), two_blocks()};
  CHECK(system.find("net") == &system.models[1]);
  CHECK(system.find("other") == nullptr);
}

TEST_CASE("a sound profile is valid") { CHECK_NOTHROW(validate(two_blocks(), "here")); }

TEST_CASE("blocks must be contiguous from layer 0") {
  ModelProfile profile = two_blocks();
  profile.blocks[1].block.first_layer = 5;
  CHECK_ERROR(validate(profile, "f.json"), ErrorCode::damaged,
              "f.json: model net: block 1: begins at layer 5 instead of 4");
  profile = two_blocks();
  profile.blocks.erase(profile.blocks.begin());
  CHECK_ERROR(validate(profile, ""), ErrorCode::damaged, "begins at layer 4 instead of 0");
  profile = two_blocks();
  profile.blocks[1].block.last_layer = 3;
  CHECK_ERROR(validate(profile, ""), ErrorCode::damaged,
              "ends at layer 3, before its first layer, 4");
  profile.blocks.clear();
  CHECK_ERROR(validate(profile, ""), ErrorCode::damaged, "has no blocks");
}

TEST_CASE("times must be finite and not below 0") {
  for (const double wrong : {-1.0, std::nan(""), HUGE_VAL}) {
    ModelProfile profile = two_blocks();
    profile.blocks[0].seconds = wrong;
    CHECK_ERROR(validate(profile, ""), ErrorCode::damaged, "block 0: its seconds");
    profile = two_blocks();
    profile.blocks[1].summary.p95 = wrong;
    CHECK_ERROR(validate(profile, ""), ErrorCode::damaged, "block 1: its summary");
    profile = two_blocks();
    profile.whole_seconds = wrong;
    CHECK_ERROR(validate(profile, ""), ErrorCode::damaged, "whole_seconds");
    profile = two_blocks();
    profile.whole.interval.low = wrong;
    CHECK_ERROR(validate(profile, ""), ErrorCode::damaged, "the whole model's summary");
  }
}

TEST_CASE("sizes must not be below 0") {
  ModelProfile profile = two_blocks();
  profile.blocks[0].block.output_bytes = -1;
  CHECK_ERROR(validate(profile, ""), ErrorCode::damaged, "its output");
  profile = two_blocks();
  profile.blocks[0].parameters = -1;
  CHECK_ERROR(validate(profile, ""), ErrorCode::damaged, "its parameters");
  profile = two_blocks();
  profile.blocks[1].weight_bytes = -1;
  CHECK_ERROR(validate(profile, "f.json"), ErrorCode::damaged,
              "f.json: model net: block 1: its memory must be 0 bytes or more");
  profile = two_blocks();
  profile.blocks[0].peak_activation_bytes = -1;
  CHECK_ERROR(validate(profile, ""), ErrorCode::damaged, "block 0: its memory");
}

TEST_CASE("this host has a name, an operating system, cores, memory and a date") {
  const HostContext host = this_host();
  CHECK_FALSE(host.host.empty());
  CHECK_FALSE(host.os.empty());
  CHECK(host.os.front() != '"');
  CHECK(host.cores >= 1);
  CHECK(host.cores <= sysconf(_SC_NPROCESSORS_CONF));
  CHECK(host.memory_bytes > 1'000'000);
  REQUIRE(host.date.size() == 20);
  CHECK(host.date[4] == '-');
  CHECK(host.date[10] == 'T');
  CHECK(host.date[19] == 'Z');
  CHECK(host.date > "2020");
}
