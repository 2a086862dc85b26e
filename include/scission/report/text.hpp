// Answers, profiles, models, sweeps and replays as plain text for people, as the tools print them.
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
#include <optional>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/control/replay.hpp"
#include "scission/model/cuts.hpp"
#include "scission/model/model_graph.hpp"
#include "scission/model/segments.hpp"
#include "scission/plan/network.hpp"
#include "scission/plan/setup_check.hpp"
#include "scission/profile/profile.hpp"
#include "scission/search/analysis.hpp"
#include "scission/sweep/sweep_analysis.hpp"

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

/// The same, and warns of missing links; remarks on sizes that depend on data and on what is not
/// proven.
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

}  // namespace scission
