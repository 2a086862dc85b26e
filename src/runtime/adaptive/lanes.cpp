#include "runtime/adaptive/lanes.hpp"

#include <algorithm>

namespace scission::runtime {

bool uses(const Plan& plan, int system) {
  return std::any_of(plan.stages.begin(), plan.stages.end(),
                     [system](const Stage& stage) { return stage.system == system; });
}

SharedLane Lanes::find(const Plan& plan) const {
  for (const SharedLane& lane : lanes_) {
    if (lane->plan == plan) return lane;
  }
  return nullptr;
}

SharedLane Lanes::spare_on(int system) const {
  for (std::size_t i = 1; i < lanes_.size(); ++i) {
    if (uses(lanes_[i]->plan, system)) return lanes_[i];
  }
  return nullptr;
}

void Lanes::keep(const SharedLane& lane) {
  if (std::find(lanes_.begin(), lanes_.end(), lane) != lanes_.end()) return;
  lanes_.insert(lanes_.empty() ? lanes_.end() : lanes_.begin() + 1, lane);
}

void Lanes::run(const SharedLane& lane) {
  keep(lane);
  const auto place = std::find(lanes_.begin(), lanes_.end(), lane);
  std::rotate(lanes_.begin(), place, place + 1);
}

std::vector<SharedLane> Lanes::shrink_to(int most, bool all) {
  std::vector<SharedLane> out;
  const std::size_t least = all ? 0 : 1;
  while (lanes_.size() > std::max<std::size_t>(least, static_cast<std::size_t>(most))) {
    out.push_back(lanes_.back());
    lanes_.pop_back();
  }
  return out;
}

std::vector<SharedLane> Lanes::take_those_on(int system) {
  if (lanes_.empty()) return {};
  const auto stays = [&](const SharedLane& lane) { return !uses(lane->plan, system); };
  const auto first_out = std::stable_partition(lanes_.begin() + 1, lanes_.end(), stays);
  std::vector<SharedLane> out(first_out, lanes_.end());
  lanes_.erase(first_out, lanes_.end());
  return out;
}

SharedLane Lanes::take_spare(const Plan& plan) {
  for (auto lane = lanes_.begin(); lane != lanes_.end(); ++lane) {
    if (lane == lanes_.begin() || (*lane)->plan != plan) continue;
    SharedLane spare = *lane;
    lanes_.erase(lane);
    return spare;
  }
  return nullptr;
}

}  // namespace scission::runtime
