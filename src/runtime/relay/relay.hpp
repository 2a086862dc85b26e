// A TCP relay that emulates a link's rate and delay, for machines without the kernel's traffic
// control.
#pragma once

#include <memory>
#include <string>

#include "scission/base.hpp"

namespace scission::runtime {

/// Rate and delay of one direction of a link.
struct SCISSION_EXPORT LinkShape {
  double megabits_per_s = 0;  ///< 0: unlimited
  double delay_ms = 0;        ///< one way
};

/// Where a relay listens, where it connects to, and the link that it emulates.
struct SCISSION_EXPORT RelayOptions {
  std::string listen = "127.0.0.1:0";
  std::string target;  ///< HOST:PORT
  LinkShape forward;   ///< from the client to the target
  LinkShape backward;
};

/// Passes bytes between clients and the target. All connections share the rate of a direction in
/// turns of a millisecond; the buffers are bounded, so that a slow link exerts back pressure on the
/// sender as a real one does. Only the bytes of the streams are shaped: packet headers and the
/// connection handshake take no time. Needs no privileges. Thread-safe.
class SCISSION_EXPORT Relay {
 public:
  /// Throws Error(io) when it cannot listen or the target's host is unknown, and
  /// Error(invalid_argument) on text that is not HOST:PORT and on an invalid shape.
  explicit Relay(const RelayOptions& options);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  int port() const;  ///< the port that it listens on

  /// Applies from the next piece on. Throws Error(invalid_argument) on a negative rate or delay.
  void reshape(LinkShape forward, LinkShape backward);

  /// Emulates a lost link: while not `up`, all connections are broken and new ones refused. Takes
  /// effect before it returns. Throws Error(io) when it cannot listen again.
  void set_up(bool up);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace scission::runtime
