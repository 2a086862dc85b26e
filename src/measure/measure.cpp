#include "scission/measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "base/numbers.hpp"
#include "base/require.hpp"
#include "base/seconds.hpp"
#include "measure/estimates.hpp"
#include "measure/setup_times.hpp"
#include "scission/model.hpp"

namespace scission {
namespace {

using Clock = std::function<double()>;

constexpr double max_setup_share = 0.2;  // of the time

Clock clock_or_steady(const Clock& clock) { return clock ? clock : steady_now_s; }

// Runs the cold round, the warm-up and the counted rounds.
class Measurement {
 public:
  Measurement(Runnable& model, const MeasureOptions& options)
      : model_(model),
        options_(options),
        clock_(clock_or_steady(options.clock)),
        block_count_(model.blocks().size()),
        last_s_(block_count_) {
    samples_.blocks.resize(block_count_);
    cold_.blocks.resize(block_count_);
  }

  void run() {
    start_s_ = clock_();
    if (options_.max_warmup > 0) warm_up();
    is_warm_ = true;
    if (warmup_ == 1 && took_too_long()) {  // a second round is more than the time allows
      samples_ = cold_;
      warmup_ = 0;
    } else {
      scales_ = model_.block_scales();
    }
    while (samples_.rounds() == 0 || !is_over()) {
      run_round(samples_);
      if (options_.before_stage && setup_s_ <= max_setup_share * elapsed()) observe_stage();
      if (static_cast<int>(samples_.rounds()) >= next_check_) check_precision();
    }
    if (!scales_.empty()) level_scales();
    if (static_cast<int>(samples_.rounds()) != last_check_) check_precision();
    elapsed_s_ = elapsed();
  }

  const Samples& samples() const { return samples_; }
  const std::vector<SetupObservation>& setups() const { return setups_; }
  const std::vector<BlockScale>& scales() const { return scales_; }
  const Samples& cold() const { return cold_; }
  int warmup() const { return warmup_; }
  double widest() const { return widest_; }
  double elapsed_s() const { return elapsed_s_; }

 private:
  void warm_up() {
    run_round(cold_);
    warmup_ = 1;
    std::vector<double> totals = cold_.totals();
    const double tolerance = std::max(0.02, options_.precision);
    while (warmup_ < options_.max_warmup && !is_steady(totals, tolerance) &&
           elapsed() < options_.max_time_s / 4) {
      Samples round;
      round.blocks.resize(block_count_);
      run_round(round);
      totals.push_back(round.totals().front());
      ++warmup_;
    }
  }

  void run_round(Samples& samples) {
    if (options_.before_run) options_.before_run();
    samples.whole.push_back(time([&] { model_.run_whole(); }));
    if (options_.before_run) options_.before_run();
    for (std::size_t block = 0; block < block_count_; ++block) {
      report(static_cast<int>(block));
      last_s_[block] = time([&] { model_.run_block(static_cast<int>(block)); });
      const double scale = scales_.empty() ? 1 : scales_[block].within_stage;
      samples.blocks[block].push_back(last_s_[block] * scale);
    }
    ++rounds_;
    if (rounds_ == 1) validate_chain();
    report(static_cast<int>(block_count_));
  }

  // Which part of the whole model's time a block takes is found in a second; what all of them take,
  // in all rounds.
  void level_scales() {
    std::vector<double> ratios;
    const std::vector<double> chains = samples_.chains();
    for (std::size_t round = 0; round < chains.size(); ++round) {
      if (chains[round] > 0) ratios.push_back(samples_.whole[round] / chains[round]);
    }
    if (ratios.empty()) return;
    const double level = median(std::move(ratios));
    for (std::vector<double>& block : samples_.blocks) {
      for (double& seconds : block) seconds *= level;
    }
    for (BlockScale& scale : scales_) scale.within_stage *= level;
  }

  // Compared with the last round, so that a drift of the machine's speed does not count.
  void observe_stage() {
    const double start_s = clock_();
    const int first = entry_block(last_s_, static_cast<int>(setups_.size()));
    setups_.push_back(observe_setup(model_, first, last_s_, options_.before_stage, clock_));
    setup_s_ += clock_() - start_s;
  }

  template <typename Work>
  double time(Work work) const {
    const double start = clock_();
    work();
    return clock_() - start;
  }

  void validate_chain() const {
    if (model_.chain_equals_whole()) return;
    throw Error(ErrorCode::mismatch,
                "the output of its blocks differs from that of the whole model",
                "model " + model_.graph().name);
  }

  void check_precision() {
    widest_ = widest_interval(samples_);
    last_check_ = static_cast<int>(samples_.rounds());
    next_check_ = next_precision_check(last_check_);
  }

  bool is_over() const {
    const bool has_setups = !options_.before_stage || setups_.size() >= min_setup_observations;
    return (widest_ <= options_.precision && has_setups) ||
           static_cast<int>(samples_.rounds()) >= options_.max_rounds ||
           elapsed() >= options_.max_time_s;
  }

  // Whether the first round, which is worth repeating if it is short, took all the time.
  bool took_too_long() const {
    constexpr double longest_first_s = 4;
    return elapsed() >= std::max(options_.max_time_s, longest_first_s);
  }

  double elapsed() const { return clock_() - start_s_; }

  void report(int block) const {
    if (!options_.on_progress) return;
    const double elapsed_s = elapsed();
    options_.on_progress({rounds_, is_warm_, block, std::isfinite(widest_) ? widest_ : 0, elapsed_s,
                          remaining_s(elapsed_s)});
  }

  // An interval narrows with the square root of the rounds.
  double remaining_s(double elapsed_s) const {
    const double at_most = std::max(0.0, options_.max_time_s - elapsed_s);
    if (rounds_ == 0) return at_most;
    const double round_s = elapsed_s / rounds_;
    const auto done = static_cast<double>(samples_.rounds());
    double needed = options_.max_rounds;
    if (std::isfinite(widest_)) {
      needed = std::min(needed, last_check_ * std::pow(widest_ / options_.precision, 2));
    }
    return std::min(at_most, std::max(0.0, needed - done) * round_s);
  }

  Runnable& model_;
  const MeasureOptions& options_;
  Clock clock_;
  std::size_t block_count_;
  Samples cold_;  ///< one round, or none
  Samples samples_;
  std::vector<double> last_s_;  ///< [block], of the last round: not scaled
  std::vector<BlockScale> scales_;
  std::vector<SetupObservation> setups_;
  double setup_s_ = 0;  ///< spent on them
  bool is_warm_ = false;
  int rounds_ = 0;
  int warmup_ = 0;
  int next_check_ = 10;
  int last_check_ = 0;
  double widest_ = infinity;
  double start_s_ = 0;
  double elapsed_s_ = 0;
};

void validate(const Runnable& model, const MeasureOptions& options) {
  const auto throw_invalid = [&](const std::string& message) {
    throw_invalid_argument(message, "model " + model.graph().name);
  };
  constexpr int most = 1'000'000;
  if (!(options.precision > 0)) throw_invalid("the precision must be above 0");
  if (!(options.max_time_s >= 0)) throw_invalid("the time must be 0 s or more");
  if (options.max_warmup < 0) throw_invalid("the warm-up must be 0 rounds or more");
  if (options.max_rounds < 1) throw_invalid("the rounds must be 1 or more");
  if (options.max_warmup > most || options.max_rounds > most) {
    throw_invalid(fmt::format("more than {} rounds of one kind", most));
  }
  if (model.blocks().empty()) throw_invalid("there are no blocks to measure");
}

// The shape of the output of layer 0, the input.
std::vector<std::int64_t> input_shape(const ModelGraph& graph) {
  if (graph.layers.empty() || graph.layers.front().outputs.empty()) return {};
  return graph.values.at(graph.layers.front().outputs.front()).shape;
}

// The profile's fields that the graph determines.
ModelProfile described(const Runnable& model) {
  const ModelGraph& graph = model.graph();
  const LayerStatistics sums = model_statistics(graph);
  ModelProfile profile;
  profile.model = graph.name;
  profile.input_shape = input_shape(graph);
  profile.weight_bytes = sums.weight_bytes;
  profile.peak_activation_bytes = sums.peak_activation_bytes;
  const std::vector<LayerStatistics> costs = block_statistics(graph, model.blocks());
  for (std::size_t i = 0; i < costs.size(); ++i) {
    BlockTiming timing;
    timing.block = model.blocks()[i];
    timing.layer_types = layer_types(graph, timing.block);
    timing.parameters = costs[i].parameters;
    timing.weight_bytes = costs[i].weight_bytes;
    timing.peak_activation_bytes = costs[i].peak_activation_bytes;
    timing.flops = costs[i].flops;
    profile.blocks.push_back(std::move(timing));
  }
  return profile;
}

void add_samples(ModelProfile& profile, const Samples& samples) {
  profile.repetitions = static_cast<int>(samples.rounds());
  profile.passes = {profile.repetitions};
  profile.whole_samples = samples.whole;
  for (std::size_t i = 0; i < profile.blocks.size(); ++i) {
    profile.blocks[i].samples = samples.blocks[i];
  }
}

// A stage that begins with the first block waits as each round does (before_run): the wait is part
// of that block's own times.
void add_wait(ModelProfile& profile, const std::vector<SetupObservation>& observations,
              bool rounds_wait) {
  std::vector<double> block_s;
  for (const BlockTiming& timing : profile.blocks) block_s.push_back(timing.seconds);
  const std::vector<TimeEstimate> setups = estimate_setup(observations, block_s);
  for (std::size_t i = rounds_wait ? 1 : 0; i < setups.size(); ++i) {
    profile.blocks[i].setup_seconds = setups[i].seconds;
    profile.blocks[i].setup_interval = setups[i].interval;
  }
}

// What a stage's first block takes more than within a stage, with or without a wait.
void add_starts(ModelProfile& profile, const std::vector<BlockScale>& scales) {
  for (std::size_t i = 1; i < scales.size(); ++i) {
    BlockTiming& timing = profile.blocks[i];
    const double start_s = timing.seconds / scales[i].within_stage * scales[i].at_start;
    timing.setup_seconds += start_s;
    timing.setup_interval.low += start_s;
    timing.setup_interval.high += start_s;
  }
}

// The means of two measurements of independent error, of `count` passes and of one.
void average_setup(BlockTiming& earlier, const BlockTiming& pass, int count) {
  const auto is_unknown = [](const BlockTiming& timing) {
    return timing.setup_interval.low == 0 && timing.setup_interval.high == 0;
  };
  if (is_unknown(pass)) return;
  if (is_unknown(earlier)) count = 0;
  const double all = count + 1;
  const auto half_of = [](const BlockTiming& timing) {
    return (timing.setup_interval.high - timing.setup_interval.low) / 2;
  };
  const double half = std::hypot(count * half_of(earlier), half_of(pass)) / all;
  earlier.setup_seconds = (count * earlier.setup_seconds + pass.setup_seconds) / all;
  earlier.setup_interval = {earlier.setup_seconds - half, earlier.setup_seconds + half};
}

// The first run, which is also part of the warm-up or, without one, the first counted round.
void add_cold(ModelProfile& profile, const Samples& first) {
  profile.cold_seconds = first.whole.front();
  for (std::size_t i = 0; i < profile.blocks.size(); ++i) {
    profile.blocks[i].cold_seconds = first.blocks[i].front();
  }
}

// The rounds of each pass; a profile without `passes` counts as one.
std::vector<int> passes_of(const ModelProfile& profile) {
  if (!profile.passes.empty()) return profile.passes;
  return {profile.whole.count};
}

bool is_summarized(const std::vector<double>& samples, int rounds, const Summary& summary) {
  constexpr double rounding_s = 1e-9;
  return static_cast<int>(samples.size()) == rounds && summary.count == rounds &&
         std::abs(median(samples) - summary.median) <= rounding_s;
}

[[noreturn]] void throw_mismatch(const ModelProfile& profile, const std::string& message) {
  throw Error(ErrorCode::mismatch, message + "; measure it again", "model " + profile.model);
}

void validate_samples(const ModelProfile& profile) {
  if (has_samples_of_passes(profile)) return;
  throw_mismatch(profile, "a pass lacks the samples that its times are computed from");
}

void validate_same_blocks(const ModelProfile& earlier, const ModelProfile& pass) {
  const bool are_same = std::equal(
      earlier.blocks.begin(), earlier.blocks.end(), pass.blocks.begin(), pass.blocks.end(),
      [](const BlockTiming& a, const BlockTiming& b) { return a.block == b.block; });
  if (earlier.model != pass.model) {
    throw_mismatch(earlier, fmt::format("a later pass measured another model, {}", pass.model));
  }
  if (!are_same) throw_mismatch(earlier, "a later pass has other blocks");
}

template <typename T>
void append(std::vector<T>& all, const std::vector<T>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

void append_samples(ModelProfile& joint, const ModelProfile& pass) {
  append(joint.whole_samples, pass.whole_samples);
  for (std::size_t i = 0; i < joint.blocks.size(); ++i) {
    append(joint.blocks[i].samples, pass.blocks[i].samples);
  }
}

}  // namespace

ModelProfile measure(Runnable& model, const MeasureOptions& options) {
  validate(model, options);
  Measurement measurement(model, options);
  measurement.run();
  const Samples& samples = measurement.samples();
  ModelProfile profile = described(model);
  add_samples(profile, samples);
  summarise_samples(profile);
  add_wait(profile, measurement.setups(), options.before_run != nullptr);
  add_starts(profile, measurement.scales());
  add_cold(profile, measurement.warmup() > 0 ? measurement.cold() : samples);
  profile.warmup = measurement.warmup();
  profile.measuring_seconds = measurement.elapsed_s();
  profile.warnings = find_warnings(samples, profile, measurement.widest(), options,
                                   options.clock ? ClockProperties{} : measure_clock());
  return profile;
}

ClockProperties measure_clock(const Clock& given) {
  constexpr int readings = 2000;
  const Clock clock = clock_or_steady(given);
  ClockProperties figures{infinity, 0};
  const double start = clock();
  double last = start;
  for (int i = 0; i < readings; ++i) {
    const double now = clock();
    if (now > last) figures.resolution_s = std::min(figures.resolution_s, now - last);
    last = now;
  }
  if (!std::isfinite(figures.resolution_s)) figures.resolution_s = 0;
  figures.overhead_s = (last - start) / readings;
  return figures;
}

int pass_count(const ModelProfile& profile) {
  return std::max(1, static_cast<int>(profile.passes.size()));
}

bool has_samples_of_passes(const ModelProfile& profile) {
  const std::vector<int> passes = passes_of(profile);
  const int rounds = std::accumulate(passes.begin(), passes.end(), 0);
  return rounds > 0 && is_summarized(profile.whole_samples, rounds, profile.whole) &&
         std::all_of(profile.blocks.begin(), profile.blocks.end(), [&](const BlockTiming& timing) {
           return is_summarized(timing.samples, rounds, timing.summary);
         });
}

ModelProfile join_passes(const ModelProfile& earlier, const ModelProfile& pass, double precision) {
  validate_same_blocks(earlier, pass);
  validate_samples(earlier);
  validate_samples(pass);
  ModelProfile joint = earlier;
  joint.passes = passes_of(earlier);
  append(joint.passes, passes_of(pass));
  append_samples(joint, pass);
  for (std::size_t i = 0; i < joint.blocks.size(); ++i) {
    average_setup(joint.blocks[i], pass.blocks[i], pass_count(earlier));
  }
  append(joint.warnings, pass.warnings);
  joint.repetitions = static_cast<int>(joint.whole_samples.size());
  joint.warmup += pass.warmup;
  joint.measuring_seconds += pass.measuring_seconds;
  joint.peak_rss_bytes = std::max(joint.peak_rss_bytes, pass.peak_rss_bytes);
  const std::vector<TimeEstimate> wholes = summarise_samples(joint);
  joint.warnings = joint_warnings(joint, joint.warnings, wholes, precision);
  return joint;
}

}  // namespace scission
