// Emulation of one direction of a link, without clock or sockets.
#pragma once

#include <chrono>
#include <cstddef>

#include "runtime/relay/relay.hpp"

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

}  // namespace scission::runtime
