// Stress on a worker's machine, held from here.
#pragma once

#include <memory>

#include "scission/base/export.hpp"
#include "scission/runtime/client/client.hpp"
#include "stress/stress.hpp"

namespace scission::runtime {

/// Stress while it lives, like scission::Stress. When this process or the connection is gone, the
/// worker ends the stress: at once, or after 10 s where nothing tells it. One thread at a time may
/// use it; the client has to outlive it.
class SCISSION_EXPORT RemoteStress {
 public:
  /// Returns when it is on. Throws as Client's calls do, and Error(mismatch) with what the worker's
  /// Stress says. No stress keeps others from stressing it.
  RemoteStress(const Client& worker, const StressLevel& level, double deadline_s);
  ~RemoteStress();  ///< stop(), whatever comes of it
  RemoteStress(const RemoteStress&) = delete;
  RemoteStress& operator=(const RemoteStress&) = delete;

  /// False once the worker has ended it.
  bool is_on() const;

  /// Returns when the worker has said that no process of it is left. Throws as its ending: the
  /// worker is gone, or stress-ng ended of itself before.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;  // null: it is over
};

}  // namespace scission::runtime
