// Pareto fronts of two or three metrics.
#include "scission/search/analysis.hpp"

#include <algorithm>
#include <utility>

#include "base/numbers.hpp"
#include "base/require.hpp"
#include "search/ranking.hpp"

namespace scission {
namespace {

using search_detail::just_below;
using search_detail::SearchBudget;

// Relative; well above the search's tolerance of limits, well below what just_below() takes off.
constexpr double tolerance = 1e-11;

using Amounts = std::vector<double>;

struct Point {
  Plan plan;
  Amounts amounts;
};

// A region that may contain further points: every amount except the first is below a bound.
struct Box {
  Amounts bounds;    // of the second metric and the third
  Point least = {};  // the point of least first amount in the box, once searched

  bool is_searched() const { return !least.amounts.empty(); }

  bool holds(const Amounts& amounts) const {
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      if (amounts[i + 1] > just_below(bounds[i]) * (1 + tolerance)) return false;
    }
    return true;
  }

  bool is_within(const Box& other) const {
    return std::equal(bounds.begin(), bounds.end(), other.bounds.begin(),
                      [](double mine, double others) { return mine <= others; });
  }
};

// Finds the points in ascending order of their first amount. Every further point is better than all
// of these in another amount, so it lies in one of a few boxes, which each new point subdivides.
class Front {
 public:
  Front(const PartitionProblem& problem, const Query& query, const std::vector<Metric>& metrics,
        const SearchOptions& options)
      : problem_(problem), query_(query), metrics_(metrics), budget_(options) {
    query_.result_count = 1;
    Box& all = boxes_.emplace_back();
    all.bounds.assign(metrics.size() - 1, infinity);
  }

  ParetoFront find() {
    while (search_boxes() && !boxes_.empty()) {
      const std::optional<Point> point = complete(box_of_min_point());
      if (!point) break;
      cut_boxes(*point);
      points_.push_back(*point);
    }
    return {sorted_plans(), is_complete_};
  }

 private:
  // Searches the new boxes and drops those without a point. False when a search was stopped.
  bool search_boxes() {
    std::vector<Box> with_points;
    for (Box& box : boxes_) {
      if (!box.is_searched()) {
        std::optional<Point> point = least(metrics_.front(), limits_of(box));
        if (!is_complete_) return false;
        if (!point) continue;
        box.least = *std::move(point);
      }
      with_points.push_back(std::move(box));
    }
    boxes_ = std::move(with_points);
    return true;
  }

  const Box& box_of_min_point() const {
    return *std::min_element(boxes_.begin(), boxes_.end(), [](const Box& a, const Box& b) {
      return a.least.amounts.front() < b.least.amounts.front();
    });
  }

  // Lexicographic minimum: the least first amount, then the least second, then the least third.
  std::optional<Point> complete(const Box& box) {
    PlanLimits limits = limits_of(box);
    std::optional<Point> point = box.least;
    for (std::size_t i = 1; point && i < metrics_.size(); ++i) {
      limits.limit(metrics_[i - 1]) = point->amounts[i - 1];
      point = least(metrics_[i], limits);
    }
    return point;
  }

  // No box contains a point with a smaller first amount, so the part of a box that is not better
  // than the new point in another amount can be removed.
  void cut_boxes(const Point& point) {
    std::vector<Box> cut;
    std::erase_if(boxes_, [&](const Box& box) {
      if (!box.holds(point.amounts)) return false;
      for (std::size_t i = 0; i < box.bounds.size(); ++i) cut.push_back(part_below(box, point, i));
      return true;
    });
    for (Box& box : cut) add_unless_within_another(std::move(box));
  }

  static Box part_below(Box box, const Point& point, std::size_t i) {
    box.bounds[i] = point.amounts[i + 1];
    // The box's least point is also the least of the part that contains it.
    if (!box.holds(box.least.amounts)) box.least = {};
    return box;
  }

  void add_unless_within_another(Box box) {
    const bool is_empty =
        std::any_of(box.bounds.begin(), box.bounds.end(), [](double bound) { return bound <= 0; });
    const auto has_it = [&](const Box& other) { return box.is_within(other); };
    if (is_empty || std::any_of(boxes_.begin(), boxes_.end(), has_it)) return;
    std::erase_if(boxes_, [&](const Box& other) { return other.is_within(box); });
    boxes_.push_back(std::move(box));
  }

  PlanLimits limits_of(const Box& box) const {
    PlanLimits limits = query_.limits;
    for (std::size_t i = 0; i < box.bounds.size(); ++i) {
      std::optional<double>& limit = limits.limit(metrics_[i + 1]);
      const double bound = just_below(box.bounds[i]);
      if (bound < limit.value_or(infinity)) limit = bound;
    }
    return limits;
  }

  // Also empty when the search was stopped; then the front is not complete.
  std::optional<Point> least(Metric metric, const PlanLimits& limits) {
    Query query = query_;
    query.objective = single_objective(metric);
    query.limits = limits;
    const SearchResult result = search(problem_, query, budget_.rest());
    if (!result.is_optimal) is_complete_ = false;
    if (!result.is_optimal || result.plans.empty()) return std::nullopt;
    Point point{result.plans.front(), {}};
    for (const Metric each : metrics_) {
      point.amounts.push_back(metric_value(each, point.plan.cost));
    }
    return point;
  }

  std::vector<Plan> sorted_plans() {
    std::sort(points_.begin(), points_.end(),
              [](const Point& a, const Point& b) { return a.amounts < b.amounts; });
    std::vector<Plan> plans;
    for (Point& point : points_) plans.push_back(std::move(point.plan));
    return plans;
  }

  const PartitionProblem& problem_;
  Query query_;
  const std::vector<Metric>& metrics_;
  SearchBudget budget_;
  std::vector<Box> boxes_;
  std::vector<Point> points_;
  bool is_complete_ = true;
};

void require_two_or_three(std::vector<Metric> metrics) {
  std::sort(metrics.begin(), metrics.end());
  const bool is_distinct = std::adjacent_find(metrics.begin(), metrics.end()) == metrics.end();
  if (is_distinct && (metrics.size() == 2 || metrics.size() == 3)) return;
  throw_invalid_argument("takes two or three distinct metrics", "Pareto front");
}

}  // namespace

ParetoFront pareto_front(const PartitionProblem& problem, const Query& query,
                         const std::vector<Metric>& metrics, const SearchOptions& options) {
  require_two_or_three(metrics);
  return Front(problem, query, metrics, options).find();
}

}  // namespace scission
