// The emulated link, and the event loop of the relay's thread.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <list>
#include <utility>
#include <vector>

#include "runtime/relay/relay.hpp"
#include "runtime/relay/sockets.hpp"

namespace scission::runtime {

/// Computes when pieces arrive: they occupy the link one after the other, each for its size divided
/// by the rate, and arrive `delay` after their last bit was sent.
class LinkEmulator {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// How far ahead the link is reserved: a thread that wakes up this late causes no gap, and a
  /// piece of another connection waits at most this long for its turn.
  static constexpr std::chrono::microseconds lookahead{2000};

  explicit LinkEmulator(LinkShape shape) : shape_(shape) {}

  /// Applies to later pieces only.
  void reshape(LinkShape shape);

  /// Maximum size of a piece: a millisecond of the rate, clamped to one packet … 16 KiB; larger if
  /// the rate is unlimited.
  std::size_t piece_bytes() const;

  /// Maximum number of bytes of one connection in flight: the product of rate and delay, plus
  /// 256 KiB.
  std::size_t capacity() const;

  /// When the next piece may be sent.
  Time takes_from() const { return free_at_ - lookahead; }

  /// Sends a piece that has been waiting since `arrived`, and returns when it arrives. If it waited
  /// while the link was idle, at most `lookahead` of that is compensated.
  Time send(Time now, Time arrived, std::size_t bytes);

  /// When the end of a stream that is seen at `now` arrives; it occupies no time on the link.
  Time send_end(Time now) const;

 private:
  std::chrono::nanoseconds delay() const;

  LinkShape shape_;
  Time free_at_{};  ///< when the link has sent all pieces so far
};

class RelayFlow;
struct RelayedConnection;

/// Accepts connections, and reads and writes what is ready. Blocks in step() only. Not thread-safe.
class RelayLoop {
 public:
  RelayLoop(SocketAddress target, LinkShape forward, LinkShape backward);
  ~RelayLoop();
  RelayLoop(const RelayLoop&) = delete;
  RelayLoop& operator=(const RelayLoop&) = delete;

  /// Accepts connections from `listener`; none while it is closed.
  void listen_on(Descriptor listener) { listener_ = std::move(listener); }
  void reshape(LinkShape forward, LinkShape backward);
  void break_all();

  /// Waits until a socket or a piece is ready, or `wake` is readable, and handles what is ready.
  void step(const Descriptor& wake);

 private:
  using Time = LinkEmulator::Time;

  void collect(const Descriptor& wake, Time now);
  void collect(const RelayedConnection& connection, Time now);
  short events_of(const RelayFlow& in, const RelayFlow& out, const LinkEmulator& link, Time now);
  void wake_by(Time time);
  void wait(Time now);
  void accept_one(Time now);
  void serve(RelayedConnection& connection, short client_events, short target_events, Time now);
  bool read(RelayFlow& flow, const LinkEmulator& link, short events, Time now);
  void remove_ended();

  SocketAddress target_;
  LinkEmulator forward_;
  LinkEmulator backward_;
  Descriptor listener_;
  Time accepts_from_{};
  std::list<RelayedConnection> connections_;
  std::vector<pollfd> polled_;  ///< wake, listener, then client and target of each connection
  Time wake_at_{};
};

}  // namespace scission::runtime
