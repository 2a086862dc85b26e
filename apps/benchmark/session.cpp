#include "request.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <system_error>

#include "interrupts.hpp"
#include "profile_table.hpp"
#include "progress.hpp"
#include "scission/measure.hpp"
#include "scission/report.hpp"
#include "tool.hpp"

namespace scission::apps {
namespace {

void print_line(const std::string& line) {
  std::fflush(stdout);
  fmt::print(stderr, "{}\n", for_terminal("scission-benchmark: " + line));
}

/// "vgg19 3/18, pass 2/5"
std::string label_of(const BenchmarkStep& step) {
  std::string label = fmt::format("{} {}/{}", step.model, step.index + 1, step.count);
  if (step.passes > 1) label += fmt::format(", pass {}/{}", step.pass + 1, step.passes);
  return label;
}

/// Which round it is: a round's blocks have nothing to do with the share of the time that is over.
std::string detail_of(const MeasureProgress& state, double goal) {
  const std::string where = fmt::format("round {}", state.round + 1);
  if (!state.is_warm) return "warming up";
  if (!(state.precision > 0) || !std::isfinite(state.precision)) return where;
  return fmt::format("{}, {:.1f} % (goal {:.3g} %)", where, 100 * state.precision, 100 * goal);
}

SystemProfile open_profile(const Request& request, const std::vector<BenchmarkModel>& models,
                           const HostContext& host) {
  try {
    return request.files.open(host, models, request.resumes);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::mismatch) throw;
    const char* const remedy =
        request.resumes
            ? "measure under the same ones, or from the start without --resume"
            : "--resume keeps what it has, another folder (-o) keeps both, or remove it";
    throw Error(error.code(), error.message() + "; " + remedy, error.place());
  }
}

/// The line on the terminal during one pass of a model: loading, then measuring.
class PassProgress {
 public:
  /// `speed` is that of the scaled clock, so that real time is shown.
  PassProgress(const BenchmarkStep& step, double goal, double speed)
      : goal_(goal),
        speed_(speed),
        loading_(label_of(step) + ", loading"),
        measuring_(label_of(step)) {}

  void wait() {
    if (!has_begun_) loading_.update();
  }

  void show(const MeasureProgress& state) {
    has_begun_ = true;
    const double total_s = state.elapsed_s + state.remaining_s;
    measuring_.update(total_s > 0 ? state.elapsed_s / total_s : 0, speed_ * state.remaining_s,
                      detail_of(state, goal_));
  }

 private:
  double goal_;
  double speed_;
  Progress loading_;
  Progress measuring_;
  bool has_begun_ = false;
};

/// The progress line while codecs are measured. Without a terminal, one line states how long it
/// takes.
class CodecProgressLine {
 public:
  explicit CodecProgressLine(const std::string& model) : model_(model), line_(model + ", codecs") {}

  void show(const CodecProgress& progress) {
    constexpr double worth_telling_s = 10;
    const double total_s = progress.elapsed_s + progress.remaining_s;
    if (isatty(STDERR_FILENO) == 1) {
      line_.update(total_s > 0 ? progress.elapsed_s / total_s : 0, progress.remaining_s,
                   fmt::format("input {}/{}", progress.input + 1, progress.inputs));
    } else if (progress.input > 0 && !has_told_) {
      has_told_ = true;
      if (total_s < worth_telling_s) return;
      print_line(fmt::format("{}: codecs take about {:.0f} s", model_, total_s));
    }
  }

  void finish() { line_.finish(); }

 private:
  std::string model_;
  Progress line_;
  bool has_told_ = false;
};

class Session {
 public:
  Session(const Request& request, const std::vector<BenchmarkModel>& models,
          const HostContext& host, const std::vector<CodecJob>& jobs)
      : request_(request),
        models_(models),
        jobs_(jobs),
        passes_(possible_passes({.measure = request.measure, .passes = request.passes})),
        system_(open_profile(request, models, host)) {}

  int run() {
    print_earlier();
    print_total();
    try {
      run_benchmark(system_, models_, benchmark_options());
      for (const CodecJob& job : jobs_) measure_codecs_of(job);
    } catch (const Interrupted& interruption) {
      progress_.reset();
      return end_interrupted(interruption);
    }
    print_end();
    return exit_code_of_failures();
  }

 private:
  BenchmarkOptions benchmark_options() {
    BenchmarkOptions options;
    options.measure = request_.measure;
    options.passes = request_.passes;
    options.model_timeout_s = request_.model_timeout_s;
    options.wake_descriptor = interrupts_.descriptor();
    options.check_stop = [this] {
      if (const std::optional<int> signal = interrupts_.take()) throw Interrupted{*signal};
    };
    options.on_pass = [this](const BenchmarkStep& step) {
      progress_.reset();
      request_.files.write(system_);
      measured_.push_back(step.model);
      if (step.pass == 0 && step.passes > 1) print_unreachable(step);
    };
    options.on_failure = [this](const BenchmarkStep& step, const Error& error) {
      progress_.reset();
      print_failure(step, error);
    };
    options.on_model = [this](const ModelProfile& profile) {
      print_row(profile);
      draw(profile);
    };
    if (isatty(STDERR_FILENO) == 1) show_progress(options);
    return options;
  }

  void show_progress(BenchmarkOptions& options) {
    const auto progress_of = [this](const BenchmarkStep& step) -> PassProgress& {
      const double goal = pass_options(request_.measure, step.pass, step.passes).precision;
      if (!progress_) progress_ = std::make_unique<PassProgress>(step, goal, request_.speed);
      return *progress_;
    };
    options.on_wait = [progress_of](const BenchmarkStep& step) { progress_of(step).wait(); };
    options.on_progress = [progress_of](const BenchmarkStep& step, const MeasureProgress& state,
                                        int) { progress_of(step).show(state); };
  }

  // --- Codecs ---

  void measure_codecs_of(const CodecJob& job) {
    const auto model =
        std::find_if(system_.models.begin(), system_.models.end(),
                     [&](const ModelProfile& profile) { return profile.model == job.source.name; });
    if (model == system_.models.end()) return;  // it has failed
    const int inputs = job.calibration.size();
    if (request_.resumes && has_codecs(*model, job.codecs, inputs)) return;
    print_line(fmt::format("{}: codecs at {} cuts on {} input{}", model->model,
                           model->blocks.size() + 1, inputs, inputs == 1 ? "" : "s"));
    try {
      CodecProgressLine line(model->model);
      const CodecMeasurement result = run_codec_job(job, *model, codec_options(line));
      line.finish();
      for (const std::string& note : result.notes) spdlog::warn("{}: {}", model->model, note);
      add_codecs(result, *model);
      request_.files.write(system_);
      if (!request_.as_json) fmt::print("\n{}", format_codecs(*model, stdout_width()));
    } catch (const Error& error) {
      print_failure({model->model}, error);
    }
  }

  CodecJobOptions codec_options(CodecProgressLine& line) {
    CodecJobOptions options;
    options.clock = request_.measure.clock;
    options.wake_descriptor = interrupts_.descriptor();
    options.check_stop = [this] {
      if (const std::optional<int> signal = interrupts_.take()) throw Interrupted{*signal};
    };
    options.on_progress = [&line](const CodecProgress& progress) { line.show(progress); };
    return options;
  }

  void draw(const ModelProfile& profile) {
    if (!draws_) return;
    const std::string system = request_.files.stem();
    try {
      if (request_.with_pictures) {
        const std::string stem = picture_stem(system + "-" + profile.model);
        draw_block_times(profile, system, request_.files.folder, stem + "-times");
        draw_block_costs(profile, request_.files.folder, stem + "-costs");
        if (!request_.keeps_scripts)
          remove_scripts(request_.files.folder, stem, {"times", "costs"});
      }
      if (request_.files.with_fork) draw_as_the_fork(profile);
    } catch (const Error& error) {
      // Without gnuplot, every further picture would fail, too.
      draws_ = error.code() != ErrorCode::unsupported;
      std::fflush(stdout);
      spdlog::warn("no picture: {}", error.what());
    }
  }

  void draw_as_the_fork(const ModelProfile& profile) const {
    const auto [times, costs] = request_.files.fork_pictures(picture_stem(profile.model));
    draw_block_times(profile, request_.files.stem(), times.parent_path(),
                     picture_stem(times.filename().string()));
    draw_block_costs(profile, costs.parent_path(), costs.filename().string());
  }

  void print_earlier() {
    if (!system_.models.empty()) {
      print_line(fmt::format("going on with {}, which has {}", request_.files.profile().string(),
                             progress()));
    }
    for (const ModelProfile& model : system_.models) {
      if (!lacks_a_pass(model.model)) print_row(model);
    }
  }

  void print_row(const ModelProfile& profile) {
    if (request_.as_json) return;
    if (shown_.empty()) fmt::print("{}", table_.header());
    shown_.insert(profile.model);
    fmt::print("{}", table_.add(profile));
    std::fflush(stdout);
  }

  void print_failure(const BenchmarkStep& step, const Error& error) {
    const std::string what = error.what();
    const std::string line = what.substr(0, what.find('\n'));
    const int kept = passes_done(system_, step.model, passes_);
    print_line(
        (error.place().find(step.model) == std::string::npos ? step.model + ": " + line : line) +
        (kept > 0 ? fmt::format(" ({} of {} passes are kept)", kept, passes_) : ""));
    failed_.push_back(step.model);
    failure_codes_.insert(exit_code(error.code()));
  }

  void print_end() const {
    if (request_.as_json && !system_.models.empty()) {
      fmt::print("{}", format_profile_json(system_));
    } else if (!system_.models.empty()) {
      fmt::print("\n");
      for (const auto& path : request_.files.paths()) fmt::print("{}\n", path.string());
    }
    std::fflush(stdout);
    print_assessment();
    if (!failed_.empty() && models_.size() > 1) {
      print_line(fmt::format("{} of {} models failed: {}", failed_.size(), models_.size(),
                             fmt::join(failed_, ", ")));
    }
  }

  /// Before the time is spent.
  void print_total() const {
    constexpr double worth_telling_s = 10;
    const auto missing =
        std::count_if(models_.begin(), models_.end(), [&](const BenchmarkModel& model) {
          return passes_done(system_, model.name, passes_) < passes_;
        });
    const double total_s =
        static_cast<double>(missing) * request_.measure.max_time_s * request_.speed;
    if (total_s < worth_telling_s) return;
    print_line(fmt::format(
        "{} model{} in {} pass{}: at most {} of measuring (--max-time), and loading", missing,
        missing == 1 ? "" : "s", passes_, passes_ == 1 ? "" : "es", format_duration(total_s)));
  }

  /// Where the first pass shows that all passes together miss the goal: an interval narrows with
  /// the square root of the time.
  void print_unreachable(const BenchmarkStep& step) const {
    const std::optional<double> reached = system_.find(step.model)->precision();
    const double goal = pass_options(request_.measure, step.pass, step.passes).precision;
    if (!reached || *reached <= goal) return;
    const double part = *reached / goal;
    print_line(
        fmt::format("{}: after the first of {} passes about {:.1f} % of precision are to be "
                    "expected instead of "
                    "{:.3g} %, which needs about {} times as many rounds",
                    step.model, step.passes, 100 * *reached / std::sqrt(step.passes),
                    100 * request_.measure.precision, std::ceil(part * part)));
  }

  // Of the models that this run has measured; an earlier one has judged the others.
  void print_assessment() const {
    if (measured_.empty()) return;
    const AssessmentLines lines = assessment_lines(assess_measurement(system_, measured_));
    if (!lines.fine.empty()) print_line(lines.fine);
    for (const std::string& warning : lines.warnings) spdlog::warn("{}", warning);
    print_line(lines.verdict);
  }

  bool lacks_a_pass(const std::string& model) const {
    return lacks_passes(system_, models_, model, passes_);
  }

  std::string progress() const { return describe_passes(system_, models_, passes_); }

  int end_interrupted(const Interrupted& interruption) {
    for (const ModelProfile& model : system_.models) {
      if (shown_.count(model.model) == 0) print_row(model);
    }
    print_line(system_.models.empty()
                   ? "interrupted before the first model was measured; nothing is written"
                   : fmt::format(
                         "interrupted; {} has {}; the same command with --resume measures the rest",
                         request_.files.profile().string(), progress()));
    return interruption.exit_code();
  }

  int exit_code_of_failures() const {
    if (failed_.empty()) return exit_done;
    const bool all_alike = failed_.size() == models_.size() && failure_codes_.size() == 1;
    return all_alike ? *failure_codes_.begin() : exit_failed;
  }

  const Request& request_;
  const std::vector<BenchmarkModel>& models_;
  const std::vector<CodecJob>& jobs_;
  const int passes_;  ///< of every model
  SystemProfile system_;
  ProfileTable table_;
  std::set<std::string> shown_;        ///< models in the table
  std::vector<std::string> measured_;  ///< models with a new pass, one for each pass
  bool draws_ = request_.with_pictures || request_.files.with_fork;
  std::unique_ptr<PassProgress> progress_;  ///< of the running pass, on a terminal
  std::vector<std::string> failed_;
  std::set<int> failure_codes_;
  Interrupts interrupts_;
};

}  // namespace

int run_session(const Request& request, const std::vector<BenchmarkModel>& models,
                const HostContext& host, const std::vector<CodecJob>& jobs) {
  Session session(request, models, host, jobs);
  const Stress stress(request.stress);
  return session.run();
}

}  // namespace scission::apps
