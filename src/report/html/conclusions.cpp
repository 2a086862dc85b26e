// What the page amounts to: per model the best plan, what it gains and what limits it.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "report/html/parts.hpp"
#include "scission/base/error.hpp"
#include "scission/base/units.hpp"
#include "scission/search/search.hpp"

namespace scission::html_report {
namespace {

using html::Markup;

// The best plan of a model, and where its input lies.
struct Best {
  PlanTimeline plan;
  double input_bytes = 0;
};

/// A time, and the system that takes it.
struct Single {
  std::string system;
  double seconds = 0;
};

std::optional<Best> stored_best(const HtmlReport& report, const std::string& model) {
  for (const ReportPlans& plans : report.plans) {
    const StoredAnswer& answer = plans.timelines;
    if (answer.model != model || answer.plans.empty()) continue;
    return Best{answer.plans.front(), answer.query.input_bytes};
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

// By scission-predict's defaults. Several profiles of one system have no plan together.
std::optional<Best> found_best(const HtmlReport& report, const std::string& model) {
  if (!report.network) return std::nullopt;
  try {
    const PartitionProblem problem =
        make_problem(report.systems, *report.network, model, platforms_of(report));
    Query query;
    query.result_count = 1;
    query.input_bytes = default_input_bytes(problem);
    const SearchResult result = search(problem, query);
    if (result.plans.empty()) return std::nullopt;
    return Best{timeline_of(problem, result.plans.front(), query.input_bytes), query.input_bytes};
  } catch (const Error&) {
    return std::nullopt;
  }
}

// The whole model on one system, with the transfer of the input; empty if no link is known.
std::optional<double> alone_on(const HtmlReport& report, const SystemProfile& system,
                               const ModelProfile& model, const SystemProfile& source,
                               double input_bytes) {
  const double seconds = model.blocks.front().setup_seconds + model.blocks_seconds();
  if (&system == &source) return seconds;
  if (!report.network) return std::nullopt;
  const auto link =
      report.network->find({source.name, source.platform}, {system.name, system.platform});
  if (!link) return std::nullopt;
  return link->transfer_s(input_bytes) + seconds;
}

std::optional<Single> best_single(const HtmlReport& report, const std::string& model,
                                  const Best& best) {
  const auto source =
      std::find_if(report.systems.begin(), report.systems.end(),
                   [&](const SystemProfile& system) { return system.name == best.plan.source; });
  if (source == report.systems.end()) return std::nullopt;
  std::optional<Single> least;
  for (const SystemProfile& system : report.systems) {
    const ModelProfile* measured = system.find(model);
    if (measured == nullptr) continue;
    const auto seconds = alone_on(report, system, *measured, *source, best.input_bytes);
    if (seconds && (!least || *seconds < least->seconds)) least = {system.name, *seconds};
  }
  return least;
}

bool is_split(const PlanTimeline& plan) { return placements_of(plan).size() > 1; }

std::string gain_text(const PlanTimeline& plan, const std::optional<Single>& single) {
  constexpr double min_gain = 0.005;
  if (!single) return "-";
  const double gain = 1 - plan.latency_s / single->seconds;
  if (!is_split(plan) || gain < min_gain) {
    return fmt::format("none over {} alone ({})", single->system, format_duration(single->seconds));
  }
  return fmt::format("{} less than {} alone ({})", percent(gain), single->system,
                     format_duration(single->seconds));
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

Cells cells_of(const HtmlReport& report, const std::string& model, const Best& best) {
  return {row_header(model), word_cell(best.plan.route_to_destination()),
          number_cell(format_duration(best.plan.latency_s)),
          word_cell(gain_text(best.plan, best_single(report, model, best))),
          word_cell(limit_text(best.plan))};
}

}  // namespace

html::Markup conclusions(const HtmlReport& report, const std::vector<ModelPart>& models) {
  std::vector<Cells> rows;
  bool is_searched = false;
  for (const ModelPart& model : models) {
    std::optional<Best> best = stored_best(report, model.name);
    if (!best) {
      best = found_best(report, model.name);
      is_searched = is_searched || best;
    }
    if (best) rows.push_back(cells_of(report, model.name, *best));
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
