#include "runtime/adaptive/deployments.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "scission/base.hpp"

namespace scission::runtime {
namespace {

std::string first_line(const std::exception& error) {
  const std::string what = error.what();
  return what.substr(0, what.find('\n'));
}

/// What its deployment depends on.
Plan without_codecs(Plan plan) {
  plan.codecs.clear();
  return plan;
}

}  // namespace

bool has_same_stages(const Plan& a, const Plan& b) {
  return without_codecs(a) == without_codecs(b);
}

std::vector<std::string> codec_names_of(const PartitionProblem& problem, const Plan& plan) {
  std::vector<std::string> names;
  for (const int codec : plan.codecs) {
    names.push_back(codec == Plan::raw ? ""
                                       : problem.codecs.at(static_cast<std::size_t>(codec)).name);
  }
  return names;
}

bool uses(const Plan& plan, int system) {
  return std::any_of(plan.stages.begin(), plan.stages.end(),
                     [system](const Stage& stage) { return stage.system == system; });
}

std::vector<Plan> DeploymentPool::plans() const {
  std::vector<Plan> plans;
  for (const SharedPlan& deployed : plans_) plans.push_back(deployed->plan);
  return plans;
}

SharedPlan DeploymentPool::find(const Plan& plan) const {
  for (const SharedPlan& deployed : plans_) {
    if (deployed->plan == plan) return deployed;
  }
  return nullptr;
}

SharedPlan DeploymentPool::find_deployment(const Plan& plan) const {
  for (const SharedPlan& deployed : plans_) {
    if (has_same_stages(deployed->plan, plan)) return deployed;
  }
  return nullptr;
}

void DeploymentPool::replace(const SharedPlan& plan, const SharedPlan& by) {
  std::replace(plans_.begin(), plans_.end(), plan, by);
}

SharedPlan DeploymentPool::spare_on(int system) const {
  for (std::size_t i = 1; i < plans_.size(); ++i) {
    if (uses(plans_[i]->plan, system)) return plans_[i];
  }
  return nullptr;
}

void DeploymentPool::keep(const SharedPlan& plan) {
  if (std::find(plans_.begin(), plans_.end(), plan) != plans_.end()) return;
  plans_.insert(plans_.empty() ? plans_.end() : plans_.begin() + 1, plan);
}

void DeploymentPool::run(const SharedPlan& plan) {
  keep(plan);
  const auto place = std::find(plans_.begin(), plans_.end(), plan);
  std::rotate(plans_.begin(), place, place + 1);
}

std::vector<SharedPlan> DeploymentPool::shrink_to(int count) {
  std::vector<SharedPlan> removed;
  while (plans_.size() > static_cast<std::size_t>(std::max(1, count))) {
    removed.push_back(plans_.back());
    plans_.pop_back();
  }
  return removed;
}

std::vector<SharedPlan> DeploymentPool::remove_all() {
  std::vector<SharedPlan> removed(plans_.rbegin(), plans_.rend());
  plans_.clear();
  return removed;
}

std::vector<SharedPlan> DeploymentPool::remove_using(int system) {
  if (plans_.empty()) return {};
  const auto stays = [&](const SharedPlan& plan) { return !uses(plan->plan, system); };
  const auto first_removed = std::stable_partition(plans_.begin() + 1, plans_.end(), stays);
  std::vector<SharedPlan> removed(first_removed, plans_.end());
  plans_.erase(first_removed, plans_.end());
  return removed;
}

SharedPlan DeploymentPool::remove_spare(const Plan& plan) {
  SharedPlan spare = find(plan);
  if (!spare || spare == running()) return nullptr;
  plans_.erase(std::find(plans_.begin(), plans_.end(), spare));
  return spare;
}

void PlanDeployer::start(DeployJob job) {
  const bool is_urgent = job.request.is_urgent();
  const auto run_job = [this, job = std::move(job)] { events_.push(run(job)); };
  if (is_urgent) {
    runner_.submit_first(run_job);
  } else {
    runner_.submit(run_job);
  }
}

DeployResult PlanDeployer::run(const DeployJob& job) {
  DeployResult result{job.request, job.kept, job.kept != nullptr, {}, {}};
  try {
    remove_now(job.removed);
    if (!job.kept) return deploy(job.request);
    job.kept->pipeline->set_codecs(codec_names_of(problem_, job.kept->plan));
    result.hops = warm_up(*job.kept, 1);
  } catch (const std::exception& error) {
    result.plan = nullptr;
    result.why = first_line(error);
  }
  return result;
}

DeployResult PlanDeployer::deploy(const SwitchRequest& request) {
  on_systems_.push_back(without_codecs(request.plan));
  try {
    return deploy_and_warm_up(request);
  } catch (...) {
    retire(request.plan);
    throw;
  }
}

DeployResult PlanDeployer::deploy_and_warm_up(const SwitchRequest& request) const {
  const auto plan = std::make_shared<DeployedPlan>();
  plan->number = request.number;
  plan->plan = request.plan;
  // Requests that take several times as long as they could suffer more from a late switch.
  const bool is_needed = request.best_objective < urgent_share * request.running_objective;
  plan->pipeline = callbacks_.deploy(without_codecs(request.plan), [this, is_needed] {
    return is_needed || router_.is_holding() ? 1 : options_.deploy_share;
  });
  if (!plan->pipeline) {
    throw Error(ErrorCode::invalid_argument, "returned no pipeline", "deploy");
  }
  plan->places = places_of(plan->pipeline->stages());
  plan->pipeline->set_codecs(codec_names_of(problem_, plan->plan));
  return {request, plan, false, {}, warm_up(*plan, options_.warmup)};
}

// Makes connections and allocates memory before the first request needs them, in gaps between
// requests, which may use the same systems.
std::vector<HopTiming> PlanDeployer::warm_up(const DeployedPlan& plan, int requests) const {
  PipelineResult last;
  bool has_gaps = true;
  for (int i = 0; i < requests && !options_.sample.empty(); ++i) {
    has_gaps = has_gaps && router_.wait_for_gap(options_.max_gap_wait_s);
    last = plan.pipeline->run(options_.sample);
    if (last.is_answered) continue;
    throw Error(ErrorCode::io, last.failure.message, last.failure.system);
  }
  return last.hops;
}

void PlanDeployer::remove(std::vector<SharedPlan> plans) {
  if (plans.empty()) return;
  runner_.submit([this, plans = std::move(plans)] { remove_now(plans); });
}

void PlanDeployer::remove_now(const std::vector<SharedPlan>& plans) {
  for (const SharedPlan& plan : plans) {
    router_.wait_until_idle(plan);
    router_.wait_for_gap(options_.max_gap_wait_s);
    plan->pipeline = nullptr;
    retire(plan->plan);
  }
}

// The owner keeps the segments of all other deployments, including those made since.
void PlanDeployer::retire(const Plan& retired) {
  const Plan plan = without_codecs(retired);
  const auto found = std::find(on_systems_.begin(), on_systems_.end(), plan);
  if (found != on_systems_.end()) on_systems_.erase(found);
  if (callbacks_.retire) callbacks_.retire(plan, on_systems_);
}

void PlanDeployer::probe_link(const Probe& probe) {
  link_prober_.submit([this, probe] {
    ProbeResult result{probe, std::nullopt, nullptr, {}};
    router_.wait_for_gap(options_.max_gap_wait_s);
    try {
      result.seconds = callbacks_.probe(probe.from, *probe.to, probe.bytes);
    } catch (const std::exception&) {
      // The transfer has failed.
    }
    events_.push(std::move(result));
  });
}

void PlanDeployer::probe_plan(const Probe& probe, const SharedPlan& plan) {
  runner_.submit([this, probe, plan] {
    ProbeResult result{probe, std::nullopt, plan, {}};
    try {
      if (plan->pipeline) result.hops = warm_up(*plan, 1);
    } catch (const Error&) {
      // The plan is tested again before it runs.
    }
    events_.push(std::move(result));
  });
}

}  // namespace scission::runtime
