// Stress of a worker's machine, controlled by a client.
#pragma once

#include <memory>

#include "scission/base.hpp"
#include "scission/runtime/client/client.hpp"
#include "stress/stress.hpp"

namespace scission::runtime {

/// Stresses the machine from construction to destruction, like scission::Stress. When this process
/// or the connection ends, the worker ends the stress: immediately, or after 10 s without a
/// message. Not thread-safe; the client must outlive it.
class SCISSION_EXPORT RemoteStress {
 public:
  /// Returns when the stress has reached its level. Throws as Client's calls, and Error(mismatch)
  /// with the message of the worker's Stress. A level of zero reserves the worker as well.
  RemoteStress(const Client& worker, const StressLevel& level, double deadline_s);
  ~RemoteStress();  ///< stop(), ignoring errors
  RemoteStress(const RemoteStress&) = delete;
  RemoteStress& operator=(const RemoteStress&) = delete;

  bool is_on() const;  ///< false once the worker has ended it

  /// Returns when the worker has confirmed that no stress process is left. Throws Error(io) when
  /// the worker is unreachable, or has ended the stress before, with the reason.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;  // null after stop()
};

}  // namespace scission::runtime
