#include <fmt/format.h>

#include "analyse.hpp"
#include "analyse_tables.hpp"
#include "base/text.hpp"
#include "command_line.hpp"
#include "table.hpp"

namespace scission::apps {
namespace {

constexpr std::size_t most_files_named = 6;

// --- What was read ---

std::string faults_line(const SweepReading& reading, SweepFault fault) {
  const std::size_t count = reading.count(fault);
  if (count == 0) return {};
  std::vector<std::string> files;
  for (const FaultyFile& file : reading.faults) {
    if (file.fault != fault || files.size() == most_files_named) continue;
    const bool is_told = fault != SweepFault::missing;
    files.push_back(is_told ? fmt::format("{} ({})", file.file, file.message) : file.file);
  }
  if (count > files.size()) files.push_back(fmt::format("and {} more", count - files.size()));
  return fmt::format("  {} {}: {}\n", count, to_string(fault), text::join(files, ", "));
}

std::string noise_line(const AdaptivityAnalysis& analysis) {
  const LatencyNoise& noise = analysis.noise;
  switch (noise.source) {
    case NoiseSource::intervals:
      return fmt::format("  noise of a latency: {} (by the times' 95 % intervals)\n",
                         format_percent(noise.typical));
    case NoiseSource::grid:
      return fmt::format(
          "  noise of a latency: {} (what {} leave unexplained; {} degrees of freedom)\n",
          format_percent(noise.typical),
          noise.order == 1 ? "the factors one by one"
                           : fmt::format("effects of up to {} factors", noise.order),
          noise.degrees);
    default:
      return "  noise of a latency: unknown, so that nothing can be told to be beyond it\n";
  }
}

std::string heading(const AnalysedSweep& sweep) {
  const Sweep& grid = sweep.grid();
  std::string text = fmt::format("{}: {} of {} conditions, {} plans\n", grid.model,
                                 grid.conditions.size(), sweep.reading.expected, grid.plans.size());
  for (const SweepFault fault :
       {SweepFault::damaged, SweepFault::incomplete, SweepFault::missing}) {
    text += faults_line(sweep.reading, fault);
  }
  const std::vector<int>& baseline = sweep.analysis.baseline;
  text += fmt::format("  baseline {}: {}\n", format_condition_code(grid, baseline),
                      describe_condition(grid, baseline));
  return text + noise_line(sweep.analysis);
}

// --- Whether it pays ---

std::string verdict(const AnalysedSweep& sweep, const AnalyseRequest& request) {
  const AdaptivityAnalysis& analysis = sweep.analysis;
  const std::size_t all = analysis.conditions.size();
  const std::string least = fmt::format("{:g} %", 100 * request.options.min_gain);
  const bool knows_noise = analysis.noise.source != NoiseSource::none;
  Table table({{"", Align::left}, {"conditions"}, {"share"}});
  const auto add = [&](const std::string& what, std::size_t count, bool is_known = true) {
    table.add(
        {what, is_known ? std::to_string(count) : "-", is_known ? share_of(count, all) : "-"});
  };
  add("another plan than the baseline's is the best", analysis.changed);
  add("  beyond noise, by the likely best", analysis.changed_beyond_noise, knows_noise);
  add("repartitioning gains more than " + least, analysis.worthwhile);
  add("  beyond noise, by the likely best", analysis.worthwhile_beyond_noise, knows_noise);
  return "\n" + table.text();
}

std::string averages(const AnalysedSweep& sweep) {
  const AdaptivityAnalysis& analysis = sweep.analysis;
  std::string text =
      fmt::format("gain: {} on average; keeping costs {} at worst\n",
                  format_percent(analysis.mean_gain), format_percent(analysis.worst_regret));
  if (analysis.null_expectation) {
    text += fmt::format(
        "noise alone, without any effect of a condition, would promise {} and other plans in {}\n",
        format_percent(analysis.null_expectation->mean_gain),
        format_percent(analysis.null_expectation->changed_share));
  }
  if (analysis.predicted_gain) {
    const Estimate& gain = *analysis.predicted_gain;
    text += fmt::format(
        "the plan that the other conditions suggest gains {} (95 % interval {:.1f} - {:.1f})\n",
        format_percent(gain.value), 100 * gain.interval.low, 100 * gain.interval.high);
  }
  if (analysis.best_static) {
    const StaticPlan& plan = *analysis.best_static;
    text += fmt::format("the best plan to keep everywhere, {}, gains {}; it costs {} at worst\n",
                        sweep.grid().plans[plan.plan].label,
                        format_percent(plan.gain_over_baseline), format_percent(plan.worst_regret));
  }
  return text;
}

}  // namespace

std::string format_section(const AnalysedSweep& sweep, const AnalyseRequest& request) {
  return heading(sweep) + verdict(sweep, request) + averages(sweep) + effects_table(sweep) +
         levels_table(sweep) + covers_table(sweep) +
         (request.shows_conditions ? conditions_table(sweep) : "");
}

std::string format_overview(const std::vector<AnalysedSweep>& sweeps) {
  Table table({{"model", Align::left},
               {"conditions"},
               {"other best"},
               {"pays"},
               {"beyond noise"},
               {"mean gain"},
               {"worst regret"}});
  for (const AnalysedSweep& sweep : sweeps) {
    const AdaptivityAnalysis& analysis = sweep.analysis;
    const bool knows_noise = analysis.noise.source != NoiseSource::none;
    table.add({sweep.grid().model, std::to_string(analysis.conditions.size()),
               std::to_string(analysis.changed), std::to_string(analysis.worthwhile),
               knows_noise ? std::to_string(analysis.worthwhile_beyond_noise) : "-",
               format_percent(analysis.mean_gain), format_percent(analysis.worst_regret)});
  }
  return table.text();
}

}  // namespace scission::apps
