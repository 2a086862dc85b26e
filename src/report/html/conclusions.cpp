// What the page amounts to: per model the best plan, what it gains and what limits it.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/digits.hpp"
#include "report/html/parts.hpp"
#include "scission/base.hpp"
#include "scission/search/search.hpp"

namespace scission::html_report {
namespace {

using html::Markup;

// The best plan of a model, and where its input lies.
struct Best {
  PlanTimeline plan;
  double input_bytes = 0;
  std::vector<ExitShare> exit_shares;
};

/// A time, and the system that takes it.
struct Single {
  std::string system;
  double seconds = 0;
  std::optional<double> source_s = {};  ///< that of the source
};

std::optional<Best> stored_best(const HtmlReport& report, const std::string& model) {
  for (const ReportPlans& plans : report.plans) {
    const StoredAnswer& answer = plans.timelines;
    if (answer.model != model || answer.plans.empty()) continue;
    return Best{answer.plans.front(), answer.query.input_bytes, answer.exit_shares};
  }
  return std::nullopt;
}

std::vector<std::string> platforms_of(const HtmlReport& report) {
  std::vector<std::string> platforms = default_platforms();
  for (const SystemProfile& system : report.systems) {
    if (std::find(platforms.begin(), platforms.end(), system.platform) == platforms.end()) {
      platforms.push_back(system.platform);
    }
  }
  return platforms;
}

// Several profiles of one system, or a system of them without the model, make no problem.
std::optional<PartitionProblem> problem_of(const HtmlReport& report, const std::string& model) {
  try {
    return make_problem(report.systems, report.network.value_or(Network()), model,
                        platforms_of(report));
  } catch (const Error&) {
    return std::nullopt;
  }
}

// By scission-predict's defaults.
std::optional<Best> found_best(const PartitionProblem& problem) {
  try {
    Query query;
    query.result_count = 1;
    query.input_bytes = default_input_bytes(problem);
    const SearchResult result = search(problem, query);
    if (result.plans.empty()) return std::nullopt;
    return Best{
        timeline_of(problem, result.plans.front(), query.input_bytes), query.input_bytes, {}};
  } catch (const Error&) {
    return std::nullopt;
  }
}

// Of the plans that run the whole model on one system, from the same source to the same
// destination and with the same shares of early exits: the fastest one whose links are known.
std::optional<Single> best_single(PartitionProblem problem, const Best& best) {
  std::optional<Single> least;
  std::optional<double> source_s;
  try {
    set_exit_shares(best.exit_shares, problem);
    Plan plan{problem.system_index(best.plan.source), {}, {}, {}};
    if (best.plan.destination) plan.destination = problem.system_index(*best.plan.destination);
    for (int system = 0; system < problem.system_count(); ++system) {
      plan.stages = {{system, 0, problem.block_count() - 1}};
      try {
        const double seconds = plan_cost(problem, plan, best.input_bytes).latency_s;
        if (system == plan.source) source_s = seconds;
        if (!least || seconds < least->seconds) least = {problem.systems[system].name, seconds};
      } catch (const Error&) {  // without a link
      }
    }
  } catch (const Error&) {  // the plans are of other systems than the report
  }
  if (least) least->source_s = source_s;
  return least;
}

bool is_split(const PlanTimeline& plan) { return placements_of(plan).size() > 1; }

std::string faster(double seconds, double reference_s) {
  return text::ratio_text(seconds, reference_s, "faster", "slower");
}

std::string gain_text(const PlanTimeline& plan, const std::optional<Single>& single) {
  constexpr double min_gain = 0.005;
  if (!single) return "-";
  const double gain = 1 - plan.latency_s / single->seconds;
  if (gain < -min_gain) {
    return fmt::format("none: {} alone takes {}, but the query's criteria exclude it",
                       single->system, format_duration(single->seconds));
  }
  if (!is_split(plan) && single->source_s && placements_of(plan).front().system != plan.source) {
    const double over_source = 1 - plan.latency_s / *single->source_s;
    if (over_source < min_gain) {
      return fmt::format("none over all on {} ({})", plan.source,
                         format_duration(*single->source_s));
    }
    return fmt::format("{} than all on {} ({})", faster(plan.latency_s, *single->source_s),
                       plan.source, format_duration(*single->source_s));
  }
  if (!is_split(plan)) return "none from distributing";
  if (gain < min_gain) {
    return fmt::format("none over {} alone ({})", single->system, format_duration(single->seconds));
  }
  return fmt::format("{} than {} alone ({})", faster(plan.latency_s, single->seconds),
                     single->system, format_duration(single->seconds));
}

// The transfers together, or the system that computes longest.
std::string limit_text(const PlanTimeline& plan) {
  if (!(plan.latency_s > 0)) return "-";
  std::map<std::string, double> seconds;
  for (const TimelineItem& item : plan.items) {
    seconds[item.is_transfer ? "transfers" : "computing on " + item.system] += item.seconds;
  }
  const auto largest =
      std::max_element(seconds.begin(), seconds.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return fmt::format("{}: {} of the latency", largest->first,
                     percent(largest->second / plan.latency_s));
}

Cells cells_of(const std::string& model, const Best& best, const std::optional<Single>& single) {
  return {row_header(model), word_cell(best.plan.route_to_destination()),
          number_cell(format_duration(best.plan.latency_s)),
          word_cell(gain_text(best.plan, single)), word_cell(limit_text(best.plan))};
}

}  // namespace

html::Markup conclusions(const HtmlReport& report, const std::vector<ModelPart>& models) {
  std::vector<Cells> rows;
  bool is_searched = false;
  for (const ModelPart& model : models) {
    const std::optional<PartitionProblem> problem = problem_of(report, model.name);
    std::optional<Best> best = stored_best(report, model.name);
    if (!best && report.network && problem) {
      best = found_best(*problem);
      is_searched = is_searched || best;
    }
    if (!best) continue;
    const std::optional<Single> single = problem ? best_single(*problem, *best) : std::nullopt;
    rows.push_back(cells_of(model.name, *best, single));
  }
  Markup content = html::element("h2", "Conclusions");
  if (rows.empty()) {
    content += html::element(
        "p", report.network
                 ? "No plan is known: the profiles have no links between them."
                 : "Which plan is best depends on the links: give --network, or plans (--plans).");
  } else {
    content += table({"model", "best plan", "latency", "gain", "limited by"}, rows);
  }
  if (is_searched) {
    content += html::element("p",
                             "Without --plans, the best plan is that of scission-predict's default "
                             "query.");
  }
  return html::element("section", {{"id", "conclusions"}}, content);
}

}  // namespace scission::html_report
