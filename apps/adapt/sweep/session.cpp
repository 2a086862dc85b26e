#include "adapt/sweep/session.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <thread>
#include <utility>

#include "adapt/sweep/collect.hpp"
#include "adapt/sweep/measure.hpp"
#include "base/file.hpp"
#include "scission/base/error.hpp"
#include "scission/sweep/adaptive_io.hpp"

namespace scission::sweep {
namespace {

std::filesystem::path journal_file(const SweepRequest& request) {
  make_folder(request.folder);
  return request.folder / "journal.jsonl";
}

}  // namespace

Session::Session(const SweepRequest& request, const torchscript::SplitModel& model, Rig& rig,
                 std::vector<RoutePlan> plans, std::vector<Tensor> inputs,
                 const apps::Interrupts& interrupts)
    : request_(request),
      rig_(rig),
      plans_(std::move(plans)),
      inputs_(std::move(inputs)),
      interrupts_(interrupts),
      frame_(empty_grid(model.graph().name, request.factors, request.systems, plans_)),
      visits_(measuring_order(missing_conditions(frame_, std::numeric_limits<std::size_t>::max()),
                              plans_.size(), request.repeats, request.seed)),
      journal_(journal_file(request), request.texts),
      pipelines_(request, model, rig, plans_),
      stress_(rig.direct()),
      done_before_(journal_.measurements().size()) {}

AdaptiveGrid Session::run() {
  int block = 0;
  try {
    for (const Visit& next : visits_) {
      if (next.block != block) write();
      block = next.block;
      visit(next);
    }
    end_stress();
  } catch (const apps::Interrupted&) {
    progress_.finish();
    end_stress();
    write();
    throw;
  }
  progress_.finish();
  write();
  return grid();
}

std::vector<std::size_t> Session::left_of(const Visit& visit) const {
  const std::string code = condition_code(frame_, visit.levels);
  std::vector<std::size_t> left;
  for (const std::size_t plan : visit.plans) {
    if (!journal_.has(visit.block, code, frame_.plans[plan].label)) left.push_back(plan);
  }
  return left;
}

void Session::visit(const Visit& visit) {
  const std::vector<std::size_t> plans = left_of(visit);
  if (plans.empty()) return;
  check_signals();
  show(visit, plans.front());
  measure_plans(visit, plans);
}

void Session::set_up(const Setting& setting) {
  if (is_set_) return;
  rig_.set(setting);
  stress_.set(setting.stress);
  is_set_ = true;
}

// Of a worker that was lost the stress is lost, too; the next one's beginning shows that it is.
void Session::end_stress() {
  try {
    stress_.stop();
  } catch (const Error& error) {
    progress_.finish();
    spdlog::warn("{}", error.what());
  }
}

// What is measured first is used last. What cannot be had is told when it is measured.
void Session::deploy_ahead(const std::vector<std::size_t>& plans) {
  const std::size_t count = std::min(plans.size(), Pipelines::most_ready);
  for (std::size_t i = count; i > 0; --i) {
    check_signals();
    try {
      pipelines_.get(plans[i - 1]);
    } catch (const Error&) {
    }
  }
}

void Session::measure_plans(const Visit& visit, const std::vector<std::size_t>& plans) {
  const Setting setting = setting_of(request_.factors, visit.levels);
  is_set_ = false;
  end_stress();
  deploy_ahead(plans);
  for (const std::size_t plan : plans) {
    check_signals();
    show(visit, plan);
    keep(measure_plan(setting, plan), visit, plan);
  }
}

Measurement Session::measure_plan(const Setting& setting, std::size_t plan) {
  const auto send = [&] {
    runtime::Pipeline& pipeline = *pipelines_.get(plan);
    try {
      return sender(pipeline, inputs_, request_.systems)();
    } catch (const Error& error) {
      // A worker that was started again may have lost it.
      if (error.code() == ErrorCode::not_found) pipelines_.forget(plan);
      throw;
    }
  };
  return measure(send, request_.precision, [&] {
    check_signals();
    set_up(setting);
    std::this_thread::sleep_for(std::chrono::duration<double>(request_.pause_s));
    try {
      stress_.check();
    } catch (const Error&) {
      is_set_ = false;  // the next try begins it again
      throw;
    }
  });
}

void Session::keep(Measurement measurement, const Visit& visit, std::size_t plan) {
  measurement.block = visit.block;
  measurement.condition = condition_code(frame_, visit.levels);
  measurement.plan = frame_.plans[plan].label;
  if (!measurement.failure.empty()) {
    progress_.finish();
    spdlog::warn("{} under {}: missing after {} tries: {}", measurement.plan,
                 describe_condition(frame_, visit.levels), measurement.tries, measurement.failure);
  }
  journal_.add(std::move(measurement));
}

void Session::check_signals() const {
  if (const std::optional<int> signal = interrupts_.take()) throw apps::Interrupted{*signal};
}

AdaptiveGrid Session::grid() const {
  AdaptiveGrid grid = frame_;
  const Precision& precision = request_.precision;
  grid.notes.push_back(fmt::format(
      "measured by scission-adapt sweep: {} to {} requests a plan, condition and block, until the "
      "median is known to ±{:g} %; {} blocks in orders of seed {}",
      precision.count, precision.max_count, 100 * precision.width, request_.repeats,
      request_.seed));
  grid.notes.push_back(request_.set_network.empty() ? "rates by relays in user space"
                                                    : "rates by " + request_.set_network);
  fill(grid, journal_.measurements());
  return grid;
}

void Session::write() const {
  const AdaptiveGrid all = grid();
  write_sweep(all, request_.folder);
  if (all.systems.size() != 2) return;
  try {
    write_study_files(all, request_.folder / "study");
  } catch (const Error& error) {
    if (error.code() != ErrorCode::invalid_argument) throw;
    spdlog::warn("no text files as the study's: {}", error.what());
  }
}

void Session::show(const Visit& visit, std::size_t plan) {
  const std::size_t all = visits_.size() * plans_.size();
  const std::size_t done = journal_.measurements().size();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  const std::size_t now = done - done_before_;
  const double each_s = now > 0 ? elapsed.count() / static_cast<double>(now) : 10;
  progress_.update(static_cast<double>(done) / static_cast<double>(all),
                   each_s * static_cast<double>(all - done),
                   fmt::format("{}/{}  {}: {}", done + 1, all,
                               describe_condition(frame_, visit.levels), frame_.plans[plan].label));
}

}  // namespace scission::sweep
