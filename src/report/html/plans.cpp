// Plans with their timelines, and whether they belong to the profiles of the page.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "report/html/gantt.hpp"
#include "report/html/parts.hpp"
#include "scission/base.hpp"
#include "scission/search/plan_io.hpp"

namespace scission::html_report {
namespace {

using html::Markup;

// --- Validation ---

[[noreturn]] void reject(const ReportPlans& plans, const std::string& why) {
  throw Error(ErrorCode::mismatch, why, plans.source);
}

const SystemProfile* find_system(const HtmlReport& report, const std::string& name) {
  for (const SystemProfile& system : report.systems) {
    if (system.name == name) return &system;
  }
  return nullptr;
}

const ModelProfile* measured_on(const HtmlReport& report, const std::string& system,
                                const std::string& model) {
  for (const SystemProfile& one : report.systems) {
    if (one.name == system && one.find(model)) return one.find(model);
  }
  return nullptr;
}

void validate_layers(const HtmlReport& report, const ReportPlans& plans,
                     const TimelineItem& stage) {
  const ModelProfile* model = measured_on(report, stage.system, plans.timelines.model);
  if (model == nullptr) {
    reject(plans, fmt::format("runs {} on {}, which has not measured it", plans.timelines.model,
                              stage.system));
  }
  const auto ends_there = [&](const BlockTiming& block) {
    return block.block.last_layer == stage.last_layer;
  };
  if (std::any_of(model->blocks.begin(), model->blocks.end(), ends_there)) return;
  reject(plans, fmt::format("cuts {} after layer {}, where no block of the profile of {} ends",
                            plans.timelines.model, stage.last_layer, stage.system));
}

void validate_plan(const HtmlReport& report, const ReportPlans& plans, const PlanTimeline& plan) {
  for (const std::string& name : plan.systems()) {
    if (find_system(report, name)) continue;
    reject(plans, fmt::format("uses {}, which has no profile here", name));
  }
  const TimelineItem* last = nullptr;
  for (const TimelineItem& item : plan.items) {
    if (item.is_transfer) continue;
    validate_layers(report, plans, item);
    last = &item;
  }
  const int layers = measured_on(report, last->system, plans.timelines.model)->layers();
  if (last->last_layer + 1 != layers) {
    reject(plans, fmt::format("ends with layer {} of {}, which has {} layers here",
                              last->last_layer, plans.timelines.model, layers));
  }
}

// --- Times that differ from the page ---

double measured_s(const HtmlReport& report, const std::string& model, const TimelineItem& stage) {
  double seconds = 0;
  for (const BlockTiming& block : measured_on(report, stage.system, model)->blocks) {
    const bool is_within =
        block.block.first_layer >= stage.first_layer && block.block.last_layer <= stage.last_layer;
    if (is_within) seconds += block.seconds;
    if (block.block.first_layer == stage.first_layer) seconds += block.setup_seconds;
  }
  return seconds;
}

bool is_close(double a, double b) { return std::abs(a - b) <= 1e-6 * std::max(a, b) + 1e-12; }

std::string difference_of(const HtmlReport& report, const std::string& model,
                          const TimelineItem& item) {
  const double planned_s = item.without_exit_s.value_or(item.seconds);
  if (!item.is_transfer) {
    const double here_s = measured_s(report, model, item);
    if (is_close(here_s, planned_s)) return {};
    return fmt::format("Layers {} to {} on {} take {} in the plan, {} in the profile.",
                       item.first_layer, item.last_layer, item.system, format_duration(planned_s),
                       format_duration(here_s));
  }
  if (!report.network) return {};
  const SystemProfile& from = *find_system(report, item.system);
  const SystemProfile& to = *find_system(report, item.to);
  const std::optional<Link> link =
      report.network->find({from.name, from.platform}, {to.name, to.platform});
  if (!link) return fmt::format("The network has no link from {} to {}.", item.system, item.to);
  const double here_s = link->transfer_s(item.bytes);
  if (is_close(here_s, planned_s)) return {};
  return fmt::format("{} from {} to {} take {} in the plan, {} by the network file.",
                     format_bytes(item.bytes), item.system, item.to, format_duration(planned_s),
                     format_duration(here_s));
}

Markup plan_warnings(const HtmlReport& report, const std::string& model, const PlanTimeline& plan) {
  Markup items;
  for (const TimelineItem& item : plan.items) {
    const std::string difference = difference_of(report, model, item);
    if (!difference.empty()) items += html::element("li", difference);
  }
  if (items.empty()) return {};
  return html::element(
      "div", {{"class", "warning"}},
      html::element("strong", "This plan was computed from other figures than those on this page") +
          html::element("ul", items));
}

// --- The section ---

std::string facts_of(const PlanTimeline& plan, const std::vector<ExitShare>& exits) {
  std::string facts = fmt::format(
      "Latency {}: computing {}, transfers {}. With stages overlapping, one input every {}. {} "
      "over "
      "all links.",
      format_duration(plan.latency_s), format_duration(plan.compute_s),
      format_duration(plan.transfer_s), format_duration(plan.period_s),
      format_bytes(plan.traffic_bytes));
  if (plan.setup_s > 0) facts += fmt::format(" Setup {}.", format_duration(plan.setup_s));
  if (plan.energy_j) facts += fmt::format(" {:.3g} J.", *plan.energy_j);
  if (plan.money) facts += fmt::format(" {:.3g} of money.", *plan.money);
  if (!exits.empty()) {
    facts += " These are means over all requests: " + format_exit_shares(exits) + ".";
  }
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
  return html::element("p", facts_of(plan, plans.timelines.exit_shares)) +
         plan_warnings(report, plans.timelines.model, plan) +
         html::element("figure", draw(lay_out(plan, span_s), prefix)) + items_table(plan);
}

// Plans have the same scale unless the longest would make the others invisible.
double common_span(const std::vector<PlanTimeline>& plans) {
  constexpr double max_ratio = 3;
  double shortest = plans.front().latency_s;
  double longest = shortest;
  for (const PlanTimeline& plan : plans) {
    shortest = std::min(shortest, plan.latency_s);
    longest = std::max(longest, plan.latency_s);
  }
  return longest <= max_ratio * shortest ? longest : 0;
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
      fmt::format(
          "{}, best first; input {}. {}",
          all.plans.size() == 1 ? "One plan" : fmt::format("{} plans", all.plans.size()),
          format_bytes(all.query.input_bytes),
          span_s > 0 ? "All timelines have the same scale." : "Each timeline has its own scale."));
  for (std::size_t i = 0; i < all.plans.size(); ++i) {
    const std::string title =
        fmt::format("{}. {}: {}", i + 1, format_duration(all.plans[i].latency_s),
                    all.plans[i].route_to_destination());
    const std::string prefix = fmt::format("plan-{}-{}", number, i + 1);
    content += fold(title, i == 0, plan_content(report, plans, i, span_s, prefix));
  }
  return content;
}

}  // namespace

void validate_plans(const HtmlReport& report) {
  for (const ReportPlans& plans : report.plans) {
    const std::string& model = plans.timelines.model;
    const bool is_known =
        std::any_of(report.systems.begin(), report.systems.end(),
                    [&](const SystemProfile& system) { return system.find(model) != nullptr; });
    if (!is_known) {
      reject(plans, fmt::format("is of the model '{}', which no profile has", model));
    }
    for (const PlanTimeline& plan : plans.timelines.plans) validate_plan(report, plans, plan);
  }
}

html::Markup plans_section(const HtmlReport& report) {
  if (report.plans.empty()) return {};
  Markup content = html::element("h2", "Plans");
  for (std::size_t i = 0; i < report.plans.size(); ++i) {
    content += plans_of(report, report.plans[i], i + 1);
  }
  return html::element("section", {{"id", "plans"}}, content);
}

}  // namespace scission::html_report
