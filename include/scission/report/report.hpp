// Reports as one self-contained HTML page, and pictures of plans, models, profiles and the analysis
// of a sweep, drawn by gnuplot and Graphviz.
//
// The functions that take a folder and a stem write STEM.png, STEM.svg and STEM.gp (the script with
// its data), each atomically; they create the folder if needed. They throw Error(unsupported) if
// gnuplot is not installed, Error(io) if it fails, and Error(invalid_argument) if there is nothing
// to draw or the stem is not a plain file name.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/model/cuts.hpp"
#include "scission/model/model_graph.hpp"
#include "scission/plan/network.hpp"
#include "scission/plan/plan.hpp"
#include "scission/plan/problem.hpp"
#include "scission/profile/profile.hpp"
#include "scission/search/analysis.hpp"
#include "scission/search/plan_io.hpp"
#include "scission/sweep/sweep_analysis.hpp"

namespace scission {

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

}  // namespace scission
