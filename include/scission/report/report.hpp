// Charts of answers, drawn by gnuplot, and reports as one self-contained HTML page.
//
// Each draw function writes STEM.png, STEM.svg and STEM.gp (the script with its data) into
// `folder`, each atomically, and creates the folder if needed. It throws Error(unsupported) if
// gnuplot is not installed, Error(io) if it fails, and Error(invalid_argument) if there is nothing
// to draw or the stem is not a plain file name.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/plan/network.hpp"
#include "scission/plan/plan.hpp"
#include "scission/plan/problem.hpp"
#include "scission/profile/profile.hpp"
#include "scission/search/analysis.hpp"
#include "scission/search/plan_io.hpp"

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

}  // namespace scission
