// Plans with their timelines.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "report/html_report/gantt.hpp"
#include "report/html_report/parts.hpp"
#include "scission/base/units.hpp"
#include "scission/search/plan_io.hpp"

namespace scission::html_report {
namespace {

using html::Markup;

std::string route_of(const PlanTimeline& plan) {
  std::string route;
  for (const TimelineItem& item : plan.items) {
    if (item.is_transfer) continue;
    route += fmt::format("{}{} {}", route.empty() ? "" : " → ", item.system,
                         layer_range(item.first_layer, item.last_layer));
  }
  return plan.destination ? route + " → " + *plan.destination : route;
}

std::string facts_of(const PlanTimeline& plan) {
  std::string facts = fmt::format(
      "Latency {}: computing {}, transfers {}. With stages overlapping, one input every {}. {} "
      "over "
      "all links.",
      format_duration(plan.latency_s), format_duration(plan.compute_s),
      format_duration(plan.transfer_s), format_duration(plan.period_s),
      format_bytes(plan.traffic_bytes));
  if (plan.energy_j) facts += fmt::format(" {:.3g} J.", *plan.energy_j);
  if (plan.money) facts += fmt::format(" {:.3g} of money.", *plan.money);
  return facts;
}

Cells item_cells(const TimelineItem& item, double latency_s) {
  const std::string where = item.is_transfer ? item.system + " → " + item.to : item.system;
  const std::string what = item.is_transfer
                               ? format_bytes(item.bytes)
                               : "layers " + layer_range(item.first_layer, item.last_layer);
  return {row_header(where), word_cell(what), number_cell(format_duration(item.begin_s)),
          number_cell(format_duration(item.seconds)),
          number_cell(latency_s > 0 ? percent(item.seconds / latency_s) : "-")};
}

Markup items_table(const PlanTimeline& plan) {
  std::vector<Cells> rows;
  for (const TimelineItem& item : plan.items) rows.push_back(item_cells(item, plan.latency_s));
  return table({"where", "what", "begins", "takes", "share"}, rows);
}

Markup plan_content(const HtmlReport& report, const ReportPlans& plans, std::size_t index,
                    double span_s, const std::string& prefix) {
  const PlanTimeline& plan = plans.timelines.plans[index];
  return html::element("p", facts_of(plan)) + plan_doubts(report, plans.timelines.model, plan) +
         html::element("figure", draw(lay_out(plan, span_s), prefix)) + items_table(plan);
}

// Plans to one scale compare at a glance, unless the longest would make the others invisible.
double common_span(const std::vector<PlanTimeline>& plans) {
  constexpr double most = 3;
  double shortest = plans.front().latency_s;
  double longest = shortest;
  for (const PlanTimeline& plan : plans) {
    shortest = std::min(shortest, plan.latency_s);
    longest = std::max(longest, plan.latency_s);
  }
  return longest <= most * shortest ? longest : 0;
}

Markup plans_of(const HtmlReport& report, const ReportPlans& plans, std::size_t number) {
  const StoredAnswer& all = plans.timelines;
  Markup content =
      html::element("h3", fmt::format("{}, from {}", all.model,
                                      std::filesystem::path(plans.source).filename().string()));
  if (all.plans.empty()) return content + html::element("p", "No plan met the query.");
  const double span_s = common_span(all.plans);
  content += html::element(
      "p",
      fmt::format("{}, best first; input {}. {}",
                  all.plans.size() == 1 ? "One plan" : fmt::format("{} plans", all.plans.size()),
                  format_bytes(all.query.input_bytes),
                  span_s > 0 ? "All timelines are to one scale."
                             : "Each timeline has a scale of its own."));
  for (std::size_t i = 0; i < all.plans.size(); ++i) {
    const std::string title = fmt::format(
        "{}. {}: {}", i + 1, format_duration(all.plans[i].latency_s), route_of(all.plans[i]));
    const std::string prefix = fmt::format("plan-{}-{}", number, i + 1);
    content += fold(title, i == 0, plan_content(report, plans, i, span_s, prefix));
  }
  return content;
}

}  // namespace

html::Markup plans_section(const HtmlReport& report) {
  if (report.plans.empty()) return {};
  Markup content = html::element("h2", "Plans");
  for (std::size_t i = 0; i < report.plans.size(); ++i) {
    content += plans_of(report, report.plans[i], i + 1);
  }
  return html::element("section", {{"id", "plans"}}, content);
}

}  // namespace scission::html_report
