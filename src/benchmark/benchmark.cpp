// Benchmarks of models in passes, each in a forked process. The timing protocol of a pass is in
// src/measure/measure.cpp.
#include "scission/benchmark.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <optional>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>

#include "base/require.hpp"
#include "base/seconds.hpp"
#include "base/text.hpp"
#include "benchmark/child_process.hpp"
#include "scission/backend.hpp"
#include "scission/prepare.hpp"
#include "scission/profile.hpp"

namespace scission {
namespace {

using Clock = std::chrono::steady_clock;

std::int64_t peak_rss_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{1024} * usage.ru_maxrss;
}

/// The record of a child's progress, sent as its bytes: both ends are the same program.
struct ProgressRecord {
  MeasureProgress state;
  int blocks = 0;
};
static_assert(std::is_trivially_copyable_v<ProgressRecord>);

/// Sends progress a few times a second only, because writing and waking the parent disturb the next
/// measurement.
class ProgressSender {
 public:
  ProgressSender(const SendRecord& send, int blocks) : send_(send), blocks_(blocks) {}

  void operator()(const MeasureProgress& state) {
    constexpr auto between_records = std::chrono::milliseconds(200);
    if (Clock::now() - last_ < between_records) return;
    last_ = Clock::now();
    const ProgressRecord record{state, blocks_};
    send_({reinterpret_cast<const char*>(&record), sizeof record});
  }

 private:
  const SendRecord& send_;
  int blocks_;
  Clock::time_point last_{};
};

/// The profile as its file's text, a zero byte, and the samples as theirs.
std::string encode(ModelProfile profile) {
  SystemProfile system;
  system.platform = system.name = "child";
  system.models.push_back(std::move(profile));
  return format_profile_json(system) + '\0' + format_samples_csv(system);
}

ModelProfile decode(std::string_view answer) {
  const std::string place = "the measuring process's answer";
  const std::size_t end = answer.find('\0');
  SystemProfile system = parse_profile_json(answer.substr(0, end), place);
  add_samples(system, std::string(answer.substr(end + 1)), place);
  return std::move(system.models.at(0));
}

std::string measure_here(const BenchmarkModel& model, MeasureOptions options, bool is_observed,
                         const SendRecord& send) {
  const Clock::time_point start = Clock::now();
  const std::unique_ptr<Runnable> runnable = model.make();
  const double load_s = seconds_since(start);
  options.on_progress = {};
  if (is_observed) {
    options.on_progress = ProgressSender(send, static_cast<int>(runnable->blocks().size()));
  }
  ModelProfile profile = measure(*runnable, options);
  profile.load_seconds = load_s;
  profile.peak_rss_bytes = peak_rss_bytes();
  return encode(std::move(profile));
}

ModelProfile measure_in_child(const BenchmarkModel& model, const BenchmarkStep& step,
                              const BenchmarkOptions& options) {
  const bool is_observed = static_cast<bool>(options.on_progress);
  ChildOptions child;
  child.timeout_s = options.model_timeout_s;
  child.wake_descriptor = options.wake_descriptor;
  child.on_wake = options.check_stop;
  if (options.on_wait) child.on_wait = [&] { options.on_wait(step); };
  if (is_observed) {
    child.on_record = [&](const std::string& bytes) {
      ProgressRecord record;
      std::memcpy(&record, bytes.data(), sizeof record);
      options.on_progress(step, record.state, record.blocks);
    };
  }
  const MeasureOptions measure = pass_options(options.measure, step.pass, step.passes);
  return decode(run_in_child(
      [&](const SendRecord& send) { return measure_here(model, measure, is_observed, send); },
      child));
}

/// The profile of the model with one more pass.
ModelProfile joined(const SystemProfile& system, ModelProfile pass, int passes, double precision) {
  if (passes_done(system, pass.model, passes) == 0) return pass;
  return join_passes(*system.find(pass.model), pass, precision);
}

bool have_equal_cuts(const ModelProfile& a, const ModelProfile& b) {
  return std::equal(a.blocks.begin(), a.blocks.end(), b.blocks.begin(), b.blocks.end(),
                    [](const BlockTiming& one, const BlockTiming& other) {
                      return one.block.last_layer == other.block.last_layer;
                    });
}

/// What codecs do stays where only the blocks are measured again.
void keep(SystemProfile& system, ModelProfile profile) {
  const auto earlier =
      std::find_if(system.models.begin(), system.models.end(),
                   [&](const ModelProfile& model) { return model.model == profile.model; });
  if (earlier == system.models.end()) {
    system.models.push_back(std::move(profile));
  } else {
    if (profile.codecs.empty() && have_equal_cuts(*earlier, profile)) {
      profile.codecs = std::move(earlier->codecs);
      profile.codec_inputs = earlier->codec_inputs;
      profile.accuracy = earlier->accuracy;
    }
    *earlier = std::move(profile);
  }
}

/// Returns whether the model is done: it failed, or has all its passes. What an observer throws is
/// no failure of the model.
/// `spent_s` is the time of the model's passes before this one.
bool run_step(SystemProfile& system, const BenchmarkModel& model, const BenchmarkStep& step,
              const BenchmarkOptions& options, double spent_s) {
  const Clock::time_point start = Clock::now();
  std::optional<ModelProfile> profile;
  std::optional<Error> failure;
  try {
    profile = joined(system, measure_in_child(model, step, options), step.passes,
                     options.measure.precision);
  } catch (const Error& error) {
    failure = error;
  }
  if (profile) {
    keep(system, *std::move(profile));
    if (options.on_pass) options.on_pass(step);
  } else if (options.on_failure) {
    options.on_failure(step, *failure);
  }
  const double pass_s = seconds_since(start);
  const bool goes_on = has_time_for_a_pass(spent_s + pass_s, pass_s, options.measure.max_time_s);
  if (!failure && goes_on && passes_done(system, step.model, step.passes) < step.passes) {
    return false;
  }
  const ModelProfile* found = system.find(step.model);
  if (found != nullptr && options.on_model) options.on_model(*found);
  return true;
}

}  // namespace

void run_benchmark(SystemProfile& system, const std::vector<BenchmarkModel>& models,
                   const BenchmarkOptions& options) {
  require_option(options.passes >= 1, "passes", "must be 1 or more");
  const int passes = possible_passes(options);
  std::vector<const BenchmarkModel*> missing;
  for (const BenchmarkModel& model : models) {
    if (passes_done(system, model.name, passes) < passes) missing.push_back(&model);
  }
  std::vector<bool> is_done(missing.size(), false);
  std::vector<double> spent_s(missing.size(), 0);
  for (int pass = 0; pass < passes; ++pass) {
    for (std::size_t i = 0; i < missing.size(); ++i) {
      const std::string& name = missing[i]->name;
      if (is_done[i] || passes_done(system, name, passes) != pass) continue;
      if (options.check_stop) options.check_stop();
      const BenchmarkStep step{name, static_cast<int>(i), static_cast<int>(missing.size()), pass,
                               passes};
      const Clock::time_point start = Clock::now();
      is_done[i] = run_step(system, *missing[i], step, options, spent_s[i]);
      spent_s[i] += seconds_since(start);
    }
  }
}

bool has_time_for_a_pass(double spent_s, double pass_s, double max_time_s) {
  constexpr double min_s = 10;
  return spent_s + pass_s <= std::max(min_s, 2 * max_time_s);
}

int possible_passes(const BenchmarkOptions& options) {
  return std::min(options.passes, options.measure.max_rounds);
}

int passes_done(const SystemProfile& system, const std::string& model, int passes) {
  const ModelProfile* found = system.find(model);
  if (found == nullptr) return 0;
  const int done = pass_count(*found);
  return done >= passes || has_samples_of_passes(*found) ? done : 0;
}

bool lacks_passes(const SystemProfile& system, const std::vector<BenchmarkModel>& models,
                  const std::string& name, int passes) {
  return passes_done(system, name, passes) < passes &&
         std::any_of(models.begin(), models.end(),
                     [&](const BenchmarkModel& model) { return model.name == name; });
}

std::string describe_passes(const SystemProfile& system, const std::vector<BenchmarkModel>& models,
                            int passes) {
  std::vector<std::string> parts;
  for (const ModelProfile& model : system.models) {
    parts.push_back(model.model);
    if (!lacks_passes(system, models, model.model, passes)) continue;
    const int done = passes_done(system, model.model, passes);
    parts.back() += done > 0 ? fmt::format(" ({} of {} passes)", done, passes)
                             : " (without its single times, so it is measured from the start)";
  }
  return text::join(parts, ", ");
}

void emulate_speed(MeasureOptions& options, double speed) {
  if (speed == 1) return;
  options.clock = scaled_clock(speed);
  options.max_time_s /= speed;
}

std::function<void()> sleep_function(double seconds) {
  if (seconds == 0) return {};
  return [seconds] { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); };
}

BenchmarkModel benchmark_model(const ModelSource& source, const BenchmarkSetting& setting) {
  const auto make = [source, setting] {
    keep_freed_memory();
    if (setting.threads) source.backend->set_threads(*setting.threads);
    std::vector<Tensor> inputs;
    if (setting.picture) inputs.push_back(image_input(source, *setting.picture));
    return open_model(source, setting.split, inputs)->make_runnable(setting.run);
  };
  return {source.name, source.inputs.empty() ? std::vector<std::int64_t>() : source.inputs[0].shape,
          make};
}

HostContext benchmark_host(const Backend& backend, const std::string& device,
                           std::optional<int> threads) {
  HostContext host = this_host();
  host.backend = backend.name();
  host.backend_version = backend.version();
  // A thread pool or the GPU's context would not survive the next fork.
  const int usual_threads = std::stoi(run_in_child([&] {
    backend.validate_device(device);
    return std::to_string(backend.threads());
  }));
  host.threads = threads.value_or(usual_threads);
  host.device = device;
  const ClockProperties clock = measure_clock();
  host.clock_resolution_s = clock.resolution_s;
  host.clock_overhead_s = clock.overhead_s;
  return host;
}

std::string parse_device(std::string text, const std::string& place) {
  if (text == "cuda") return "cuda:0";
  constexpr std::string_view cuda = "cuda:";
  const bool is_cuda = text.starts_with(cuda) && text::to_int(text.substr(cuda.size())) >= 0;
  if (text == "cpu" || is_cuda) return text;
  throw_invalid_argument(fmt::format("'{}' is not a device; write cpu or cuda:0", text), place);
}

MeasureOptions pass_options(const MeasureOptions& total, int pass, int passes) {
  const auto rounds_before = [&](int count) {
    return static_cast<int>(std::int64_t{total.max_rounds} * count / passes);
  };
  MeasureOptions part = total;
  part.precision = total.precision * std::sqrt(passes);
  part.max_time_s = total.max_time_s / passes;
  part.max_rounds = rounds_before(pass + 1) - rounds_before(pass);
  return part;
}

}  // namespace scission
