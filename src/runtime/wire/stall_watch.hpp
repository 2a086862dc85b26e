// Finds systems that have stopped answering while requests are in flight.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace scission::runtime {

/// Client::check_health() of a system, or a replacement for tests.
struct HealthCheck {
  std::string system;
  std::function<void(double deadline_s, std::function<void(bool is_answered)> done)> ask;
};

/// Sends health checks to systems, one at a time to each, and reports those that are silent. Has no
/// clock. A pause of this process, in which no answer could be read, does not count as silence. Not
/// thread-safe.
class StallWatch {
 public:
  /// A system is reported when it has been silent for about `stall_s`.
  StallWatch(std::vector<HealthCheck> checks, double stall_s) : stall_s_(stall_s) {
    for (HealthCheck& check : checks) targets_.push_back({std::move(check), nullptr, 0});
    rest();
  }

  bool is_on() const { return stall_s_ > 0 && !targets_.empty(); }
  double tick_s() const { return stall_s_ / 10; }  ///< time between calls of step()

  /// Takes the time since the last call, sends the checks that are due, and returns the systems
  /// that have been silent for too long, each again after as long a time.
  std::vector<std::string> step(double elapsed_s) {
    const double counted_s = std::min(elapsed_s, 2 * tick_s());
    std::vector<std::string> silent;
    for (Target& target : targets_) {
      if (target.answered && target.answered->load()) target.answered = nullptr, target.since_s = 0;
      target.since_s += counted_s;
      if (target.answered && target.since_s >= silence_s()) {
        silent.push_back(target.check.system);
        ask(target);
      } else if (!target.answered && target.since_s >= pause_s()) {
        ask(target);
      }
    }
    return silent;
  }

  /// Whether a check of the system has been in flight for half the time that it may take.
  bool is_waiting_for(const std::string& system) const {
    return std::any_of(targets_.begin(), targets_.end(), [&](const Target& target) {
      return target.check.system == system && target.answered && !target.answered->load() &&
             target.since_s >= silence_s() / 2;
    });
  }

  /// Ignores what is in flight; the next step() sends checks again.
  void rest() {
    for (Target& target : targets_) target.answered = nullptr, target.since_s = pause_s();
  }

 private:
  struct Target {
    HealthCheck check;
    std::shared_ptr<std::atomic<bool>> answered;  ///< of the check in flight; null: none is
    double since_s = 0;                           ///< since the check or the last answer
  };

  double pause_s() const { return 2 * tick_s(); }
  double silence_s() const { return stall_s_ - pause_s(); }

  void ask(Target& target) {
    target.answered = std::make_shared<std::atomic<bool>>(false);
    target.since_s = 0;
    target.check.ask(stall_s_, [answered = target.answered](bool is_answered) {
      if (is_answered) answered->store(true);
    });
  }

  double stall_s_;
  std::vector<Target> targets_;
};

}  // namespace scission::runtime
