#include "runtime/worker/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/seconds.hpp"

namespace scission::runtime {
namespace {

/// A whole number in the environment; nullopt if it is not set.
std::optional<std::int64_t> environment_number(const char* name) {
  const char* const text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  const std::string_view digits(text);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

}  // namespace

void notify_service_manager(const std::string& line) {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || (path[0] != '/' && path[0] != '@')) return;
  const std::string_view name(path);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() >= sizeof address.sun_path) return;
  std::copy(name.begin(), name.end(), address.sun_path);
  if (path[0] == '@') address.sun_path[0] = '\0';  // Linux's abstract addresses, which have no end
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  // If it cannot be sent, the service manager times out and reports that.
  (void)::sendto(descriptor, line.data(), line.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&address), size);
  ::close(descriptor);
}

std::optional<double> watchdog_period_s() {
  const auto period_us = environment_number("WATCHDOG_USEC");
  if (!period_us || *period_us <= 0) return std::nullopt;
  const auto process = environment_number("WATCHDOG_PID");
  if (process && *process != ::getpid()) return std::nullopt;
  return static_cast<double>(*period_us) / 1e6;
}

Watchdog::Watchdog(double period_s, std::function<bool(double)> is_well)
    : pause_s_(period_s / 3), is_well_(std::move(is_well)), thread_([this] { run(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Watchdog::run() {
  std::unique_lock lock(mutex_);
  while (!is_ending_) {
    lock.unlock();
    const auto next = std::chrono::steady_clock::now() + clock_duration(pause_s_);
    if (is_well_(pause_s_)) notify_service_manager("WATCHDOG=1");
    lock.lock();
    changed_.wait_until(lock, next, [this] { return is_ending_; });
  }
}

}  // namespace scission::runtime
