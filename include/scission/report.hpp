// Answers, profiles, models, sweeps and replays for people: as plain text, as the tools print them,
// as HTML, as CSV, and as charts.
//
//     const QueryAnswer answer = answer_query(problem, query, {});
//     std::cout << format_plan_table(problem, query, answer.result, 80);
//     for (const std::string& line : answer_notes(problem, query, answer, false).warnings) …
//
// Lines are at most `width` characters long, as far as single words and figures allow: a table that
// would be wider has a block of lines for each row instead. Unless stated otherwise, each line has
// its line end, and the time is linear in what is shown.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scission/base.hpp"
#include "scission/control.hpp"
#include "scission/model.hpp"
#include "scission/plan/network.hpp"
#include "scission/plan/plan.hpp"
#include "scission/plan/problem.hpp"
#include "scission/profile.hpp"
#include "scission/search/analysis.hpp"
#include "scission/search/plan_io.hpp"
#include "scission/sweep.hpp"

namespace scission {

using TextWidth = std::optional<std::size_t>;  ///< in characters; empty: no limit

// --- Plans ---

/// format_result_line() of each plan: the original's lines.
SCISSION_EXPORT std::string format_plan_lines(const PartitionProblem& problem, const Query& query,
                                              const SearchResult& result);

/// The verdict, how sure it is, a table with a row per plan, and the plans that cannot be told
/// apart.
/// Throws as judge() does, Error(invalid_argument) without a plan.
SCISSION_EXPORT std::string format_plan_table(const PartitionProblem& problem, const Query& query,
                                              const SearchResult& result, TextWidth width = {});

/// The answer's Pareto front and each of its sensitivities as a table after an empty line.
SCISSION_EXPORT std::string format_analyses(const PartitionProblem& problem, const Query& query,
                                            const QueryAnswer& answer, TextWidth width = {});

/// A table of the best plan's stages and hops, the longest of them, the one that sets the period,
/// and the difference to the runner-up. Throws as timeline_of() does. There must be a plan.
SCISSION_EXPORT std::string format_best_plan(const PartitionProblem& problem, const Query& query,
                                             const QueryAnswer& answer, TextWidth width = {});

/// What a reader of plans should know, one line each, without line ends.
struct SCISSION_EXPORT TextNotes {
  std::vector<std::string> warnings;  ///< what may be a mistake
  std::vector<std::string> remarks;   ///< what was assumed or is not proven
};

/// Warns of systems that are left out, and of limits that exclude no plan (20 s where 20 % was
/// meant). With `assumes_input` a remark says which size of the input counts where two are
/// possible, see default_input_bytes(). Of a model with early exits a remark says which requests
/// the figures are of. O(systems · blocks).
SCISSION_EXPORT TextNotes problem_notes(const PartitionProblem& problem, const Query& query,
                                        bool assumes_input);

/// The same, and warns of missing links and, where plans may use all codecs, of systems that have
/// measured none; remarks on sizes that depend on data and on what is not proven.
SCISSION_EXPORT TextNotes answer_notes(const PartitionProblem& problem, const Query& query,
                                       const QueryAnswer& answer, bool assumes_input);

/// One line, without a line end, where the profiles of a model have something unusual that makes
/// plans less reliable: measured long ago, imprecisely, under stress, unlike each other. Empty if
/// there is nothing, and for a model without a profile.
SCISSION_EXPORT std::string setup_warning(const std::vector<SystemProfile>& profiles,
                                          const std::string& model,
                                          const std::filesystem::path& folder,
                                          const std::filesystem::path& network_file);

// --- Profiles and links ---

/// A table for each model: its times before and after, and the outcome of the test; then a verdict.
/// Blocks without a change are left out unless `shows_all`.
SCISSION_EXPORT std::string format_comparison(const ProfileComparison& comparison, bool shows_all,
                                              TextWidth width = {});

/// "+0.8 % (−0.4…+1.9)": the sum of the blocks against the whole model, with its 95 % interval
/// where that is known. No line end.
SCISSION_EXPORT std::string format_difference(const ModelProfile& model);

/// A table of benchmarked models whose rows are printed one by one, as they come.
class SCISSION_EXPORT ModelTable {
 public:
  /// A table wider than `width` characters has a block of lines for each row.
  explicit ModelTable(TextWidth width = {});
  ~ModelTable();
  ModelTable(const ModelTable&) = delete;
  ModelTable& operator=(const ModelTable&) = delete;

  /// Adds the model and returns its row; that of the first one has the header above it.
  std::string add(const ModelProfile& model);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// What a measurement is worth, without line ends.
struct SCISSION_EXPORT AssessmentLines {
  std::string fine;                   ///< the models without a warning; may be empty
  std::vector<std::string> warnings;  ///< one for each kind, with its models and what to do
  std::string verdict;
};
SCISSION_EXPORT AssessmentLines format_assessment(const MeasurementAssessment& assessment);

/// A table of the systems, one of the links, one of the codecs if any system has measured some, and
/// the findings with their remedies. `model` is the only model whose precision and codecs are
/// shown; empty: the precision of the least precise one, and the codecs of all.
SCISSION_EXPORT std::string format_setup(const std::vector<SystemProfile>& profiles,
                                         const SetupCheck& check, const std::string& model,
                                         TextWidth width = {});

/// A row for each measured link: its shortest and longest time, and its rate. Empty without links,
/// which must be curves of equal sizes.
SCISSION_EXPORT std::string format_links(const Network& network, TextWidth width = {});

// --- Models ---

/// Every cut, the tensors that cross it and their bytes.
SCISSION_EXPORT std::string format_cuts(const ModelGraph& graph, const CutList& cuts,
                                        TextWidth width = {});

/// Every place without a cut, and the reason.
SCISSION_EXPORT std::string format_rejections(const ModelGraph& graph, const CutList& cuts,
                                              TextWidth width = {});

/// Every layer and its cost, the totals, and the operations without a cost rule.
SCISSION_EXPORT std::string format_layers(const ModelGraph& graph, TextWidth width = {});

/// The same for the blocks between the cuts.
SCISSION_EXPORT std::string format_blocks(const ModelGraph& graph, const CutList& cuts,
                                          TextWidth width = {});

/// A row for each segment: its file, layers, bytes, inputs and outputs.
SCISSION_EXPORT std::string format_segments(const SegmentManifest& manifest, TextWidth width = {});

// --- Sweeps and replays ---

/// For each sweep in how many conditions repartitioning gains more than `min_gain`, which factors
/// matter, and how many plans suffice; with `shows_conditions` a row for each condition. Of several
/// sweeps an overview follows.
SCISSION_EXPORT std::string format_analysis(const std::vector<AnalysedSweep>& sweeps,
                                            double min_gain, bool shows_conditions,
                                            TextWidth width = {});

/// A row for each strategy: its latencies, regret, switches and probes. Without a width, the
/// explanation below is broken to 100 characters.
SCISSION_EXPORT std::string format_replay(const ReplayResult& result, TextWidth width = {});

// --- Reports and pictures ---

// Reports as one self-contained HTML page, and pictures of plans, models, profiles and the analysis
// of a sweep, drawn by gnuplot and Graphviz.
//
// The functions that take a folder and a stem write STEM.png, STEM.svg and STEM.gp (the script with
// its data), each atomically; they create the folder if needed. They throw Error(unsupported) if
// gnuplot is not installed, Error(io) if it fails, and Error(invalid_argument) if there is nothing
// to draw or the stem is not a plain file name.

/// Draws a plan: above, its stages and transfers as one timeline to scale; below, the time of every
/// block as a bar on a logarithmic axis, coloured by platform, and every transfer as a bar. The
/// legend names the systems, the title latency and traffic.
SCISSION_EXPORT void draw_plan(const PartitionProblem& problem, const Plan& plan,
                               double input_bytes, const std::filesystem::path& folder,
                               const std::string& stem);

/// Draws a Pareto front: every plan is a point. Points are labelled with their systems as far as
/// there is room; among many points, neighbours share a label. A third metric is the colour.
SCISSION_EXPORT void draw_pareto(const PartitionProblem& problem, const Query& query,
                                 const ParetoFront& front, const std::vector<Metric>& measures,
                                 const std::filesystem::path& folder, const std::string& stem);

/// Draws the objective of the best plan over the bandwidth of a link or the slowdown of a system:
/// one colour per plan, breakpoints marked with their values. `now`, the present value, is a dashed
/// line if it lies in the ranges.
SCISSION_EXPORT void draw_sensitivity(const PartitionProblem& problem, const Query& query,
                                      const std::vector<SensitivityRange>& ranges,
                                      const std::string& axis_title, double now,
                                      const std::filesystem::path& folder, const std::string& stem);

/// Draws the best plan of an answer as MODEL-LATENCYs, its front as MODEL-pareto and its ranges as
/// MODEL-sensitivity-FROM[-TO], and returns their stems. There must be a plan. Without
/// `keeps_scripts` their scripts are removed. Throws as the functions above do.
SCISSION_EXPORT std::vector<std::string> draw_answer(const PartitionProblem& problem,
                                                     const Query& query, const QueryAnswer& answer,
                                                     const std::filesystem::path& folder,
                                                     bool keeps_scripts = false);

/// Plans, and where they come from: the name that the page and errors give them.
struct SCISSION_EXPORT ReportPlans {
  std::string source;
  StoredAnswer timelines;
};

/// What is to be shown.
struct SCISSION_EXPORT HtmlReport {
  std::string title = "Scission report";
  std::string date = {};  ///< printed as given; empty: no date, which keeps the page
                          ///< reproducible
  std::vector<SystemProfile> systems = {};  ///< in this order; ratios are to the first
  std::optional<Network> network = {};
  std::vector<ReportPlans> plans = {};
  bool draws_pictures = true;  ///< by gnuplot; where that is not installed the page says so
  /// Called before each picture, which takes a moment, with how many are drawn and how many there
  /// are in all; may be empty.
  std::function<void(int done, int total)> on_picture = {};
};

/// The page. O(blocks × systems), and the pictures' time.
/// Throws Error(invalid_argument) without a system; Error(mismatch) when systems hold different
/// models under one name, and, with the plans' source as place, for plans of a model or over
/// systems that are not among the profiles, or of other layers; Error(damaged) as validate() does;
/// Error(io) when gnuplot fails.
SCISSION_EXPORT std::string format_html_report(const HtmlReport& report);

// --- Pictures ---

/// The name as a stem: what a plain file name may not contain becomes "_".
SCISSION_EXPORT std::string picture_stem(std::string name);

// --- The model, by Graphviz ---

/// How a model is drawn.
struct SCISSION_EXPORT PictureOptions {
  bool collapses_blocks = false;      ///< one node per block instead of one per layer
  std::vector<Placement> placements;  ///< one colour per system; empty: no plan
  /// One node for equal groups of layers that follow each other, "3 × layer1", and one per block
  /// for the others.
  bool fold_repeats = false;
};

/// The model in Graphviz's language. Every layer is a node with its name, type and output shape; a
/// block of several layers is a box; edges that cross a cut are labelled with their bytes.
/// Throws Error(invalid_argument) if the placements are not contiguous or do not end at cuts, and
/// Error(mismatch) if they do not end with the last layer. O(edges × tensors that cross a cut).
SCISSION_EXPORT std::string model_dot(const ModelGraph& graph, const std::vector<Cut>& cuts,
                                      const PictureOptions& options = {});

/// Throws Error(invalid_argument) unless draw_model() knows the extension of the path.
SCISSION_EXPORT void validate_picture_path(const std::filesystem::path& path);

/// Writes the picture atomically, in the format of the extension: svg, png, pdf or dot.
/// Throws Error(invalid_argument) for another extension, Error(unsupported) if Graphviz is not
/// installed, Error(io) if it fails.
SCISSION_EXPORT void draw_model(const std::string& dot, const std::filesystem::path& path);

// --- The profile of a model ---

/// Draws the time of every block as a bar with its 95 % interval, and its output size as a line.
/// The title names model and system. Legible from one block to hundreds.
SCISSION_EXPORT void draw_block_times(const ModelProfile& profile, const std::string& system,
                                      const std::filesystem::path& folder, const std::string& stem);

/// Draws the FLOPs of every block as a bar and its parameters as a line. The title says which of
/// them are unknown.
SCISSION_EXPORT void draw_block_costs(const ModelProfile& profile,
                                      const std::filesystem::path& folder, const std::string& stem);

// --- The analysis of a sweep ---

/// The factors of a map's axes. Of several factors on one axis the first varies slowest; over the
/// levels of factors that are not named the geometric mean of the latencies is taken.
struct SCISSION_EXPORT PlanMap {
  std::vector<int> across;
  std::vector<int> down;
};

/// Draws a heat map of the best plan. Every combination of levels is a cell that is coloured by the
/// plan and shows its label and, if there is room, its gain over the baseline's plan. If a cell is
/// one condition, a frame marks that repartitioning is worthwhile beyond noise.
/// Throws Error(invalid_argument) for factors that do not exist or are named twice.
SCISSION_EXPORT void draw_best_plans(const Sweep& sweep, const AdaptivityAnalysis& analysis,
                                     const PlanMap& map, const std::filesystem::path& folder,
                                     const std::string& stem);

/// Draws the measured loss of keeping the baseline's plan in every condition, the largest first;
/// likely gains with their intervals where they exceed `min_gain` beyond noise; and the gains of
/// the plans that were predicted from the other conditions.
SCISSION_EXPORT void draw_regret(const Sweep& sweep, const AdaptivityAnalysis& analysis,
                                 double min_gain, const std::filesystem::path& folder,
                                 const std::string& stem);

/// Draws the variance shares as bars, those of the regret first: at most twelve effects, the
/// residual and the noise.
SCISSION_EXPORT void draw_effects(const Sweep& sweep, const AdaptivityAnalysis& analysis,
                                  const std::filesystem::path& folder, const std::string& stem);

/// What the pictures of a sweep show.
struct SCISSION_EXPORT AnalysisPictureOptions {
  std::vector<std::string> map_factors = {};  ///< two; empty: those with the largest effects
  std::string map_place = "map_factors";      ///< place of errors about them
  double min_gain = 0.05;                     ///< see draw_regret()
};

/// Where the files of an analysis go.
struct SCISSION_EXPORT AnalysisFiles {
  std::filesystem::path tables = {};    ///< of write_analysis_csv(); empty: none
  std::filesystem::path pictures = {};  ///< of draw_analysis(); empty: none
  bool keeps_scripts = false;           ///< of gnuplot, beside the pictures
};

/// Writes the files of each sweep, named by file_stems(). Throws as write_analysis_csv() and
/// draw_analysis() do.
SCISSION_EXPORT void write_analysis_files(const std::vector<AnalysedSweep>& sweeps,
                                          const AnalysisPictureOptions& options,
                                          const AnalysisFiles& files);

/// Draws STEM-best.* (two factors), STEM-map.* (all of them), STEM-regret.* and STEM-effects.*.
/// Throws as the functions above do.
SCISSION_EXPORT void draw_analysis(const AnalysedSweep& sweep,
                                   const AnalysisPictureOptions& options,
                                   const std::filesystem::path& folder, const std::string& stem);

// --- Codecs ---

// What codecs do to a model, as text and as a picture; HtmlReport shows both.

/// A codec over all cuts of a model for which the profile has values, without the model's input
/// and its end. Medians are over the cuts.
struct SCISSION_EXPORT CodecSummary {
  std::string codec;
  int cuts = 0;
  double size_ratio = 1;  ///< median of the bytes ÷ those that cross without a codec
  double encode_s = 0;    ///< median
  double decode_s = 0;    ///< median
  double error = 0;       ///< median
  double max_error = 0;
  double agreement = 1;  ///< median
  double min_agreement = 1;
  std::optional<double> accuracy = {};  ///< median; empty: no labels
};

/// By size ratio, the smallest first, and then by error. O(blocks + codecs · log codecs).
SCISSION_EXPORT std::vector<CodecSummary> summarise_codecs(const ModelProfile& profile);

/// A cut of a model, and the codecs with the smallest encoded size.
struct SCISSION_EXPORT CutSummary {
  int last_layer = 0;
  double head_weight_bytes = 0;                    ///< of the blocks before the cut; 0 if unknown
  double raw_bytes = 0;                            ///< that cross without a codec
  const CodecTiming* smallest_lossless = nullptr;  ///< null: none was measured
  const CodecTiming* smallest = nullptr;           ///< of those with the agreement that was asked
};

/// Of the cuts at which a codec was measured, in order, without the model's input; valid as long as
/// the profile. A codec of error 0 counts as lossless. O(blocks + codecs · log codecs).
SCISSION_EXPORT std::vector<CutSummary> summarise_cuts(const ModelProfile& profile,
                                                       double min_agreement = 0.99);

/// "The input as the JPEG file that it came in: 57.8 kB, decoded in 3.1 ms."; empty where the
/// profile has no such value.
SCISSION_EXPORT std::string picture_sentence(const ModelProfile& profile);

/// A table with a row for each codec, and picture_sentence(); empty if none was measured.
SCISSION_EXPORT std::string format_codecs(const ModelProfile& profile, TextWidth width = {});

/// Draws FOLDER/STEM.png, .svg and .gp: what crosses each cut, a line for each codec that no other
/// one beats in both the size and the error of its summary, and one without a codec; the error is
/// the colour of the points. Throws as draw_block_times() does, and Error(invalid_argument) for a
/// profile without codecs.
SCISSION_EXPORT void draw_codecs(const ModelProfile& profile, const std::filesystem::path& folder,
                                 const std::string& stem);

}  // namespace scission
