#include "scission/runtime/gather/gather.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;

namespace {

SystemProfile profile(const std::string& platform, const std::string& name,
                      const std::string& model) {
  SystemProfile system;
  system.platform = platform;
  system.name = name;
  system.models.emplace_back();
  system.models[0].model = model;
  system.models[0].blocks.emplace_back();
  system.models[0].blocks[0].block = {0, 1, 100};
  return system;
}

}  // namespace

TEST_CASE("a problem over named systems begins with the first, and refuses one without the model") {
  const std::vector<SystemProfile> profiles{
      profile("edge", "box", "net"), profile("edge", "pi", "net"), profile("edge", "old", "other")};
  const PartitionProblem problem =
      runtime::problem_of_systems(profiles, Network{}, "net", {"pi", "box"});
  CHECK(problem.systems == std::vector<System>{{"pi", "edge"}, {"box", "edge"}});
  CHECK(problem.unmeasured.empty());
  for (const std::vector<std::string>& systems :
       {std::vector<std::string>{"old", "box"}, std::vector<std::string>{"box", "old"}}) {
    CHECK_ERROR(runtime::problem_of_systems(profiles, Network{}, "net", systems),
                ErrorCode::invalid_argument, "profile edge-old has not measured 'net'");
  }
  CHECK_ERROR(runtime::problem_of_systems(profiles, Network{}, "net", {"none", "box"}),
              ErrorCode::not_found, "none: has no profile");
}

TEST_CASE("this machine is the only profile without a worker, and comes first") {
  const std::vector<SystemProfile> profiles{profile("worker", "box", "net"),
                                            profile("device", "pi", "net")};
  const auto over = [&](const std::string& source, const std::string& worker) {
    return runtime::problem_of_workers(profiles, Network{}, "net", source, {{worker, "a:1"}},
                                       "folder");
  };
  CHECK(over("", "box").systems == std::vector<System>{{"pi", "device"}, {"box", "worker"}});
  CHECK(over("box", "pi").systems.front().name == "box");
  CHECK_ERROR(over("", "cloud"), ErrorCode::not_found, "folder: has no profile of");
}

TEST_CASE("a link is probed as often as the answer hangs on it") {
  // All on a takes 2 s, b alone 1 s and the way there: faster while that takes less than 1 s.
  const auto rounds = [](double to_b_s, double to_c_s) {
    const auto link = [](double seconds) { return Link{.curve = {{0, seconds}, {1e6, seconds}}}; };
    PartitionProblem problem;
    problem.model = "net";
    problem.platforms = {"device", "worker"};
    problem.systems = {{"a", "device"}, {"b", "worker"}, {"c", "worker"}};
    problem.blocks = {{0, 0, 100}};
    problem.block_s = {{2}, {1}, {10}};
    problem.links.resize(9);
    problem.links[1] = link(to_b_s);
    problem.links[2] = link(to_c_s);
    Query query;
    query.route = Route::any_order;
    return runtime::link_rounds(std::move(problem), query, 2);
  };
  const auto hanging = rounds(0.5, 1e-3);
  CHECK(hanging.at({"a", "b"}) == 15);  // three times 0.5 s, and all on a is faster
  CHECK(hanging.at({"a", "c"}) == 2);   // c is too slow for any link
  CHECK(hanging.count({"b", "a"}) == 0);
  CHECK(rounds(0.1, 1e-3).at({"a", "b"}) == 9);  // b stays the best; only its latency changes
  CHECK(rounds(9, 1e-3).at({"a", "b"}) == 2);
}

TEST_CASE("what codecs do comes from one profile, and their times from another") {
  const auto timing = [](const std::string& codec, int last_layer, double bytes, double encode_s) {
    CodecTiming one;
    one.codec = codec;
    one.last_layer = last_layer;
    one.bytes = bytes;
    one.encode_seconds = encode_s;
    one.error = bytes / 1000;
    return one;
  };
  ModelProfile here;
  here.codecs = {timing("fp16", -1, 10, 1), timing("fp16", 3, 20, 2), timing("jpeg", -1, 5, 0)};
  here.codec_inputs = 7;
  here.accuracy = 0.5;
  ModelProfile there;
  there.codecs = {timing("fp16", 3, 99, 4), timing("int8", 3, 9, 5)};
  there.codec_inputs = 4;
  runtime::copy_codec_quality(here, there);
  REQUIRE(there.codecs.size() == 1);
  CHECK(there.codecs[0].codec == "fp16");
  CHECK(there.codecs[0].bytes == 20);
  CHECK(there.codecs[0].error == 0.02);
  CHECK(there.codecs[0].encode_seconds == 4);
  CHECK(there.codec_inputs == 7);
  CHECK(there.accuracy == 0.5);
}

TEST_CASE("a worker's benchmark calibrates codecs on random inputs, and on no path") {
  runtime::BenchmarkProgram program("edge");
  const auto run = [&](const std::string& options) {
    runtime::BenchmarkJob job;
    job.model = "lenet";
    job.platform = "worker";
    job.options = options;
    return program.run(job);
  };
  for (const char* refused : {"--calibrate\nphotos", "--calibrate=photos", "--calibrate\n/etc",
                              "--codecs\n-o", "--codecs=fp16;x", "--labels\nl.csv"}) {
    CAPTURE(refused);
    CHECK_ERROR(run(refused), ErrorCode::invalid_argument,
                "is not an option that a worker accepts");
  }
}

TEST_CASE("a link whose times do not rise is warned of") {
  const auto row = [](const char* to, double last_s) {
    return NetworkRow{"pi", to, Link{.curve = {{1024, 0.01}, {4e6, last_s}}}};
  };
  const auto warnings = runtime::flat_link_warnings(Network({row("box", 0.01), row("vm", 0.5)}));
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].starts_with("pi → box: 4.00 MB take no longer than 1.02 kB"));
}
