#include "runtime/client/link_curve.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace scission::runtime {
namespace {

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

}  // namespace

std::vector<CurvePoint> measure_curve(const Probe& probe, const LinkOptions& options,
                                      const Watch& watch) {
  if (options.bytes.empty()) return {};
  const double began_s = watch();
  probe(options.bytes.front());
  std::vector<std::vector<double>> seconds(options.bytes.size());
  for (int round = 0; round < std::max(options.repeats, 1); ++round) {
    if (round > 0 && watch() - began_s >= options.max_time_s) break;
    for (std::size_t i = 0; i < options.bytes.size(); ++i) {
      std::this_thread::sleep_for(std::chrono::duration<double>(options.pause_s));
      seconds[i].push_back(probe(options.bytes[i]));
    }
  }
  std::vector<CurvePoint> curve;
  for (std::size_t i = 0; i < options.bytes.size(); ++i) {
    const double before = curve.empty() ? 0 : curve.back().seconds;
    curve.push_back({static_cast<double>(options.bytes[i]), std::max(before, median(seconds[i]))});
  }
  return curve;
}

}  // namespace scission::runtime
