// Requests on their way through the plan that is in charge.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/adaptive/sightings.hpp"
#include "scission/runtime/adaptive/adaptive_pipeline.hpp"

namespace scission::runtime {

/// A plan that is deployed.
struct Lane {
  int number = 0;  ///< of the plan
  Plan plan;
  std::shared_ptr<Pipeline> pipeline;
  std::vector<StagePlace> places;
  int under_way = 0;  ///< requests; Traffic's alone
};

using SharedLane = std::shared_ptr<Lane>;

/// A request.
struct Errand {
  using Clock = std::chrono::steady_clock;

  std::vector<Tensor> inputs;
  std::function<void(AdaptiveResult)> done;
  SharedLane lane;  ///< that it was last sent through
  Clock::time_point began = Clock::now();
  double sent_s = 0;  ///< when through that lane, on Traffic's clock
  bool has_begun_alone = false;
  long started = 0;  ///< requests sent until then
  int attempts = 1;
  int tries = 0;  ///< lanes that it was sent through
};

using SharedErrand = std::shared_ptr<Errand>;

/// An answer's times.
struct News {
  SharedLane lane;
  std::vector<HopTiming> hops;
  bool is_alone = false;  ///< nothing else was under way while it was
  double now_s = 0;
};

/// A request that found a system lost.
struct Failure {
  SharedErrand errand;
  CallFailure failure;
};

/// What has happened since somebody asked last.
struct Events {
  std::vector<News> news;
  std::vector<Failure> failures;
  bool is_rung = false;  ///< Traffic::ring() was called
};

/// What a cut-over did to requests.
struct CutOver {
  double seconds = 0;  ///< that no request could be passed on
  int waited = 0;
  double longest_wait_s = 0;
};

/// Passes requests on to the lane in charge, and their answers back. Thread-safe.
class Traffic {
 public:
  using Clock = Errand::Clock;

  Traffic(Clock::time_point begin, int max_waiting) : begin_(begin), most_waiting_(max_waiting) {}

  void send(std::vector<Tensor> inputs, std::function<void(AdaptiveResult)> done);

  /// From the next request on that lane; those that wait go first.
  CutOver cut_over(const SharedLane& lane);
  /// From now on requests wait, for the next cut_over() or refuse().
  void hold();
  bool is_holding() const;
  /// Sends it through the lane in charge.
  void send_again(const SharedErrand& errand);
  /// Answers it with the failure.
  void give_up(const SharedErrand& errand, const CallFailure& failure);
  /// Answers all that wait with the failure.
  void refuse(const CallFailure& failure);

  /// What has happened; waits until something has, at the latest for so long. News is not worth
  /// waking up for before `news_s`.
  Events wait(double news_s, double latest_s);
  /// Ends a wait().
  void ring();

  void wait_until_idle(const SharedLane& lane) const;
  void wait_until_empty() const;
  /// Returns when a request has just ended and nothing else is under way: the moment in which a
  /// request of our own disturbs least. At once where nothing has been under way for `latest_s` or
  /// requests wait for another plan, and after `latest_s` in any case: false then.
  bool wait_for_gap(double latest_s) const;
  /// How long nothing has been under way; 0 while something is.
  double idle_s() const;
  double now_s() const;
  /// Seconds that noting answers' times has taken so far.
  double noting_s() const;

 private:
  void go(const SharedErrand& errand);
  void take(const SharedErrand& errand, PipelineResult result);
  void enter(const SharedErrand& errand);
  void leave(const SharedErrand& errand);
  void answer(const SharedErrand& errand, PipelineResult result);
  void note(const SharedErrand& errand, std::vector<HopTiming> hops);

  const Clock::time_point begin_;
  const int most_waiting_;
  mutable std::mutex mutex_;
  mutable std::condition_variable happened_;  ///< for wait()
  mutable std::condition_variable ended_;     ///< a request has, or they are held
  SharedLane lane_;
  bool holds_ = true;        ///< until there is a lane
  bool wants_news_ = false;  ///< somebody waits for it
  std::deque<SharedErrand> waiting_;
  Events events_;
  long started_ = 0;
  int on_lanes_ = 0;
  int unanswered_ = 0;
  double noting_s_ = 0;
  Clock::time_point last_end_ = Clock::now();
};

}  // namespace scission::runtime
