// A sweep: a designed experiment that times plans under every combination of the levels of its
// factors. This header holds its values and its files; docs/sweep-format.md describes sweep.json.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base.hpp"
#include "scission/stats.hpp"

namespace scission {

/// An experimental factor, such as the bandwidth of a link or the load of a processor.
struct SCISSION_EXPORT Factor {
  std::string name;                 ///< "network"; not empty, unique in the sweep
  std::string unit;                 ///< "Mbit/s"; may be empty
  std::vector<std::string> levels;  ///< "50", "25", "10", in the order of level indices; unique
};

/// One way to partition the model over the systems.
struct SCISSION_EXPORT SweepPlan {
  std::string label;  ///< unique: "device:0-4|edge:5-90"; "3", a cut's number, in the study's files
  int cuts = -1;      ///< number of places where the model is cut; −1 if unknown
};

/// The latency of one plan under one condition.
struct SCISSION_EXPORT PlanTime {
  double seconds = 0;                ///< the latency that is analysed; 0: not measured
  Interval interval = {};            ///< 95 % confidence interval of `seconds`; 0, 0: unknown
  Summary summary = {};              ///< of the samples; count 0: unknown
  std::vector<double> samples = {};  ///< in seconds, in the order of measurement; may be empty
  std::vector<double> system_seconds =
      {};  ///< compute time on each of Sweep::systems; may be empty

  bool is_measured() const { return seconds > 0; }                    ///< there is a time
  bool has_interval() const { return interval.high > interval.low; }  ///< and an interval
};

/// Summarises samples in seconds by their median, and keeps them. The 95 % interval of the median
/// needs at least six samples and is left out for fewer.
/// Throws Error(invalid_argument) if there are no samples. O(samples · log samples).
SCISSION_EXPORT PlanTime plan_time_from_samples(std::vector<double> samples);

/// One combination of levels, and the latency of every plan under it.
struct SCISSION_EXPORT Condition {
  std::vector<int> levels;      ///< [factor], an index into Factor::levels
  std::vector<PlanTime> times;  ///< [plan]
};

/// Conditions × plans. Conditions may be missing, and so may single times.
struct SCISSION_EXPORT Sweep {
  std::string model;
  std::vector<Factor> factors;
  std::vector<std::string> systems = {};  ///< the systems of PlanTime::system_seconds
  std::vector<SweepPlan> plans;
  std::vector<Condition> conditions;    ///< in any order; no two have the same levels
  std::vector<std::string> notes = {};  ///< how the sweep was measured; one sentence each
};

/// Checks sizes, level indices, the uniqueness of names and conditions, and that times are finite
/// and at least 0. Throws Error(invalid_argument) with `place` on the first violation.
/// O(conditions · (log conditions + plans)).
SCISSION_EXPORT void validate_sweep(const Sweep& sweep, const std::string& place);

/// The number of conditions of the full factorial design: 243 for five factors of three levels.
/// The largest size_t if the number does not fit.
SCISSION_EXPORT std::size_t full_factorial_size(const Sweep& sweep);

/// The index of the condition with these levels, if the sweep has it. O(conditions).
SCISSION_EXPORT std::optional<std::size_t> find_condition(const Sweep& sweep,
                                                          const std::vector<int>& levels);

/// Combinations of levels that the sweep lacks, at most `max_count`; the last factor varies
/// fastest. O(conditions · log conditions + full factorial size).
SCISSION_EXPORT std::vector<std::vector<int>> missing_conditions(const Sweep& sweep,
                                                                 std::size_t max_count);

/// A condition's code: one digit per factor, "02100". If a factor has more than ten levels, the
/// level indices are separated by points, "0.11.2".
SCISSION_EXPORT std::string format_condition_code(const Sweep& sweep,
                                                  const std::vector<int>& levels);

/// The inverse. Throws Error(invalid_argument) if the code is not a combination of levels.
SCISSION_EXPORT std::vector<int> parse_condition_code(const Sweep& sweep, const std::string& code);

/// "network 25 Mbit/s, edge CPU stress 100 %".
SCISSION_EXPORT std::string describe_condition(const Sweep& sweep, const std::vector<int>& levels);

/// "25 Mbit/s".
SCISSION_EXPORT std::string describe_level(const Factor& factor, int level);

// --- Files ---

/// What is wrong with one file of a sweep.
enum class SweepFault {
  missing,     ///< there is no file for the condition
  damaged,     ///< the file cannot be read; none of it is used
  incomplete,  ///< the file lacks plans that other conditions have; the rest of it is used
};

/// "missing", "damaged", "incomplete"
SCISSION_EXPORT std::string to_string(SweepFault fault);

/// A file of a sweep that was not used, or not completely, and the reason.
struct SCISSION_EXPORT FaultyFile {
  SweepFault fault = SweepFault::damaged;
  std::string file;     ///< file name without its folder
  std::string message;  ///< one line
};

/// A sweep that was read from files, and what those files lack.
struct SCISSION_EXPORT SweepReading {
  Sweep sweep;
  std::size_t expected = 0;        ///< size of the full factorial design
  std::size_t missing = 0;         ///< missing conditions, without those whose file is damaged
  std::vector<FaultyFile> faults;  ///< by file name; at most 1000 of the missing ones

  std::size_t count(SweepFault fault) const;  ///< including missing ones that are not listed
};

/// Reads a sweep.json, a folder that holds one, or a folder with the adaptivity study's files.
/// Throws Error(not_found | damaged | unsupported | io); the place is the file and the field or
/// line. A damaged file of the study is listed in `faults`; if no file of the study can be read,
/// that is an error. O(size).
SCISSION_EXPORT SweepReading read_sweep(const std::filesystem::path& path);

/// The text of sweep.json, and the inverse. All numbers are preserved to the last bit; unknown
/// fields are ignored. `place` names the text in errors: Error(damaged), and Error(unsupported) for
/// a newer version of the format. O(size).
SCISSION_EXPORT std::string format_sweep(const Sweep& sweep);
SCISSION_EXPORT Sweep parse_sweep(std::string_view text, const std::string& place);

/// Writes FOLDER/sweep.json atomically and creates the folder if needed.
/// Throws Error(invalid_argument) if validate_sweep() does, Error(io).
SCISSION_EXPORT void write_sweep(const Sweep& sweep, const std::filesystem::path& folder);

/// Reads the files of the adaptivity study: FOLDER/weights_abcde.txt, one per condition and named
/// by its code. The rows are `total edge cloud cut`: three times in seconds and the number of the
/// cut. The study's factors are the network (50, 25, 10 Mbit/s) and the stress of cloud CPU, edge
/// memory, cloud memory and edge CPU (0, 50, 100 %). The model is the name of the folder without
/// "outputs_". Errors as read_sweep().
SCISSION_EXPORT SweepReading read_study_folder(const std::filesystem::path& folder);

/// Writes a sweep of two systems in the study's format, with plan labels instead of cut numbers.
/// Throws Error(invalid_argument) if the times of two systems are not known, a label holds a space
/// or a factor has more than ten levels; Error(io).
SCISSION_EXPORT void write_study_files(const Sweep& sweep, const std::filesystem::path& folder);

// --- Analysis ---

// Analysis of a sweep: in which conditions repartitioning is worthwhile, which factors cause it,
// how few plans suffice, and how well a predicted sweep agrees with a measured one.
// docs/adaptivity.md describes the method.

/// Source of the noise estimate of a latency.
enum class NoiseSource {
  automatic,  ///< intervals if every time has one, otherwise grid
  intervals,  ///< the 95 % intervals of the times, which show the variation within a condition
  grid,       ///< residuals of a model of the factors' effects, fitted to all conditions
  none,       ///< unknown: the sweep is too small
};

/// "automatic", "intervals", "grid", "none"
SCISSION_EXPORT std::string to_string(NoiseSource source);

/// The inverse. Throws Error(invalid_argument) for another word.
SCISSION_EXPORT NoiseSource parse_noise_source(const std::string& text);

/// The reference and the thresholds of an analysis.
struct SCISSION_EXPORT AdaptivityOptions {
  std::vector<int> baseline = {};      ///< levels of the baseline; empty: the first of each factor
  double min_gain = 0.05;              ///< relative gain from which on repartitioning is worthwhile
  double false_discovery_rate = 0.05;  ///< of the conditions reported as worthwhile beyond noise
  double confidence = 0.95;            ///< of intervals
  NoiseSource noise = NoiseSource::automatic;
};

/// How the noise of a latency was estimated.
struct SCISSION_EXPORT LatencyNoise {
  NoiseSource source = NoiseSource::none;
  int order = 0;       ///< grid: effects of up to this many factors were fitted; otherwise 0
  int degrees = 0;     ///< grid: residual degrees of freedom; otherwise 0
  double typical = 0;  ///< standard deviation of ln(latency), the median over plans
};

/// One condition: the baseline's plan against the best plan. Plans that lack a time under this
/// condition or under the baseline are ignored.
struct SCISSION_EXPORT ConditionResult {
  std::size_t condition = 0;      ///< index into Sweep::conditions
  std::size_t baseline_plan = 0;  ///< the fastest plan under the baseline
  std::size_t best_plan = 0;      ///< the fastest plan under this condition
  double baseline_s = 0;          ///< latency of the baseline's plan under this condition
  double best_s = 0;
  Interval best_interval = {};     ///< 95 % interval of best_s; 0, 0 if the noise is unknown
  std::size_t compared_plans = 0;  ///< number of plans
  double gain = 0;    ///< measured: 1 − best ÷ baseline plan; 0 if they are the same plan
  double regret = 0;  ///< measured: baseline plan ÷ best − 1

  /// The likely best plan, followed by the plans that cannot be distinguished from it, fastest
  /// first. At the given confidence the set contains the truly fastest plan (subset selection,
  /// Gupta 1965, with Bonferroni's bound). With noise from the grid the likely best is the plan
  /// with the lowest fitted latency, otherwise the one with the lowest measured latency. It is the
  /// only candidate if the noise is unknown.
  std::vector<std::size_t> candidates;
  double likely_gain = 0;       ///< gain of the likely best, measured or fitted
  Interval gain_interval = {};  ///< of likely_gain, corrected for the number of plans
  double p = 1;                 ///< of the null hypothesis likely_gain ≤ min_gain, corrected too
  double false_discovery_rate = 1;  ///< Benjamini–Hochberg, over all conditions

  bool is_changed = false;                  ///< the best plan is not the baseline's
  bool is_changed_beyond_noise = false;     ///< the baseline's plan is not among the candidates
  bool is_worthwhile = false;               ///< gain > min_gain
  bool is_worthwhile_beyond_noise = false;  ///< by false_discovery_rate

  /// The plan that would be chosen without measuring this condition: the fastest by a fit to all
  /// other conditions. Its gain is computed from this condition's measurements and can be negative.
  std::optional<std::size_t> predicted_plan;
  double predicted_gain = 0;
};

/// The conditions that share one level of a factor.
struct SCISSION_EXPORT LevelSummary {
  int factor = 0;
  int level = 0;
  std::size_t conditions = 0;
  double best_s = 0;      ///< geometric mean
  double baseline_s = 0;  ///< geometric mean
  double mean_gain = 0;   ///< arithmetic mean
  std::size_t changed = 0;
  std::size_t worthwhile = 0;
  std::size_t worthwhile_beyond_noise = 0;
};

/// How much of a response's variance one factor, or the interaction of two, explains.
struct SCISSION_EXPORT FactorEffect {
  std::vector<int> factors;   ///< one, or two for an interaction
  int degrees = 0;            ///< degrees of freedom
  double variance_share = 0;  ///< of the sum of squares about the mean
  double p = 1;               ///< F test against the residual; 1 if the residual has no degrees
};

/// A response over the conditions whose variance is decomposed.
enum class ResponseVariable {
  best,      ///< ln of the best latency: what makes inference slow
  baseline,  ///< ln of the latency of the baseline's plan
  regret     ///< ln of baseline plan ÷ best: what makes repartitioning worthwhile
};

/// "best", "baseline", "regret"
SCISSION_EXPORT std::string to_string(ResponseVariable response);

/// Analysis of variance of one response (docs/adaptivity.md).
struct SCISSION_EXPORT VarianceDecomposition {
  ResponseVariable response = ResponseVariable::best;
  double standard_deviation = 0;      ///< of the response
  std::vector<FactorEffect> effects;  ///< by decreasing variance_share
  double residual_share = 0;          ///< interactions of more than two factors, and noise
  int residual_degrees = 0;
  /// Share of the noise of single times. If the noise was estimated from the grid it is known for
  /// `baseline` alone: a time that was selected as the fastest has less noise than the others.
  std::optional<double> noise_share;
  bool is_balanced = true;  ///< every combination of levels is present, so the shares sum up to 1

  /// The effect of these factors; null where it is not among `effects`. O(effects).
  const FactorEffect* find(const std::vector<int>& factors) const;
};

/// How many effects, the largest first, tables and charts show.
inline constexpr std::size_t max_shown_effects = 12;

/// The names of an effect's factors: "edge-cpu × edge-cloud".
SCISSION_EXPORT std::string describe_effect(const Sweep& sweep, const std::vector<int>& factors);

/// The plan with the lowest geometric mean of latencies: the best choice if plans never change.
struct SCISSION_EXPORT StaticPlan {
  std::size_t plan = 0;
  double gain_over_baseline = 0;  ///< 1 − its geometric mean ÷ that of the baseline's plan
  double mean_gain = 0;           ///< what switching to the best plan would gain over it on average
  double worst_regret = 0;
};

/// What the same analysis would be expected to report under the null hypothesis that conditions
/// have no effect: every plan has its mean latency, and each condition has the residuals of another
/// one. Averages over all pairs of a baseline and a condition.
struct SCISSION_EXPORT NullExpectation {
  double mean_gain = 0;
  double changed_share = 0;  ///< of conditions
  double worthwhile_share = 0;
};

/// The analysis of one sweep.
struct SCISSION_EXPORT AdaptivityAnalysis {
  std::vector<int> baseline;  ///< levels
  LatencyNoise noise;
  std::vector<ConditionResult> conditions;  ///< in the sweep's order, without conditions that have
                                            ///< no plan in common with the baseline
  std::vector<LevelSummary> levels;         ///< of the levels that occur
  std::vector<VarianceDecomposition> decompositions;  ///< of each response that varies
  std::optional<StaticPlan> best_static;  ///< among the plans that every condition has a time for

  std::size_t changed = 0;  ///< number of conditions; so are the next three
  std::size_t changed_beyond_noise = 0;
  std::size_t worthwhile = 0;
  std::size_t worthwhile_beyond_noise = 0;
  double mean_gain = 0;
  double worst_regret = 0;
  /// 1 − the geometric mean of predicted plan ÷ baseline plan, with a Student interval over the
  /// conditions. Its expectation is 0 under pure noise, unlike that of mean_gain. Absent if the
  /// sweep is too small for predictions.
  std::optional<Estimate> predicted_gain;
  std::optional<NullExpectation> null_expectation;  ///< if the noise was estimated from the grid
};

/// O(plans · conditions · columns²) if the noise is estimated from the grid, columns ≤ conditions.
/// Throws Error(invalid_argument) if validate_sweep() does, if an option is out of range, if the
/// baseline was not measured, and if intervals are requested that the sweep lacks.
SCISSION_EXPORT AdaptivityAnalysis analyse_adaptivity(const Sweep& sweep,
                                                      const AdaptivityOptions& options = {});

// --- How many plans suffice ---

/// A set of plans that contains a near-optimal plan for every condition.
struct SCISSION_EXPORT PlanSet {
  double tolerance = 0;                 ///< relative to the best latency of the condition
  std::vector<std::size_t> plans;       ///< by decreasing number of covered conditions
  std::vector<std::size_t> conditions;  ///< [plan of `plans`], number of conditions it covers
  bool is_minimal = true;               ///< proven; otherwise the search ran out of steps
  std::size_t lower_bound = 0;          ///< proven lower bound of the size
};

/// The smallest set of plans of which one has latency ≤ (1 + tolerance) · best in every condition.
/// An exact set cover by iterative deepening and depth-first branching over the condition with the
/// fewest plans, from a lower bound of conditions that share no plan. Exponential in the worst
/// case: after `max_steps` the greedy solution stands (Chvátal 1979: at most ln n + 1 times the
/// minimum). Throws Error(invalid_argument) if the tolerance is negative or validate_sweep()
/// throws.
SCISSION_EXPORT PlanSet minimal_plan_set(const Sweep& sweep, double tolerance,
                                         std::size_t max_steps = 2'000'000);

// --- A predicted sweep against a measured one ---

/// One condition that both sweeps have.
struct SCISSION_EXPORT ConditionComparison {
  std::size_t condition = 0;       ///< index into the measured sweep's conditions
  std::size_t measured_best = 0;   ///< index into the measured sweep's plans
  std::size_t predicted_best = 0;  ///< the same
  double best_s = 0;               ///< measured latency of measured_best
  double predicted_best_s = 0;     ///< measured latency of predicted_best
  double regret = 0;               ///< predicted_best_s ÷ best_s − 1, ≥ 0
  double median_error = 0;         ///< of |predicted ÷ measured − 1| over the plans
};

/// How well a predicted sweep agrees with a measured one.
struct SCISSION_EXPORT SweepComparison {
  std::vector<ConditionComparison> conditions;  ///< in the measured sweep's order
  std::size_t times = 0;                        ///< compared times
  double median_error = 0;  ///< of |predicted ÷ measured − 1| over all compared times
  double p90_error = 0;
  double median_bias = 0;  ///< of predicted ÷ measured − 1; positive: predicted too slow
  double tolerance = 0;    ///< the regret that still counts as correct
  std::size_t exact = 0;   ///< conditions whose predicted best is the measured best
  std::size_t within_tolerance =
      0;  ///< conditions with regret ≤ tolerance, the exact ones included
};

/// Matches conditions by the names of factors and levels and plans by their labels, in any order;
/// what one sweep lacks is ignored. O(conditions² + times · log times).
/// Throws Error(invalid_argument) if validate_sweep() does or the tolerance is negative,
/// Error(mismatch) if models or factors differ or the sweeps have no time in common.
SCISSION_EXPORT SweepComparison compare_sweeps(const Sweep& measured, const Sweep& predicted,
                                               double tolerance = 0.05);

/// A sweep, and what was computed from it.
struct SCISSION_EXPORT AnalysedSweep {
  std::string path;  ///< that it was read from
  SweepReading reading;
  AdaptivityAnalysis analysis;
  std::vector<PlanSet> plan_sets;             ///< one for each tolerance
  std::optional<SweepComparison> comparison;  ///< with a predicted sweep
};

/// What is computed from a sweep.
struct SCISSION_EXPORT SweepAnalysisRequest {
  AdaptivityOptions options;              ///< its baseline is that of the next field
  std::string baseline;                   ///< a condition's code; empty: the first levels
  std::vector<double> within;             ///< tolerances of minimal_plan_set()
  std::filesystem::path predicted_sweep;  ///< to compare with; empty: none
};

/// Reads a sweep and analyses it. Throws as read_sweep(), parse_condition_code(),
/// analyse_adaptivity(), minimal_plan_set() and compare_sweeps() do.
SCISSION_EXPORT AnalysedSweep analyse_sweep(const std::string& path,
                                            const SweepAnalysisRequest& request);

/// A stem of file names for each sweep: its model's name without slashes, numbered where several
/// have one. O(sweeps · log sweeps).
SCISSION_EXPORT std::vector<std::string> file_stems(const std::vector<AnalysedSweep>& sweeps);

/// One JSON object for several sweeps; docs/adaptivity.md describes its fields. Figures
/// that are not finite are null. O(conditions · plans).
SCISSION_EXPORT std::string format_analysis_json(const std::vector<AnalysedSweep>& sweeps,
                                                 const AdaptivityOptions& options);

/// Writes STEM-conditions.csv, STEM-levels.csv, STEM-effects.csv and STEM-plans.csv, and creates
/// the folder if needed. Throws Error(io).
SCISSION_EXPORT void write_analysis_csv(const AnalysedSweep& sweep,
                                        const std::filesystem::path& folder,
                                        const std::string& stem);

}  // namespace scission
