#include "runtime/relay/relay_loop.hpp"

#include <algorithm>
#include <utility>

namespace scission::runtime {
namespace {

constexpr std::size_t most_connections = 256;
constexpr auto longest_wait = std::chrono::seconds(1);
/// After an accept that failed, as when no descriptor is left.
constexpr auto accept_pause = std::chrono::milliseconds(50);

pollfd polled(const Descriptor& socket, short events) {
  // One that nothing is wanted of would still report a hang-up, over and over.
  return {events == 0 ? -1 : socket.number(), events, 0};
}

}  // namespace

RelayedConnection::RelayedConnection(Descriptor from, Descriptor to, Shaper& forward_wire,
                                     Shaper& backward_wire)
    : client(std::move(from)),
      target(std::move(to)),
      forward(client, target, forward_wire),
      backward(target, client, backward_wire) {}

RelayLoop::RelayLoop(SocketAddress target, Shape forward, Shape backward)
    : target_(std::move(target)), forward_(forward), backward_(backward) {}

void RelayLoop::reshape(Shape forward, Shape backward) {
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
  // So that each gets its turn where the wire takes only one piece at a time.
  if (connections_.size() > 1) {
    connections_.splice(connections_.end(), connections_, connections_.begin());
  }
}

void RelayLoop::collect(const Descriptor& wake, Time now) {
  wake_at_ = now + longest_wait;
  const bool accepts = listener_.is_open() && connections_.size() < most_connections;
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

// Of the socket that `in` reads from, by `wire`, and `out` writes to.
short RelayLoop::events_of(const RelayFlow& in, const RelayFlow& out, const Shaper& wire,
                           Time now) {
  int events = 0;
  if (in.wants_to_read()) {
    if (wire.takes_from() <= now) {
      events |= POLLIN;
    } else {
      wake_by(wire.takes_from());
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

bool RelayLoop::read(RelayFlow& flow, const Shaper& wire, short events, Time now) {
  const bool is_ready = (events & (POLLIN | POLLHUP | POLLERR)) != 0;
  if (!is_ready || !flow.wants_to_read() || wire.takes_from() > now) return true;
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
