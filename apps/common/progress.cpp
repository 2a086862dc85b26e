#include "progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "scission/base/units.hpp"
#include "terminal.hpp"

namespace scission::apps {
namespace {

constexpr double shortest_job_s = 2;
constexpr auto between_drawings = std::chrono::milliseconds(100);
constexpr int bar_width = 20;
constexpr int short_bar_width = 10;  ///< beside a detail

constexpr const char* clear_line = "\r\033[K";

double seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// Without a known width, one that every line fits into.
std::size_t terminal_columns() { return terminal_width(STDERR_FILENO).value_or(1000); }

}  // namespace

Progress::Progress(std::string label)
    : label_(std::move(label)), on_terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::update(double fraction, double remaining_s, const std::string& detail) {
  if (!is_due(seconds(Clock::now() - start_) + remaining_s)) return;
  draw(progress_line(label_, fraction, remaining_s, detail));
}

void Progress::update() {
  const double elapsed_s = seconds(Clock::now() - start_);
  if (is_due(elapsed_s)) draw(elapsed_line(label_, elapsed_s));
}

bool Progress::is_due(double least_total_s) const {
  return on_terminal_ && least_total_s >= shortest_job_s &&
         Clock::now() - last_drawn_ >= between_drawings;
}

void Progress::finish() {
  if (!drawn_) return;
  fmt::print(stderr, "{}", clear_line);
  std::fflush(stderr);
  drawn_ = false;
}

void Progress::draw(const std::string& line) {
  // A line that wraps could not be cleared.
  fmt::print(stderr, "{}{}", clear_line, shortened(line, terminal_columns() - 1));
  std::fflush(stderr);
  last_drawn_ = Clock::now();
  drawn_ = true;
}

std::string progress_line(const std::string& label, double fraction, double remaining_s,
                          const std::string& detail) {
  const int width = detail.empty() ? bar_width : short_bar_width;
  const double done = std::clamp(fraction, 0.0, 1.0);
  const auto filled = static_cast<std::size_t>(std::lround(done * width));
  const std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
  return fmt::format("{}{}{}  [{}] {:3.0f} %, {} left", label, detail.empty() ? "" : "  ", detail,
                     bar, 100 * done, format_duration(remaining_s));
}

std::string elapsed_line(const std::string& label, double elapsed_s) {
  return fmt::format("{}, {} so far", label, format_duration(elapsed_s));
}

std::string shortened(const std::string& line, std::size_t columns) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(line[i]) & 0xC0U) != 0x80U;
    if (begins && characters++ == columns) return line.substr(0, i);
  }
  return line;
}

}  // namespace scission::apps
