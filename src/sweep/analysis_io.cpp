// The analysis of sweeps as JSON and CSV.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/csv.hpp"
#include "base/file.hpp"
#include "base/json_field.hpp"
#include "scission/sweep.hpp"
#include "stats/summary_json.hpp"

namespace scission {
namespace {

std::string interval_cells(const Interval& interval) {
  if (interval.high <= interval.low) return ",";
  return fmt::format("{},{}", interval.low, interval.high);
}

/// A column for each factor's level.
std::string conditions_csv(const AnalysedSweep& sweep) {
  const Sweep& grid = sweep.reading.sweep;
  std::string text = "condition,";
  for (const Factor& factor : grid.factors) text += csv_cell(factor.name) + ",";
  text +=
      "baseline_plan,baseline_s,best_plan,best_s,best_low_s,best_high_s,candidates,gain,likely_"
      "plan,likely_gain,gain_low,"
      "gain_high,regret,p,"
      "false_discovery_rate,is_changed,is_changed_beyond_noise,is_worthwhile,is_worthwhile_beyond_"
      "noise,predicted_plan,"
      "predicted_gain\n";
  for (const ConditionResult& result : sweep.analysis.conditions) {
    const std::vector<int>& levels = grid.conditions[result.condition].levels;
    text += format_condition_code(grid, levels) + ",";
    for (std::size_t i = 0; i < levels.size(); ++i) {
      text += csv_cell(grid.factors[i].levels[static_cast<std::size_t>(levels[i])]) + ",";
    }
    text += fmt::format(
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
        csv_cell(grid.plans[result.baseline_plan].label), result.baseline_s,
        csv_cell(grid.plans[result.best_plan].label), result.best_s,
        interval_cells(result.best_interval), result.candidates.size(), result.gain,
        csv_cell(grid.plans[result.candidates[0]].label), result.likely_gain,
        interval_cells(result.gain_interval), result.regret, result.p, result.false_discovery_rate,
        int{result.is_changed}, int{result.is_changed_beyond_noise}, int{result.is_worthwhile},
        int{result.is_worthwhile_beyond_noise},
        result.predicted_plan ? csv_cell(grid.plans[*result.predicted_plan].label) : "",
        result.predicted_plan ? fmt::format("{}", result.predicted_gain) : "");
  }
  return text;
}

std::string levels_csv(const AnalysedSweep& sweep) {
  std::string text =
      "factor,level,conditions,best_s,baseline_s,mean_gain,changed,worthwhile,worthwhile_beyond_"
      "noise\n";
  for (const LevelSummary& level : sweep.analysis.levels) {
    const Factor& factor = sweep.reading.sweep.factors[static_cast<std::size_t>(level.factor)];
    text += fmt::format("{},{},{},{},{},{},{},{},{}\n", csv_cell(factor.name),
                        csv_cell(factor.levels[static_cast<std::size_t>(level.level)]),
                        level.conditions, level.best_s, level.baseline_s, level.mean_gain,
                        level.changed, level.worthwhile, level.worthwhile_beyond_noise);
  }
  return text;
}

std::string effects_csv(const AnalysedSweep& sweep) {
  std::string text = "response,effect,degrees,variance_share,p\n";
  for (const VarianceDecomposition& decomposition : sweep.analysis.decompositions) {
    const std::string of = to_string(decomposition.response);
    for (const FactorEffect& effect : decomposition.effects) {
      text += fmt::format("{},{},{},{},{}\n", of,
                          csv_cell(describe_effect(sweep.reading.sweep, effect.factors)),
                          effect.degrees, effect.variance_share, effect.p);
    }
    text += fmt::format("{},residual,{},{},\n", of, decomposition.residual_degrees,
                        decomposition.residual_share);
    if (decomposition.noise_share)
      text += fmt::format("{},noise,,{},\n", of, *decomposition.noise_share);
  }
  return text;
}

std::string plan_sets_csv(const AnalysedSweep& sweep) {
  std::string text = "tolerance,is_minimal,lower_bound,plan,conditions\n";
  for (const PlanSet& set : sweep.plan_sets) {
    for (std::size_t i = 0; i < set.plans.size(); ++i) {
      text +=
          fmt::format("{},{},{},{},{}\n", set.tolerance, int{set.is_minimal}, set.lower_bound,
                      csv_cell(sweep.reading.sweep.plans[set.plans[i]].label), set.conditions[i]);
    }
  }
  return text;
}

using Json = nlohmann::ordered_json;

/// null for an interval that is not known.
Json interval_json(const Interval& interval) {
  return interval.high > interval.low ? to_json(interval) : Json(nullptr);
}

Json faults_json(const SweepReading& reading) {
  const auto fault = [](const FaultyFile& file) {
    return Json{{"file", file.file}, {"fault", to_string(file.fault)}, {"message", file.message}};
  };
  return {{"damaged", reading.count(SweepFault::damaged)},
          {"incomplete", reading.count(SweepFault::incomplete)},
          {"missing", reading.count(SweepFault::missing)},
          {"files", json_array(reading.faults, fault)}};
}

Json comparison_json(const SweepComparison& comparison, const Sweep& measured) {
  const auto condition = [&](const ConditionComparison& row) {
    return Json{
        {"condition", format_condition_code(measured, measured.conditions[row.condition].levels)},
        {"measured_best", measured.plans[row.measured_best].label},
        {"predicted_best", measured.plans[row.predicted_best].label},
        {"regret", row.regret},
        {"median_error", row.median_error}};
  };
  return {{"times", comparison.times},
          {"median_error", comparison.median_error},
          {"p90_error", comparison.p90_error},
          {"median_bias", comparison.median_bias},
          {"tolerance", comparison.tolerance},
          {"exact", comparison.exact},
          {"within_tolerance", comparison.within_tolerance},
          {"conditions", json_array(comparison.conditions, condition)}};
}

class SweepJson {
 public:
  explicit SweepJson(const AnalysedSweep& sweep)
      : sweep_(sweep), grid_(sweep.reading.sweep), analysis_(sweep.analysis) {}

  Json whole() const {
    Json json = {{"path", sweep_.path},
                 {"model", grid_.model},
                 {"expected", sweep_.reading.expected},
                 {"conditions_measured", grid_.conditions.size()},
                 {"plans", grid_.plans.size()},
                 {"faults", faults_json(sweep_.reading)},
                 {"baseline", format_condition_code(grid_, analysis_.baseline)},
                 {"noise", noise()}};
    json.update(totals());
    json["best_static"] = best_static();
    json["effects"] = each(analysis_.decompositions);
    json["levels"] = each(analysis_.levels);
    json["plan_sets"] = each(sweep_.plan_sets);
    if (sweep_.comparison) json["comparison"] = comparison_json(*sweep_.comparison, grid_);
    json["conditions"] = each(analysis_.conditions);
    return json;
  }

 private:
  template <typename Element>
  Json each(const std::vector<Element>& elements) const {
    return json_array(elements, [this](const Element& element) { return one(element); });
  }

  const std::string& plan(std::size_t index) const { return grid_.plans[index].label; }

  Json plans(const std::vector<std::size_t>& indices) const {
    return json_array(indices, [this](std::size_t index) { return plan(index); });
  }

  Json noise() const {
    const LatencyNoise& noise = analysis_.noise;
    return {{"source", to_string(noise.source)},
            {"typical", noise.typical},
            {"order", noise.order},
            {"degrees", noise.degrees}};
  }

  Json totals() const {
    const bool is_known = analysis_.noise.source != NoiseSource::none;
    const auto if_known = [&](std::size_t count) { return is_known ? Json(count) : Json(nullptr); };
    const std::optional<Estimate>& predicted = analysis_.predicted_gain;
    return {
        {"conditions_compared", analysis_.conditions.size()},
        {"changed", analysis_.changed},
        {"changed_beyond_noise", if_known(analysis_.changed_beyond_noise)},
        {"worthwhile", analysis_.worthwhile},
        {"worthwhile_beyond_noise", if_known(analysis_.worthwhile_beyond_noise)},
        {"mean_gain", analysis_.mean_gain},
        {"predicted_gain", predicted ? Json(predicted->value) : Json(nullptr)},
        {"predicted_gain_interval", predicted ? interval_json(predicted->interval) : Json(nullptr)},
        {"worst_regret", analysis_.worst_regret},
        {"null_expectation", null_expectation()}};
  }

  Json null_expectation() const {
    if (!analysis_.null_expectation) return nullptr;
    return {{"mean_gain", analysis_.null_expectation->mean_gain},
            {"changed_share", analysis_.null_expectation->changed_share},
            {"worthwhile_share", analysis_.null_expectation->worthwhile_share}};
  }

  Json best_static() const {
    if (!analysis_.best_static) return nullptr;
    return {{"plan", plan(analysis_.best_static->plan)},
            {"gain_over_baseline", analysis_.best_static->gain_over_baseline},
            {"mean_gain", analysis_.best_static->mean_gain},
            {"worst_regret", analysis_.best_static->worst_regret}};
  }

  Json factor_names(const std::vector<int>& factors) const {
    return json_array(factors, [this](int factor) {
      return grid_.factors[static_cast<std::size_t>(factor)].name;
    });
  }

  Json one(const FactorEffect& effect) const {
    return {{"factors", factor_names(effect.factors)},
            {"degrees", effect.degrees},
            {"variance_share", effect.variance_share},
            {"p", effect.p}};
  }

  Json one(const VarianceDecomposition& decomposition) const {
    return {{"response", to_string(decomposition.response)},
            {"standard_deviation", decomposition.standard_deviation},
            {"is_balanced", decomposition.is_balanced},
            {"effects", each(decomposition.effects)},
            {"residual_share", decomposition.residual_share},
            {"residual_degrees", decomposition.residual_degrees},
            {"noise_share", value_or_null(decomposition.noise_share)}};
  }

  Json one(const LevelSummary& level) const {
    const Factor& factor = grid_.factors[static_cast<std::size_t>(level.factor)];
    return {{"factor", factor.name},
            {"level", factor.levels[static_cast<std::size_t>(level.level)]},
            {"conditions", level.conditions},
            {"best_s", level.best_s},
            {"baseline_s", level.baseline_s},
            {"mean_gain", level.mean_gain},
            {"changed", level.changed},
            {"worthwhile", level.worthwhile},
            {"worthwhile_beyond_noise", level.worthwhile_beyond_noise}};
  }

  Json one(const PlanSet& set) const {
    return {{"tolerance", set.tolerance},
            {"plans", plans(set.plans)},
            {"conditions", set.conditions},
            {"is_minimal", set.is_minimal},
            {"lower_bound", set.lower_bound}};
  }

  Json one(const ConditionResult& result) const {
    return {
        {"condition", format_condition_code(grid_, grid_.conditions[result.condition].levels)},
        {"compared_plans", result.compared_plans},
        {"baseline_plan", plan(result.baseline_plan)},
        {"baseline_s", result.baseline_s},
        {"best_plan", plan(result.best_plan)},
        {"best_s", result.best_s},
        {"best_interval", interval_json(result.best_interval)},
        {"candidates", plans(result.candidates)},
        {"gain", result.gain},
        {"likely_gain", result.likely_gain},
        {"gain_interval", interval_json(result.gain_interval)},
        {"regret", result.regret},
        {"p", result.p},
        {"false_discovery_rate", result.false_discovery_rate},
        {"is_changed", result.is_changed},
        {"is_changed_beyond_noise", result.is_changed_beyond_noise},
        {"is_worthwhile", result.is_worthwhile},
        {"is_worthwhile_beyond_noise", result.is_worthwhile_beyond_noise},
        {"predicted_plan",
         result.predicted_plan ? Json(plan(*result.predicted_plan)) : Json(nullptr)},
        {"predicted_gain", result.predicted_plan ? Json(result.predicted_gain) : Json(nullptr)}};
  }

  const AnalysedSweep& sweep_;
  const Sweep& grid_;
  const AdaptivityAnalysis& analysis_;
};

}  // namespace

void write_analysis_csv(const AnalysedSweep& sweep, const std::filesystem::path& folder,
                        const std::string& stem) {
  make_folder(folder);
  write_file_atomically(folder / (stem + "-conditions.csv"), conditions_csv(sweep));
  write_file_atomically(folder / (stem + "-levels.csv"), levels_csv(sweep));
  write_file_atomically(folder / (stem + "-effects.csv"), effects_csv(sweep));
  write_file_atomically(folder / (stem + "-plans.csv"), plan_sets_csv(sweep));
}

std::string format_analysis_json(const std::vector<AnalysedSweep>& sweeps,
                                 const AdaptivityOptions& options) {
  const auto whole = [](const AnalysedSweep& sweep) { return SweepJson(sweep).whole(); };
  const Json json = {{"format", "scission-adaptivity"},
                     {"version", 2},
                     {"min_gain", options.min_gain},
                     {"false_discovery_rate", options.false_discovery_rate},
                     {"sweeps", json_array(sweeps, whole)}};
  return format_json(json);
}

}  // namespace scission
