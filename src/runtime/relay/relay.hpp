// A TCP relay that delays and slows down, where the kernel's own shaping is not to be had.
#pragma once

#include <memory>
#include <string>

#include "scission/base/export.hpp"

namespace scission::runtime {

/// One direction's shape.
struct SCISSION_EXPORT Shape {
  double megabits_per_s = 0;  ///< 0: as fast as it goes
  double delay_ms = 0;        ///< one way
};

/// Where a relay listens, where it leads, and how it shapes.
struct SCISSION_EXPORT RelayOptions {
  std::string listen = "127.0.0.1:0";
  std::string target;  ///< HOST:PORT
  Shape forward;       ///< from the client to the target
  Shape backward;
};

/// Passes bytes on between clients and the target, all connections sharing the rate of a direction
/// in turns of a millisecond, with a bounded buffer, so that a slow link pushes back on the sender
/// as a real one does. What is shaped is the bytes of the streams: headers of packets take no
/// time, and making a connection none. Needs no privileges. Thread-safe.
class SCISSION_EXPORT Relay {
 public:
  /// Throws Error(io) when it cannot listen or the target's host is not known, and
  /// Error(invalid_argument) on what is no HOST:PORT or no shape.
  explicit Relay(const RelayOptions& options);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  int port() const;  ///< that it listens on

  /// From the next piece on. Throws Error(invalid_argument) on a negative figure.
  void reshape(Shape forward, Shape backward);

  /// Breaks every connection and refuses new ones until it is `up` again: a lost link. Done when
  /// it returns. Throws Error(io) when it cannot listen any more.
  void set_up(bool up);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace scission::runtime
