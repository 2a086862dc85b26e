#include "waiting.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "progress.hpp"

namespace scission::predict {
namespace {

using Clock = std::chrono::steady_clock;

void draw_until(const std::stop_token& stop, std::optional<double> time_limit_s) {
  constexpr auto pause = std::chrono::milliseconds(250);
  const Clock::time_point start = Clock::now();
  apps::Progress progress("searching");
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  // The first pause is before the first line, so that a short search draws nothing.
  while (!wake.wait_for(lock, stop, pause, [&] { return stop.stop_requested(); })) {
    const double elapsed_s = std::chrono::duration<double>(Clock::now() - start).count();
    if (time_limit_s && *time_limit_s > 0) {
      progress.update(elapsed_s / *time_limit_s, std::max(0.0, *time_limit_s - elapsed_s));
    } else {
      progress.update();
    }
  }
}

}  // namespace

Waiting::Waiting(std::optional<double> time_limit_s)
    : thread_([time_limit_s](const std::stop_token& stop) { draw_until(stop, time_limit_s); }) {}

}  // namespace scission::predict
