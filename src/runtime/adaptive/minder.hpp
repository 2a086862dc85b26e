// Watches, decides, and has plans deployed and changed.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/adaptive/deployer.hpp"
#include "runtime/adaptive/lanes.hpp"
#include "runtime/adaptive/sightings.hpp"
#include "runtime/adaptive/traffic.hpp"
#include "scission/control/controller.hpp"

namespace scission::runtime {

/// The thread behind an AdaptivePipeline: the only one that touches the controller.
class Minder {
 public:
  /// Deploys the first plan before it returns. Throws as Controller's constructor and `make` do.
  Minder(PartitionProblem problem, Query query, AdaptiveCallbacks callbacks,
         AdaptiveOptions options, std::optional<Plan> first);
  /// Waits until every request is answered.
  ~Minder();

  Traffic& traffic() { return traffic_; }
  void ask(const Plan& plan);
  int running() const;
  std::vector<Plan> plans() const;
  std::vector<PlanSwitch> switches() const;
  MonitoringCost monitoring_cost() const;

 private:
  void run();
  void turn(Events& events);
  void give_up_turn(const Events& events, const std::string& why);

  void observe(const News& news);
  void observe_beside(const Plan& plan, const std::vector<StagePlace>& places,
                      const std::vector<HopTiming>& hops);
  void take_up_failures(const std::vector<Failure>& failures);
  void take_up(const Failure& failure);
  bool is_new(const Failure& failure) const;
  void lose(const Plan& plan, const CallFailure& failure);
  void deploy_again();
  void take_leave(std::vector<SharedLane> lanes);
  void hear_of_probes();
  void probe_when_idle();

  void settle();
  void rescue();
  std::optional<Plan> take_asked();
  Wish wish_of(const Plan& plan, SwitchReason reason);
  void give_up_waiting(const std::string& why);
  void pursue(Wish wish);
  std::vector<SharedLane> make_room();
  void conclude(const Prepared& prepared);
  void despair(const Prepared& prepared);
  bool is_still_wanted(const Wish& wish);
  void cut_over(const Prepared& prepared);

  bool is_alive(int system) const;
  int number_of(const Plan& plan);

  const PartitionProblem problem_;
  const Query query_;
  const AdaptiveCallbacks callbacks_;
  const AdaptiveOptions options_;
  Controller controller_;
  OverlapFilter overlaps_;
  Traffic traffic_;
  Lanes lanes_;
  std::vector<SharedLane> leaving_;       ///< taken out of lanes_ in this turn
  std::map<int, double> not_before_s_;    ///< plans that could not be deployed
  std::map<std::string, double> lost_s_;  ///< when a system was last found lost
  bool is_preparing_ = false;
  bool has_no_lane_ = false;  ///< the running plan was taken away, or cannot be had
  int probing_ = 0;

  mutable std::mutex mutex_;  // of what others read and ask
  std::vector<Plan> plans_;   ///< that were wanted
  int running_ = 0;
  std::vector<PlanSwitch> switches_;
  MonitoringCost watching_;
  std::optional<Plan> asked_;

  std::atomic<bool> ends_ = false;
  std::optional<Deployer> deployer_;  // goes before what its jobs use
  std::thread thread_;
};

}  // namespace scission::runtime
