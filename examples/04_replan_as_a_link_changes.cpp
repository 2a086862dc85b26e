// Plans repeatedly while a link becomes slower and faster: a Planner reuses what a change does not
// affect.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <optional>
#include <vector>

#include "scission/scission.hpp"

namespace {

// From 100 Mbit/s down to 0.1 Mbit/s and back, in small steps.
std::vector<double> bandwidths() {
  constexpr int steps = 300;
  std::vector<double> list;
  for (int step = -steps; step <= steps; ++step) {
    list.push_back(0.1 * std::pow(1'000.0, std::abs(step) / double{steps}));
  }
  return list;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

}  // namespace

int main() {
  try {
    scission::Query query;
    query.result_count = 1;
    scission::Planner planner(
        scission::make_problem(scission::read_profiles("data/example"),
                               scission::read_network("data/example/network.csv"), "resnet50"),
        query);

    scission::Link link = planner.problem().link("handheld", "box").value();
    std::optional<scission::Plan> current;
    std::vector<double> times;
    for (double megabits_per_s : bandwidths()) {
      const auto start = std::chrono::steady_clock::now();
      link.megabits_per_s = megabits_per_s;
      planner.set_link("handheld", "box", link);
      const std::vector<scission::Plan> plans = planner.plan().plans;
      times.push_back(seconds_since(start));
      if (plans.empty() || plans.front() == current) continue;  // empty: nothing fits
      current = plans.front();
      std::cout << "at " << megabits_per_s
                << " Mbit/s: " << scission::format_distribution(planner.problem(), *current) << ", "
                << scission::format_duration(current->cost.latency_s) << '\n';
    }
    std::cout << times.size() << " plans, half of them within "
              << scission::format_duration(median(times)) << " each\n";
  } catch (const scission::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
