#include "scission/measure.hpp"

#include <fmt/format.h>

#include <Eigen/Core>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "scission/error.hpp"
#include "scission/model_statistics.hpp"

namespace scission {
namespace {

double steady_seconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

// Seconds of the rounds that count: of the whole model, and of each block.
struct Samples {
  Eigen::ArrayXd whole;    // [round]
  Eigen::ArrayXXd blocks;  // [round, block]
};

std::vector<double> to_vector(const Eigen::Ref<const Eigen::ArrayXd>& samples) {
  return {samples.begin(), samples.end()};
}

class Measurement {
 public:
  Measurement(Runnable& model, const MeasureOptions& options)
      : model_(model),
        options_(options),
        clock_(options.clock ? options.clock : steady_seconds),
        block_count_(static_cast<int>(model.blocks().size())) {
    samples_.whole.resize(options.repetitions);
    samples_.blocks.resize(options.repetitions, block_count_);
  }

  Samples run() {
    const int rounds = options_.warmup + options_.repetitions;
    const double start = clock_();
    for (int round = 1; round <= rounds; ++round) {
      run_round(round - options_.warmup - 1);
      if (round == 1) check_chain();
      report(round, rounds, clock_() - start);
    }
    return std::move(samples_);
  }

 private:
  // Rounds of warm-up have numbers below 0 and do not count.
  void run_round(int number) {
    const bool counts = number >= 0;
    const double whole = time([&] { model_.run_whole(); });
    if (counts) samples_.whole[number] = whole;
    for (int block = 0; block < block_count_; ++block) {
      const double seconds = time([&] { model_.run_block(block); });
      if (counts) samples_.blocks(number, block) = seconds;
    }
  }

  template <typename Work>
  double time(Work work) const {
    const double start = clock_();
    work();
    return clock_() - start;
  }

  void check_chain() const {
    if (model_.chain_equals_whole()) return;
    throw Error(ErrorCode::mismatch,
                "the chain of its blocks does not give what the whole model gives",
                "model " + model_.graph().name);
  }

  void report(int round, int rounds, double elapsed_s) const {
    if (!options_.on_progress) return;
    options_.on_progress({round, rounds, elapsed_s, elapsed_s / round * (rounds - round)});
  }

  Runnable& model_;
  const MeasureOptions& options_;
  std::function<double()> clock_;
  int block_count_;
  Samples samples_;
};

void check(const Runnable& model, const MeasureOptions& options) {
  const std::string place = "model " + model.graph().name;
  if (options.warmup < 0) {
    throw Error(ErrorCode::invalid_argument, "the warm-up must be 0 rounds or more", place);
  }
  if (options.repetitions < 1) {
    throw Error(ErrorCode::invalid_argument, "the repetitions must be 1 or more", place);
  }
  constexpr int most = 1'000'000;
  if (options.warmup > most || options.repetitions > most) {
    throw Error(ErrorCode::invalid_argument, fmt::format("more than {} rounds of a kind", most),
                place);
  }
  if (model.blocks().empty()) {
    throw Error(ErrorCode::invalid_argument, "there are no blocks to measure", place);
  }
}

// The middle half of the rounds, by how long they took.
std::vector<std::size_t> middle_rounds(const Eigen::ArrayXd& seconds) {
  return middle_half(to_vector(seconds));
}

// The shape of what layer 0, the input, hands on.
std::vector<std::int64_t> input_shape(const ModelGraph& graph) {
  if (graph.layers.empty() || graph.layers.front().outputs.empty()) return {};
  return graph.values.at(graph.layers.front().outputs.front()).shape;
}

}  // namespace

ModelProfile measure(Runnable& model, const MeasureOptions& options) {
  check(model, options);
  const Samples samples = Measurement(model, options).run();
  const ModelGraph& graph = model.graph();
  ModelProfile profile;
  profile.model = graph.name;
  profile.whole = summarize(to_vector(samples.whole));
  profile.whole_seconds = samples.whole(middle_rounds(samples.whole)).mean();
  profile.input_shape = input_shape(graph);
  profile.warmup = options.warmup;
  profile.repetitions = options.repetitions;
  // The same rounds for every block, so that the blocks' seconds add up to those rounds' chains.
  const std::vector<std::size_t> rounds = middle_rounds(samples.blocks.rowwise().sum());
  const std::vector<LayerStatistics> costs = block_statistics(graph, model.blocks());
  for (int index = 0; index < samples.blocks.cols(); ++index) {
    const Block& block = model.blocks()[index];
    const LayerStatistics& cost = costs[index];
    const Eigen::ArrayXd seconds = samples.blocks.col(index);
    profile.blocks.push_back({block, seconds(rounds).mean(), summarize(to_vector(seconds)),
                              layer_types(graph, block), cost.parameters, cost.weight_bytes,
                              cost.peak_activation_bytes});
  }
  return profile;
}

}  // namespace scission
