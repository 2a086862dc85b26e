// All systems' stress together.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "adapt/sweep/factors.hpp"
#include "runtime/client/remote_stress.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "stress/stress.hpp"

namespace scission::sweep {

/// Stress on workers, and on this machine for a system that has none.
class HeldStress {
 public:
  explicit HeldStress(const runtime::Clients& workers) : workers_(workers) {}

  /// Ends what is on, which is verified, then begins this; a worker is held at 0 % too, so that
  /// nobody else's stress is on there. Throws as Stress and RemoteStress do.
  void set(const std::map<std::string, StressLevel>& levels);

  /// Throws as their stop() does, all of them having been told to.
  void stop();

  /// Throws Error(io) that names the system whose stress has ended of itself.
  void check() const;

 private:
  const runtime::Clients& workers_;
  std::map<std::string, std::unique_ptr<Stress>> here_;
  std::map<std::string, std::unique_ptr<runtime::RemoteStress>> there_;
};

}  // namespace scission::sweep
