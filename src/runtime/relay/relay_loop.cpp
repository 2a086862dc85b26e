#include "runtime/relay/relay_loop.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <deque>
#include <optional>
#include <string>

#include "scission/base.hpp"

namespace scission::runtime {
namespace {

constexpr double piece_s = 1e-3;
constexpr double min_piece_bytes = 1448;  // payload of a TCP segment on Ethernet
constexpr double max_piece_bytes = 16384;
constexpr std::size_t unlimited_piece_bytes = 65536;
constexpr std::size_t buffer_bytes = 256U << 10;
constexpr std::size_t unlimited_capacity_bytes = 16U << 20;

std::chrono::nanoseconds from_seconds(double seconds) {
  return std::chrono::nanoseconds(std::llround(seconds * 1e9));
}

double bytes_per_s(const LinkShape& shape) { return shape.megabits_per_s * bytes_per_megabit; }

constexpr std::size_t max_connections = 256;
constexpr auto max_wait = std::chrono::seconds(1);
/// After a failed accept, for example without free descriptors.
constexpr auto accept_pause = std::chrono::milliseconds(50);

pollfd polled(const Descriptor& socket, short events) {
  // A polled socket without events would still report a hang-up, over and over.
  return {events == 0 ? -1 : socket.number(), events, 0};
}

bool is_retryable() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

void LinkEmulator::reshape(LinkShape shape) { shape_ = shape; }

std::size_t LinkEmulator::piece_bytes() const {
  if (shape_.megabits_per_s <= 0) return unlimited_piece_bytes;
  const double piece = std::clamp(bytes_per_s(shape_) * piece_s, min_piece_bytes, max_piece_bytes);
  return static_cast<std::size_t>(piece);
}

std::size_t LinkEmulator::capacity() const {
  if (shape_.megabits_per_s <= 0) return unlimited_capacity_bytes;
  const double in_flight = bytes_per_s(shape_) * shape_.delay_ms / milliseconds_per_second;
  return buffer_bytes + static_cast<std::size_t>(std::min(in_flight, 1e9));
}

LinkEmulator::Time LinkEmulator::send(Time now, Time arrived, std::size_t bytes) {
  free_at_ = std::max({free_at_, arrived, now - lookahead});
  if (shape_.megabits_per_s > 0) {
    free_at_ += from_seconds(static_cast<double>(bytes) / bytes_per_s(shape_));
  }
  return free_at_ + delay();
}

LinkEmulator::Time LinkEmulator::send_end(Time now) const {
  return std::max(free_at_, now) + delay();
}

std::chrono::nanoseconds LinkEmulator::delay() const {
  return from_seconds(shape_.delay_ms / milliseconds_per_second);
}

/// One direction of a connection: reads from one socket, holds the bytes for as long as the
/// emulated link takes, and writes them to another. Sockets and link must outlive it. Never blocks.
class RelayFlow {
 public:
  using Time = LinkEmulator::Time;

  RelayFlow(const Descriptor& from, const Descriptor& to, LinkEmulator& link)
      : from_(from), to_(to), link_(link) {}

  /// Whether it has room for another piece; whether the link has is for the caller to check.
  bool wants_to_read() const { return !has_read_all_ && held_bytes_ < link_.capacity(); }

  /// Whether bytes are due that the kernel does not accept yet.
  bool is_blocked() const { return is_blocked_; }

  /// When the next bytes are due, if any are held.
  std::optional<Time> next_due() const {
    if (held_.empty()) return std::nullopt;
    return held_.front().due;
  }

  /// Reads at most one piece. False when the connection is broken.
  bool read(Time now) {
    std::array<char, 65536> buffer;
    const std::size_t max_bytes = std::min(link_.piece_bytes(), buffer.size());
    const ssize_t got = recv(from_.number(), buffer.data(), max_bytes, 0);
    if (got < 0) return is_retryable();
    if (got == 0) {
      has_read_all_ = true;
      hold({}, link_.send_end(now));
      return true;
    }
    const auto bytes = static_cast<std::size_t>(got);
    hold({buffer.data(), bytes}, link_.send(now, arrival(bytes, now), bytes));
    return true;
  }

  /// Writes the bytes that are due, as far as the kernel accepts them. False when the connection is
  /// broken.
  bool write(Time now) {
    is_blocked_ = false;
    while (!is_blocked_ && !held_.empty() && held_.front().due <= now) {
      if (!write_front()) return false;
    }
    return true;
  }

  /// Whether the end of the stream has been passed on.
  bool is_over() const { return is_over_; }

 private:
  struct Piece {
    std::string bytes;  ///< empty: the end of the stream
    Time due;
  };

  // Bytes that were readable when the previous piece was read have waited since; for others the
  // time is unknown.
  Time arrival(std::size_t bytes, Time now) {
    const Time arrived = seen_ >= bytes ? seen_at_ : now;
    seen_ = readable_bytes(from_);
    seen_at_ = now;
    return arrived;
  }

  void hold(std::string bytes, Time due) {
    // Bytes stay in order when the delay becomes shorter.
    if (!held_.empty()) due = std::max(due, held_.back().due);
    held_bytes_ += bytes.size();
    held_.push_back({std::move(bytes), due});
  }

  bool write_front() {
    const std::string& bytes = held_.front().bytes;
    if (bytes.empty()) {
      held_.pop_front();
      is_over_ = true;
      return shutdown(to_.number(), SHUT_WR) == 0;
    }
    const ssize_t sent =
        send(to_.number(), bytes.data() + written_, bytes.size() - written_, MSG_NOSIGNAL);
    if (sent < 0) return is_blocked_ = is_retryable();
    written_ += static_cast<std::size_t>(sent);
    if (written_ < bytes.size()) return true;
    held_bytes_ -= bytes.size();
    written_ = 0;
    held_.pop_front();
    return true;
  }

  const Descriptor& from_;
  const Descriptor& to_;
  LinkEmulator& link_;
  std::deque<Piece> held_;
  std::size_t held_bytes_ = 0;
  std::size_t written_ = 0;  ///< bytes of the first piece
  std::size_t seen_ = 0;     ///< bytes that were readable at seen_at_ and are not read yet
  Time seen_at_{};
  bool has_read_all_ = false;
  bool is_blocked_ = false;
  bool is_over_ = false;
};

/// A client's connection, the one to the target, and the flows between them.
struct RelayedConnection {
  RelayedConnection(Descriptor from, Descriptor to, LinkEmulator& forward_link,
                    LinkEmulator& backward_link)
      : client(std::move(from)),
        target(std::move(to)),
        forward(client, target, forward_link),
        backward(target, client, backward_link) {}

  Descriptor client;
  Descriptor target;
  RelayFlow forward;
  RelayFlow backward;
  bool is_connected = false;
  bool is_broken = false;
};

RelayLoop::RelayLoop(SocketAddress target, LinkShape forward, LinkShape backward)
    : target_(std::move(target)), forward_(forward), backward_(backward) {}

RelayLoop::~RelayLoop() = default;

void RelayLoop::reshape(LinkShape forward, LinkShape backward) {
  forward_.reshape(forward);
  backward_.reshape(backward);
}

void RelayLoop::break_all() {
  for (RelayedConnection& connection : connections_) connection.is_broken = true;
  remove_ended();
}

void RelayLoop::step(const Descriptor& wake) {
  Time now = std::chrono::steady_clock::now();
  collect(wake, now);
  wait(now);
  now = std::chrono::steady_clock::now();
  std::size_t next = 2;
  for (RelayedConnection& connection : connections_) {
    serve(connection, polled_[next].revents, polled_[next + 1].revents, now);
    next += 2;
  }
  if (polled_[1].revents != 0) accept_one(now);
  remove_ended();
  // Round robin, because a link with a rate accepts one piece at a time.
  if (connections_.size() > 1) {
    connections_.splice(connections_.end(), connections_, connections_.begin());
  }
}

void RelayLoop::collect(const Descriptor& wake, Time now) {
  wake_at_ = now + max_wait;
  const bool accepts = listener_.is_open() && connections_.size() < max_connections;
  if (accepts && accepts_from_ > now) wake_by(accepts_from_);
  polled_.clear();
  polled_.push_back(polled(wake, POLLIN));
  polled_.push_back(polled(listener_, accepts && accepts_from_ <= now ? POLLIN : 0));
  for (const RelayedConnection& connection : connections_) collect(connection, now);
}

void RelayLoop::collect(const RelayedConnection& connection, Time now) {
  if (!connection.is_connected) {
    polled_.push_back(polled(connection.client, 0));
    polled_.push_back(polled(connection.target, POLLOUT));
    return;
  }
  const RelayFlow& forward = connection.forward;
  const RelayFlow& backward = connection.backward;
  polled_.push_back(polled(connection.client, events_of(forward, backward, forward_, now)));
  polled_.push_back(polled(connection.target, events_of(backward, forward, backward_, now)));
}

// Events of the socket that `in` reads from, over `link`, and `out` writes to.
short RelayLoop::events_of(const RelayFlow& in, const RelayFlow& out, const LinkEmulator& link,
                           Time now) {
  int events = 0;
  if (in.wants_to_read()) {
    if (link.takes_from() <= now) {
      events |= POLLIN;
    } else {
      wake_by(link.takes_from());
    }
  }
  if (out.is_blocked()) {
    events |= POLLOUT;
  } else if (const auto due = out.next_due()) {
    wake_by(*due);
  }
  return static_cast<short>(events);
}

void RelayLoop::wake_by(Time time) { wake_at_ = std::min(wake_at_, time); }

void RelayLoop::wait(Time now) {
  const auto left = std::max(std::chrono::nanoseconds(wake_at_ - now), std::chrono::nanoseconds(0));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  const timespec timeout{seconds.count(), (left - seconds).count()};
  if (ppoll(polled_.data(), polled_.size(), &timeout, nullptr) >= 0) return;
  for (pollfd& one : polled_) one.revents = 0;  // interrupted
}

void RelayLoop::accept_one(Time now) {
  Descriptor client = accept_from(listener_);
  if (!client.is_open()) {
    accepts_from_ = now + accept_pause;
    return;
  }
  Descriptor target = begin_connecting(target_);
  const bool is_broken = !target.is_open();
  connections_.emplace_back(std::move(client), std::move(target), forward_, backward_);
  connections_.back().is_broken = is_broken;
}

void RelayLoop::serve(RelayedConnection& connection, short client_events, short target_events,
                      Time now) {
  if (!connection.is_connected) {
    connection.is_connected = target_events != 0;
    connection.is_broken = connection.is_connected && has_failed(connection.target);
    return;
  }
  const bool is_whole = read(connection.forward, forward_, client_events, now) &&
                        read(connection.backward, backward_, target_events, now) &&
                        connection.forward.write(now) && connection.backward.write(now);
  connection.is_broken = !is_whole;
}

bool RelayLoop::read(RelayFlow& flow, const LinkEmulator& link, short events, Time now) {
  const bool is_ready = (events & (POLLIN | POLLHUP | POLLERR)) != 0;
  if (!is_ready || !flow.wants_to_read() || link.takes_from() > now) return true;
  return flow.read(now);
}

void RelayLoop::remove_ended() {
  for (RelayedConnection& connection : connections_) {
    if (!connection.is_broken) continue;
    break_on_close(connection.client);
    break_on_close(connection.target);
  }
  connections_.remove_if([](const RelayedConnection& connection) {
    return connection.is_broken || (connection.forward.is_over() && connection.backward.is_over());
  });
}

}  // namespace scission::runtime
