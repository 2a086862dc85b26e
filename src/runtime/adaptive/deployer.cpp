#include "runtime/adaptive/deployer.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

std::string first_line(const std::exception& error) {
  const std::string what = error.what();
  return what.substr(0, what.find('\n'));
}

}  // namespace

void Deployer::prepare(Preparation preparation) {
  const bool is_urgent = preparation.wish.reason == SwitchReason::lost;
  const auto job = [this, preparation = std::move(preparation)] {
    Prepared prepared = prepare_now(preparation);
    {
      const std::lock_guard lock(mutex_);
      prepared_.push_back(std::move(prepared));
    }
    traffic_.ring();
  };
  if (is_urgent) {
    runner_.submit_first(job);
  } else {
    runner_.submit(job);
  }
}

Prepared Deployer::prepare_now(const Preparation& preparation) {
  Prepared prepared{preparation.wish, preparation.kept, preparation.kept != nullptr, {}, {}};
  try {
    retire_now(preparation.retired);
    if (!prepared.lane) return make(preparation.wish);
    prepared.hops = warm_up(*prepared.lane, 1);
  } catch (const std::exception& error) {
    prepared.lane = nullptr;
    prepared.why = first_line(error);
  }
  return prepared;
}

Prepared Deployer::make(const Wish& wish) {
  made_.push_back(wish.plan);
  try {
    return make_lane(wish);
  } catch (...) {
    take_away(wish.plan);
    throw;
  }
}

Prepared Deployer::make_lane(const Wish& wish) const {
  const auto lane = std::make_shared<Lane>();
  lane->number = wish.number;
  lane->plan = wish.plan;
  lane->pipeline = callbacks_.deploy(
      wish.plan, [this] { return traffic_.is_holding() ? 1 : options_.deploy_share; });
  if (!lane->pipeline) throw Error(ErrorCode::invalid_argument, "returned no pipeline", "deploy");
  lane->places = places_of(lane->pipeline->stages());
  Prepared prepared{wish, lane, false, {}, {}};
  prepared.hops = warm_up(*lane, options_.warmup);
  return prepared;
}

// Connections are made and memory is got before the first request needs them. In the gaps between
// requests, as these share systems with it.
std::vector<HopTiming> Deployer::warm_up(const Lane& lane, int requests) const {
  PipelineResult last;
  bool has_gaps = true;
  for (int i = 0; i < requests && !options_.sample.empty(); ++i) {
    has_gaps = has_gaps && traffic_.wait_for_gap(options_.max_gap_wait_s);
    last = lane.pipeline->run(options_.sample);
    if (last.is_answered) continue;
    throw Error(ErrorCode::io, last.failure.message, last.failure.system);
  }
  return last.hops;
}

void Deployer::retire(std::vector<SharedLane> lanes) {
  if (lanes.empty()) return;
  runner_.submit([this, lanes = std::move(lanes)] { retire_now(lanes); });
}

void Deployer::retire_now(const std::vector<SharedLane>& lanes) {
  for (const SharedLane& lane : lanes) {
    traffic_.wait_until_idle(lane);
    traffic_.wait_for_gap(options_.max_gap_wait_s);
    lane->pipeline = nullptr;
    take_away(lane->plan);
  }
}

// What other lanes have of it stays, also those that were asked for since.
void Deployer::take_away(const Plan& plan) {
  const auto made = std::find(made_.begin(), made_.end(), plan);
  if (made != made_.end()) made_.erase(made);
  if (callbacks_.retire) callbacks_.retire(plan, made_);
}

void Deployer::probe_link(const Probe& probe) {
  probing_.submit([this, probe] {
    Probed probed{probe, std::nullopt, nullptr, {}};
    try {
      probed.seconds = callbacks_.probe(probe.from, *probe.to, probe.bytes);
    } catch (const std::exception&) {
      // Whatever it is: nothing got through.
    }
    const std::lock_guard lock(mutex_);
    probed_.push_back(std::move(probed));
    traffic_.ring();
  });
}

void Deployer::probe_lane(const Probe& probe, const SharedLane& lane) {
  runner_.submit([this, probe, lane] {
    Probed probed{probe, std::nullopt, lane, {}};
    try {
      if (lane->pipeline) probed.hops = warm_up(*lane, 1);
    } catch (const Error&) {
      // What failed there is no worse than unknown, and the next wish finds out.
    }
    const std::lock_guard lock(mutex_);
    probed_.push_back(std::move(probed));
    traffic_.ring();
  });
}

std::vector<Prepared> Deployer::take_prepared() {
  const std::lock_guard lock(mutex_);
  return std::exchange(prepared_, {});
}

std::vector<Probed> Deployer::take_probed() {
  const std::lock_guard lock(mutex_);
  return std::exchange(probed_, {});
}

}  // namespace scission::runtime
