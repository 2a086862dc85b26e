// Ways to time a model's blocks beside each other, in one process: how far the blocks' sum is from
// the whole model, how far a second measurement is from the first, and what they cost.
//
//   compare-protocols THREADS SECONDS [MODEL...]    built-in models (default: six of them); our
//                                                   protocol gets SECONDS a measurement at most
//
// With GLIBC_DEFAULTS in the environment freed memory goes back to the kernel as glibc likes.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "protocols.hpp"
#include "scission/base.hpp"
#include "scission/measure.hpp"
#include "scission/stats.hpp"
#include "scission/torchscript/backend/backend.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "scission/torchscript/inputs/inputs.hpp"
#include "scission/torchscript/zoo/zoo.hpp"

namespace {

using namespace scission;
using namespace scission::bench;
namespace ts = scission::torchscript;

ts::SplitModel open_zoo_model(const std::string& name) {
  const ZooModel& zoo = find_zoo_model(name);
  const std::vector<InputSpec> inputs{{{1, zoo.channels, zoo.height, zoo.width}}};
  return {ts::build_zoo_model(name), name, ts::random_inputs({inputs}), {}};
}

// A protocol's two measurements.
struct Pair {
  Outcome first;
  Outcome second;
};

// The median relative difference of the blocks that take over a millisecond, or of all when none
// does.
double repeatability(const Pair& pair) {
  std::vector<double> long_ones;
  std::vector<double> all;
  for (std::size_t i = 0; i < pair.first.blocks_s.size(); ++i) {
    const double a = pair.first.blocks_s[i];
    const double b = pair.second.blocks_s[i];
    all.push_back(2 * std::abs(a - b) / (a + b));
    if (a > 1e-3) long_ones.push_back(all.back());
  }
  return median(long_ones.empty() ? all : long_ones);
}

void print_pair(const std::string& protocol, const Pair& pair, double whole_s) {
  fmt::print("  {:<26} {:>+8.1f} % {:>+8.1f} % {:>10.1f} % {:>10}\n", protocol,
             100 * (pair.first.sum_s() / whole_s - 1), 100 * (pair.second.sum_s() / whole_s - 1),
             100 * repeatability(pair), format_duration(pair.first.cost_s));
}

Outcome outcome_of(const ModelProfile& profile) {
  Outcome outcome{profile.whole_seconds, {}, profile.measuring_seconds};
  for (const BlockTiming& block : profile.blocks) outcome.blocks_s.push_back(block.seconds);
  return outcome;
}

struct Agreement {
  int blocks = 0;  ///< that take over a millisecond
  int agree = 0;   ///< whose two intervals meet
};

Agreement agreement(const ModelProfile& a, const ModelProfile& b) {
  Agreement result;
  for (std::size_t i = 0; i < a.blocks.size(); ++i) {
    if (a.blocks[i].seconds <= 1e-3) continue;
    ++result.blocks;
    const Interval& x = a.blocks[i].interval;
    const Interval& y = b.blocks[i].interval;
    if (x.low <= y.high && y.low <= x.high) ++result.agree;
  }
  return result;
}

double sum_of_medians(const ModelProfile& profile) {
  double sum = 0;
  for (const BlockTiming& block : profile.blocks) sum += block.summary.median;
  return sum;
}

// What Runnable and the clock add to a block, over a loop of calls of LibTorch: the median
// difference of chains run by turns.
double overhead_a_block_s(Runnable& runnable, const DirectModel& direct) {
  constexpr int rounds = 60;
  const auto blocks = static_cast<int>(direct.blocks());
  const auto now = [] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  };
  std::vector<double> differences;
  for (int round = 0; round < rounds; ++round) {
    double timed = 0;
    for (int block = 0; block < blocks; ++block) {
      const double start = now();
      runnable.run_block(block);
      timed += now() - start;
    }
    const double start = now();
    direct.run_chain();
    differences.push_back((timed - (now() - start)) / blocks);
  }
  return median(differences);
}

void compare(const std::string& name, double seconds) {
  const ts::SplitModel model = open_zoo_model(name);
  const DirectModel direct(model);
  const auto runnable = ts::make_runnable(model);
  MeasureOptions options;
  options.max_time_s = seconds;
  const ModelProfile first = measure(*runnable, options);
  const Pair mean{mean_of_ten(direct), mean_of_ten(direct)};
  const Pair middle{median_of_ten_after_ten(direct), median_of_ten_after_ten(direct)};
  const ModelProfile second = measure(*runnable, options);
  const Agreement agree = agreement(first, second);
  const double cost =
      (first.warmup + first.repetitions) * (first.whole_seconds + first.blocks_seconds());
  fmt::print("{}: {} blocks, whole {}, its first run {}\n", name, direct.blocks(),
             format_duration(first.whole_seconds), format_duration(first.cold_seconds));
  fmt::print(
      "  {} + {} rounds took {:.2f} × what ran in them; {} of {} blocks over 1 ms agree; the "
      "blocks' medians add up to {:+.1f} %; {} a block over direct calls\n",
      first.warmup, first.repetitions, first.measuring_seconds / cost, agree.agree, agree.blocks,
      100 * (sum_of_medians(first) / first.whole_seconds - 1),
      format_duration(overhead_a_block_s(*runnable, direct)));
  print_pair("back to back, mean of 10", mean, first.whole_seconds);
  print_pair("median of 10 after 10", middle, first.whole_seconds);
  print_pair("rounds", {outcome_of(first), outcome_of(second)}, first.whole_seconds);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: compare-protocols THREADS SECONDS [MODEL...]\n");
    return 2;
  }
  try {
    ts::register_backend();
    if (std::getenv("GLIBC_DEFAULTS") == nullptr) keep_freed_memory();
    ts::set_threads(std::atoi(argv[1]));
    const double seconds = std::atof(argv[2]);
    std::vector<std::string> models(argv + 3, argv + argc);
    if (models.empty()) {
      models = {"mobilenet", "mobilenetv2", "resnet50", "densenet121", "inception_v3", "vgg19"};
    }
    fmt::print("{:<28} {:>10} {:>10} {:>12} {:>10}\n", "", "sum off by", "and again",
               "repeatable to", "cost");
    for (const std::string& model : models) compare(model, seconds);
  } catch (const std::exception& error) {
    fmt::print(stderr, "compare-protocols: {}\n", error.what());
    return 1;
  }
}
