// A question of the page, and the command that asks the same.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "scission/explore.hpp"
#include "scission/plan/plan.hpp"
#include "scission/search/search.hpp"

namespace scission::explore {

struct Question {
  Conditions conditions = {};
  Query query;
  std::vector<Metric> pareto = {};  ///< empty: no front
  bool wants_ranges = true;
  double time_limit_s = 1;
  /// Options of scission-predict for all of it, each word as a program receives it.
  std::vector<std::string> options = {};
};

/// Reads a question; what it does not state is as in `base`. Throws Error(damaged) with the field
/// as place, also for a field that is unknown, and as the parsers of texts do.
Question parse_question(std::string_view text, const Query& base);

/// Throws Error(damaged) with `where` as place unless the value is an object with known fields.
void require_fields(const nlohmann::json& object, const std::vector<std::string>& known,
                    const std::string& where);

/// The words as a line for a POSIX shell.
std::string format_command(const std::vector<std::string>& words);

}  // namespace scission::explore
