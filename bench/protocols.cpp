#include "protocols.hpp"

#include <chrono>
#include <numeric>

#include "scission/stats.hpp"
#include "torchscript/split/split_state.hpp"
#include "torchscript/trace/operations.hpp"

namespace scission::bench {
namespace {

using torchscript::Program;
using Values = std::vector<c10::IValue>;

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

template <typename Work>
double seconds_of(Work work) {
  const double start = now_s();
  work();
  return now_s() - start;
}

// Seconds of `counted` runs after `uncounted` ones, one straight after the other.
template <typename Work>
std::vector<double> back_to_back(int uncounted, int counted, Work work) {
  std::vector<double> seconds;
  for (int i = 0; i < uncounted; ++i) work();
  for (int i = 0; i < counted; ++i) seconds.push_back(seconds_of(work));
  return seconds;
}

template <typename Middle>
Outcome each_by_itself(const DirectModel& model, int uncounted, Middle middle) {
  const double start = now_s();
  Outcome outcome;
  outcome.whole_s = middle(back_to_back(uncounted, 10, [&] { model.run_whole(); }));
  for (std::size_t i = 0; i < model.blocks(); ++i) {
    outcome.blocks_s.push_back(middle(back_to_back(uncounted, 10, [&] { model.run_block(i); })));
  }
  outcome.cost_s = now_s() - start;
  return outcome;
}

double mean(const std::vector<double>& seconds) {
  return std::accumulate(seconds.begin(), seconds.end(), 0.0) / static_cast<double>(seconds.size());
}

}  // namespace

double Outcome::sum_s() const { return std::accumulate(blocks_s.begin(), blocks_s.end(), 0.0); }

DirectModel::DirectModel(const torchscript::SplitModel& model)
    : whole_(torchscript::state_of(model).model().trace.code, "whole"),
      input_(model.inputs().begin(), model.inputs().end()) {
  const c10::InferenceMode inference;
  Values passed_on = input_;
  for (const torchscript::SegmentCode& code :
       torchscript::state_of(model).code(model.cuts().cuts)) {
    blocks_.emplace_back(code.graph, "block");
    inputs_.push_back(passed_on);
    passed_on = blocks_.back().run(std::move(passed_on));
  }
}

void DirectModel::run_whole() const {
  const c10::InferenceMode inference;
  whole_.run(input_);
}

void DirectModel::run_block(std::size_t block) const {
  const c10::InferenceMode inference;
  blocks_[block].run(inputs_[block]);
}

void DirectModel::run_chain() const {
  const c10::InferenceMode inference;
  Values passed_on = input_;
  for (const Program& block : blocks_) passed_on = block.run(std::move(passed_on));
}

Outcome mean_of_ten(const DirectModel& model) { return each_by_itself(model, 1, mean); }

Outcome median_of_ten_after_ten(const DirectModel& model) {
  return each_by_itself(model, 10, median);
}

}  // namespace scission::bench
