#include "runtime/worker/peers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "base/json_field.hpp"
#include "base/require.hpp"
#include "control.pb.h"
#include "runtime/wire/channel.hpp"
#include "runtime/wire/status.hpp"
#include "runtime/wire/tensor_codec.hpp"
#include "runtime/worker/segment_store.hpp"

namespace scission::runtime {
namespace {

constexpr std::size_t max_peers = 1024;

Error unknown_system(const std::string& system) {
  return {ErrorCode::infeasible, "its address is not known here; deploy the plan again",
          "system " + system};
}

bool is_valid_length(const std::string& text) {
  return !text.empty() && text.size() <= max_name_bytes;
}

}  // namespace

Peers::Peers(const std::map<std::string, std::string>& fixed, Security security)
    : security_(std::move(security)), identity_(read_identity(security_)) {
  validate(fixed);
  for (const auto& [system, address] : fixed) {
    peers_[{"", system}] = {.address = address, .is_fixed = true};
  }
}

Peers::~Peers() { checks_->cancel_all(); }

void Peers::persist_in(std::filesystem::path file,
                       const std::function<void(const std::string&)>& log) {
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) {
    try {
      restore(file);
    } catch (const Error& error) {
      log(fmt::format("skipped: {}", error.what()));
    }
  }
  const std::lock_guard lock(mutex_);
  file_ = std::move(file);
}

// Throws Error(damaged) that names the field, with the file as place.
void Peers::restore(const std::filesystem::path& file) {
  const std::string place = file.string();
  const nlohmann::json document = parse_json(read_file(file), place);
  const JsonField root(document, place);
  std::map<std::string, std::map<std::string, std::string>> of_lease;
  const JsonField peers = root.at("peers");
  for (const JsonField& peer : peers.elements()) {
    of_lease[peer.text_or("lease")][peer.at("system").text()] = peer.at("address").text();
  }
  for (const auto& [lease, addresses] : of_lease) set(addresses, lease);
}

void Peers::validate(const std::map<std::string, std::string>& addresses) const {
  for (const auto& [system, address] : addresses) {
    if (!is_valid_length(system) || !is_valid_length(address)) {
      throw_invalid_argument(
          fmt::format("names and addresses must have 1 to {} bytes", max_name_bytes), "peers");
    }
    validate_security(address, security_);
  }
}

void Peers::set(const std::map<std::string, std::string>& addresses, const std::string& lease) {
  validate(addresses);
  const std::lock_guard lock(mutex_);
  std::size_t added = 0;
  for (const auto& [system, address] : addresses) {
    added += peers_.count({lease, system}) == 0 ? 1 : 0;
  }
  if (peers_.size() + added > max_peers) {
    throw_invalid_argument(fmt::format("are more than {}", max_peers), "peers");
  }
  bool is_changed = false;
  for (const auto& [system, address] : addresses) {
    Peer& peer = peers_[{lease, system}];
    if (peer.is_fixed || peer.address == address) continue;
    peer = {.address = address};
    is_changed = true;
  }
  if (is_changed) store();
}

// Best effort: addresses that cannot be written are lost only when the worker restarts.
void Peers::store() const {
  if (file_.empty()) return;
  nlohmann::ordered_json peers = nlohmann::ordered_json::array();
  for (const auto& [key, peer] : peers_) {
    if (peer.is_fixed) continue;
    peers.push_back({{"system", key.second}, {"address", peer.address}});
    if (!key.first.empty()) peers.back()["lease"] = key.first;
  }
  try {
    write_file_atomically(file_, nlohmann::ordered_json{{"peers", peers}}.dump(2) + "\n");
  } catch (const Error&) {
  }
}

// A fixed address first, then the lease's, then that of all.
std::map<Peers::Key, Peers::Peer>::const_iterator Peers::find(const std::string& system,
                                                              const std::string& lease) const {
  const auto common = peers_.find({"", system});
  if (common != peers_.end() && common->second.is_fixed) return common;
  const auto own = peers_.find({lease, system});
  return own != peers_.end() ? own : common;
}

// The caller holds the lock.
Peers::Peer& Peers::at(const std::string& system, const std::string& lease) {
  const auto found = find(system, lease);
  if (found == peers_.end()) throw unknown_system(system);
  return peers_.at(found->first);
}

std::shared_ptr<grpc::Channel> Peers::channel(const std::string& system, const std::string& lease) {
  const std::lock_guard lock(mutex_);
  Peer& peer = at(system, lease);
  if (!peer.channel) peer.channel = make_channel_as(peer.address, identity_);
  return peer.channel;
}

void Peers::check_health(const std::string& system, const std::string& lease, double deadline_s,
                         std::function<void(bool)> done) {
  std::shared_ptr<HealthConnection> health;
  {
    const std::lock_guard lock(mutex_);
    Peer& peer = at(system, lease);
    if (!peer.health) {
      peer.health = std::make_shared<HealthConnection>(peer.address, identity_);
    }
    health = peer.health;
  }
  health->check(*checks_, deadline_s, std::move(done));
}

void Peers::reconnect(const std::string& system, const std::string& lease) {
  std::shared_ptr<grpc::Channel> dropped;  // before the lock, so that it is closed after it
  const std::lock_guard lock(mutex_);
  const auto found = find(system, lease);
  if (found != peers_.end()) dropped = std::move(peers_.at(found->first).channel);
}

void Peers::require_known(const std::string& system, const std::string& lease) const {
  const std::lock_guard lock(mutex_);
  if (find(system, lease) == peers_.end()) throw unknown_system(system);
}

void Peers::forget(const std::string& lease) {
  std::map<Key, Peer> forgotten;  // before the lock, so that channels are closed after it
  const std::lock_guard lock(mutex_);
  for (auto peer = peers_.lower_bound({lease, ""});
       peer != peers_.end() && peer->first.first == lease;) {
    forgotten.insert(peers_.extract(peer++));
  }
  if (!forgotten.empty()) store();
}

void Peers::reconnect_all(ClientIdentity identity) {
  std::vector<Peer> old;  // before the lock, as in forget()
  const std::lock_guard lock(mutex_);
  identity_ = std::move(identity);
  for (auto& [key, peer] : peers_) {
    old.push_back(peer);
    peer.channel = nullptr;
    peer.health = nullptr;
  }
}

std::set<std::string> Peers::leases() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> leases;
  for (const auto& [key, peer] : peers_) {
    if (!key.first.empty()) leases.insert(key.first);
  }
  return leases;
}

grpc::Status probe(const std::shared_ptr<grpc::Channel>& channel, std::int64_t bytes,
                   std::chrono::system_clock::time_point deadline, double& seconds) {
  // Shared with gRPC's thread, which may still be inside set_value() when get() returns.
  const auto result = std::make_shared<std::promise<RawAnswer>>();
  RawCall call(channel, probe_method);
  call.start(
      payload_message(v1::ProbeRequest::kPayloadFieldNumber, static_cast<std::size_t>(bytes)),
      deadline, [result](RawAnswer answer) { result->set_value(std::move(answer)); });
  const RawAnswer answer = result->get_future().get();
  seconds = answer.seconds;
  return answer.status;
}

std::chrono::system_clock::time_point forwarded_deadline(
    std::chrono::system_clock::time_point deadline) {
  using Clock = std::chrono::system_clock;
  if (deadline == Clock::time_point::max()) return deadline;
  constexpr Clock::duration max_margin = std::chrono::milliseconds(100);
  const Clock::duration left = deadline - Clock::now();
  return deadline - std::clamp(left / 20, Clock::duration::zero(), max_margin);
}

grpc::Status forwarded_status(const grpc::Status& status, const std::string& from,
                              const std::string& system) {
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    return make_status(
        grpc::StatusCode::UNAVAILABLE,
        fmt::format("{} cannot reach {}: {}", from, system, unavailable_reason(status)));
  }
  const bool is_shut_down = status.error_code() == grpc::StatusCode::CANCELLED;
  return make_status(is_shut_down ? grpc::StatusCode::UNAVAILABLE : status.error_code(),
                     fmt::format("system {}: {}", system, status.error_message()));
}

grpc::Status silent_status(const std::string& from, const std::string& system, double stall_s) {
  return make_status(grpc::StatusCode::UNAVAILABLE,
                     fmt::format("{} cannot reach {}: no health check was answered for {:g} s",
                                 from, system, stall_s));
}

}  // namespace scission::runtime
