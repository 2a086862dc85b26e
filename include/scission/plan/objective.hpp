// What a plan is judged by.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/plan/plan.hpp"

namespace scission {

enum class Measure { latency, period, traffic, energy, money };

/// "latency", "period", …
SCISSION_EXPORT std::string to_string(Measure measure);
SCISSION_EXPORT const std::vector<Measure>& all_measures();

/// Seconds, seconds, bytes, joules, or money in the user's currency.
SCISSION_EXPORT double amount(Measure measure, const PlanCost& cost);

/// "9.01 s", "2.41 MB", "12.3 J", "0.00123": for people.
SCISSION_EXPORT std::string format_amount(Measure measure, double amount);

/// A weighted sum of measures: a weight a second of latency, a second of period, a byte, a joule, a
/// unit of money. All are ≥ 0, and one at least is above. With a single measure its weight is 1.
struct SCISSION_EXPORT Objective {
  double latency = 1;
  double period = 0;
  double traffic = 0;
  double energy = 0;
  double money = 0;

  double weight(Measure measure) const;             ///< that of one measure
  void set_weight(Measure measure, double weight);  ///< replaces it

  friend bool operator==(const Objective&, const Objective&) = default;
};

/// That measure alone.
SCISSION_EXPORT Objective only(Measure measure);

/// The weighted sum of a plan's amounts. Measures of weight 0 do not count, known or not.
SCISSION_EXPORT double value(const Objective& objective, const PlanCost& cost);

/// Reads "energy", or a weighted sum "latency + 0.5 energy + 0.01 traffic": each term a weight (1
/// where there is none) and a measure; traffic is weighed by the MB, the others by the second, the
/// joule and the unit of money. Throws Error(invalid_argument) that quotes what it cannot read.
SCISSION_EXPORT Objective parse_objective(std::string_view text);

/// Reads "latency,energy": two measures or more, each once. Throws Error(invalid_argument).
SCISSION_EXPORT std::vector<Measure> parse_measures(std::string_view text);

}  // namespace scission
