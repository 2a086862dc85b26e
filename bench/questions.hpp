// The queries that the search must answer within a target time.
#pragma once

#include <string>
#include <vector>

#include "scission/search/search.hpp"

namespace scission::bench {

struct Question {
  PartitionProblem problem;
  Query query;
};

/// In any order, each system once or with revisits.
Query any_order(int result_count, bool revisit);

/// That question about `problem`, each system once, with three limits that the best plan without
/// them breaks, every one. At most half of the 600 kB of input may leave the system where it lies;
/// on the platform that would do the most, a system may hold 0.6 of what the best plan under the
/// upload limit has it hold; and that platform may do 0.6 of the share of computing that it has
/// under both.
/// Throws std::runtime_error or std::out_of_range for problems that have no such limits.
Question with_limits(PartitionProblem problem, int result_count);

struct Target {
  std::string name;
  std::string what;
  double most_s = 0;          ///< what an answer may take
  int instance_count = 1;     ///< seeds 1, 2, …
  bool is_replanned = false;  ///< through a Planner, after one link has changed
  Question (*make)(unsigned seed) = nullptr;
};

const std::vector<Target>& targets();

}  // namespace scission::bench
