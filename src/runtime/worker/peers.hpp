// Other workers: their addresses, and calls to them.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "runtime/wire/calls_in_flight.hpp"
#include "runtime/wire/channel.hpp"
#include "scission/runtime/wire/wire.hpp"

namespace scission::runtime {

/// Addresses of other systems, and a channel to each, created on first use and kept. Each lease has
/// its own addresses; where it has none, and for requests without a lease, those of the empty lease
/// hold. Thread-safe.
class Peers {
 public:
  /// set() does not override the `fixed` addresses. Throws Error(invalid_argument) as
  /// validate_security().
  Peers(const std::map<std::string, std::string>& fixed, Security security);
  ~Peers();  ///< cancels the health checks in flight
  Peers(const Peers&) = delete;
  Peers& operator=(const Peers&) = delete;

  /// Restores the addresses stored in the file, and stores all further ones there, so that a
  /// restarted worker forwards requests as before. `log` gets a line if the file is damaged.
  void persist_in(std::filesystem::path file, const std::function<void(const std::string&)>& log);

  /// Adds or moves systems of a lease; the others keep their addresses. Throws
  /// Error(invalid_argument) as validate_security(), on an empty name or address, and above 1024
  /// systems; sets nothing then.
  void set(const std::map<std::string, std::string>& addresses, const std::string& lease = {});

  /// Throws Error(infeasible) on a system without a known address, and as make_channel().
  std::shared_ptr<grpc::Channel> channel(const std::string& system, const std::string& lease = {});

  /// Asks the system whether it is live, as HealthConnection::check() does; `done` must not use
  /// this object. Throws as channel().
  void check_health(const std::string& system, const std::string& lease, double deadline_s,
                    std::function<void(bool is_answered)> done);

  /// Has the next channel() make a new connection: one that has lost packets is silent for a while
  /// after the network is back.
  void reconnect(const std::string& system, const std::string& lease);

  /// Throws Error(infeasible) as channel().
  void require_known(const std::string& system, const std::string& lease = {}) const;

  void forget(const std::string& lease);  ///< its addresses

  /// Makes new channels from now on, with this identity.
  void reconnect_all(ClientIdentity identity);

  std::set<std::string> leases() const;  ///< that have addresses

 private:
  using Key = std::pair<std::string, std::string>;  ///< lease and system

  struct Peer {
    std::string address;
    std::shared_ptr<grpc::Channel> channel = {};  ///< null: not made yet
    bool is_fixed = false;
    std::shared_ptr<HealthConnection> health = {};  ///< null: not made yet
  };

  void validate(const std::map<std::string, std::string>& addresses) const;
  void restore(const std::filesystem::path& file);
  void store() const;
  std::map<Key, Peer>::const_iterator find(const std::string& system,
                                           const std::string& lease) const;
  Peer& at(const std::string& system, const std::string& lease);

  const Security security_;
  ClientIdentity identity_;  ///< as last read without an error
  mutable std::mutex mutex_;
  std::filesystem::path file_;
  std::map<Key, Peer> peers_;
  const std::shared_ptr<CallsInFlight> checks_ = std::make_shared<CallsInFlight>();
};

/// Sends a Probe with a payload of `bytes` and waits for the answer; `seconds` is the time between.
grpc::Status probe(const std::shared_ptr<grpc::Channel>& channel, std::int64_t bytes,
                   std::chrono::system_clock::time_point deadline, double& seconds);

/// The deadline of a forwarded request: 5 % of the remaining time earlier, at most 100 ms, so that
/// this worker can still report that the next one was late.
std::chrono::system_clock::time_point forwarded_deadline(
    std::chrono::system_clock::time_point deadline);

/// The status of a request that `from` forwarded to `system` and that failed there, as reported to
/// the caller. CANCELLED, with which a server ends its calls on shutdown, becomes UNAVAILABLE;
/// other codes stay.
grpc::Status forwarded_status(const grpc::Status& status, const std::string& from,
                              const std::string& system);

/// UNAVAILABLE, of a system that has been silent for `stall_s` to the worker `from`.
grpc::Status silent_status(const std::string& from, const std::string& system, double stall_s);

}  // namespace scission::runtime
