// The codecs of a prefix where their choice weighs several things against each other: the objective
// against limited sums, or against the period.
#pragma once

#include <optional>
#include <vector>

#include "search/best_first.hpp"
#include "search/prefix_tree.hpp"

namespace scission::search_detail {

/// One way to code the hops of a prefix.
struct CodecLabel {
  Cost relaxed_cost = 0;
  std::vector<Cost> spent;  ///< by the objective, then by every limited sum
  std::vector<Cost> busy;   ///< of CodecLabels::resources, or as CodecChooser::folds_ has it
  std::vector<int> codecs;  ///< as Plan::codecs, of the hops so far

  /// Whether this one is at least as good in everything, and comes first where both cost the same.
  bool dominates(const CodecLabel& other) const;
};

/// All ways to code the hops of one prefix that no other dominates.
struct CodecLabels {
  std::vector<std::size_t> resources;  ///< that the prefix has used: from × systems + to
  std::vector<CodecLabel> labels;

  Cost min_relaxed_cost() const;
};

/// A complete plan with the cost that ranks it.
struct RankedPlan {
  Plan plan;
  Cost cost = unreachable;
};

/// Extends labels along the steps of a plan. Plans stay distinct by their stages: the choice of
/// codecs is made within each.
class CodecChooser {
 public:
  /// Keeps references.
  CodecChooser(const Enumeration& e, const Steps& steps);

  /// Whether the cheapest codec of each hop alone is not always the best.
  static bool is_needed(const Enumeration& e);

  /// Nothing done yet.
  CodecLabels start() const;
  /// After the node's choice. Labels that no completion can bring within the limits are dropped.
  CodecLabels after(const CodecLabels& before, const Node& node) const;
  /// Whether any label remains.
  bool allows(const CodecLabels& before, const Node& node) const;

  /// The stages with their best codecs, and their least exact cost over all codecs. Empty without
  /// a label.
  std::optional<RankedPlan> best(const Plan& stages, const CodecLabels& labels) const;
  /// The same for a plan from its beginning.
  std::optional<RankedPlan> best(const Plan& stages) const;

  /// The dimensions by which two prefixes that end a stage at the same place compare, a row for
  /// each label; empty where their labels cannot be compared.
  std::vector<Cost> rows(const CodecLabels& labels) const;
  bool is_comparable() const { return !tracks_busy_ || folds_; }
  std::size_t row_width() const;

 private:
  template <typename Found>
  void extend(const CodecLabels& before, const Node& node, Found found) const;
  std::vector<std::size_t> resources_after(const CodecLabels& before, const Node& node) const;
  bool add_sums(const Node& node, int codec, CodecLabel& label) const;
  bool add_busy(const Node& node, int codec, const std::vector<std::size_t>& resources,
                CodecLabel& label) const;
  bool add_folded(const Node& node, int codec, CodecLabel& label) const;
  Cost period_of(const CodecLabel& label) const;

  const Enumeration& e_;
  const Steps& steps_;
  const SearchGraph& graph_;
  const bool tracks_busy_;
  /// No system or link is busy for two stages: `busy` is the longest time of those that the prefix
  /// has left, and the time of the present system.
  const bool folds_;
};

}  // namespace scission::search_detail
