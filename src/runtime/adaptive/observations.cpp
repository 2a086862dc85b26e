#include "runtime/adaptive/observations.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

namespace scission::runtime {
namespace {

double passing_s(const HopTiming& hop) {
  return hop.serialise_s + hop.transfer_s + hop.deserialise_s;
}

/// Reads the hops of one request, stage by stage.
class HopReader {
 public:
  HopReader(const PartitionProblem& problem, double input_bytes, const Plan& plan,
            const std::vector<StagePlace>& places, const std::vector<HopTiming>& hops)
      : problem_(problem), input_bytes_(input_bytes), plan_(plan), places_(places), hops_(hops) {}

  Observations read() {
    int at = plan_.source;
    for (std::size_t i = 0; i < plan_.stages.size(); ++i) {
      const Stage& stage = plan_.stages[i];
      if (places_[i] != StagePlace::foreign) observe(i, at);
      at = stage.system;
    }
    return std::move(observations_);
  }

 private:
  bool is_remote(std::size_t i) const { return places_[i] != StagePlace::local; }

  /// Of what crosses into the block, coded by the codec of that name; empty: as it is.
  double bytes_into(int block, const std::string& codec) const {
    const auto found = std::find_if(problem_.codecs.begin(), problem_.codecs.end(),
                                    [&](const CodecCosts& costs) { return costs.name == codec; });
    const double raw_bytes = problem_.bytes_into(block, input_bytes_);
    if (found == problem_.codecs.end()) return raw_bytes;
    const double bytes = found->bytes[static_cast<std::size_t>(block)];
    return std::isfinite(bytes) ? bytes : raw_bytes;
  }

  std::string planned_codec(std::size_t hop) const {
    const int codec = plan_.codec(hop);
    return codec == Plan::raw ? "" : problem_.codecs.at(static_cast<std::size_t>(codec)).name;
  }

  // The transfer from stage i back to this process, or to the destination of the answer.
  std::optional<HopObservation> way_back(std::size_t i) const {
    const Stage& stage = plan_.stages[i];
    const double bytes = bytes_into(stage.last_block + 1, planned_codec(i + 1));
    if (i + 1 < places_.size()) {
      const int next = plan_.stages[i + 1].system;
      if (is_remote(i + 1) || next == stage.system) return std::nullopt;
      return HopObservation{stage.system, next, bytes, 0};
    }
    if (!plan_.destination || *plan_.destination == stage.system) return std::nullopt;
    return HopObservation{stage.system, *plan_.destination, bytes, 0};
  }

  double expected_s(const HopObservation& hop) const {
    const auto& link = problem_.link(hop.from, hop.to);
    return link ? link->transfer_s(hop.bytes) : 0;
  }

  void observe(std::size_t i, int at) {
    const Stage& stage = plan_.stages[i];
    observations_.stages.push_back(
        {stage.system, stage.first_block, stage.last_block, hops_[i].compute_s});
    if (!is_remote(i)) return;
    double seconds = passing_s(hops_[i]);
    HopObservation there{at, stage.system, bytes_into(stage.first_block, hops_[i].codec), 0};
    const double there_s = at == stage.system ? 0 : expected_s(there);
    if (auto back = way_back(i)) {
      const double back_s = expected_s(*back);
      back->seconds = there_s + back_s > 0 ? seconds * back_s / (there_s + back_s) : 0;
      seconds -= back->seconds;
      keep(*back);
    }
    there.seconds = seconds;
    if (at != stage.system) keep(there);
  }

  void keep(const HopObservation& hop) {
    if (hop.seconds > 0) observations_.hops.push_back(hop);
  }

  const PartitionProblem& problem_;
  double input_bytes_;
  const Plan& plan_;
  const std::vector<StagePlace>& places_;
  const std::vector<HopTiming>& hops_;
  Observations observations_;
};

}  // namespace

Observations observations_of(const PartitionProblem& problem, double input_bytes, const Plan& plan,
                             const std::vector<StagePlace>& places,
                             const std::vector<HopTiming>& hops) {
  if (hops.size() != plan.stages.size() || places.size() != plan.stages.size()) return {};
  return HopReader(problem, input_bytes, plan, places, hops).read();
}

OverlapFilter::OverlapFilter(const PartitionProblem& problem, double window_s)
    : problem_(problem), window_s_(window_s), candidates_(problem.links.size()) {}

void OverlapFilter::filter(std::vector<HopObservation>& hops, bool was_alone, double now_s) {
  const auto out = std::remove_if(hops.begin(), hops.end(), [&](HopObservation& hop) {
    return !passes(hop, was_alone, now_s);
  });
  hops.erase(out, hops.end());
}

bool OverlapFilter::passes(HopObservation& hop, bool was_alone, double now_s) {
  const auto place = static_cast<std::size_t>(hop.from) * problem_.system_count() + hop.to;
  Candidate& best = candidates_[place];
  if (was_alone) {
    best = {};
    return true;
  }
  const double ratio = ratio_of(hop);
  if (best.ratio == 0) {
    best = {now_s, ratio, hop};
  } else if (ratio < best.ratio) {
    best.ratio = ratio;
    best.hop = hop;
  }
  if (now_s < best.since_s + window_s_) return false;
  hop = best.hop;
  best = {};
  return true;
}

double OverlapFilter::ratio_of(const HopObservation& hop) const {
  const auto& link = problem_.link(hop.from, hop.to);
  const double expected_s = link ? link->transfer_s(hop.bytes) : 0;
  return expected_s > 0 ? hop.seconds / expected_s : hop.seconds;
}

RequestObserver::RequestObserver(const PartitionProblem& problem, const Query& query,
                                 Controller& controller, double overlap_window_s)
    : problem_(problem),
      query_(query),
      controller_(controller),
      overlaps_(problem, overlap_window_s) {}

std::size_t RequestObserver::observe(const CompletedRequest& request) {
  Observations seen = observations_of(problem_, query_.input_bytes, request.plan->plan,
                                      request.plan->places, request.hops);
  if (request.overlaps > 0) {
    for (const HopObservation& hop : seen.hops) {
      observe_lower_bound(hop, request.overlaps, request.at_s);
    }
  }
  overlaps_.filter(seen.hops, request.overlaps == 0, request.at_s);
  for (const HopObservation& hop : seen.hops) controller_.observe(hop, request.at_s);
  for (const StageObservation& stage : seen.stages) controller_.observe(stage, request.at_s);
  latencies_[request.plan->number].add(request.latency_s);
  return seen.hops.size() + seen.stages.size();
}

// Where requests queue on a slow link, few end within the window of the filter: without this, their
// stages' usual times would refute what overdue requests have said, and nothing would take its
// place.
void RequestObserver::observe_lower_bound(HopObservation hop, int overlaps, double at_s) {
  const auto& link = problem_.link(hop.from, hop.to);
  if (!link) return;
  const SlowdownEstimate slowdown = controller_.link_estimate(hop.from, hop.to, at_s);
  const double factor = std::max(slowdown.fixed_factor, slowdown.variable_factor);
  if (!is_slow_alone(hop.seconds, overlaps, factor * link->transfer_s(hop.bytes))) return;
  hop.seconds /= 1 + overlaps;
  controller_.observe(hop, at_s);
}

void RequestObserver::observe_overdue(const std::vector<InFlightRequest>& requests,
                                      const SharedPlan& running, double now_s) {
  constexpr double every_s = 0.25;
  if (now_s < next_overdue_s_) return;
  next_overdue_s_ = now_s + every_s;
  const double expected_s = controller_.expected_latency_s(now_s);
  for (const InFlightRequest& request : requests) {
    if (request.plan != running) continue;
    const double usual_s = std::max(expected_s * (1 + request.ahead), slowest_s(running->number));
    controller_.observe_overdue(overdue_s(request.age_s, usual_s), now_s);
  }
}

double RequestObserver::slowest_s(int plan) const {
  const auto known = latencies_.find(plan);
  return known == latencies_.end() ? 0 : known->second.slowest_s();
}

}  // namespace scission::runtime
