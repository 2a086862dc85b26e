// Whether plans belong to the profiles of the page.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/html_report/parts.hpp"
#include "scission/base/error.hpp"
#include "scission/base/units.hpp"

namespace scission::html_report {
namespace {

using html::Markup;

[[noreturn]] void refuse(const ReportPlans& plans, const std::string& why) {
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

void check_layers(const HtmlReport& report, const ReportPlans& plans, const TimelineItem& stage) {
  const ModelProfile* model = measured_on(report, stage.system, plans.timelines.model);
  if (model == nullptr) {
    refuse(plans, fmt::format("runs {} on {}, which has not measured it", plans.timelines.model,
                              stage.system));
  }
  const auto ends_there = [&](const BlockTiming& block) {
    return block.block.last_layer == stage.last_layer;
  };
  if (std::any_of(model->blocks.begin(), model->blocks.end(), ends_there)) return;
  refuse(plans, fmt::format("cuts {} after layer {}, where no block of the profile of {} ends",
                            plans.timelines.model, stage.last_layer, stage.system));
}

void check_plan(const HtmlReport& report, const ReportPlans& plans, const PlanTimeline& plan) {
  for (const std::string& name : plan.systems()) {
    if (find_system(report, name)) continue;
    refuse(plans, fmt::format("is a plan over {}, of which there is no profile here", name));
  }
  const TimelineItem* last = nullptr;
  for (const TimelineItem& item : plan.items) {
    if (item.is_transfer) continue;
    check_layers(report, plans, item);
    last = &item;
  }
  const int layers = measured_on(report, last->system, plans.timelines.model)->layers();
  if (last->last_layer + 1 != layers) {
    refuse(plans, fmt::format("ends with layer {} of {}, which has {} layers here",
                              last->last_layer, plans.timelines.model, layers));
  }
}

// --- Whether the plan rests on the figures of this page ---

double measured_s(const HtmlReport& report, const std::string& model, const TimelineItem& stage) {
  double seconds = 0;
  for (const BlockTiming& block : measured_on(report, stage.system, model)->blocks) {
    const bool is_within =
        block.block.first_layer >= stage.first_layer && block.block.last_layer <= stage.last_layer;
    if (is_within) seconds += block.seconds;
  }
  return seconds;
}

bool is_close(double a, double b) { return std::abs(a - b) <= 1e-6 * std::max(a, b) + 1e-12; }

std::string doubt_of(const HtmlReport& report, const std::string& model, const TimelineItem& item) {
  if (!item.is_transfer) {
    const double here_s = measured_s(report, model, item);
    if (is_close(here_s, item.seconds)) return {};
    return fmt::format("Layers {} to {} on {} take {} in the plan, {} in the profile.",
                       item.first_layer, item.last_layer, item.system,
                       format_duration(item.seconds), format_duration(here_s));
  }
  if (!report.network) return {};
  const SystemProfile& from = *find_system(report, item.system);
  const SystemProfile& to = *find_system(report, item.to);
  const std::optional<Link> link =
      report.network->find({from.name, from.platform}, {to.name, to.platform});
  if (!link) return fmt::format("The network has no link from {} to {}.", item.system, item.to);
  const double here_s = link->transfer_s(item.bytes);
  if (is_close(here_s, item.seconds)) return {};
  return fmt::format("{} from {} to {} take {} in the plan, {} by the network file.",
                     format_bytes(item.bytes), item.system, item.to, format_duration(item.seconds),
                     format_duration(here_s));
}

}  // namespace

void check_plans(const HtmlReport& report) {
  for (const ReportPlans& plans : report.plans) {
    const std::string& model = plans.timelines.model;
    const bool is_known =
        std::any_of(report.systems.begin(), report.systems.end(),
                    [&](const SystemProfile& system) { return system.find(model) != nullptr; });
    if (!is_known)
      refuse(plans, fmt::format("is of the model '{}', which no profile holds", model));
    for (const PlanTimeline& plan : plans.timelines.plans) check_plan(report, plans, plan);
  }
}

html::Markup plan_doubts(const HtmlReport& report, const std::string& model,
                         const PlanTimeline& plan) {
  Markup items;
  for (const TimelineItem& item : plan.items) {
    const std::string doubt = doubt_of(report, model, item);
    if (!doubt.empty()) items += html::element("li", doubt);
  }
  if (items.empty()) return {};
  return html::element("div", {{"class", "warning"}},
                       html::element("strong", "Made from other figures than those on this page") +
                           html::element("ul", items));
}

}  // namespace scission::html_report
