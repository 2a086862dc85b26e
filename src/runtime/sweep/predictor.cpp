#include "runtime/sweep/predictor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/file.hpp"
#include "scission/base.hpp"
#include "scission/plan/plan.hpp"
#include "scission/plan/problem.hpp"
#include "scission/profile.hpp"
#include "scission/runtime/client/client.hpp"
#include "scission/runtime/gather/gather.hpp"

namespace scission::runtime {
namespace {

namespace fs = std::filesystem;

StressLevel stress_of(const SweepSetting& setting, const std::string& system) {
  const auto found = setting.stress.find(system);
  return found == setting.stress.end() ? StressLevel{} : found->second;
}

PlanTime predicted_time(const PartitionProblem& problem, const Plan& plan, double input_bytes,
                        const std::vector<std::string>& systems) {
  PlanTime time;
  const PlanCost costs = plan_cost(problem, plan, input_bytes);
  time.seconds = costs.latency_s;
  time.system_seconds.resize(systems.size());
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const auto& name = problem.systems[static_cast<std::size_t>(plan.stages[i].system)].name;
    const auto system = std::find(systems.begin(), systems.end(), name);
    if (system == systems.end()) continue;
    time.system_seconds[system - systems.begin()] = costs.stage_s[i] + costs.stage_setup_s[i];
  }
  return time;
}

}  // namespace

SweepProfiles sweep_profiles(const GatherOptions& options, double input_bytes) {
  SweepProfiles profiles;
  profiles.folder = options.folder;
  profiles.model = options.remote_model.name;
  profiles.input_bytes = input_bytes;
  profiles.source_platform = source_platform;
  profiles.worker_platform = worker_platform;
  profiles.benchmark = [options = options](const std::string& system, const SweepStress& stress,
                                           Client* worker) mutable {
    options.stress = to_string(StressLevel{stress.cpu_percent, stress.memory_percent});
    return worker ? benchmark_remotely(system, *worker, options) : benchmark_locally(options);
  };
  return profiles;
}

Predictor::Predictor(const SweepOptions& options, const SweepCallbacks& callbacks,
                     const SweepProfiles& inputs, Testbed& testbed)
    : options_(options), callbacks_(callbacks), inputs_(inputs), testbed_(testbed) {}

/// The computing systems and the source, where every request begins; by name, each once.
std::vector<std::string> Predictor::systems() const {
  const SweepMachines& machines = options_.machines;
  std::set<std::string> systems(machines.systems.begin(), machines.systems.end());
  systems.insert(machines.source);
  return {systems.begin(), systems.end()};
}

fs::path Predictor::profile_file(const std::string& system, const SweepSetting& setting) const {
  const bool is_worker = options_.machines.addresses.count(system) > 0;
  const std::string& platform = is_worker ? inputs_.worker_platform : inputs_.source_platform;
  return inputs_.folder / folder_of(stress_of(setting, system)) /
         fmt::format("{}-{}.json", platform, system);
}

/// "network-50.csv", "network-edge-cloud-50.csv"; "network.csv" without a rate.
fs::path Predictor::network_file(const SweepSetting& setting) const {
  std::string name = "network";
  for (const auto& [ends, rate] : setting.rates) {
    if (!ends.first.empty()) name += "-" + ends.first + "-" + ends.second;
    name += fmt::format("-{}", rate);
  }
  return inputs_.folder / (name + ".csv");
}

void Predictor::gather(const std::vector<std::vector<int>>& conditions) {
  for (const std::vector<int>& levels : conditions) {
    const SweepSetting setting = setting_of(options_.factors, levels);
    for (const std::string& system : systems()) {
      const fs::path file = profile_file(system, setting);
      if (profiles_.count(file) > 0) continue;
      check();
      profiles_[file] = fs::exists(file) ? read_profile(file) : make_profile(system, setting);
    }
  }
  for (const std::vector<int>& levels : conditions) {
    const SweepSetting setting = setting_of(options_.factors, levels);
    const fs::path file = network_file(setting);
    if (networks_.count(file) > 0) continue;
    check();
    networks_[file] = fs::exists(file) ? read_network(file) : make_network(setting);
  }
  testbed_.set_rates({});
}

SystemProfile Predictor::make_profile(const std::string& system, const SweepSetting& setting) {
  const auto worker = testbed_.direct().find(system);
  Client* const client = worker == testbed_.direct().end() ? nullptr : worker->second.get();
  const StressLevel stress = stress_of(setting, system);
  try {
    return inputs_.benchmark(system, {stress.cpu_percent, stress.memory_percent}, client);
  } catch (const Error&) {
    check();  // Ctrl-C interrupts a benchmark's process, too
    throw;
  }
}

Network Predictor::make_network(const SweepSetting& setting) {
  double largest = inputs_.input_bytes;
  for (const auto& [file, profile] : profiles_) {
    largest = std::max(largest, largest_output({profile}));
  }
  LinkOptions options;
  options.bytes = link_sizes(static_cast<std::size_t>(largest));
  options.on_progress = [&](int done, int total, const std::string& what) {
    if (!callbacks_.on_progress) return;
    callbacks_.on_progress({"measuring links", static_cast<double>(done) / total,
                            (total - done) * options.max_time_s, what});
  };
  testbed_.announce_peers();
  testbed_.set_rates(setting);
  Network network = measure_links(testbed_.routed(), options_.machines.source, options);
  const fs::path file = network_file(setting);
  make_folder(file.parent_path());
  write_network(network, file);
  return network;
}

std::vector<PlanTime> Predictor::predict(const std::vector<int>& levels,
                                         const std::vector<RoutePlan>& plans) const {
  const SweepSetting setting = setting_of(options_.factors, levels);
  std::vector<SystemProfile> profiles;
  for (const std::string& system : systems()) {
    profiles.push_back(profiles_.at(profile_file(system, setting)));
  }
  const PartitionProblem problem =
      make_problem(profiles, networks_.at(network_file(setting)), inputs_.model,
                   {inputs_.source_platform, inputs_.worker_platform});
  const SweepMachines& machines = options_.machines;
  std::vector<PlanTime> times;
  for (const RoutePlan& plan : plans) {
    times.push_back(predicted_time(problem, plan_from_placements(problem, plan, machines.source),
                                   inputs_.input_bytes, machines.systems));
  }
  return times;
}

void Predictor::check() const {
  if (callbacks_.check) callbacks_.check();
}

}  // namespace scission::runtime
