#include "adapt/run/plan_host.hpp"

#include <algorithm>

#include "run/prepare.hpp"
#include "run/tables.hpp"
#include "scission/base/error.hpp"

namespace scission::adaptive_run {
namespace {

constexpr double short_call_s = 0.5;  // to somebody who may be away
constexpr double introduction_s = 10;

}  // namespace

PlanHost::PlanHost(const PartitionProblem& problem, const RunRequest& request,
                   torchscript::SplitModel model, const std::string& source)
    : problem_(problem),
      request_(request),
      model_(std::move(model)),
      folder_(std::filesystem::temp_directory_path()),
      deployed_(request.common, problem.model, source, {}) {
  runtime::announce_peers(deployed_.clients(), introduction_s);  // for probes between workers
}

runtime::AdaptiveCallbacks PlanHost::callbacks() {
  runtime::AdaptiveCallbacks calls;
  calls.deploy = [this](const Plan& plan, const std::function<double()>& share) {
    return deployed_.pipeline(assignments_of(plan), share);
  };
  calls.retire = [this](const Plan& plan, const std::vector<Plan>& kept) {
    std::vector<Assignments> others;
    for (const Plan& other : kept) others.push_back(assignments_of(other));
    deployed_.take_away(assignments_of(plan), others);
  };
  calls.is_alive = [this](int system) { return is_alive(system); };
  if (request_.probes) {
    calls.probe = [this](int from, int to, double bytes) { return probe(from, to, bytes); };
  }
  return calls;
}

PlanTimeline PlanHost::timeline_of(const Plan& plan) const {
  PlanTimeline timeline;
  timeline.source = name_of(plan.source);
  for (const Stage& stage : plan.stages) {
    TimelineItem item;
    item.system = name_of(stage.system);
    item.first_layer = problem_.blocks[static_cast<std::size_t>(stage.first_block)].first_layer;
    item.last_layer = problem_.blocks[static_cast<std::size_t>(stage.last_block)].last_layer;
    timeline.items.push_back(std::move(item));
  }
  return timeline;
}

std::string PlanHost::text_of(const Plan& plan) const { return run::route_text(timeline_of(plan)); }

// Segments are written once a plan; what a worker has of them already is not sent again.
const PlanHost::Assignments& PlanHost::assignments_of(const Plan& plan) {
  const auto known = std::find_if(known_.begin(), known_.end(),
                                  [&](const auto& entry) { return entry.first == plan; });
  if (known != known_.end()) return known->second;
  run::Request request = request_.common;
  request.plans = "the profiles";
  request.first_plan = static_cast<int>(known_.size()) + 1;
  known_.emplace_back(
      plan, run::write_plans(model_, {timeline_of(plan)}, request, folder_.path()).front());
  return known_.back().second;
}

const std::string& PlanHost::name_of(int system) const {
  return problem_.systems[static_cast<std::size_t>(system)].name;
}

const std::shared_ptr<runtime::Client>& PlanHost::client_of(int system) const {
  return deployed_.clients().at(name_of(system));
}

// Directly, or as another worker finds it: one lost link is no lost system.
bool PlanHost::is_alive(int system) const {
  const runtime::Clients& clients = deployed_.clients();
  const auto own = clients.find(name_of(system));
  if (own == clients.end()) return true;  // this process
  if (own->second->is_live(short_call_s)) return true;
  return std::any_of(clients.begin(), clients.end(), [&](const auto& other) {
    if (other.first == own->first) return false;
    try {
      other.second->probe_peer(own->first, 1, short_call_s);
      return true;
    } catch (const Error&) {
      return false;
    }
  });
}

std::optional<double> PlanHost::probe(int from, int to, double bytes) const {
  const runtime::Clients& clients = deployed_.clients();
  const auto size = static_cast<std::size_t>(bytes);
  const double deadline_s = request_.common.deadline_s;
  try {
    if (clients.count(name_of(from)) == 0) return client_of(to)->probe(size, deadline_s);
    if (clients.count(name_of(to)) > 0) {
      return client_of(from)->probe_peer(name_of(to), size, deadline_s);
    }
    const double empty_s = client_of(from)->probe_back(0, deadline_s);
    return std::max(0.0, client_of(from)->probe_back(size, deadline_s) - empty_s);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace scission::adaptive_run
