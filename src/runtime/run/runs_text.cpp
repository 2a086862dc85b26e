// Runs beside their plans, as text.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "base/digits.hpp"
#include "base/text_table.hpp"
#include "runtime/pipeline/plan_choice.hpp"
#include "runtime/pipeline/summary_text.hpp"
#include "scission/base.hpp"
#include "scission/model.hpp"
#include "scission/runtime/run/run_plans.hpp"

namespace scission::runtime {
namespace {

using text::Align;
using text::Table;

std::string error_text(double measured, double predicted) {
  if (!(predicted > 0) || !std::isfinite(measured)) return "";
  return fmt::format("{:+.1f} %", 100 * relative_error(measured, predicted));
}

bool is_within_system(const HopSummary& hop) { return hop.from == hop.to || hop.bytes == 0; }

std::vector<text::Column> hop_columns(bool is_coded) {
  std::vector<text::Column> columns{{"hop", Align::left}, {"layers"}, {"message"}};
  if (is_coded) columns.insert(columns.end(), {{"codec", Align::left}, {"encode"}, {"planned"}});
  columns.insert(columns.end(), {{"serialise"}, {"transfer"}, {"deserialise"}});
  if (is_coded) columns.insert(columns.end(), {{"decode"}, {"planned"}});
  columns.insert(columns.end(),
                 {{"planned"}, {"off by"}, {"queue"}, {"compute"}, {"planned"}, {"off by"}});
  return columns;
}

/// With the cells of hop_columns(true), put into the row of a plan that codes something.
void add_coding(const HopSummary& hop, const HopPrediction& predicted,
                std::vector<std::string>& row) {
  row.insert(row.begin() + 6,
             {duration_or_dash(hop.decode.median), duration_or_dash(predicted.decode_s)});
  row.insert(row.begin() + 3,
             {hop.codec.empty() ? "-" : hop.codec, duration_or_dash(hop.encode.median),
              duration_or_dash(predicted.encode_s)});
}

std::vector<std::string> hop_row(const HopSummary& hop, const HopPrediction& predicted,
                                 const Placement& stage) {
  const bool is_local = is_within_system(hop);
  const auto passing = [&](const Quantiles& spread) {
    return is_local ? std::string("-") : duration_or_dash(spread.median);
  };
  return {is_local ? hop.to : hop.from + " → " + hop.to,
          layer_range(stage.first_layer, stage.last_layer),
          is_local ? "-" : format_bytes(hop.bytes),
          passing(hop.serialise),
          passing(hop.transfer),
          passing(hop.deserialise),
          is_local ? "-" : duration_or_dash(predicted.transfer_s),
          is_local ? "" : error_text(hop.passing.median, predicted.transfer_s),
          duration_or_dash(hop.queue.median),
          duration_or_dash(hop.compute.median),
          duration_or_dash(predicted.compute_s),
          error_text(hop.compute.median, predicted.compute_s)};
}

// What the plan predicts: the median latency, or the mean where some requests end early. Infinite
// where most requests were not answered.
double measured_latency_s(const PlanRun& run) {
  const double median_s = run.summary.latency.median;
  return run.plan.is_mean() && std::isfinite(median_s) ? run.summary.mean_latency_s : median_s;
}

std::string latency_line(const PlanRun& run) {
  const double measured_s = measured_latency_s(run);
  return fmt::format(
      "{}{}; planned {} ({})\n", latency_text(run.summary.latency),
      run.plan.is_mean() ? fmt::format(", {} mean", format_duration(measured_s)) : "",
      format_duration(run.plan.latency_s), error_text(measured_s, run.plan.latency_s));
}

std::string throughput_line(const PlanRun& run) {
  std::string line =
      fmt::format("throughput: {} answers a second", text::to_digits(run.summary.throughput, 3));
  if (run.plan.period_s > 0) {
    line += fmt::format("; planned at most {} with stages overlapping",
                        text::to_digits(1 / run.plan.period_s, 3));
  }
  return line + "\n";
}

std::string early_line(const PlanRun& run) {
  if (run.summary.early == 0) return {};
  std::string line =
      fmt::format("{} of them ended early, before the last stage", run.summary.early);
  const std::vector<Placement> stages = placements_of(run.plan);
  for (std::size_t i = 0; i < run.summary.hops.size() && run.switches.empty(); ++i) {
    const int early = run.summary.hops[i].early;
    if (early == 0) continue;
    line += fmt::format("; {:.3g} % in layers {}", 100.0 * early / run.summary.requests,
                        layer_range(stages.at(i).first_layer, stages.at(i).last_layer));
  }
  if (!run.plan.is_mean()) line += "; the plan's times are of requests that do not";
  return line + "\n";
}

std::string switch_lines(const PlanRun& run) {
  std::string lines;
  for (const FailoverSwitch& change : run.switches) {
    const auto link = ends_of_link(change.lost);
    lines += fmt::format("{}: plan {} took over after {}; {} without an answer\n",
                         link ? fmt::format("{} cannot reach {}", link->first, link->second)
                              : change.lost + " was lost",
                         static_cast<std::size_t>(run.rank) + change.to,
                         format_duration(change.decision_s),
                         change.gap_s > 0 ? format_duration(change.gap_s) : std::string("so far"));
  }
  return lines;
}

// Two medians of samples that spread so much are not told apart.
bool is_told_apart(const Quantiles& a, const Quantiles& b) {
  return std::abs(a.median - b.median) > std::max(a.p95 - a.median, b.p95 - b.median);
}

std::string verdict(const std::vector<PlanRun>& runs) {
  const auto best = std::min_element(runs.begin(), runs.end(), [](const auto& a, const auto& b) {
    return measured_latency_s(a) < measured_latency_s(b);
  });
  const PlanRun& first = runs.front();
  if (best == runs.begin()) return fmt::format("plan {} is the fastest, as planned\n", first.rank);
  if (!std::isfinite(first.summary.latency.median)) {
    return fmt::format(
        "plan {} is the fastest; most requests of plan {}, planned to be, were not answered\n",
        best->rank, first.rank);
  }
  const double behind = relative_error(measured_latency_s(first), measured_latency_s(*best));
  return fmt::format("plan {} is the fastest; plan {}, planned to be, takes {:.1f} % more, {}\n",
                     best->rank, first.rank, 100 * behind,
                     is_told_apart(first.summary.latency, best->summary.latency) ? "beyond noise"
                                                                                 : "within noise");
}

/// Whether a hop of the run was coded or was to be.
bool is_coded(const PlanRun& run, const std::vector<HopPrediction>& predicted) {
  const auto& hops = run.summary.hops;
  return std::any_of(hops.begin(), hops.end(),
                     [](const HopSummary& hop) {
                       return !hop.codec.empty() || hop.encode.median + hop.decode.median > 0;
                     }) ||
         std::any_of(predicted.begin(), predicted.end(),
                     [](const HopPrediction& hop) { return !hop.codec.empty(); });
}

/// What crossed as it is although the plan has a codec for it.
std::string uncoded_lines(const PlanRun& run, const std::vector<HopPrediction>& predicted) {
  std::string lines;
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    const HopSummary& hop = run.summary.hops[i];
    if (hop.codec.empty() && !predicted[i].codec.empty() && !is_within_system(hop)) {
      lines += fmt::format("{} → {} was not coded: one of them does not have {}\n", hop.from,
                           hop.to, predicted[i].codec);
    }
    if (hop.raw_tensors > 0) {
      lines += fmt::format(
          "{} → {}: on average {:.3g} of a request's tensors crossed raw, as their numbers cannot "
          "be coded, "
          "or not in fewer bytes\n",
          hop.from, hop.to, hop.raw_tensors);
    }
  }
  return lines;
}

/// How much a lossy plan's answers differ, and may differ.
std::string error_line(const PlanRun& run) {
  if (!run.is_lossy || run.checked == 0) return {};
  const std::string bound = std::isnan(run.error_bound)
                                ? "no measurement says how much they may"
                                : fmt::format("the plan's codecs may make {:.2g}", run.error_bound);
  return fmt::format(
      "{} answers compared: they differ from the whole model's by up to {:.2g} of its largest "
      "number; {}\n",
      run.checked, run.difference, bound);
}

std::string hops_text(const PlanRun& run, std::optional<std::size_t> width) {
  std::string text = fmt::format("[{}] {}\n", run.rank, run.plan.route());
  if (run.summary.answered == 0)
    return text + count_line(run.summary.requests, run.summary.answered, run.summary.repeated) +
           switch_lines(run);
  const std::vector<HopPrediction> predicted = predicted_hops(run.plan);
  const std::vector<Placement> stages = placements_of(run.plan);
  // After a switch the hops are another plan's.
  if (run.summary.hops.size() == stages.size() && run.switches.empty()) {
    if (const int counted = run.summary.hops.front().requests; counted < run.summary.requests) {
      text += fmt::format("medians of the {} requests that were answered{}\n", counted,
                          run.summary.early > 0 ? " by the last stage" : "");
    }
    const bool has_codec = is_coded(run, predicted);
    Table table(hop_columns(has_codec), width);
    for (std::size_t i = 0; i < stages.size(); ++i) {
      std::vector<std::string> row = hop_row(run.summary.hops[i], predicted[i], stages[i]);
      if (has_codec) add_coding(run.summary.hops[i], predicted[i], row);
      table.add(std::move(row));
    }
    text += table.text() + uncoded_lines(run, predicted);
  }
  return text + text::fitted_lines(latency_line(run) + format_limit_waits(run.summary.limit_waits) +
                                       throughput_line(run) +
                                       count_line(run.summary.requests, run.summary.answered,
                                                  run.summary.repeated) +
                                       early_line(run) + switch_lines(run) + error_line(run),
                                   width);
}

std::string ranking_text(const std::vector<PlanRun>& runs, std::optional<std::size_t> width) {
  Table table({{"plan"}, {"route", Align::left}, {"planned"}, {"measured"}, {"p95"}, {"off by"}},
              width);
  for (const PlanRun& run : runs) {
    const Quantiles& latency = run.summary.latency;
    table.add({std::to_string(run.rank), run.plan.route(), format_duration(run.plan.latency_s),
               latency_or_none(measured_latency_s(run)), latency_or_none(latency.p95),
               error_text(measured_latency_s(run), run.plan.latency_s)});
  }
  return table.text() + text::fitted_lines(verdict(runs), width);
}

}  // namespace

std::string find_fault(const std::vector<PlanRun>& runs) {
  for (const PlanRun& run : runs) {
    const int lost = run.summary.requests - run.summary.answered;
    if (run.wrong > 0) {
      return fmt::format(
          "plan {}: {} of {} answers differ from the whole model's by up to {:.2g} of its largest "
          "number{}",
          run.rank, run.wrong, run.checked, run.difference,
          run.is_lossy ? fmt::format(", and its codecs may make {:.2g}: are the inputs like those "
                                     "that the codecs were measured with?",
                                     run.error_bound)
                       : "");
    }
    if (lost > 0) {
      return fmt::format("plan {}: {} of {} requests were not answered: {}", run.rank, lost,
                         run.summary.requests, format_failures(run.summary.failures));
    }
  }
  return {};
}

std::string format_runs(const std::vector<PlanRun>& runs, bool are_verified,
                        std::optional<std::size_t> width) {
  std::string text;
  std::optional<double> difference;  // of lossless plans
  for (const PlanRun& run : runs) {
    text += hops_text(run, width) + text::fitted_lines(format_explanation(run), width) + "\n";
    if (!run.is_lossy) difference = std::max(difference.value_or(0), run.difference);
  }
  if (runs.size() > 1) text += ranking_text(runs, width);
  if (are_verified && difference && find_fault(runs).empty()) text += verified_line(*difference);
  return text;
}

}  // namespace scission::runtime
