#include "scission/search/analysis.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "scission/base/error.hpp"
#include "search/plan_limits.hpp"
#include "search/search_budget.hpp"

namespace scission {
namespace {

/// Relative; amounts that differ by less count as equal.
constexpr double resolution = 1e-9;
/// Relative; well above a search's tolerance for limits, well below the resolution.
constexpr double tolerance = 1e-11;

double just_below(double amount) { return amount * (1 - resolution); }

using Amounts = std::vector<double>;

struct Point {
  Plan plan;
  Amounts amounts;
};

/// Where points may still be: every amount but the first below a bound, +∞ for none.
struct Box {
  Amounts bounds;    ///< of the second measure and the others
  Point least = {};  ///< of the points in the box the one of least first amount, once searched

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

/// Finds the points by their first amount, ascending. What is left then is better than all of them
/// in some other amount: a few boxes, that each new point cuts up.
class Front {
 public:
  Front(const PartitionProblem& problem, const Query& query, const std::vector<Metric>& measures,
        const SearchOptions& options)
      : problem_(problem), query_(query), measures_(measures), budget_(options) {
    query_.result_count = 1;
    Box& all = boxes_.emplace_back();
    all.bounds.assign(measures.size() - 1, std::numeric_limits<double>::infinity());
  }

  ParetoFront find() {
    while (search_boxes() && !boxes_.empty()) {
      const std::optional<Point> point = complete(least_box());
      if (!point) break;
      cut_boxes(*point);
      points_.push_back(*point);
    }
    return {sorted_plans(), is_complete_};
  }

 private:
  /// Searches the boxes that are new and drops those without a point.
  bool search_boxes() {
    std::vector<Box> with_points;
    for (Box& box : boxes_) {
      if (!box.is_searched()) {
        std::optional<Point> point = least(measures_.front(), limits_of(box));
        if (!is_complete_) return false;
        if (!point) continue;
        box.least = *std::move(point);
      }
      with_points.push_back(std::move(box));
    }
    boxes_ = std::move(with_points);
    return true;
  }

  const Box& least_box() const {
    return *std::min_element(boxes_.begin(), boxes_.end(), [](const Box& a, const Box& b) {
      return a.least.amounts.front() < b.least.amounts.front();
    });
  }

  /// Of the points of the least first amount that with the least second, of those the least third.
  std::optional<Point> complete(const Box& box) {
    PlanLimits limits = limits_of(box);
    std::optional<Point> point = box.least;
    for (std::size_t i = 1; point && i < measures_.size(); ++i) {
      limit_on(measures_[i - 1], limits) = point->amounts[i - 1];
      point = least(measures_[i], limits);
    }
    return point;
  }

  /// No point with a lesser first amount is left in any box, so that whatever is not better than
  /// the new point in another amount can be cut away.
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
    // What was the least of the whole is the least of the part that has it.
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
      std::optional<double>& limit = limit_on(measures_[i + 1], limits);
      const double bound = just_below(box.bounds[i]);
      if (bound < limit.value_or(std::numeric_limits<double>::infinity())) limit = bound;
    }
    return limits;
  }

  /// Empty, too, when the search ended before it could tell; the front is not complete then.
  std::optional<Point> least(Metric measure, const PlanLimits& limits) {
    Query query = query_;
    query.objective = single_objective(measure);
    query.limits = limits;
    const SearchResult result = search(problem_, query, budget_.rest());
    if (!result.is_optimal) is_complete_ = false;
    if (!result.is_optimal || result.plans.empty()) return std::nullopt;
    const PlanCost total = plan_cost(problem_, result.plans.front(), query_.input_bytes);
    Point point{result.plans.front(), {}};
    for (const Metric each : measures_) point.amounts.push_back(metric_value(each, total));
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
  const std::vector<Metric>& measures_;
  SearchBudget budget_;
  std::vector<Box> boxes_;
  std::vector<Point> points_;
  bool is_complete_ = true;
};

void require_two_or_three(std::vector<Metric> measures) {
  std::sort(measures.begin(), measures.end());
  const bool is_distinct = std::adjacent_find(measures.begin(), measures.end()) == measures.end();
  if (is_distinct && (measures.size() == 2 || measures.size() == 3)) return;
  throw Error(ErrorCode::invalid_argument, "takes two or three measures, each once",
              "Pareto front");
}

}  // namespace

ParetoFront pareto_front(const PartitionProblem& problem, const Query& query,
                         const std::vector<Metric>& measures, const SearchOptions& options) {
  require_two_or_three(measures);
  return Front(problem, query, measures, options).find();
}

}  // namespace scission
