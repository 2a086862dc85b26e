#include "adapt/sweep/rig.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/run_program.hpp"
#include "scission/base/error.hpp"

namespace scission::sweep {
namespace {

constexpr double short_call_s = 30;

/// Of the relays. On the loopback only where all workers are there.
std::string relay_host(const SweepRequest& request) {
  if (!request.host.empty() || !request.set_network.empty()) return request.host;
  const bool all_here =
      std::all_of(request.addresses.begin(), request.addresses.end(),
                  [](const auto& named) { return runtime::is_loopback(named.second); });
  if (all_here) return "127.0.0.1";
  throw Error(ErrorCode::invalid_argument,
              "workers on other machines need this one's address for the links between them: "
              "--host 10.0.0.1; or set rates in the network itself, by --set-network PROGRAM",
              "--host");
}

}  // namespace

Rig::Rig(const SweepRequest& request)
    : request_(request),
      host_(relay_host(request)),
      direct_(runtime::connect(request.addresses, request.security)),
      deploying_(runtime::connect(request.deploy_addresses, request.security)) {
  for (const auto& [to, address] : request.addresses) {
    if (to != request.source) add_way(request.source, to, address);
    for (const auto& [from, ignored] : request.addresses) {
      if (from != to && from != request.source) add_way(from, to, address);
    }
  }
  std::map<std::string, std::string> addresses = request.addresses;
  for (const auto& [to, address] : peers_[request.source]) addresses[to] = address;
  way_ = runtime::connect(addresses, request.security);
}

void Rig::add_way(const std::string& from, const std::string& to, const std::string& address) {
  if (!request_.set_network.empty()) {
    peers_[from][to] = address;
    return;
  }
  Way way{from, to, nullptr};
  way.relay =
      std::make_unique<runtime::Relay>(runtime::RelayOptions{host_ + ":0", address, {}, {}});
  peers_[from][to] = fmt::format("{}:{}", host_, way.relay->port());
  ways_.push_back(std::move(way));
}

void Rig::announce_peers() const {
  for (const auto& [from, worker] : direct_) {
    const auto peers = peers_.find(from);
    if (peers != peers_.end()) worker->set_peers(peers->second, short_call_s);
  }
}

void Rig::set(const Setting& setting) {
  if (!request_.set_network.empty()) call_program(setting);
  for (const Way& way : ways_) {
    const runtime::LinkShape shape{setting.rate(way.from, way.to), request_.delay_ms};
    way.relay->reshape(shape, shape);
  }
}

void Rig::call_program(const Setting& setting) const {
  for (const auto& [ends, rate] : setting.rates) {
    ProgramCall call{request_.set_network, {fmt::format("{}", rate)}, ".", "name a program"};
    if (!ends.first.empty()) {
      call.arguments.insert(call.arguments.end(), {ends.first, ends.second});
    }
    const ProgramResult result = run_program(call);
    if (result.succeeded) continue;
    throw Error(ErrorCode::io, fmt::format("could not set {} Mbit/s: {}", rate, result.output),
                request_.set_network);
  }
}

}  // namespace scission::sweep
