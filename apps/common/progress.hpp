// A line on a terminal that shows the progress of a job.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <thread>

namespace scission::apps {

/// Draws `label  [#####.....]  42 %, 12.0 s left` on stderr, over and over on the same line. A
/// narrow terminal shows fewer parts of it, see progress_line(). Draws nothing when stderr is not a
/// terminal, nor for a job that is over in 2 s. Finish it before writing anything else to stderr.
class Progress {
 public:
  explicit Progress(std::string label);
  ~Progress() { finish(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `fraction` of the job is done, 0…1, and `remaining_s` seconds are left. `detail` says more
  /// of where the job is.
  void update(double fraction, double remaining_s, const std::string& detail = {});

  /// The same for a job of unknown length: shows how long it has taken, from 2 s on.
  void update();

  /// The same for a job of equal steps: estimates what is left from the mean of those done. Draws
  /// nothing before the first is.
  void update_steps(int done, int total);

  /// Clears the line.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;

  bool is_due(double least_total_s) const;
  void draw(const std::string& line);

  std::string label_;
  bool on_terminal_;
  bool drawn_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_drawn_{};
};

/// Progress of a job of several phases: each phase has its own line and start.
class PhaseProgress {
 public:
  void update(const std::string& phase, double fraction, double remaining_s,
              const std::string& detail = {});
  /// Of unknown length: how long the phase has taken.
  void update(const std::string& phase) { line_of(phase).update(); }
  /// Ends the phase with its last step.
  void update_steps(const std::string& phase, int done, int total);
  void finish() { line_.reset(); }

 private:
  Progress& line_of(const std::string& phase);

  std::string phase_;
  std::optional<Progress> line_;
};

/// Draws by itself, as long as it lives, how long a job has taken and how much is left of it.
class BackgroundProgress {
 public:
  /// Of a job with a time limit, in seconds; empty: of unknown length.
  BackgroundProgress(const std::string& label, std::optional<double> limit_s);

  /// `fraction` returns the share of the job that is done, 0…1, on another thread; what is left is
  /// estimated from it. While it is 0 or 1, the line shows how long the job has taken.
  BackgroundProgress(const std::string& label, std::function<double()> fraction);

 private:
  std::jthread thread_;
};

/// The line itself, without the terminal's control characters. Of more characters than `columns` it
/// loses the bar, then the detail, then both, and then the label: no word is cut.
std::string progress_line(const std::string& label, double fraction, double remaining_s,
                          const std::string& detail = {}, std::size_t columns = 1000);
std::string elapsed_line(const std::string& label, double elapsed_s);

}  // namespace scission::apps
