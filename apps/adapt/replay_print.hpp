// A replay's outcome for people, for programs and as a table of requests.
#pragma once

#include <string>

#include "scission/control/replay.hpp"

namespace scission::apps {

/// A row for each strategy.
std::string format_replay(const ReplayResult& result);

/// One object; docs/controlling.md names its fields.
std::string format_replay_json(const PartitionProblem& problem, const Query& query,
                               const ReplayResult& result, const ReplayOptions& options);

/// A row for each request: what it took by each strategy, and which plan the oracle and the
/// controller ran.
std::string format_replay_csv(const PartitionProblem& problem, const ReplayResult& result);

}  // namespace scission::apps
