// Profiles and plans as one self-contained HTML page without scripts, which can be printed.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/plan/network.hpp"
#include "scission/plan/plan.hpp"
#include "scission/profile/profile.hpp"
#include "scission/search/plan_io.hpp"

namespace scission {

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
