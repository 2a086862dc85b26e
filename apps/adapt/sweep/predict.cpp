#include "adapt/sweep/predict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "adapt/sweep/collect.hpp"
#include "base/file.hpp"
#include "plan/gather_options.hpp"
#include "progress.hpp"
#include "scission/base/error.hpp"
#include "scission/model/tensor.hpp"
#include "scission/plan/plan.hpp"
#include "scission/plan/problem.hpp"
#include "scission/profile/profile_io.hpp"
#include "scission/runtime/client/client.hpp"

namespace scission::sweep {
namespace {

namespace fs = std::filesystem;

std::string platform_of(const std::string& system, const SweepRequest& request) {
  return request.addresses.count(system) > 0 ? plan::worker_platform : plan::source_platform;
}

fs::path profile_file(const std::string& system, const StressLevel& stress,
                      const SweepRequest& request) {
  return request.profiles / folder_of(stress) /
         fmt::format("{}-{}.json", platform_of(system, request), system);
}

/// "network-50.csv", "network-edge-cloud-50.csv"; "network.csv" where no rate is set.
fs::path network_file(const Setting& setting, const SweepRequest& request) {
  std::string name = "network";
  for (const auto& [ends, rate] : setting.rates) {
    if (!ends.first.empty()) name += "-" + ends.first + "-" + ends.second;
    name += fmt::format("-{}", rate);
  }
  return request.profiles / (name + ".csv");
}

StressLevel stress_of(const Setting& setting, const std::string& system) {
  const auto found = setting.stress.find(system);
  return found == setting.stress.end() ? StressLevel{} : found->second;
}

PlanTime time_of(const PartitionProblem& problem, const Plan& plan, double input_bytes,
                 const std::vector<std::string>& systems) {
  PlanTime time;
  const PlanCost costs = plan_cost(problem, plan, input_bytes);
  time.seconds = costs.latency_s;
  time.system_seconds.resize(systems.size());
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const auto& name = problem.systems[static_cast<std::size_t>(plan.stages[i].system)].name;
    const auto system = std::find(systems.begin(), systems.end(), name);
    if (system != systems.end()) time.system_seconds[system - systems.begin()] = costs.stage_s[i];
  }
  return time;
}

plan::GatherOptions gather_options(const SweepRequest& request, const apps::ModelSource& source) {
  plan::GatherOptions options;
  options.model = request.model;
  options.remote_model = {source.name, source.file, apps::input_tensors(source)};
  options.source = request.source;
  options.image = request.image;
  options.benchmark_options = request.benchmark_options;
  if (request.threads) options.threads = std::to_string(*request.threads);
  options.speed = request.speed;
  options.folder = request.profiles;
  return options;
}

}  // namespace

Predictor::Predictor(const SweepRequest& request, const apps::ModelSource& source, Rig& rig,
                     const apps::Interrupts& interrupts)
    : request_(request),
      source_(source),
      rig_(rig),
      interrupts_(interrupts),
      gathering_(gather_options(request, source)),
      input_bytes_(plan::input_bytes(source)) {}

void Predictor::gather(const std::vector<std::vector<int>>& conditions) {
  std::set<std::string> systems(request_.systems.begin(), request_.systems.end());
  systems.insert(request_.source);  // its links are where requests begin
  for (const std::vector<int>& levels : conditions) {
    const Setting setting = setting_of(request_.factors, levels);
    for (const std::string& system : systems) profile_of(system, stress_of(setting, system));
  }
  for (const std::vector<int>& levels : conditions) {
    network_of(setting_of(request_.factors, levels));
  }
  rig_.set({});
}

const SystemProfile& Predictor::profile_of(const std::string& system, const StressLevel& stress) {
  const fs::path file = profile_file(system, stress, request_);
  const auto found = profiles_.find(file.string());
  if (found != profiles_.end()) return found->second;
  check_signals();
  return profiles_[file.string()] =
             fs::exists(file) ? read_profile(file) : measured_profile(system, stress);
}

SystemProfile Predictor::measured_profile(const std::string& system, const StressLevel& stress) {
  gathering_.stress = stress;
  const auto worker = rig_.direct().find(system);
  try {
    return worker == rig_.direct().end()
               ? plan::benchmark_here(gathering_)
               : plan::benchmark_there(system, *worker->second, gathering_);
  } catch (const Error&) {
    check_signals();  // Ctrl-C reaches the benchmark, too
    throw;
  }
}

const Network& Predictor::network_of(const Setting& setting) {
  const fs::path file = network_file(setting, request_);
  const auto found = networks_.find(file.string());
  if (found != networks_.end()) return found->second;
  check_signals();
  if (fs::exists(file)) return networks_[file.string()] = read_network(file);
  const Network network = measured_network(setting);
  make_folder(file.parent_path());
  write_network(network, file);
  return networks_[file.string()] = network;
}

Network Predictor::measured_network(const Setting& setting) {
  std::vector<SystemProfile> profiles;
  for (const auto& [file, profile] : profiles_) profiles.push_back(profile);
  apps::Progress progress("measuring links");
  runtime::LinkOptions options;
  options.bytes = runtime::link_sizes(
      static_cast<std::size_t>(std::max(plan::largest_output(profiles), input_bytes_)));
  options.on_progress = [&](int done, int total, const std::string& what) {
    progress.update(static_cast<double>(done) / total, (total - done) * options.max_time_s, what);
  };
  rig_.announce_peers();
  rig_.set(setting);
  return runtime::measure_links(rig_.way(), request_.source, options);
}

std::vector<PlanTime> Predictor::predict(const std::vector<int>& levels,
                                         const std::vector<RoutePlan>& plans) const {
  const Setting setting = setting_of(request_.factors, levels);
  std::set<std::string> systems(request_.systems.begin(), request_.systems.end());
  systems.insert(request_.source);
  std::vector<SystemProfile> profiles;
  for (const std::string& system : systems) {
    const fs::path file = profile_file(system, stress_of(setting, system), request_);
    profiles.push_back(profiles_.at(file.string()));
  }
  const PartitionProblem problem =
      make_problem(profiles, networks_.at(network_file(setting, request_).string()), source_.name,
                   {plan::source_platform, plan::worker_platform});
  std::vector<PlanTime> times;
  for (const RoutePlan& plan : plans) {
    times.push_back(time_of(problem, plan_from_placements(problem, plan, request_.source),
                            input_bytes_, request_.systems));
  }
  return times;
}

void Predictor::check_signals() const {
  if (const std::optional<int> signal = interrupts_.take()) throw apps::Interrupted{*signal};
}

AdaptiveGrid predicted_grid(const SweepRequest& request, Predictor& predictor,
                            const std::vector<RoutePlan>& plans, const std::string& model) {
  AdaptiveGrid grid = empty_grid(model, request.factors, request.systems, plans);
  const auto conditions = missing_conditions(grid, std::numeric_limits<std::size_t>::max());
  predictor.gather(conditions);
  for (const std::vector<int>& levels : conditions) {
    grid.conditions.push_back({levels, predictor.predict(levels, plans)});
  }
  grid.notes.push_back("predicted, from profiles under each stress and links at each rate");
  return grid;
}

std::vector<RoutePlan> best_of(const AdaptiveGrid& predicted, const std::vector<RoutePlan>& plans,
                               int count) {
  std::set<std::size_t> chosen;
  for (const Condition& condition : predicted.conditions) {
    std::vector<std::pair<double, std::size_t>> order;
    for (std::size_t plan = 0; plan < plans.size(); ++plan) {
      order.emplace_back(condition.times[plan].seconds, plan);
    }
    std::sort(order.begin(), order.end());
    order.resize(std::min(order.size(), static_cast<std::size_t>(count)));
    for (const auto& [seconds, plan] : order) chosen.insert(plan);
  }
  std::vector<RoutePlan> best;
  for (const std::size_t plan : chosen) best.push_back(plans[plan]);
  return best;
}

}  // namespace scission::sweep
