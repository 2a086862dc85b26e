// Benchmarks of models that need no backend, without a tool.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "benchmark/child_process.hpp"
#include "benchmark/idle_model.hpp"
#include "scission/benchmark.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

HostContext host_with(int threads) {
  HostContext host;
  host.cpu = "Some CPU";
  host.threads = threads;
  host.device = "cpu";
  host.backend = "LibTorch";
  host.backend_version = "1.0";
  return host;
}

SystemProfile earlier_profile() {
  ModelProfile model;
  model.model = "net";
  model.input_shape = {1, 3, 8, 8};
  SystemProfile system;
  system.host = host_with(2);
  system.models.push_back(model);
  return system;
}

}  // namespace

TEST_CASE("a benchmarked model comes back with its samples and its memory") {
  SystemProfile system;
  run_benchmark(system, {idle_job("net")}, three_rounds());
  REQUIRE(system.models.size() == 1);
  const ModelProfile& profile = system.models[0];
  CHECK(profile.model == "net");
  CHECK(profile.blocks.size() == 2);
  CHECK(profile.repetitions == 3);
  CHECK(profile.whole_samples.size() == 3);
  REQUIRE(profile.blocks.size() == 2);
  CHECK(profile.blocks[1].samples.size() == 3);
  CHECK(profile.peak_rss_bytes > 1'000'000);
  CHECK(profile.load_seconds > 0);
}

TEST_CASE("what codecs do stays in a profile whose blocks are measured from the start") {
  SystemProfile system;
  run_benchmark(system, {idle_job("net")}, three_rounds());
  system.models[0].codecs = {{"fp16", 1, 50, 50}};
  system.models[0].codec_inputs = 3;
  system.models[0].whole_samples.clear();  // so that no pass can be joined
  BenchmarkOptions two_passes = three_rounds();
  two_passes.passes = 2;
  run_benchmark(system, {idle_job("net")}, two_passes);
  CHECK(system.models[0].passes.size() == 2);
  REQUIRE(system.models[0].codecs.size() == 1);
  CHECK(system.models[0].codec_inputs == 3);
}

TEST_CASE("a chain with another result is a failure of its model alone") {
  const BenchmarkModel wrong{"net", {1}, [] { return std::make_unique<IdleModel>("net", false); }};
  SystemProfile system;
  BenchmarkOptions options = three_rounds();
  std::vector<ErrorCode> failures;
  options.on_failure = [&](const BenchmarkStep& step, const Error& error) {
    CHECK(step.model == "net");
    failures.push_back(error.code());
  };
  run_benchmark(system, {wrong, idle_job("other")}, options);
  CHECK(failures == std::vector<ErrorCode>{ErrorCode::mismatch});
  REQUIRE(system.models.size() == 1);
  CHECK(system.models[0].model == "other");
}

TEST_CASE("an observer hears of every pass and of every finished model, and may end it all") {
  SystemProfile system;
  BenchmarkOptions options = three_rounds();
  options.passes = 2;
  std::string events;
  options.on_pass = [&](const BenchmarkStep& step) {
    events += fmt::format("{}{}/{} ", step.model, step.pass + 1, step.passes);
  };
  options.on_model = [&](const ModelProfile& model) { events += model.model + " "; };
  run_benchmark(system, {idle_job("a"), idle_job("b")}, options);
  CHECK(events == "a1/2 b1/2 a2/2 a b2/2 b ");
  struct Stopped {};
  options.check_stop = [] { throw Stopped(); };
  CHECK_THROWS_AS(run_benchmark(system, {idle_job("c")}, options), Stopped);
  CHECK(system.find("c") == nullptr);
  run_benchmark(system, {idle_job("a")}, options);  // nothing is missing
}

TEST_CASE("a model gets another pass while all its passes take at most twice the time, or 10 s") {
  CHECK(has_time_for_a_pass(5, 5, 3));
  CHECK_FALSE(has_time_for_a_pass(6, 5, 3));
  CHECK(has_time_for_a_pass(100, 20, 60));
  CHECK_FALSE(has_time_for_a_pass(101, 20, 60));
}

TEST_CASE("a benchmark of no passes is refused") {
  SystemProfile system;
  BenchmarkOptions options = three_rounds();
  options.passes = 0;
  CHECK_ERROR(run_benchmark(system, {idle_job("a")}, options), ErrorCode::invalid_argument,
              "passes");
}

TEST_CASE("an earlier profile of other conditions is not gone on with") {
  const SystemProfile earlier = earlier_profile();
  const std::vector<BenchmarkModel> jobs{idle_job("net"), idle_job("other")};
  validate_same_conditions(earlier, host_with(2), jobs, "edge-box.json");
  CHECK_ERROR(validate_same_conditions(earlier, host_with(1), jobs, "edge-box.json"),
              ErrorCode::mismatch,
              "edge-box.json: was measured under other conditions: threads "
              "(2 there, 1 now)");
  SystemProfile cut_otherwise = earlier;
  cut_otherwise.host.split = "frontier cuts, layer grain";
  HostContext now = host_with(2);
  now.split = "single cuts, layer grain";
  CHECK_ERROR(
      validate_same_conditions(cut_otherwise, now, jobs, "edge-box.json"), ErrorCode::mismatch,
      "how models are cut (frontier cuts, layer grain there, single cuts, layer grain now)");
  HostContext other = host_with(2);
  other.cpu = "Another";
  other.device = "cuda:0";
  other.is_optimized = true;
  other.backend_version = "2.0";
  for (const char* part :
       {"Another", "cuda:0", "optimisation (off there, on now)", "LibTorch's version"}) {
    CHECK_ERROR(validate_same_conditions(earlier, other, jobs, "x"), ErrorCode::mismatch, part);
  }
}

TEST_CASE("an earlier profile of another input is not gone on with") {
  const SystemProfile earlier = earlier_profile();
  BenchmarkModel job = idle_job("net");
  job.input_shape = {4, 3, 8, 8};
  CHECK_ERROR(validate_same_conditions(earlier, host_with(2), {job}, "x"), ErrorCode::mismatch,
              "the batch (1 there, 4 now)");
  job.input_shape = {1, 3, 9, 9};
  CHECK_ERROR(validate_same_conditions(earlier, host_with(2), {job}, "x"), ErrorCode::mismatch,
              "net's input (3×8×8 there, 3×9×9 now)");
  job.name = "other";
  validate_same_conditions(earlier, host_with(2), {job}, "x");
  job.input_shape = {4, 3, 9, 9};
  CHECK_ERROR(validate_same_conditions(earlier, host_with(2), {job}, "x"), ErrorCode::mismatch,
              "the batch (1 there, 4 now)");
}

TEST_CASE("what an older profile does not say is no obstacle to going on") {
  SystemProfile earlier = earlier_profile();
  earlier.host = {};
  earlier.models[0].input_shape.clear();
  validate_same_conditions(earlier, host_with(2), {idle_job("net")}, "x");
  CHECK(passes_done(earlier, "net", 1) == 1);
  CHECK(passes_done(earlier, "other", 1) == 0);
}

TEST_CASE("a pass has its part of the time and of the rounds and a goal reached together") {
  MeasureOptions in_all;
  in_all.precision = 0.02;
  in_all.max_time_s = 60;
  in_all.max_rounds = 1000;
  std::vector<int> rounds;
  for (int pass = 0; pass < 3; ++pass) {
    rounds.push_back(pass_options(in_all, pass, 3).max_rounds);
  }
  CHECK(rounds == std::vector<int>{333, 333, 334});
  CHECK(pass_options(in_all, 0, 3).max_time_s == Approx(20));
  CHECK(pass_options(in_all, 0, 4).precision == Approx(0.04));
  CHECK(pass_options(in_all, 0, 1).max_rounds == 1000);
  CHECK(possible_passes({.measure = in_all, .passes = 3}) == 3);
  in_all.max_rounds = 2;
  CHECK(possible_passes({.measure = in_all, .passes = 3}) == 2);
  CHECK(pass_options(in_all, 1, 2).max_rounds == 1);
}

TEST_CASE("the models of a benchmark are described with the passes that they lack") {
  SystemProfile system;
  BenchmarkOptions options = three_rounds();
  options.passes = 2;
  run_benchmark(system, {idle_job("done")}, options);
  options.passes = 1;
  run_benchmark(system, {idle_job("half"), idle_job("other")}, options);
  const std::vector<BenchmarkModel> models{idle_job("done"), idle_job("half"), idle_job("new")};
  CHECK_FALSE(lacks_passes(system, models, "done", 2));
  CHECK(lacks_passes(system, models, "half", 2));
  CHECK(lacks_passes(system, models, "new", 2));
  CHECK_FALSE(lacks_passes(system, models, "other", 2));  // is not to be measured
  CHECK(describe_passes(system, models, 2) == "done, half (1 of 2 passes), other");
  system.models[1].whole_samples.clear();
  CHECK(describe_passes(system, models, 2) ==
        "done, half (without its single times, so it is measured from the start), other");
}

TEST_CASE("an emulated machine measures and spends its own time") {
  MeasureOptions options;
  options.max_time_s = 10;
  emulate_speed(options, 1);
  CHECK(options.max_time_s == 10);
  CHECK_FALSE(options.clock);
  emulate_speed(options, 0.5);
  CHECK(options.max_time_s == 20);
  CHECK(options.clock);
}

TEST_CASE("a pause of no time is no function") {
  CHECK_FALSE(sleep_function(0));
  REQUIRE(sleep_function(1e-6));
  sleep_function(1e-6)();
}

TEST_CASE("a device is the CPU or a numbered GPU") {
  CHECK(parse_device("cpu", "--device") == "cpu");
  CHECK(parse_device("cuda", "--device") == "cuda:0");
  CHECK(parse_device("cuda:3", "--device") == "cuda:3");
  for (const char* text : {"", "tpu", "cuda:", "cuda:-1", "cuda:x", "CPU"}) {
    CHECK_ERROR(parse_device(text, "--device"), ErrorCode::invalid_argument, "is not a device");
  }
}

TEST_CASE("a format adds its files to those of a profile") {
  ProfileFiles files{.folder = "out", .platform = "edge", .name = "box"};
  files.add_format("json", "--format");
  CHECK(files.paths() == std::vector<std::filesystem::path>{"out/edge-box.json"});
  for (const char* format : {"dat", "csv", "statistics"}) files.add_format(format, "--format");
  CHECK(files.paths() == std::vector<std::filesystem::path>{"out/edge-box.json", "out/edge-box.dat",
                                                            "out/edge-box.csv",
                                                            "out/edge-box-statistics.csv"});
  files.add_format("fork", "--format");
  CHECK(files.paths().size() == 7);
  CHECK_ERROR(files.add_format("xml", "--format"), ErrorCode::invalid_argument,
              "'xml' is not a format; choose from json, dat, csv, statistics and fork");
}

TEST_CASE("a frame is given out when its last byte has come") {
  const std::string answer = run_in_child(
      [](const SendRecord&) { return encode_error(Error(ErrorCode::io, "message", "place")); });
  const Error error = decode_error(answer);
  CHECK(std::string(error.what()) == "place: message");
  Frames frames;
  CHECK_FALSE(frames.next());
  frames.append("short");
  CHECK_FALSE(frames.next());
}
