// One direction of a relayed connection.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>

#include "runtime/relay/shaper.hpp"
#include "runtime/relay/sockets.hpp"

namespace scission::runtime {

/// Reads from one socket, holds what it read for as long as the wire takes, and writes it to
/// another. The sockets and the wire must outlive it. Nothing blocks.
class RelayFlow {
 public:
  using Time = Shaper::Time;

  RelayFlow(const Descriptor& from, const Descriptor& to, Shaper& wire)
      : from_(from), to_(to), wire_(wire) {}

  /// Has room for more; whether the wire has, too, is the caller's to ask.
  bool wants_to_read() const { return !has_read_all_ && held_bytes_ < wire_.capacity(); }

  /// Would write if the kernel took it.
  bool is_blocked() const { return is_blocked_; }

  /// When there will be something to write.
  std::optional<Time> next_due() const;

  /// A piece at most. False when the connection is broken.
  bool read(Time now);

  /// All that is due, as far as the kernel takes it. False when the connection is broken.
  bool write(Time now);

  /// The end has been passed on.
  bool is_over() const { return is_over_; }

 private:
  struct Piece {
    std::string bytes;  ///< none: the end
    Time due;
  };

  Time arrival(std::size_t bytes, Time now);
  void hold(std::string bytes, Time due);
  bool write_front();

  const Descriptor& from_;
  const Descriptor& to_;
  Shaper& wire_;
  std::deque<Piece> held_;
  std::size_t held_bytes_ = 0;
  std::size_t written_ = 0;  ///< of the first piece
  std::size_t seen_ = 0;     ///< bytes that were there at seen_at_, not yet read
  Time seen_at_{};
  bool has_read_all_ = false;
  bool is_blocked_ = false;
  bool is_over_ = false;
};

}  // namespace scission::runtime
