#include "runtime/sweep/testbed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/run_program.hpp"
#include "runtime/client/deadlines.hpp"
#include "scission/base.hpp"

namespace scission::runtime {
namespace {

/// The host of the relays.
std::string relay_host(const SweepMachines& machines) {
  if (needs_relay_host(machines)) {
    throw Error(ErrorCode::invalid_argument,
                "workers on other machines need this machine's address, to reach the relays "
                "between them",
                "relay_host");
  }
  const bool is_given = !machines.relay_host.empty() || !machines.set_network.empty();
  return is_given ? machines.relay_host : "127.0.0.1";
}

ProgramCall network_program(const SweepMachines& machines) {
  return {machines.set_network, {}, ".", "name a program that sets the links' rates"};
}

template <typename Held>
void stop_all(std::map<std::string, std::unique_ptr<Held>>& held, std::exception_ptr& failure) {
  for (auto& [system, stress] : std::exchange(held, {})) {
    try {
      stress->stop();
    } catch (const Error&) {
      if (!failure) failure = std::current_exception();
    }
  }
}

template <typename Held>
void validate_all(const std::map<std::string, std::unique_ptr<Held>>& held) {
  for (const auto& [system, stress] : held) {
    if (!stress->is_on()) throw Error(ErrorCode::io, "the stress has ended by itself", system);
  }
}

}  // namespace

bool needs_relay_host(const SweepMachines& machines) {
  if (!machines.relay_host.empty() || !machines.set_network.empty()) return false;
  return std::any_of(machines.addresses.begin(), machines.addresses.end(),
                     [](const auto& named) { return !is_loopback(named.second); });
}

double SweepSetting::rate(const std::string& one_end, const std::string& other_end) const {
  double found = 0;
  for (const auto& [ends, rate] : rates) {
    const bool is_every = ends.first.empty();
    const bool is_this =
        ends == std::pair(one_end, other_end) || ends == std::pair(other_end, one_end);
    if (is_every || is_this) found = rate;
  }
  return found;
}

SweepSetting setting_of(const std::vector<SweepFactor>& factors, const std::vector<int>& levels) {
  SweepSetting setting;
  for (std::size_t i = 0; i < factors.size(); ++i) {
    const SweepFactor& factor = factors[i];
    const double value = factor.values.at(static_cast<std::size_t>(levels.at(i)));
    if (factor.kind == FactorKind::link_rate) {
      setting.rates.push_back({{factor.one_end, factor.other_end}, value});
    } else {
      StressLevel& stress = setting.stress[factor.system];
      const bool is_cpu = factor.kind == FactorKind::cpu_stress;
      (is_cpu ? stress.cpu_percent : stress.memory_percent) = static_cast<int>(value);
    }
  }
  return setting;
}

Testbed::Testbed(const SweepMachines& machines)
    : machines_(machines),
      host_(relay_host(machines)),
      direct_(connect(machines.addresses, machines.security, lease_.id())),
      deploying_(connect(machines.deploy_addresses, machines.security, lease_.id())) {
  if (!machines.set_network.empty()) require_program(network_program(machines));
  for (const auto& [to, address] : machines.addresses) {
    if (to != machines.source) add_link(machines.source, to, address);
    for (const auto& [from, ignored] : machines.addresses) {
      if (from != to && from != machines.source) add_link(from, to, address);
    }
  }
  std::map<std::string, std::string> addresses = machines.addresses;
  for (const auto& [to, address] : peers_[machines.source]) addresses[to] = address;
  routed_ = connect(addresses, machines.security, lease_.id());
  lease_.hold(deploying_);
}

void Testbed::add_link(const std::string& from, const std::string& to, const std::string& address) {
  if (!machines_.set_network.empty()) {
    peers_[from][to] = address;
    return;
  }
  auto relay = std::make_unique<Relay>(RelayOptions{host_ + ":0", address, {}, {}});
  peers_[from][to] = fmt::format("{}:{}", host_, relay->port());
  links_.push_back({from, to, std::move(relay)});
}

void Testbed::announce_peers() const {
  for (const auto& [from, worker] : direct_) {
    const auto peers = peers_.find(from);
    if (peers != peers_.end()) worker->set_peers(peers->second, short_call_deadline_s);
  }
}

void Testbed::set_rates(const SweepSetting& setting) {
  if (!machines_.set_network.empty()) call_program(setting);
  for (const Link& link : links_) {
    const LinkShape shape{setting.rate(link.from, link.to), machines_.delay_ms};
    link.relay->reshape(shape, shape);
  }
}

void Testbed::call_program(const SweepSetting& setting) const {
  for (const auto& [ends, rate] : setting.rates) {
    ProgramCall call = network_program(machines_);
    call.arguments.push_back(fmt::format("{}", rate));
    if (!ends.first.empty()) {
      call.arguments.insert(call.arguments.end(), {ends.first, ends.second});
    }
    const ProgramResult result = run_program(call);
    if (result.succeeded) continue;
    throw Error(ErrorCode::io, fmt::format("could not set {} Mbit/s: {}", rate, result.output),
                machines_.set_network);
  }
}

void ActiveStress::set(const std::map<std::string, StressLevel>& levels) {
  constexpr double longest_start_s = 300;  // allocating hundreds of gigabytes takes minutes
  stop();
  for (const auto& [system, level] : levels) {
    const auto worker = workers_.find(system);
    if (worker == workers_.end()) {
      if (level.is_any()) local_[system] = std::make_unique<Stress>(level);
    } else {
      remote_[system] = std::make_unique<RemoteStress>(*worker->second, level, longest_start_s);
    }
  }
}

void ActiveStress::stop() {
  std::exception_ptr failure;
  stop_all(remote_, failure);
  stop_all(local_, failure);
  if (failure) std::rethrow_exception(failure);
}

void ActiveStress::validate() const {
  validate_all(local_);
  validate_all(remote_);
}

}  // namespace scission::runtime
