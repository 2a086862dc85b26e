// One line on a terminal that says how far a job is.
#pragma once

#include <chrono>
#include <string>

namespace scission::apps {

/// Draws `label  [#####.....]  42 %, 12.0 s left` on stderr, over and over on the same line.
/// Draws nothing when stderr is not a terminal, nor for a job that is over in 2 s.
/// Finish it before writing anything else to stderr.
class Progress {
 public:
  explicit Progress(std::string label);
  ~Progress() { finish(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `fraction` of the job is done, 0…1, and `remaining_s` seconds are left.
  void update(double fraction, double remaining_s);

  /// Clears the line.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;

  void draw(double fraction, double remaining_s) const;

  std::string label_;
  bool on_terminal_;
  bool drawn_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_drawn_{};
};

/// The line itself, without the terminal's control characters.
std::string progress_line(const std::string& label, double fraction, double remaining_s);

}  // namespace scission::apps
