#include "progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <functional>
#include <mutex>
#include <stop_token>
#include <utility>

#include "base/seconds.hpp"
#include "base/text.hpp"
#include "command_line.hpp"
#include "log.hpp"
#include "scission/base.hpp"

namespace scission::apps {
namespace {

constexpr double shortest_job_s = 2;
constexpr auto between_drawings = std::chrono::milliseconds(100);
constexpr int bar_width = 20;
constexpr int short_bar_width = 10;  ///< beside a detail

constexpr const char* clear_line = "\r\033[K";

// Without a known width, one that every line fits into.
std::size_t terminal_columns() { return terminal_width(STDERR_FILENO).value_or(1000); }

}  // namespace

Progress::Progress(std::string label)
    : label_(std::move(label)), on_terminal_(isatty(STDERR_FILENO) == 1 && !logs_json()) {}

void Progress::update(double fraction, double remaining_s, const std::string& detail) {
  if (!is_due(seconds_since(start_) + remaining_s)) return;
  draw(progress_line(label_, fraction, remaining_s, detail, terminal_columns() - 1));
}

void Progress::update() {
  const double elapsed_s = seconds_since(start_);
  if (is_due(elapsed_s)) draw(elapsed_line(label_, elapsed_s));
}

void Progress::update_steps(int done, int total) {
  if (done < 1 || total < 1) return;
  const double remaining_s = seconds_since(start_) * (total - done) / done;
  update(static_cast<double>(done) / total, remaining_s);
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
  fmt::print(stderr, "{}{}", clear_line, text::first_characters(line, terminal_columns() - 1));
  std::fflush(stderr);
  last_drawn_ = Clock::now();
  drawn_ = true;
}

Progress& PhaseProgress::line_of(const std::string& phase) {
  if (!line_ || phase != phase_) line_.emplace(phase);
  phase_ = phase;
  return *line_;
}

void PhaseProgress::update(const std::string& phase, double fraction, double remaining_s,
                           const std::string& detail) {
  line_of(phase).update(fraction, remaining_s, detail);
}

void PhaseProgress::update_steps(const std::string& phase, int done, int total) {
  line_of(phase).update_steps(done, total);
  if (done == total) finish();
}

namespace {

/// Calls `update` with the time since the start, several times a second until the thread is to
/// stop.
std::jthread draw_in_background(const std::string& label,
                                std::function<void(Progress&, double elapsed_s)> update) {
  return std::jthread([label, update = std::move(update)](const std::stop_token& stop) {
    constexpr auto pause = std::chrono::milliseconds(250);
    const auto start = std::chrono::steady_clock::now();
    Progress progress(label);
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    // The first pause is before the first line, so that a short job draws nothing.
    while (!wake.wait_for(lock, stop, pause, [&] { return stop.stop_requested(); })) {
      update(progress, seconds_since(start));
    }
  });
}

}  // namespace

BackgroundProgress::BackgroundProgress(const std::string& label, std::optional<double> limit_s)
    : thread_(draw_in_background(label, [limit_s](Progress& progress, double elapsed_s) {
        if (limit_s && *limit_s > 0) {
          progress.update(elapsed_s / *limit_s, std::max(0.0, *limit_s - elapsed_s));
        } else {
          progress.update();
        }
      })) {}

BackgroundProgress::BackgroundProgress(const std::string& label, std::function<double()> fraction)
    : thread_(draw_in_background(
          label, [fraction = std::move(fraction)](Progress& progress, double elapsed_s) {
            const double done = fraction();
            if (done > 0 && done < 1) {
              progress.update(done, elapsed_s / done - elapsed_s);
            } else {
              progress.update();
            }
          })) {}

std::string progress_line(const std::string& label, double fraction, double remaining_s,
                          const std::string& detail, std::size_t columns) {
  const int width = detail.empty() ? bar_width : short_bar_width;
  const double done = std::clamp(fraction, 0.0, 1.0);
  const auto filled = static_cast<std::size_t>(std::lround(done * width));
  const std::string bar =
      fmt::format("  [{}{}]", std::string(filled, '#'), std::string(width - filled, '.'));
  const std::string more = detail.empty() ? "" : "  " + detail;
  std::string share = fmt::format(" {:3.0f} %, {} left", 100 * done, format_duration(remaining_s));
  const std::string none;
  for (const auto& [middle, end] :
       {std::pair{more, bar}, {more, none}, {none, bar}, {none, none}}) {
    std::string line = fmt::format("{}{}{}{}", label, middle, end, share);
    if (text::character_count(line) <= columns) return line;
  }
  return share;
}

std::string elapsed_line(const std::string& label, double elapsed_s) {
  return fmt::format("{}, {} so far", label, format_duration(elapsed_s));
}

}  // namespace scission::apps
