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
#include <utility>

#include "interrupts.hpp"
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
  std::string where = fmt::format("round {}", state.round + 1);
  if (!state.is_warm) return "warming up";
  if (!(state.precision > 0) || !std::isfinite(state.precision)) return where;
  return fmt::format("{}, ±{:.1f} % (goal ±{:.3g} %)", where, 50 * state.precision, 50 * goal);
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
      end_progress();
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
      end_progress();
      request_.files.write(system_);
      measured_.push_back(step.model);
      if (step.pass == 0 && step.passes > 1) print_unreachable(step);
    };
    options.on_failure = [this](const BenchmarkStep& step, const Error& error) {
      end_progress();
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
    options.on_wait = [this](const BenchmarkStep& step) {
      if (!is_measuring_) progress_.update(label_of(step) + ", loading");
    };
    options.on_progress = [this](const BenchmarkStep& step, const MeasureProgress& state, int) {
      is_measuring_ = true;
      const double goal = pass_options(request_.measure, step.pass, step.passes).precision;
      const double total_s = state.elapsed_s + state.remaining_s;
      // The clock is scaled by --speed: real time is shown.
      progress_.update(label_of(step), total_s > 0 ? state.elapsed_s / total_s : 0,
                       request_.speed * state.remaining_s, detail_of(state, goal));
    };
  }

  void end_progress() {
    progress_.finish();
    is_measuring_ = false;
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
      const CodecMeasurement result = run_codec_job(job, *model, codec_options(model->model));
      progress_.finish();
      for (const std::string& note : result.notes) spdlog::warn("{}: {}", model->model, note);
      add_codecs(result, *model);
      request_.files.write(system_);
      if (!request_.as_json) fmt::print("\n{}", format_codecs(*model, stdout_width()));
    } catch (const Error& error) {
      progress_.finish();
      print_failure({model->model}, error);
    }
  }

  // Without a terminal, one line states how long it takes.
  CodecJobOptions codec_options(const std::string& model) {
    CodecJobOptions options;
    options.clock = request_.measure.clock;
    options.wake_descriptor = interrupts_.descriptor();
    options.check_stop = [this] {
      if (const std::optional<int> signal = interrupts_.take()) throw Interrupted{*signal};
    };
    options.on_progress = [this, model, has_told = false](const CodecProgress& now) mutable {
      constexpr double worth_telling_s = 10;
      const double total_s = now.elapsed_s + now.remaining_s;
      if (isatty(STDERR_FILENO) == 1) {
        progress_.update(model + ", codecs", total_s > 0 ? now.elapsed_s / total_s : 0,
                         now.remaining_s, fmt::format("input {}/{}", now.input + 1, now.inputs));
      } else if (now.input > 0 && !std::exchange(has_told, true) && total_s >= worth_telling_s) {
        print_line(fmt::format("{}: codecs take about {:.0f} s", model, total_s));
      }
    };
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
      if (!lacks_passes(system_, models_, model.model, passes_)) print_row(model);
    }
  }

  void print_row(const ModelProfile& profile) {
    if (request_.as_json) return;
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
        fmt::format("{}: after the first of {} passes ±{:.1f} % are to be expected instead of "
                    "±{:.3g} %, which needs about {} times as many rounds",
                    step.model, step.passes, 50 * *reached / std::sqrt(step.passes),
                    50 * request_.measure.precision, std::ceil(part * part)));
  }

  // Of the models that this run has measured; an earlier one has judged the others.
  void print_assessment() const {
    if (measured_.empty()) return;
    const AssessmentLines lines = format_assessment(assess_measurement(system_, measured_));
    if (!lines.fine.empty()) print_line(lines.fine);
    for (const std::string& warning : lines.warnings) spdlog::warn("{}", warning);
    print_line(lines.verdict);
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
  ModelTable table_{stdout_width()};
  std::set<std::string> shown_;        ///< models in the table
  std::vector<std::string> measured_;  ///< models with a new pass, one for each pass
  bool draws_ = request_.with_pictures || request_.files.with_fork;
  PhaseProgress progress_;     ///< of the running pass, on a terminal
  bool is_measuring_ = false;  ///< the pass has loaded its model
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
