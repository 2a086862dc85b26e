// The plans of a sweep, and its design: an empty sweep with every condition.
#include "scission/runtime/sweep/run_sweep.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "scission/base.hpp"

namespace scission::runtime {
namespace {

/// Depth-first enumeration of plans.
class Enumeration {
 public:
  Enumeration(const std::vector<std::string>& systems, const std::vector<int>& last_layers,
              std::size_t max_count)
      : systems_(systems), last_layers_(last_layers), max_count_(max_count) {}

  std::vector<RoutePlan> run() {
    for (std::size_t stages = 1; stages <= systems_.size(); ++stages) extend(0, 0, stages);
    return std::move(all_);
  }

 private:
  /// `layer`: how many of last_layers_ are assigned; `stages`: how many stages are missing.
  void extend(std::size_t system, std::size_t layer, std::size_t stages) {
    if (stages == 0) {
      keep();
      return;
    }
    const bool is_last = stages == 1;
    for (std::size_t next = system; next + stages <= systems_.size(); ++next) {
      const std::size_t first_end = is_last ? last_layers_.size() - 1 : layer;
      for (std::size_t end = first_end; end + stages <= last_layers_.size(); ++end) {
        const int first = layer == 0 ? 0 : last_layers_[layer - 1] + 1;
        plan_.push_back({first, last_layers_[end], systems_[next]});
        extend(next + 1, end + 1, stages - 1);
        plan_.pop_back();
      }
    }
  }

  void keep() {
    if (all_.size() == max_count_) {
      throw Error(
          ErrorCode::invalid_argument,
          fmt::format("there are more than {} plans; use fewer systems, or only the fastest "
                      "plans of a prediction",
                      max_count_),
          "plans");
    }
    all_.push_back(plan_);
  }

  const std::vector<std::string>& systems_;
  const std::vector<int>& last_layers_;
  const std::size_t max_count_;
  RoutePlan plan_;
  std::vector<RoutePlan> all_;
};

}  // namespace

std::vector<RoutePlan> enumerate_routes(const std::vector<std::string>& systems,
                                        const std::vector<int>& last_layers,
                                        std::size_t max_count) {
  return Enumeration(systems, last_layers, max_count).run();
}

std::string format_plan_label(const RoutePlan& plan) {
  std::string label;
  for (const Placement& stage : plan) {
    label += fmt::format("{}{}:{}-{}", label.empty() ? "" : "|", stage.system, stage.first_layer,
                         stage.last_layer);
  }
  return label;
}

Sweep empty_sweep(const std::string& model, const std::vector<SweepFactor>& factors,
                  const std::vector<std::string>& systems, const std::vector<RoutePlan>& plans) {
  Sweep sweep;
  sweep.model = model;
  sweep.systems = systems;
  for (const SweepFactor& factor : factors) sweep.factors.push_back(factor.factor);
  for (const RoutePlan& plan : plans) {
    sweep.plans.push_back({format_plan_label(plan), static_cast<int>(plan.size()) - 1});
  }
  return sweep;
}

std::vector<RoutePlan> fastest_plans(const Sweep& sweep, const std::vector<RoutePlan>& plans,
                                     int count) {
  std::set<std::size_t> chosen;
  for (const Condition& condition : sweep.conditions) {
    std::vector<std::pair<double, std::size_t>> order;
    for (std::size_t plan = 0; plan < plans.size(); ++plan) {
      order.emplace_back(condition.times[plan].seconds, plan);
    }
    std::sort(order.begin(), order.end());
    order.resize(std::min(order.size(), static_cast<std::size_t>(count)));
    for (const auto& [seconds, plan] : order) chosen.insert(plan);
  }
  std::vector<RoutePlan> fastest;
  for (const std::size_t plan : chosen) fastest.push_back(plans[plan]);
  return fastest;
}

std::vector<std::string> select_systems(const std::vector<std::string>& named,
                                        const std::vector<std::string>& chosen) {
  for (const std::string& system : chosen) {
    if (std::count(chosen.begin(), chosen.end(), system) == 1 &&
        std::count(named.begin(), named.end(), system) > 0) {
      continue;
    }
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is given twice, or is not one of {}",
                                                         system, fmt::join(named, ", ")));
  }
  return chosen.empty() ? named : chosen;
}

int parse_plan_choice(const std::string& text) {
  constexpr std::string_view best = "best:";
  if (text == "all") return 0;
  if (text.starts_with(best)) {
    const auto count = text::to_int(std::string_view(text).substr(best.size()));
    if (count && *count >= 1) return *count;
  }
  throw Error(ErrorCode::invalid_argument, fmt::format("'{}' must be all or best:5", text));
}

}  // namespace scission::runtime
