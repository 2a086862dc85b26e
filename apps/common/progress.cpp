#include "progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "scission/units.hpp"

namespace scission::apps {
namespace {

constexpr double shortest_job_s = 2;
constexpr auto between_drawings = std::chrono::milliseconds(100);
constexpr int bar_width = 20;

constexpr const char* clear_line = "\r\033[K";

double seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

Progress::Progress(std::string label)
    : label_(std::move(label)), on_terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::update(double fraction, double remaining_s) {
  const auto now = Clock::now();
  const bool is_short = seconds(now - start_) + remaining_s < shortest_job_s;
  if (!on_terminal_ || is_short || now - last_drawn_ < between_drawings) return;
  draw(fraction, remaining_s);
  last_drawn_ = now;
  drawn_ = true;
}

void Progress::finish() {
  if (!drawn_) return;
  fmt::print(stderr, "{}", clear_line);
  std::fflush(stderr);
  drawn_ = false;
}

void Progress::draw(double fraction, double remaining_s) const {
  fmt::print(stderr, "{}{}", clear_line, progress_line(label_, fraction, remaining_s));
  std::fflush(stderr);
}

std::string progress_line(const std::string& label, double fraction, double remaining_s) {
  const double done = std::clamp(fraction, 0.0, 1.0);
  const auto filled = static_cast<std::size_t>(std::lround(done * bar_width));
  const std::string bar = std::string(filled, '#') + std::string(bar_width - filled, '.');
  return fmt::format("{}  [{}] {:3.0f} %, {} left", label, bar, 100 * done,
                     format_duration(remaining_s));
}

}  // namespace scission::apps
