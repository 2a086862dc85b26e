#include "measure/setup_times.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "scission/stats.hpp"

namespace scission {
namespace {

// The time at which every block begins, and the end.
std::vector<double> starts_of(const std::vector<double>& block_s) {
  std::vector<double> starts{0};
  for (const double seconds : block_s) starts.push_back(starts.back() + seconds);
  return starts;
}

// What the observation's stage takes longer if it ends after `stage_s` by its blocks' usual times.
// The last block that begins before counts whole: most of the extra time is that of waking up.
double extra_until(const SetupObservation& observation, const std::vector<double>& block_s,
                   double stage_s) {
  double extra_s = 0;
  for (std::size_t i = 0; i < observation.extra_s.size() && stage_s > 0; ++i) {
    extra_s += observation.extra_s[i];
    stage_s -= block_s[observation.block + i];
  }
  return extra_s;
}

}  // namespace

int entry_block(const std::vector<double>& block_s, int observation) {
  constexpr double golden_ratio = 0.6180339887498949;
  const std::vector<double> starts = starts_of(block_s);
  const double position = std::fmod(observation * golden_ratio, 1.0) * starts.back();
  const auto next = std::upper_bound(starts.begin(), starts.end(), position);
  const auto block = static_cast<int>(next - starts.begin()) - 1;
  return std::clamp(block, 0, static_cast<int>(block_s.size()) - 1);
}

SetupObservation observe_setup(Runnable& model, int block, const std::vector<double>& usual_s,
                               const std::function<void()>& wait,
                               const std::function<double()>& clock) {
  constexpr double affected_s = 0.02;
  SetupObservation observation{block, {}};
  for (int before = 0; before < block; ++before) model.run_block(before);
  wait();
  double usual_so_far_s = 0;
  for (std::size_t at = block; at < usual_s.size() && usual_so_far_s < affected_s; ++at) {
    const double start_s = clock();
    model.run_block(static_cast<int>(at));
    observation.extra_s.push_back(clock() - start_s - usual_s[at]);
    usual_so_far_s += usual_s[at];
  }
  return observation;
}

std::vector<TimeEstimate> estimate_setup(const std::vector<SetupObservation>& observations,
                                         const std::vector<double>& block_s) {
  if (observations.size() < min_setup_observations) return {};
  const std::vector<double> starts = starts_of(block_s);
  const auto count =
      std::max(min_setup_observations,
               static_cast<std::size_t>(std::sqrt(static_cast<double>(observations.size()))));
  std::vector<TimeEstimate> estimates;
  for (std::size_t block = 0; block < block_s.size(); ++block) {
    std::vector<SetupObservation> nearest = observations;
    const auto distance = [&](const SetupObservation& one) {
      return std::fabs(starts[one.block] - starts[block]);
    };
    std::stable_sort(nearest.begin(), nearest.end(),
                     [&](const SetupObservation& a, const SetupObservation& b) {
                       return distance(a) < distance(b);
                     });
    std::vector<double> seconds;
    const double rest_s = starts.back() - starts[block];
    for (std::size_t i = 0; i < count; ++i) {
      seconds.push_back(extra_until(nearest[i], block_s, rest_s));
    }
    const Summary summary = summarise(seconds);
    estimates.push_back({summary.median, summary.interval});
  }
  return estimates;
}

}  // namespace scission
