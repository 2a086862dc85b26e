#include "session.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <utility>

#include "progress.hpp"
#include "scission/profile/profile.hpp"
#include "tool.hpp"

namespace scission::apps {
namespace {

constexpr const char* tool_name = "scission-benchmark";

void print_line(const std::string& line) {
  std::fflush(stdout);
  fmt::print(stderr, "{}: {}\n", tool_name, line);
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// "vgg19 3/18, pass 2/5"
std::string label_of(const BenchmarkStep& step) {
  std::string label = fmt::format("{} {}/{}", step.model, step.index + 1, step.count);
  if (step.passes > 1) label += fmt::format(", pass {}/{}", step.pass + 1, step.passes);
  return label;
}

std::string detail_of(const MeasureProgress& state, int blocks, double goal) {
  const int block = std::min(state.block + 1, blocks);
  std::string where = fmt::format("block {}/{}", block, blocks);
  if (!state.is_warm) return where + ", warming up";
  if (!(state.precision > 0) || !std::isfinite(state.precision)) return where;
  return fmt::format("{}, {:.1f} % (goal {:.3g} %)", where, 100 * state.precision, 100 * goal);
}

}  // namespace

/// The line on the terminal during one pass of a model: loading, then measuring.
class PassProgress {
 public:
  PassProgress(const BenchmarkStep& step, double goal)
      : goal_(goal), loading_(label_of(step) + ", loading"), measuring_(label_of(step)) {}

  void wait() {
    if (!has_begun_) loading_.update();
  }

  void show(const MeasureProgress& state, int blocks) {
    has_begun_ = true;
    const double total_s = state.elapsed_s + state.remaining_s;
    measuring_.update(total_s > 0 ? state.elapsed_s / total_s : 0, state.remaining_s,
                      detail_of(state, blocks, goal_));
  }

 private:
  double goal_;
  Progress loading_;
  Progress measuring_;
  bool has_begun_ = false;
};

Session::~Session() = default;

Session::Session(const Request& request, const std::vector<BenchmarkModel>& models,
                 const HostContext& host)
    : request_(request),
      outputs_(request),
      models_(models),
      passes_(possible_passes({.measure = request.measure, .passes = request.passes})) {
  outputs_.prepare();
  system_.platform = request.platform;
  system_.name = request.name;
  system_.host = host;
  if (!request.resumes) {
    outputs_.check_nothing_is_lost(models);
    return;
  }
  std::optional<SystemProfile> earlier = outputs_.read_earlier();
  if (!earlier) return;
  try {
    check_same_conditions(*earlier, host, models, outputs_.profile().string());
  } catch (const Error& error) {
    throw Error(
        error.code(),
        error.message() + "; measure under the same ones, or from the start without --resume",
        error.place());
  }
  system_ = *std::move(earlier);
}

int Session::run() {
  print_earlier();
  try {
    run_benchmark(system_, models_, benchmark_options());
  } catch (const Interrupted& interruption) {
    progress_.reset();
    return end_interrupted(interruption.signal);
  }
  print_end();
  return exit_code_of_failures();
}

BenchmarkOptions Session::benchmark_options() {
  BenchmarkOptions options;
  options.measure = request_.measure;
  options.passes = request_.passes;
  options.model_timeout_s = request_.model_timeout_s;
  options.wake_descriptor = interrupts_.descriptor();
  options.check_stop = [this] {
    if (const std::optional<int> signal = interrupts_.take()) throw Interrupted{*signal};
  };
  options.on_pass = [this](const BenchmarkStep&) {
    progress_.reset();
    outputs_.write(system_);
  };
  options.on_failure = [this](const BenchmarkStep& step, const Error& error) {
    progress_.reset();
    print_failure(step, error);
  };
  options.on_model = [this](const ModelProfile& profile) { finish_model(profile); };
  if (isatty(STDERR_FILENO) != 1) return options;
  const auto progress_of = [this](const BenchmarkStep& step) -> PassProgress& {
    const double goal = pass_options(request_.measure, step.pass, step.passes).precision;
    if (!progress_) progress_ = std::make_unique<PassProgress>(step, goal);
    return *progress_;
  };
  options.on_wait = [progress_of](const BenchmarkStep& step) { progress_of(step).wait(); };
  options.on_progress = [progress_of](const BenchmarkStep& step, const MeasureProgress& state,
                                      int blocks) { progress_of(step).show(state, blocks); };
  return options;
}

void Session::finish_model(const ModelProfile& profile) {
  print_row(profile);
  draw(profile);
}

void Session::draw(const ModelProfile& profile) {
  if (!draws_) return;
  try {
    outputs_.draw(profile);
  } catch (const Error& error) {
    // Without gnuplot, every further picture would fail, too.
    draws_ = error.code() != ErrorCode::unsupported;
    std::fflush(stdout);
    spdlog::warn("no picture: {}", error.what());
  }
}

void Session::print_earlier() {
  if (!system_.models.empty()) {
    print_line(
        fmt::format("going on with {}, which has {}", outputs_.profile().string(), progress()));
  }
  for (const ModelProfile& model : system_.models) {
    if (is_finished(model.model)) print_row(model);
  }
}

void Session::print_row(const ModelProfile& profile) {
  if (request_.as_json) return;
  if (!std::exchange(has_header_, true)) fmt::print("{}", table_.header());
  fmt::print("{}", table_.add(profile));
  std::fflush(stdout);
}

void Session::print_failure(const BenchmarkStep& step, const Error& error) {
  const std::string what = error.what();
  const std::string line = what.substr(0, what.find('\n'));
  const int kept = passes_done(system_, step.model, passes_);
  print_line(
      (error.place().find(step.model) == std::string::npos ? step.model + ": " + line : line) +
      (kept > 0 ? fmt::format(" ({} of {} passes are kept)", kept, passes_) : ""));
  failed_.push_back(step.model);
  failure_codes_.push_back(exit_code(error.code()));
}

void Session::print_end() const {
  if (request_.as_json) {
    if (!system_.models.empty()) fmt::print("{}", format_profile_json(system_));
  } else if (!system_.models.empty()) {
    fmt::print("\n");
    for (const auto& path : outputs_.paths()) fmt::print("{}\n", path.string());
  }
  std::fflush(stdout);
  for (const ModelProfile& model : system_.models) {
    for (const std::string& warning : model.warnings) spdlog::warn("{}: {}", model.model, warning);
  }
  if (!failed_.empty() && models_.size() > 1) {
    print_line(fmt::format("{} of {} models failed: {}", failed_.size(), models_.size(),
                           fmt::join(failed_, ", ")));
  }
}

bool Session::lacks_a_pass(const std::string& model) const {
  return passes_done(system_, model, passes_) < passes_ &&
         std::any_of(models_.begin(), models_.end(),
                     [&](const BenchmarkModel& asked) { return asked.name == model; });
}

bool Session::is_finished(const std::string& model) const {
  return has(failed_, model) || !lacks_a_pass(model);
}

// "vgg19, resnet50 (1 of 3 passes)"
std::string Session::progress() const {
  std::vector<std::string> models;
  for (const ModelProfile& model : system_.models) {
    models.push_back(model.model);
    if (!lacks_a_pass(model.model)) continue;
    const int done = passes_done(system_, model.model, passes_);
    models.back() += done > 0 ? fmt::format(" ({} of {} passes)", done, passes_)
                              : " (without its single times, so it is measured from the start)";
  }
  return fmt::format("{}", fmt::join(models, ", "));
}

int Session::end_interrupted(int signal) {
  for (const ModelProfile& model : system_.models) {
    if (!is_finished(model.model)) print_row(model);
  }
  print_line(
      system_.models.empty()
          ? "interrupted before the first model was measured; nothing is written"
          : fmt::format("interrupted; {} has {}; the same command with --resume measures the rest",
                        outputs_.profile().string(), progress()));
  return Interrupted{signal}.exit_code();
}

int Session::exit_code_of_failures() const {
  if (failure_codes_.empty()) return exit_done;
  const int first = failure_codes_.front();
  const bool all_alike = failure_codes_.size() == models_.size() &&
                         std::all_of(failure_codes_.begin(), failure_codes_.end(),
                                     [&](int code) { return code == first; });
  return all_alike ? first : exit_failed;
}

}  // namespace scission::apps
