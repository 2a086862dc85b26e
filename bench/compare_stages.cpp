// What models in three stages take beside the times of their blocks, for any backend.
//
//   compare-stages [--seconds S] [--threads N] MODEL[=INPUTS]...
//
// A MODEL is a built-in one or a file, with its inputs as --input-shape has them. Its blocks are
// measured for S seconds, as scission-benchmark does. Then twelve random plans of three stages, all
// on this machine and without a network, run in turns with the whole model for S seconds. Times are
// relative to the whole model's beside them, so that a drift of the machine's speed does not count.
//
//   sum of blocks         against the whole model's time
//   without setup times   median error of the blocks' sum as a prediction of a plan's time
//   median error, worst   of the prediction with the setup times of the second and third stage
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/run_program.hpp"
#include "base/seconds.hpp"
#include "scission/backend.hpp"
#include "scission/inputs.hpp"
#include "scission/measure.hpp"
#include "scission/stats.hpp"
#ifdef SCISSION_HAS_TORCHSCRIPT
#include "scission/torchscript/backend/backend.hpp"
#endif
#ifdef SCISSION_HAS_ONNX
#include "scission/onnx.hpp"
#endif

namespace {

using namespace scission;

constexpr int plans = 12;

// Mean of the middle half.
double typical(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  const std::size_t first = seconds.size() / 4;
  const std::size_t end = seconds.size() - first;
  double sum = 0;
  for (std::size_t i = first; i < end; ++i) sum += seconds[i];
  return sum / static_cast<double>(end - first);
}

// The model in a few stages, each as a worker loads it.
struct TimedPlan {
  std::vector<int> first_blocks;
  std::vector<std::unique_ptr<StageModel>> stages;
  std::vector<double> seconds;
};

TimedPlan load(const ModelSource& source, const OpenModel& model, std::vector<int> first_blocks) {
  std::vector<Cut> cuts;
  const std::vector<Cut>& all = model.cuts().cuts;
  for (const int block : first_blocks) {
    if (block > 0) cuts.push_back(all[block - 1]);
  }
  cuts.push_back(all.back());
  const WorkFolder folder(std::filesystem::temp_directory_path());
  const SegmentManifest manifest = model.write_segments(cuts, folder.path(), {});
  TimedPlan plan{std::move(first_blocks), {}, {}};
  for (const Segment& segment : manifest.segments) {
    plan.stages.push_back(source.backend->load_stage(folder.path() / segment.file, segment));
  }
  return plan;
}

double predicted_s(const ModelProfile& profile, const TimedPlan& plan) {
  double seconds = profile.blocks_seconds();
  for (const int block : plan.first_blocks) {
    if (block > 0) seconds += profile.blocks[block].setup_seconds;
  }
  return seconds;
}

void compare(const std::string& argument, double seconds) {
  const std::size_t equals = argument.find('=');
  std::optional<std::vector<InputSpec>> specs;
  if (equals != std::string::npos) specs = parse_inputs(argument.substr(equals + 1));
  const ModelSource source = find_model(argument.substr(0, equals), specs);
  const std::vector<Tensor> inputs = source.backend->random_inputs({source.inputs});
  const auto model = source.backend->open(source, {}, inputs);
  const auto runnable = model->make_runnable({});
  MeasureOptions options;
  options.max_time_s = seconds;
  options.precision = 1e-3;
  const ModelProfile profile = measure(*runnable, options);

  const int blocks = static_cast<int>(profile.blocks.size());
  std::mt19937 random(1);
  std::vector<TimedPlan> timed;
  for (int tries = 0; static_cast<int>(timed.size()) < plans && tries < 10 * plans; ++tries) {
    int second = static_cast<int>(random() % static_cast<unsigned>(blocks));
    int third = static_cast<int>(random() % static_cast<unsigned>(blocks));
    if (second > third) std::swap(second, third);
    if (0 < second && second < third) timed.push_back(load(source, *model, {0, second, third}));
  }
  if (timed.empty()) {
    fmt::print(stderr, "compare-stages: {} has too few blocks for three stages\n", source.name);
    return;
  }
  std::vector<double> whole;
  const double start_s = steady_now_s();
  while (whole.size() < 8 || steady_now_s() - start_s < seconds) {
    whole.push_back(seconds_of([&] { runnable->run_whole(); }));
    for (TimedPlan& plan : timed) {
      std::vector<Tensor> tensors = inputs;
      plan.seconds.push_back(seconds_of([&] {
        for (const auto& stage : plan.stages) tensors = stage->run(std::move(tensors));
      }));
    }
  }
  const double drift = typical(whole) / profile.whole_seconds;
  std::vector<double> errors;
  std::vector<double> without_setup;
  for (const TimedPlan& plan : timed) {
    const double measured_s = typical(plan.seconds) / drift;
    errors.push_back(std::abs(predicted_s(profile, plan) / measured_s - 1));
    without_setup.push_back(std::abs(profile.blocks_seconds() / measured_s - 1));
  }
  const double sum = profile.blocks_seconds() / profile.whole_seconds - 1;
  fmt::print("| {} | {} | {} | {:.3g} ms | {:+.1f} % | {:.1f} % | {:.1f} % | {:.1f} % |\n",
             source.name, source.backend->name(), blocks, 1e3 * profile.whole_seconds, 100 * sum,
             100 * median(without_setup), 100 * median(errors),
             100 * *std::max_element(errors.begin(), errors.end()));
}

int run(const std::vector<std::string>& arguments) {
  double seconds = 10;
  int threads = 1;
  std::vector<std::string> models;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const bool has_value = i + 1 < arguments.size();
    if (arguments[i] == "--seconds" && has_value) {
      seconds = std::stod(arguments[++i]);
    } else if (arguments[i] == "--threads" && has_value) {
      threads = std::stoi(arguments[++i]);
    } else {
      models.push_back(arguments[i]);
    }
  }
  if (models.empty()) {
    fmt::print(stderr, "usage: compare-stages [--seconds S] [--threads N] MODEL[=INPUTS]...\n");
    return 2;
  }
#ifdef SCISSION_HAS_TORCHSCRIPT
  torchscript::register_backend();
#endif
#ifdef SCISSION_HAS_ONNX
  onnx::register_backend();
#endif
  for (const Backend* backend : backends()) backend->set_threads(threads);
  fmt::print(
      "| model | backend | blocks | whole | sum of blocks | without setup times | "
      "median error | worst |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n");
  for (const std::string& model : models) compare(model, seconds);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    fmt::print(stderr, "compare-stages: {}\n", error.what());
    return 1;
  }
}
