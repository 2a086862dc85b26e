#include <chrono>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "scission/measure.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;

namespace {

// input ──▶ conv ──▶ relu: blocks 0-1 and 2. A run takes as long as the script says, on a clock
// that nothing else moves.
class ScriptedModel : public Runnable {
 public:
  ScriptedModel() {
    graph_.name = "scripted";
    graph_.values = {{"x", ValueKind::tensor, "float32", {1, 3, 8, 8}, 768, -1, ""},
                     {"y", ValueKind::tensor, "float32", {1, 4}, 16, -1, ""},
                     {"z", ValueKind::tensor, "float32", {1, 4}, 16, -1, ""}};
    graph_.layers = {{"input", "InputLayer", {}, {0}},
                     {"conv", "Conv2D", {0}, {1}, 112, 448, 200, 100, 20},
                     {"relu", "ReLU", {1}, {2}}};
    graph_.outputs = {2};
    blocks_ = {{0, 1, 16}, {2, 2, 16}};
  }

  const ModelGraph& graph() const override { return graph_; }
  const std::vector<Block>& blocks() const override { return blocks_; }
  void run_whole() override { run("whole"); }
  void run_block(int block) override { run(std::to_string(block)); }
  std::vector<BlockScale> block_scales() override {
    if (!scales.empty()) log += "scales ";
    return scales;
  }
  bool chain_equals_whole() const override {
    log += "check ";
    now += 100;
    return equal;
  }
  std::string backend() const override { return "none"; }
  std::string backend_version() const override { return "0"; }

  std::function<double()> clock() {
    return [this] { return now; };
  }

  std::vector<double> script;  // seconds of each run, in turn; then 1 s
  std::vector<BlockScale> scales;
  bool equal = true;
  double slow_until = 0;  // by the clock: runs that begin before take twice as long
  mutable double now = 1000;
  mutable std::string log;

 private:
  void run(const std::string& what) {
    log += what + ' ';
    now += (runs_ < script.size() ? script[runs_] : 1) * (now < slow_until ? 2 : 1);
    ++runs_;
  }

  ModelGraph graph_;
  std::vector<Block> blocks_;
  std::size_t runs_ = 0;
};

MeasureOptions options_for(ScriptedModel& model, int max_warmup, int max_rounds) {
  MeasureOptions options;
  options.max_warmup = max_warmup;
  options.max_rounds = max_rounds;
  options.max_time_s = 1e9;
  options.clock = model.clock();
  return options;
}

}  // namespace

TEST_CASE("every round runs the whole model and then every block, warm-up included") {
  ScriptedModel model;
  measure(model, options_for(model, 1, 2));
  CHECK(model.log == "whole 0 1 check whole 0 1 whole 0 1 ");
}

TEST_CASE("what is called before each run is not timed") {
  ScriptedModel model;
  MeasureOptions options = options_for(model, 0, 2);
  options.before_run = [&] {
    model.log += "rest ";
    model.now += 1000;
  };
  const ModelProfile profile = measure(model, options);
  CHECK(model.log == "rest whole rest 0 1 check rest whole rest 0 1 ");
  CHECK(profile.whole_seconds == 1);
  CHECK(profile.blocks_seconds() == 2);
}

TEST_CASE("a stage's setup time is what its blocks take longer after a wait") {
  ScriptedModel model;
  MeasureOptions options = options_for(model, 0, 300);
  options.before_stage = [&] {
    model.log += "wait ";
    model.now += 5;
    model.slow_until = model.now + 0.5;
  };
  const ModelProfile profile = measure(model, options);
  CHECK(model.log.find("wait 0 whole") != std::string::npos);
  CHECK(model.log.find("0 wait 1 ") != std::string::npos);
  CHECK(profile.blocks_seconds() == 2);
  for (const BlockTiming& timing : profile.blocks) {
    CHECK(timing.setup_seconds == 1);
    CHECK(timing.setup_interval.low == 1);
    CHECK(timing.setup_interval.high == 1);
  }
  CHECK(profile.whole_samples.size() < 300);  // precise at once, and until there are six stages
}

TEST_CASE("the first block has no setup time where every round begins after a wait") {
  ScriptedModel model;
  MeasureOptions options = options_for(model, 0, 300);
  options.before_run = options.before_stage = [&] {
    model.now += 5;
    model.slow_until = model.now + 0.5;
  };
  const ModelProfile profile = measure(model, options);
  CHECK(profile.blocks[0].seconds == 2);  // the wait is in its own time
  CHECK(profile.blocks[0].setup_seconds == 0);
  CHECK(profile.blocks[1].setup_seconds > 0);
}

TEST_CASE("a block's times are those within a stage, and a stage's start is in its setup time") {
  ScriptedModel model;
  model.scales = {{0.75, 0}, {0.25, 0.5}};
  const bool waits = GENERATE(false, true);
  MeasureOptions options = options_for(model, 1, 300);
  if (waits) {
    options.before_stage = [&] {
      model.now += 5;
      model.slow_until = model.now + 0.5;
    };
  }
  const ModelProfile profile = measure(model, options);
  CHECK(model.log.starts_with("whole 0 1 check scales whole 0 1 "));
  CHECK(profile.blocks[0].seconds == 0.75);
  CHECK(profile.blocks[1].seconds == 0.25);
  CHECK(profile.blocks[1].samples.front() == 0.25);
  CHECK(profile.blocks[0].setup_seconds == (waits ? 1 : 0));
  CHECK(profile.blocks[1].setup_seconds == 0.5 + (waits ? 1 : 0));
  CHECK(profile.blocks[1].setup_interval.low == profile.blocks[1].setup_seconds);
}

TEST_CASE("blocks with scales add up to the whole model, as the rounds have it") {
  ScriptedModel model;
  model.scales = {{0.5, 0}, {1, 0.5}};  // 1.5 times the whole model
  const ModelProfile profile = measure(model, options_for(model, 1, 20));
  CHECK(profile.blocks_seconds() == Approx(profile.whole_seconds));
  CHECK(profile.blocks[0].seconds == Approx(1.0 / 3));
  CHECK(profile.blocks[1].setup_seconds == Approx(0.5));
}

TEST_CASE("the setup times of passes are averaged") {
  const auto pass_with_setup = [](double seconds) {
    ScriptedModel model;
    ModelProfile pass = measure(model, options_for(model, 0, 3));
    pass.blocks[1].setup_seconds = seconds;
    pass.blocks[1].setup_interval = {seconds - 0.3, seconds + 0.3};
    return pass;
  };
  ModelProfile joint = join_passes(pass_with_setup(1), pass_with_setup(3));
  CHECK(joint.blocks[1].setup_seconds == 2);
  joint = join_passes(joint, pass_with_setup(5));
  CHECK(joint.blocks[1].setup_seconds == 3);
  CHECK(joint.blocks[1].setup_interval.high == Approx(3 + 0.3 / std::sqrt(3.0)));
  CHECK(joint.blocks[0].setup_seconds == 0);
}

TEST_CASE("times are means over the middle half of the rounds that count") {
  ScriptedModel model;
  // After a round of warm-up, chains of 6, 106, 7 and 1 s: the first and the third are the middle.
  model.script = {64, 64, 64, 8, 2, 4, 7, 1, 105, 20, 4, 3, 6, 0.5, 0.5};
  const ModelProfile profile = measure(model, options_for(model, 1, 4));
  CHECK(profile.whole_seconds == 7.5);
  REQUIRE(profile.blocks.size() == 2);
  CHECK(profile.blocks[0].seconds == 3);
  CHECK(profile.blocks[1].seconds == 3.5);
  CHECK(profile.blocks_seconds() == 6.5);
  CHECK(profile.whole.count == 4);
  CHECK(profile.blocks[0].summary.median == 1.5);
  CHECK(profile.blocks[1].summary.interval.high == 105);
  CHECK(profile.cold_seconds == 64);
  CHECK(profile.blocks[1].cold_seconds == 64);
  CHECK(profile.whole_samples == std::vector<double>{8, 7, 20, 6});
  CHECK(profile.blocks[0].samples == std::vector<double>{2, 1, 4, 0.5});
}

TEST_CASE("the blocks add up to the middle chains though each is slow in a round of its own") {
  ScriptedModel model;
  model.script = {11, 1, 10, 11, 10, 1, 11, 1, 10, 11, 10, 1};
  const ModelProfile profile = measure(model, options_for(model, 0, 4));
  CHECK(profile.blocks_seconds() == 11);
}

TEST_CASE("without warm-up the first round counts") {
  ScriptedModel model;
  model.script = {4, 2, 3};
  const ModelProfile profile = measure(model, options_for(model, 0, 1));
  CHECK(profile.whole_seconds == 4);
  CHECK(profile.blocks[1].seconds == 3);
  CHECK(profile.warmup == 0);
  CHECK(profile.cold_seconds == 4);
  CHECK(model.log == "whole 0 1 check ");
}

TEST_CASE("the profile says what was measured, and how") {
  ScriptedModel model;
  const ModelProfile profile = measure(model, options_for(model, 2, 5));
  CHECK(profile.model == "scripted");
  CHECK(profile.input_shape == std::vector<std::int64_t>{1, 3, 8, 8});
  CHECK(profile.warmup == 2);
  CHECK(profile.repetitions == 5);
  CHECK(profile.blocks[0].block == Block{0, 1, 16});
  CHECK(profile.blocks[0].layer_types == "InputLayer Conv2D");
  CHECK(profile.blocks[0].parameters == 112);
  CHECK(profile.blocks[0].flops == 200);
  CHECK(profile.weight_bytes == 448);
  CHECK(profile.peak_activation_bytes == 768 + 20);
  CHECK(profile.measuring_seconds == 100 + 7 * 3);
  CHECK(profile.blocks[0].weight_bytes == 448);
  CHECK(profile.blocks[0].peak_activation_bytes == 768 + 20);
  CHECK(profile.blocks[1].weight_bytes == 0);
  CHECK(profile.blocks[1].peak_activation_bytes == 16);
}

TEST_CASE("a chain that gives something else than the whole model stops after one round") {
  ScriptedModel model;
  model.equal = false;
  CHECK_ERROR(measure(model, options_for(model, 3, 10)), ErrorCode::mismatch, "model scripted");
  CHECK(model.log == "whole 0 1 check ");
}

TEST_CASE("warm-up ends when two rounds in a row are no faster than those before them") {
  ScriptedModel model;
  // Rounds of 30, 15, 6, 6 and 6 s: the fourth and fifth are the first two that gain nothing.
  model.script = {10, 10, 10, 5, 5, 5, 2, 2, 2, 2, 2, 2, 2, 2, 2};
  const ModelProfile profile = measure(model, options_for(model, 30, 1));
  CHECK(profile.warmup == 5);
  CHECK(profile.whole_seconds == 1);
  CHECK(profile.cold_seconds == 10);
}

TEST_CASE("warm-up takes a quarter of the time at most") {
  ScriptedModel model;
  for (int round = 0; round < 100; ++round) {
    for (int run = 0; run < 3; ++run) model.script.push_back(1000.0 / (round + 1));
  }
  MeasureOptions options = options_for(model, 30, 1);
  options.max_time_s = 4 * (100 + 3000 + 1500 + 1);
  CHECK(measure(model, options).warmup == 3);
}

TEST_CASE("measuring ends when the median's intervals are narrow enough") {
  ScriptedModel model;
  for (int round = 0; round < 10; ++round) model.script.insert(model.script.end(), {2, 1, 1});
  const ModelProfile steady = measure(model, options_for(model, 0, 1000));
  CHECK(steady.repetitions == 10);
  CHECK(steady.warnings.empty());

  // The second block takes 100 or 110 s by turns: its interval stays 10 % wide.
  ScriptedModel unsteady;
  for (int round = 0; round < 1000; ++round) {
    unsteady.script.insert(unsteady.script.end(), {200, 100, round % 2 == 0 ? 100.0 : 110.0});
  }
  const ModelProfile profile = measure(unsteady, options_for(unsteady, 0, 200));
  CHECK(profile.repetitions == 200);
  REQUIRE(profile.warnings.size() == 1);
  CHECK(profile.warnings[0].find("precision of 2 % (±1 %)") != std::string::npos);
}

TEST_CASE("a block of less than a hundredth of the whole does not keep the measurement going") {
  ScriptedModel model;
  for (int round = 0; round < 1000; ++round) {
    model.script.insert(model.script.end(), {201, 200, round % 2 == 0 ? 0.5 : 1.5});
  }
  CHECK(measure(model, options_for(model, 0, 1000)).repetitions == 10);
}

TEST_CASE("no round begins after the time is over, but one counts") {
  ScriptedModel model;
  MeasureOptions options = options_for(model, 0, 1000);
  options.max_time_s = 100 + 3 * 4 + 1;
  CHECK(measure(model, options).repetitions == 5);
  ScriptedModel slow;
  options.clock = slow.clock();
  options.max_time_s = 0;
  CHECK(measure(slow, options).repetitions == 1);
}

TEST_CASE("a first round that took all the time and long counts, and there is no other") {
  ScriptedModel model;
  model.script = {3, 2, 1};
  MeasureOptions options = options_for(model, 30, 1000);
  options.max_time_s = 3;
  const ModelProfile profile = measure(model, options);
  CHECK(model.log == "whole 0 1 check ");
  CHECK(profile.repetitions == 1);
  CHECK(profile.warmup == 0);
  CHECK(profile.whole.median == 3);
  CHECK(profile.cold_seconds == 3);
}

TEST_CASE("progress is told after every block, with the time that is left") {
  ScriptedModel model;
  MeasureOptions options = options_for(model, 1, 3);
  std::vector<MeasureProgress> told;
  options.on_progress = [&](const MeasureProgress& progress) { told.push_back(progress); };
  measure(model, options);
  REQUIRE(told.size() == 12);
  CHECK(told[0].block == 0);
  CHECK(told[0].round == 0);
  CHECK_FALSE(told[2].is_warm);
  CHECK(told[5].is_warm);
  CHECK(told[5].round == 2);
  CHECK(told[5].block == 2);
  CHECK(told[5].elapsed_s == 106);
  CHECK(told[5].remaining_s == 106);
  CHECK(told[11].remaining_s == 0);
}

TEST_CASE("throwing from the progress callback ends the measurement") {
  ScriptedModel model;
  MeasureOptions options = options_for(model, 0, 50);
  options.on_progress = [](const MeasureProgress&) { throw std::runtime_error("enough"); };
  CHECK_THROWS_AS(measure(model, options), std::runtime_error);
  CHECK(model.log == "whole ");
}

TEST_CASE("counts of rounds out of range are refused before anything runs") {
  ScriptedModel model;
  CHECK_ERROR(measure(model, options_for(model, -1, 1)), ErrorCode::invalid_argument, "warm-up");
  CHECK_ERROR(measure(model, options_for(model, 0, 0)), ErrorCode::invalid_argument, "rounds");
  CHECK(model.log.empty());
}

TEST_CASE("the default clock is the steady clock, in seconds") {
  using Clock = std::chrono::steady_clock;
  ScriptedModel model;
  const Clock::time_point start = Clock::now();
  const ModelProfile profile = measure(model, {});
  const std::chrono::duration<double> elapsed = Clock::now() - start;
  CHECK(profile.repetitions >= 10);
  CHECK(profile.measuring_seconds > 0);
  CHECK(profile.measuring_seconds <= elapsed.count());
}
