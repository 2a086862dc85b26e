#include "measure_job.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/seconds.hpp"
#include "child_process.hpp"
#include "progress.hpp"
#include "scission/profile/profile_io.hpp"

namespace scission::apps {
namespace {

using Clock = std::chrono::steady_clock;

std::int64_t peak_rss_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{1024} * usage.ru_maxrss;
}

/// What the child says of its progress. Both ends are the same program: the bytes will do.
struct Step {
  MeasureProgress state;
  int blocks = 0;
};
static_assert(std::is_trivially_copyable_v<Step>);

/// Sends a step now and then: writing it, and waking the parent, disturbs what is measured next.
class StepSender {
 public:
  StepSender(const SendRecord& send, int blocks) : send_(send), blocks_(blocks) {}

  void operator()(const MeasureProgress& state) {
    constexpr auto between_records = std::chrono::milliseconds(200);
    if (Clock::now() - last_ < between_records) return;
    last_ = Clock::now();
    const Step step{state, blocks_};
    send_({reinterpret_cast<const char*>(&step), sizeof step});
  }

 private:
  const SendRecord& send_;
  int blocks_;
  Clock::time_point last_{};
};

/// The profile in its file's format, a zero byte, the samples in theirs.
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

std::string measure_here(const Job& job, MeasureOptions options, bool is_watched,
                         const SendRecord& send) {
  const Clock::time_point start = Clock::now();
  const std::unique_ptr<Runnable> model = job.make();
  const double load_s = seconds_since(start);
  if (is_watched) options.on_progress = StepSender(send, static_cast<int>(model->blocks().size()));
  ModelProfile profile = measure(*model, options);
  profile.load_seconds = load_s;
  profile.peak_rss_bytes = peak_rss_bytes();
  return encode(std::move(profile));
}

std::string detail(const Step& step, double wanted) {
  const MeasureProgress& state = step.state;
  const int block = std::min(state.block + 1, step.blocks);
  std::string where = fmt::format("block {}/{}", block, step.blocks);
  if (!state.is_warm) return where + ", warming up";
  if (!(state.precision > 0) || !std::isfinite(state.precision)) return where;
  return fmt::format("{}, {:.1f} % (goal {:.3g} %)", where, 100 * state.precision, 100 * wanted);
}

/// Draws what the child says; until it says something, that it is loading.
class Watcher {
 public:
  explicit Watcher(const JobOptions& options)
      : wanted_(options.measure.precision),
        loading_(options.label + ", loading"),
        measuring_(options.label) {}

  void wait() {
    if (!has_begun_) loading_.update();
  }

  void show(const std::string& record) {
    has_begun_ = true;
    Step step;
    std::memcpy(&step, record.data(), sizeof step);
    const double total_s = step.state.elapsed_s + step.state.remaining_s;
    measuring_.update(total_s > 0 ? step.state.elapsed_s / total_s : 0, step.state.remaining_s,
                      detail(step, wanted_));
  }

 private:
  double wanted_;
  Progress loading_;
  Progress measuring_;
  bool has_begun_ = false;
};

}  // namespace

ModelProfile measure_in_child(const Job& job, const JobOptions& options) {
  Watcher watcher(options);
  const bool is_watched = isatty(STDERR_FILENO) == 1;
  ChildOptions child;
  child.timeout_s = options.timeout_s;
  child.interrupts = options.interrupts;
  if (is_watched) {
    child.on_record = [&](const std::string& record) { watcher.show(record); };
    child.on_wait = [&] { watcher.wait(); };
  }
  return decode(run_in_child(
      [&](const SendRecord& send) { return measure_here(job, options.measure, is_watched, send); },
      child));
}

}  // namespace scission::apps
