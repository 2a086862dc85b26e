#include "runtime/relay/relay_flow.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace scission::runtime {
namespace {

bool is_later() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

std::optional<RelayFlow::Time> RelayFlow::next_due() const {
  if (held_.empty()) return std::nullopt;
  return held_.front().due;
}

bool RelayFlow::read(Time now) {
  std::array<char, 65536> buffer;
  const std::size_t most = std::min(wire_.piece_bytes(), buffer.size());
  const ssize_t got = recv(from_.number(), buffer.data(), most, 0);
  if (got < 0) return is_later();
  if (got == 0) {
    has_read_all_ = true;
    hold({}, wire_.end(now));
    return true;
  }
  const auto bytes = static_cast<std::size_t>(got);
  hold({buffer.data(), bytes}, wire_.put(now, arrival(bytes, now), bytes));
  return true;
}

// What was there when the piece before was read has waited since; of anything else nobody knows.
RelayFlow::Time RelayFlow::arrival(std::size_t bytes, Time now) {
  const Time arrived = seen_ >= bytes ? seen_at_ : now;
  seen_ = waiting_bytes(from_);
  seen_at_ = now;
  return arrived;
}

void RelayFlow::hold(std::string bytes, Time due) {
  // A delay that has become shorter lets nothing overtake.
  if (!held_.empty()) due = std::max(due, held_.back().due);
  held_bytes_ += bytes.size();
  held_.push_back({std::move(bytes), due});
}

bool RelayFlow::write(Time now) {
  is_blocked_ = false;
  while (!is_blocked_ && !held_.empty() && held_.front().due <= now) {
    if (!write_front()) return false;
  }
  return true;
}

bool RelayFlow::write_front() {
  const std::string& bytes = held_.front().bytes;
  if (bytes.empty()) {
    held_.pop_front();
    is_over_ = true;
    return shutdown(to_.number(), SHUT_WR) == 0;
  }
  const ssize_t sent =
      send(to_.number(), bytes.data() + written_, bytes.size() - written_, MSG_NOSIGNAL);
  if (sent < 0) return is_blocked_ = is_later();
  written_ += static_cast<std::size_t>(sent);
  if (written_ < bytes.size()) return true;
  held_bytes_ -= bytes.size();
  written_ = 0;
  held_.pop_front();
  return true;
}

}  // namespace scission::runtime
