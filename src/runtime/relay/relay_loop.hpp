// What the relay's thread does.
#pragma once

#include <poll.h>

#include <list>
#include <vector>

#include "runtime/relay/relay_flow.hpp"
#include "runtime/relay/shaper.hpp"
#include "runtime/relay/sockets.hpp"

namespace scission::runtime {

/// A client, the target, and what is on its way between them.
struct RelayedConnection {
  RelayedConnection(Descriptor from, Descriptor to, Shaper& forward_wire, Shaper& backward_wire);

  Descriptor client;
  Descriptor target;
  RelayFlow forward;
  RelayFlow backward;
  bool is_connected = false;
  bool is_broken = false;
};

/// Accepts, reads and writes what is ready, all without blocking but for the wait in step(). For
/// one thread.
class RelayLoop {
 public:
  RelayLoop(SocketAddress target, Shape forward, Shape backward);

  /// Takes connections from `listener`; none while it is not open.
  void listen_on(Descriptor listener) { listener_ = std::move(listener); }
  void reshape(Shape forward, Shape backward);
  void break_all();

  /// Waits until something is to be done, or `wake` is readable, and does it.
  void step(const Descriptor& wake);

 private:
  using Time = Shaper::Time;

  void collect(const Descriptor& wake, Time now);
  void collect(const RelayedConnection& connection, Time now);
  short events_of(const RelayFlow& in, const RelayFlow& out, const Shaper& wire, Time now);
  void wake_by(Time time);
  void wait(Time now);
  void accept_one(Time now);
  void serve(RelayedConnection& connection, short client_events, short target_events, Time now);
  bool read(RelayFlow& flow, const Shaper& wire, short events, Time now);
  void remove_ended();

  SocketAddress target_;
  Shaper forward_;
  Shaper backward_;
  Descriptor listener_;
  Time accepts_from_{};
  std::list<RelayedConnection> connections_;
  std::vector<pollfd> polled_;  ///< wake, listener, then two for each connection
  Time wake_at_{};
};

}  // namespace scission::runtime
