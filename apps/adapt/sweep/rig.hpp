// The machines of a sweep, and the links between them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapt/sweep/factors.hpp"
#include "adapt/sweep/request.hpp"
#include "runtime/relay/relay.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::sweep {

/// Connections to the workers, every one through a relay of this process that has the link's rate,
/// or through the network itself, where a program sets the rate.
class Rig {
 public:
  /// Throws Error(invalid_argument) with --host as place where workers elsewhere could not find
  /// the relays, and as Relay and Client do.
  explicit Rig(const SweepRequest& request);

  const runtime::Clients& direct() const { return direct_; }  ///< past the relays
  const runtime::Clients& deploying() const { return deploying_; }
  const runtime::Clients& way() const { return way_; }  ///< that requests take

  /// Tells every worker the ways to the others. Throws as Client::set_peers() does.
  void announce_peers() const;

  /// Rates from now on. Throws Error(io | unsupported) when the program that sets them fails.
  void set(const Setting& setting);

 private:
  struct Way {
    std::string from;
    std::string to;
    std::unique_ptr<runtime::Relay> relay;
  };

  void add_way(const std::string& from, const std::string& to, const std::string& address);
  void call_program(const Setting& setting) const;

  const SweepRequest& request_;
  std::string host_;
  std::vector<Way> ways_;
  std::map<std::string, std::map<std::string, std::string>> peers_;  ///< addresses by from, to
  runtime::Clients direct_;
  runtime::Clients deploying_;
  runtime::Clients way_;
};

}  // namespace scission::sweep
