// The machines of a sweep: connections, and the link rates and stress of a condition.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/client/remote_stress.hpp"
#include "runtime/relay/relay.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "scission/runtime/sweep/run_sweep.hpp"
#include "stress/stress.hpp"

namespace scission::runtime {

/// One condition, as settings of the machines.
struct SweepSetting {
  /// The two ends of a link, both empty for all links, and its rate in Mbit/s.
  using LinkRate = std::pair<std::pair<std::string, std::string>, double>;

  std::map<std::string, StressLevel> stress;  ///< by system; level 0 is listed, too
  std::vector<LinkRate> rates;                ///< later entries override earlier ones

  /// Mbit/s of a link, in both directions; 0: not limited. O(rates).
  double rate(const std::string& one_end, const std::string& other_end) const;
};

/// The setting for one level index per factor. Throws std::out_of_range for an unknown level.
SweepSetting setting_of(const std::vector<SweepFactor>& factors, const std::vector<int>& levels);

/// Connections to the workers. Each link goes through its own relay in this process, which has the
/// link's rate, or through the network itself, where a program sets the rate.
class Testbed {
 public:
  /// `machines` must outlive this. Throws Error(invalid_argument) where needs_relay_host(), and as
  /// Relay and Client do.
  explicit Testbed(const SweepMachines& machines);

  const Clients& direct() const { return direct_; }  ///< without relays
  const Clients& deploying() const { return deploying_; }
  const Clients& routed() const { return routed_; }  ///< that requests take

  /// Tells every worker the routed addresses of the others. Throws as Client::set_peers() does.
  void announce_peers() const;

  /// Sets the link rates. Throws Error(io | unsupported) when the program that sets them fails.
  void set_rates(const SweepSetting& setting);

 private:
  struct Link {
    std::string from;
    std::string to;
    std::unique_ptr<Relay> relay;
  };

  void add_link(const std::string& from, const std::string& to, const std::string& address);
  void call_program(const SweepSetting& setting) const;

  const SweepMachines& machines_;
  std::string host_;
  Lease lease_;  ///< of all that the sweep brings to the workers
  std::vector<Link> links_;
  std::map<std::string, std::map<std::string, std::string>> peers_;  ///< addresses by from, to
  Clients direct_;
  Clients deploying_;
  Clients routed_;
};

/// Stress on workers, and on this machine for a system without a worker.
class ActiveStress {
 public:
  explicit ActiveStress(const Clients& workers) : workers_(workers) {}

  /// Ends the present stress, verifies that, and begins the new one. A worker is reserved at level
  /// 0, too, so that no other client stresses it. Throws as Stress and RemoteStress do.
  void set(const std::map<std::string, StressLevel>& levels);

  /// Throws as their stop() does, after all were told to stop.
  void stop();

  /// Throws Error(io) that names the system whose stress has ended by itself.
  void validate() const;

 private:
  const Clients& workers_;
  std::map<std::string, std::unique_ptr<Stress>> local_;
  std::map<std::string, std::unique_ptr<RemoteStress>> remote_;
};

}  // namespace scission::runtime
