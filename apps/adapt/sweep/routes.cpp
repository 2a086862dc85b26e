#include "adapt/sweep/routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string_view>

#include "base/text.hpp"
#include "scission/base/error.hpp"

namespace scission::sweep {
namespace {

class Enumeration {
 public:
  Enumeration(const std::vector<std::string>& systems, const std::vector<int>& last_layers,
              std::size_t most)
      : systems_(systems), last_layers_(last_layers), most_(most) {}

  std::vector<RoutePlan> run() {
    for (std::size_t stages = 1; stages <= systems_.size(); ++stages) go_on(0, 0, stages);
    return std::move(all_);
  }

 private:
  /// `layer`: how many of last_layers_ are used up; so many stages are still to come.
  void go_on(std::size_t system, std::size_t layer, std::size_t stages) {
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
        go_on(next + 1, end + 1, stages - 1);
        plan_.pop_back();
      }
    }
  }

  void keep() {
    if (all_.size() == most_) {
      throw Error(
          ErrorCode::invalid_argument,
          fmt::format("there are more than {} plans; say best:5, or fewer --systems", most_),
          "--plans");
    }
    all_.push_back(plan_);
  }

  const std::vector<std::string>& systems_;
  const std::vector<int>& last_layers_;
  const std::size_t most_;
  RoutePlan plan_;
  std::vector<RoutePlan> all_;
};

}  // namespace

std::vector<RoutePlan> all_routes(const std::vector<std::string>& systems,
                                  const std::vector<int>& last_layers, std::size_t most) {
  return Enumeration(systems, last_layers, most).run();
}

std::string label_of(const RoutePlan& plan) {
  std::string label;
  for (const Placement& stage : plan) {
    label += fmt::format("{}{}:{}-{}", label.empty() ? "" : "|", stage.system, stage.first_layer,
                         stage.last_layer);
  }
  return label;
}

CutChoice parse_cuts(const std::string& text) {
  constexpr std::string_view best = "best:";
  if (text == "all") return {};
  if (text.starts_with(best)) {
    const auto count = text::to_int(std::string_view(text).substr(best.size()));
    if (count && *count >= 1) return {*count};
  }
  throw Error(ErrorCode::invalid_argument, fmt::format("'{}' must be all or best:5", text),
              "--plans");
}

}  // namespace scission::sweep
