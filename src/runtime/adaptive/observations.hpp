// What the times of a request say about links and systems.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <vector>

#include "runtime/pipeline/request_router.hpp"
#include "scission/control.hpp"

namespace scission::runtime {

/// What one request tells a controller.
struct Observations {
  std::vector<HopObservation> hops;
  std::vector<StageObservation> stages;
};

/// The observations of a request through a plan whose stages run at `places`; `hops` are those of
/// its result. Empty unless there is a hop for each stage.
///
/// A hop observation is what a plan calls a transfer: serialising, transfer in both directions and
/// deserialising. Where outputs return to this process, to continue here or at the plan's
/// destination, the time of the preceding hop includes that: it is divided between both directions
/// as the problem predicts. Coding is left out, and its bytes are those that the problem has for
/// the codec. Queueing behind other requests is left out, as it does not depend on the system's
/// speed, and so is what foreign servers do not report.
Observations observations_of(const PartitionProblem& problem, double input_bytes, const Plan& plan,
                             const std::vector<StagePlace>& places,
                             const std::vector<HopTiming>& hops);

/// The slowest of the last requests through a plan.
class LatencyWindow {
 public:
  void add(double latency_s) {
    recent_s_[next_] = latency_s;
    next_ = (next_ + 1) % recent_s_.size();
  }
  double slowest_s() const { return *std::max_element(recent_s_.begin(), recent_s_.end()); }

 private:
  std::array<double, 16> recent_s_{};
  std::size_t next_ = 0;
};

/// How much later than usual a request is that has been in flight for `age_s`; 0 unless it is
/// overdue, which is after twice the usual time and a quarter of a second.
inline double overdue_s(double age_s, double usual_s) {
  constexpr double min_late_s = 0.25;
  const double late_s = age_s - usual_s;
  return late_s > usual_s + min_late_s ? late_s : 0;
}

/// A request that a switch has left on the plan of before, in seconds.
struct LeftBehind {
  double age_s = 0;
  double usual_s = 0;     ///< the longest that its plan has usually taken
  double expected_s = 0;  ///< what its plan is expected to take now, behind the requests before it
};

/// Whether it is worth sending again through a plan that takes `running_s`: it is overdue by more
/// than that, or expected to be in flight for twice as long, and a quarter of a second, from now
/// on.
inline bool is_overtaken(const LeftBehind& request, double running_s) {
  constexpr double min_gain_s = 0.25;
  const double left_s = request.expected_s - request.age_s;
  return overdue_s(request.age_s, request.usual_s) > running_s ||
         left_s > 2 * running_s + min_gain_s;
}

/// Transfers that overlap share links and take longer, which says nothing about the links. Passes
/// transfers of requests that were alone, and of the others the fastest within a time window,
/// relative to the predicted time.
class OverlapFilter {
 public:
  OverlapFilter(const PartitionProblem& problem, double window_s);

  /// Keeps the elements of `hops` that may be observed.
  void filter(std::vector<HopObservation>& hops, bool was_alone, double now_s);

 private:
  struct Candidate {
    double since_s = 0;
    double ratio = 0;  ///< to the predicted time; 0: no candidate
    HopObservation hop;
  };

  bool passes(HopObservation& hop, bool was_alone, double now_s);
  double ratio_of(const HopObservation& hop) const;

  const PartitionProblem& problem_;
  double window_s_;
  std::vector<Candidate> candidates_;  ///< by link
};

/// Whether a transfer that overlapped `overlaps` others shows that its link is slower than
/// `estimated_s`: also where all of them took equal shares of the link, it would have taken this
/// much longer alone.
inline bool is_slow_alone(double seconds, int overlaps, double estimated_s) {
  constexpr double margin = 1.5;
  return seconds / (1 + overlaps) > margin * estimated_s;
}

/// Tells a controller of requests, which may overlap.
class RequestObserver {
 public:
  /// The references must outlive it.
  RequestObserver(const PartitionProblem& problem, const Query& query, Controller& controller,
                  double overlap_window_s);

  /// Returns the number of observations.
  std::size_t observe(const CompletedRequest& request);
  /// Requests through `running` that take far longer than usual are evidence before they end; what
  /// is still overdue a quarter of a second later says something new again.
  void observe_overdue(const std::vector<InFlightRequest>& requests, const SharedPlan& running,
                       double now_s);
  /// The slowest of the last requests through the plan of that number; 0 without any.
  double slowest_s(int plan) const;

 private:
  void observe_lower_bound(HopObservation hop, int overlaps, double at_s);

  const PartitionProblem& problem_;
  const Query& query_;
  Controller& controller_;
  OverlapFilter overlaps_;
  std::map<int, LatencyWindow> latencies_;  ///< by number of plan
  double next_overdue_s_ = 0;
};

}  // namespace scission::runtime
