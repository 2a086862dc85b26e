#include "runtime/worker/peers.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/file.hpp"
#include "runtime/wire/channel.hpp"
#include "runtime/worker/stored_peers.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

constexpr std::size_t most_peers = 1024;
constexpr std::size_t longest_name = 1024;

Error unknown(const std::string& system) {
  return {ErrorCode::infeasible, "no address of this system is known here; deploy the plan again",
          "system " + system};
}

bool is_sound(const std::string& text) { return !text.empty() && text.size() <= longest_name; }

}  // namespace

Peers::Peers(const std::map<std::string, std::string>& fixed, Security security)
    : security_(std::move(security)) {
  check(fixed);
  for (const auto& [system, address] : fixed) peers_[system] = {address, nullptr, true};
}

void Peers::remember_in(std::filesystem::path file,
                        const std::function<void(const std::string&)>& tell) {
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) {
    try {
      set(parse_peers(read_file(file), file.string()));
    } catch (const Error& error) {
      tell(fmt::format("left out: {}", error.what()));
    }
  }
  const std::lock_guard lock(mutex_);
  file_ = std::move(file);
}

void Peers::check(const std::map<std::string, std::string>& addresses) const {
  for (const auto& [system, address] : addresses) {
    if (!is_sound(system) || !is_sound(address)) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("a system and its address have 1 to {} bytes", longest_name),
                  "peers");
    }
    validate_security(address, security_);
  }
}

void Peers::set(const std::map<std::string, std::string>& addresses) {
  check(addresses);
  const std::lock_guard lock(mutex_);
  std::size_t added = 0;
  for (const auto& [system, address] : addresses) added += peers_.count(system) == 0 ? 1 : 0;
  if (peers_.size() + added > most_peers) {
    throw Error(ErrorCode::invalid_argument, fmt::format("are more than {}", most_peers), "peers");
  }
  bool changes = false;
  for (const auto& [system, address] : addresses) {
    Peer& peer = peers_[system];
    if (peer.is_fixed || peer.address == address) continue;
    peer = {address, nullptr, false};
    changes = true;
  }
  if (changes) remember();
}

// What cannot be written is lost with this life only.
void Peers::remember() const {
  if (file_.empty()) return;
  std::map<std::string, std::string> told;
  for (const auto& [system, peer] : peers_) {
    if (!peer.is_fixed) told[system] = peer.address;
  }
  try {
    write_file_atomically(file_, format_peers(told));
  } catch (const Error&) {
  }
}

std::shared_ptr<grpc::Channel> Peers::channel(const std::string& system) {
  const std::lock_guard lock(mutex_);
  const auto found = peers_.find(system);
  if (found == peers_.end()) throw unknown(system);
  Peer& peer = found->second;
  if (!peer.channel) peer.channel = make_channel(peer.address, security_);
  return peer.channel;
}

void Peers::check_known(const std::string& system) const {
  const std::lock_guard lock(mutex_);
  if (peers_.count(system) == 0) throw unknown(system);
}

}  // namespace scission::runtime
