// What takes its time beside the requests: deploying, warming up, taking away, probing.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runtime/adaptive/traffic.hpp"
#include "runtime/threads/serial_executor.hpp"

namespace scission::runtime {

/// A plan that is wanted, and why.
struct Wish {
  int number = 0;
  Plan plan;
  SwitchReason reason = SwitchReason::faster;
  double running = 0;  ///< see PlanSwitch
  double best = 0;
  double began_s = 0;
};

/// What to do for a wish.
struct Preparation {
  Wish wish;
  SharedLane kept;  ///< deployed already; null: to be made
  /// Taken away first, each when the last request has left it.
  std::vector<SharedLane> retired;
};

/// What became of it: a lane, or why there is none.
struct Prepared {
  Wish wish;
  SharedLane lane;
  bool was_kept = false;
  std::string why;
  std::vector<HopTiming> hops;  ///< of the last request that warmed it up
};

/// What a probe showed.
struct Probed {
  Probe probe;
  std::optional<double> seconds;  ///< of a link; nothing: it failed
  SharedLane lane;                ///< or of a plan that is kept, by a request of its own
  std::vector<HopTiming> hops;
};

/// Does one thing after the other on a thread of its own, and rings when something is done. Links
/// are probed on another, as a link that is away takes its time to show it.
class Deployer {
 public:
  Deployer(const AdaptiveCallbacks& callbacks, const AdaptiveOptions& options, Traffic& traffic)
      : callbacks_(callbacks), options_(options), traffic_(traffic) {}

  /// Before all that wait when requests do.
  void prepare(Preparation preparation);
  void probe_link(const Probe& probe);
  void probe_lane(const Probe& probe, const SharedLane& lane);
  /// Takes the lanes away, in the order given, each when the last request has left it.
  void retire(std::vector<SharedLane> lanes);

  std::vector<Prepared> take_prepared();
  std::vector<Probed> take_probed();

  /// The same as prepare(), now and here. Throws as `make` does; what it left on machines is taken
  /// away then.
  Prepared make(const Wish& wish);

 private:
  Prepared prepare_now(const Preparation& preparation);
  Prepared make_lane(const Wish& wish) const;
  std::vector<HopTiming> warm_up(const Lane& lane, int requests) const;
  void retire_now(const std::vector<SharedLane>& lanes);
  void take_away(const Plan& plan);

  const AdaptiveCallbacks& callbacks_;
  const AdaptiveOptions& options_;
  Traffic& traffic_;
  std::mutex mutex_;
  std::vector<Prepared> prepared_;
  std::vector<Probed> probed_;
  std::vector<Plan> made_;  ///< one for each lane that has not been taken away
  // The last ones: their jobs use the others.
  SerialExecutor probing_;
  SerialExecutor runner_;
};

}  // namespace scission::runtime
