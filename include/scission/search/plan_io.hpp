// Plans and answers as text and as JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/plan/plan.hpp"
#include "scission/search/analysis.hpp"
#include "scission/search/search.hpp"

namespace scission {

/// "Device(raspi4) = 0 - 6, Edge(None) = -1 - -1, Cloud(vm) = 7 - 25": the layers on every
/// platform. The source is named even where it runs no layer. Of plans in the platforms' order
/// only, where a platform has one stage at most.
SCISSION_EXPORT std::string format_distribution(const PartitionProblem& problem, const Plan& plan);

/// "Device(raspi4) = 0 - 6, Cloud(vm) = 7 - 11, Edge(pc) = 12 - 25": the stages in their order,
/// after the source as "Device(raspi4) = -1 - -1" where the first stage is elsewhere.
SCISSION_EXPORT std::string format_route(const PartitionProblem& problem, const Plan& plan);

/// format_distribution() in the platforms' order and format_route() in any order, and where the
/// plan has a destination " → Device(raspi4)".
SCISSION_EXPORT std::string format_plan(const PartitionProblem& problem, const Query& query,
                                        const Plan& plan);

/// The original's result line: "[1] 9.0106s - 2.4087MB - Device(raspi4) = 0 - 6, …"; after the
/// traffic the amounts of every further measure that the objective weighs or a limit bounds, and of
/// a weighted sum its value:
/// "[1] 9.0106s - 2.4087MB - period 5.21 s - objective 11.6 - Device(raspi4) = 0 - 6, …".
SCISSION_EXPORT std::string format_result_line(const PartitionProblem& problem, const Query& query,
                                               const Plan& plan, int rank);

/// What an objective is called: "latency", or "objective" for a weighted sum.
SCISSION_EXPORT std::string objective_name(const Objective& objective);

/// An objective's value for people: with the unit for a single measure ("9.01 s"), as a bare
/// number for a weighted sum.
SCISSION_EXPORT std::string format_objective_value(const Objective& objective, double value);

/// A front and the measures that it is of.
struct SCISSION_EXPORT ParetoAnswer {
  std::vector<Metric> measures;
  ParetoFront front;
};

/// How the best plan depends on one link's bandwidth or one system's slowdown.
struct SCISSION_EXPORT SensitivityAnswer {
  int from = 0;                ///< the system, or where the link begins
  std::optional<int> to = {};  ///< where the link ends
  double present_value = 0;    ///< the present value: Mbit/s, or the factor 1
  std::vector<SensitivityRange> ranges;
};

/// The answer to a query and to whatever else was asked about it.
struct SCISSION_EXPORT QueryAnswer {
  SearchResult result;
  std::optional<ParetoAnswer> pareto = {};
  std::vector<SensitivityAnswer> sensitivity = {};
  std::optional<Infeasibility> infeasibility = {};
};

/// The whole answer for programs; docs/plan-format.md describes it field by field.
SCISSION_EXPORT std::string format_answer_json(const PartitionProblem& problem, const Query& query,
                                               const QueryAnswer& answer);

/// The same with nothing asked but the query.
SCISSION_EXPORT std::string format_result_json(const PartitionProblem& problem, const Query& query,
                                               const SearchResult& result);

}  // namespace scission
