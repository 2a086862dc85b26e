// One direction of a link as arithmetic: no clock, no sockets.
#pragma once

#include <chrono>
#include <cstddef>

#include "runtime/relay/relay.hpp"

namespace scission::runtime {

/// Bytes go onto a wire one piece after the other, each for as long as the rate has it, and come
/// out at the far end `delay` after their last bit went in.
class Shaper {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// So far ahead is the wire booked: a thread that wakes up that late leaves no gap on it, and
  /// what another connection sends waits no longer than this for its turn.
  static constexpr std::chrono::microseconds lookahead{2000};

  explicit Shaper(Shape shape) : shape_(shape) {}

  /// What is on the wire already stays as it is.
  void reshape(Shape shape);

  /// What one piece has at most: a millisecond's worth, from a packet's to 16 KiB; more where there
  /// is no rate.
  std::size_t piece_bytes() const;

  /// What one connection may have on the wire and before the receiver: what the delay holds, and
  /// 256 KiB.
  std::size_t capacity() const;

  /// From when on a further piece may be put.
  Time takes_from() const { return free_at_ - lookahead; }

  /// Puts a piece that has been there since `arrived`, and says when it comes out. Of a piece that
  /// waited while the wire was free, at most `lookahead` is made up for.
  Time put(Time now, Time arrived, std::size_t bytes);

  /// When the end of a stream that is seen at `now` comes out: it takes no room.
  Time end(Time now) const;

 private:
  std::chrono::nanoseconds delay() const;

  Shape shape_;
  Time free_at_{};  ///< when the wire has taken all that was put on it
};

}  // namespace scission::runtime
