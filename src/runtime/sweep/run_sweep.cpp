#include "scission/runtime/sweep/run_sweep.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <limits>
#include <optional>
#include <thread>
#include <utility>

#include "base/file.hpp"
#include "base/seconds.hpp"
#include "base/text.hpp"
#include "runtime/sweep/deployed_plans.hpp"
#include "runtime/sweep/journal.hpp"
#include "runtime/sweep/measure_plan.hpp"
#include "runtime/sweep/predictor.hpp"
#include "runtime/sweep/randomised_blocks.hpp"
#include "runtime/sweep/testbed.hpp"
#include "scission/base.hpp"
#include "scission/sweep.hpp"

namespace scission::runtime {
namespace {

constexpr std::size_t all_conditions = std::numeric_limits<std::size_t>::max();

/// Carries what SweepCallbacks::check threw past the places that handle errors of measurements.
struct Stopped {
  std::exception_ptr cause;
};

std::filesystem::path journal_file(const SweepOptions& options) {
  make_folder(options.folder);
  return options.folder / "journal.jsonl";
}

/// With the caller's own texts. The names are those of scission-adapt's options, as in journals
/// that exist.
SweepIdentity identity_of(const SweepOptions& options) {
  SweepIdentity texts = options.identity;
  const SweepMachines& machines = options.machines;
  for (const SweepFactor& factor : options.factors) {
    texts[factor.factor.name] = text::join(factor.factor.levels, ",");
  }
  texts["--name"] = machines.source;
  texts["--systems"] = text::join(machines.systems, ",");
  texts["--set-network"] = machines.set_network;
  texts["--delay"] = fmt::format("{}", machines.delay_ms);
  texts["--count"] = std::to_string(options.precision.count);
  texts["--max-count"] = std::to_string(options.precision.max_count);
  texts["--warmup"] = std::to_string(options.precision.warmup);
  texts["--pause"] = fmt::format("{}", options.pause_s);
  texts["--repeats"] = std::to_string(options.repeats);
  texts["--seed"] = std::to_string(options.seed);
  return texts;
}

/// The measuring of one sweep.
class Measuring {
 public:
  Measuring(const SweepOptions& options, const SweepCallbacks& callbacks, const SweepModel& model,
            Testbed& testbed, const std::vector<RoutePlan>& plans)
      : options_(options),
        callbacks_(callbacks),
        model_(model),
        testbed_(testbed),
        frame_(empty_sweep(model.name, options.factors, options.machines.systems, plans)),
        runs_(randomised_order(missing_conditions(frame_, all_conditions), plans.size(),
                               options.repeats, options.seed)),
        journal_(journal_file(options), identity_of(options)),
        deployed_(options, model, testbed, plans),
        stress_(testbed.direct()),
        resumed_(journal_.measurements().size()) {}

  SweepResult run() {
    int block = 0;
    try {
      for (const ConditionRun& next : runs_) {
        if (next.block != block) write();
        block = next.block;
        measure_missing(next);
      }
      end_stress();
    } catch (const Stopped& stopped) {
      end_stress();
      write();
      std::rethrow_exception(stopped.cause);
    }
    require_a_measurement();
    write();
    return {current_sweep(), count_measurements(journal_.measurements())};
  }

 private:
  void measure_missing(const ConditionRun& run) {
    const std::string code = format_condition_code(frame_, run.levels);
    std::vector<std::size_t> plans;
    for (const std::size_t plan : run.plans) {
      if (!journal_.has(run.block, code, frame_.plans[plan].label)) plans.push_back(plan);
    }
    if (plans.empty()) return;
    check();
    report_progress(run, plans.front());
    const SweepSetting setting = setting_of(options_.factors, run.levels);
    is_condition_set_ = false;
    end_stress();
    deploy_ahead(plans);
    for (const std::size_t plan : plans) {
      check();
      report_progress(run, plan);
      Measurement measurement = measure_plan(setting, plan);
      measurement.block = run.block;
      measurement.condition = code;
      measurement.plan = frame_.plans[plan].label;
      keep(std::move(measurement), run.levels);
    }
  }

  // Deploys without stress, in reverse order, so that the plan measured first is the most recently
  // used one. Failures are reported when the plan is measured.
  void deploy_ahead(const std::vector<std::size_t>& plans) {
    for (std::size_t i = std::min(plans.size(), DeployedPlans::max_ready); i > 0; --i) {
      check();
      try {
        deployed_.get(plans[i - 1]);
      } catch (const Error&) {
      }
    }
  }

  Measurement measure_plan(const SweepSetting& setting, std::size_t plan) {
    const auto send = [&] {
      Pipeline& pipeline = *deployed_.get(plan);
      try {
        return sender(pipeline, model_.inputs, options_.machines.systems)();
      } catch (const Error& error) {
        // A restarted worker may have lost its segment.
        if (error.code() == ErrorCode::not_found) deployed_.evict(plan);
        throw;
      }
    };
    return measure(send, options_.precision, [&] {
      check();
      set_condition(setting);
      std::this_thread::sleep_for(std::chrono::duration<double>(options_.pause_s));
      try {
        stress_.validate();
      } catch (const Error&) {
        is_condition_set_ = false;  // the next try starts the stress again
        throw;
      }
    });
  }

  void set_condition(const SweepSetting& setting) {
    if (is_condition_set_) return;
    testbed_.set_rates(setting);
    stress_.set(setting.stress);
    is_condition_set_ = true;
  }

  // The stress of a lost worker is lost, too; if it is not, starting the next one fails.
  void end_stress() {
    try {
      stress_.stop();
    } catch (const Error& error) {
      warn(error.what());
    }
  }

  void keep(Measurement measurement, const std::vector<int>& levels) {
    if (!measurement.failure.empty()) {
      warn(fmt::format("{} under {}: missing after {} tries: {}", measurement.plan,
                       describe_condition(frame_, levels), measurement.tries, measurement.failure));
    }
    journal_.add(std::move(measurement));
  }

  Sweep current_sweep() const {
    Sweep sweep = frame_;
    const SweepPrecision& precision = options_.precision;
    const std::string& program = options_.machines.set_network;
    sweep.notes.push_back(fmt::format(
        "measured with {} to {} requests per plan, condition and block, until the median's 95 % "
        "interval is at most {:g} % of it wide; repeats: {}, in random orders of seed {}",
        precision.count, precision.max_count, 100 * precision.width, options_.repeats,
        options_.seed));
    sweep.notes.push_back(program.empty() ? "rates by relays in user space"
                                          : "rates by " + program);
    add_measurements(sweep, journal_.measurements());
    return sweep;
  }

  void require_a_measurement() const {
    const std::vector<Measurement>& all = journal_.measurements();
    if (all.empty() || count_measurements(all).measured > 0) return;
    throw Error(ErrorCode::io,
                fmt::format("no measurement succeeded; the last one: {}", all.back().failure));
  }

  void write() const {
    const Sweep all = current_sweep();
    if (all.conditions.empty()) return;  // a sweep without any is no sweep
    write_sweep(all, options_.folder);
    if (all.systems.size() != 2) return;
    try {
      write_study_files(all, options_.folder / "study");
    } catch (const Error& error) {
      if (error.code() != ErrorCode::invalid_argument) throw;
      warn(fmt::format("the study's text files were not written: {}", error.what()));
    }
  }

  void report_progress(const ConditionRun& run, std::size_t plan) const {
    if (!callbacks_.on_progress) return;
    const std::size_t all = runs_.size() * frame_.plans.size();
    const std::size_t done = journal_.measurements().size();
    const std::size_t done_now = done - resumed_;
    const double each_s = done_now > 0 ? seconds_since(start_) / static_cast<double>(done_now) : 10;
    callbacks_.on_progress(
        {"sweep", static_cast<double>(done) / static_cast<double>(all),
         each_s * static_cast<double>(all - done),
         fmt::format("{}/{}  {}: {}", done + 1, all, describe_condition(frame_, run.levels),
                     frame_.plans[plan].label)});
  }

  void warn(const std::string& message) const {
    if (callbacks_.on_warning) callbacks_.on_warning(message);
  }

  void check() const {
    if (!callbacks_.check) return;
    try {
      callbacks_.check();
    } catch (...) {
      throw Stopped{std::current_exception()};
    }
  }

  const SweepOptions& options_;
  const SweepCallbacks& callbacks_;
  const SweepModel& model_;
  Testbed& testbed_;
  const Sweep frame_;  ///< without conditions
  const std::vector<ConditionRun> runs_;
  Journal journal_;
  DeployedPlans deployed_;
  ActiveStress stress_;
  bool is_condition_set_ = false;  ///< rates and stress are those of the condition
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::size_t resumed_ = 0;  ///< measurements that the journal contained
};

}  // namespace

class SweepSession::Impl {
 public:
  Impl(SweepOptions options, SweepCallbacks callbacks)
      : options_(std::move(options)),
        callbacks_(std::move(callbacks)),
        testbed_(options_.machines) {}

  SweepResult run(std::vector<RoutePlan> plans, const SweepSteps& steps) {
    if (steps.predicts || steps.best > 0) {
      const SweepProfiles profiles = steps.profiles();
      Sweep grid = predict(profiles, plans);
      if (steps.best > 0) plans = fastest_plans(grid, plans, steps.best);
      if (steps.predicts) {
        if (steps.best > 0) grid = predict(profiles, plans);
        write_sweep(grid, options_.folder);
        return {std::move(grid), {}};
      }
    }
    const SweepModel model = steps.model();
    announce(plans.size());
    SweepResult result = measure(model, plans);
    if (const SweepCounts& counts = result.counts; counts.unstable > 0 && callbacks_.on_warning) {
      callbacks_.on_warning(fmt::format("{} of {} measurements are less precise than requested",
                                        counts.unstable, counts.measured));
    }
    return result;
  }

  SweepResult measure(const SweepModel& model, const std::vector<RoutePlan>& plans) {
    return Measuring(options_, callbacks_, model, testbed_, plans).run();
  }

  Sweep predict(const SweepProfiles& profiles, const std::vector<RoutePlan>& plans) {
    Sweep sweep = empty_sweep(profiles.model, options_.factors, options_.machines.systems, plans);
    const auto conditions = missing_conditions(sweep, all_conditions);
    Predictor predictor(options_, callbacks_, profiles, testbed_);
    predictor.gather(conditions);
    for (const std::vector<int>& levels : conditions) {
      sweep.conditions.push_back({levels, predictor.predict(levels, plans)});
    }
    sweep.notes.push_back("predicted, from profiles under each stress and links at each rate");
    return sweep;
  }

 private:
  void announce(std::size_t plans) const {
    const std::string& program = options_.machines.set_network;
    std::size_t conditions = 1;
    for (const SweepFactor& factor : options_.factors) conditions *= factor.values.size();
    if (callbacks_.on_event) {
      callbacks_.on_event(fmt::format(
          "conditions: {}, plans: {}, repeats: {}; {}", conditions, plans, options_.repeats,
          program.empty() ? "rates by relays in this process, without root"
                          : "rates by " + program));
    }
    if (!program.empty() && geteuid() != 0 && callbacks_.on_warning) {
      callbacks_.on_warning(program + " may need root, as tc does, and this process is not root");
    }
  }

  const SweepOptions options_;
  const SweepCallbacks callbacks_;
  Testbed testbed_;
};

SweepSession::SweepSession(SweepOptions options, SweepCallbacks callbacks)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(callbacks))) {}

SweepSession::~SweepSession() = default;

SweepResult SweepSession::measure(const SweepModel& model, const std::vector<RoutePlan>& plans) {
  return impl_->measure(model, plans);
}

SweepResult SweepSession::run(std::vector<RoutePlan> plans, const SweepSteps& steps) {
  return impl_->run(std::move(plans), steps);
}

Sweep SweepSession::predict(const SweepProfiles& profiles, const std::vector<RoutePlan>& plans) {
  return impl_->predict(profiles, plans);
}

SweepResult run_sweep(const SweepOptions& options, const SweepModel& model,
                      const std::vector<RoutePlan>& plans, const SweepCallbacks& callbacks) {
  return SweepSession(options, callbacks).measure(model, plans);
}

}  // namespace scission::runtime
