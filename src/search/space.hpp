// What a query allows, and what each step of a plan costs: the graph that the search walks.
//
// A plan is a walk that alternates two kinds of step:
//
//     source ──enter──▶ (block 0, system) ──run──▶ (end, system) ──enter──▶ (end, next system) …
//
// Entering ships what crosses into a block; running computes blocks first…end−1 in one stage.
// Every constraint but a share of the whole compute time is a property of a single step here.
#pragma once

#include <string>
#include <vector>

#include "scission/search.hpp"
#include "search/ticks.hpp"

namespace scission::search_detail {

/// A limit that only a whole plan can be held against.
struct ShareLimit {
  int platform = 0;
  double share = 1;
};

class Space {
 public:
  /// The query must have been validated. Keeps a reference: the problem must outlive the space.
  Space(const PartitionProblem& problem, const Query& query);

  int block_count() const { return problem_.block_count(); }
  int system_count() const { return problem_.system_count(); }
  int platform(int system) const { return platform_[system]; }
  int platform_count() const { return static_cast<int>(rules_.size()); }

  /// The systems that may hold the input.
  const std::vector<int>& sources() const { return sources_; }

  /// First step: from a source to the first system. `unreachable` when that may not be.
  Cost enter_first(int source, int system) const;
  /// A later step: from a system that has run everything before `block` to the next one.
  Cost enter(int block, int from, int to) const;
  /// Running blocks first…end−1 on a system, first < end ≤ furthest_end(first, system).
  Cost run(int system, int first, int end) const;
  /// How far one stage may go: the largest end allowed, `first` itself when not one block is.
  int furthest_end(int first, int system) const { return furthest_end_[at(first, system)]; }
  /// Whether a plan may be over when this system has run the last block.
  bool may_finish(int system) const;

  const std::vector<ShareLimit>& share_limits() const { return share_limits_; }
  /// No plan spends more than this computing blocks block…last.
  Cost slowest_rest(int block) const { return slowest_rest_[block]; }

  /// Pairs that may follow each other but for the want of a link.
  std::vector<MissingLink> missing_links() const;

 private:
  struct PlatformRules {
    Criteria criteria;
    double upload_bytes;
    double longest_s;
    bool required;
  };

  // A link as a hop needs it, worked out once a pair: n·S² hops are asked for.
  struct Connection {
    bool allowed = false;
    double ping_s = 0;
    double bytes_per_s = 1;
    double most_bytes = 0;
  };

  PlatformRules rules_for(const std::string& platform, const Query& query);
  bool may_use(int system) const;
  bool may_send(int system) const;
  bool may_run(int block, int system) const;
  bool in_order(int from, int to) const;
  bool skips_required(int after, int before) const;
  void fill_connections();
  Cost hop(int from, int to, double bytes) const;
  void fill_run_costs();
  void fill_furthest_ends();
  std::size_t at(int block, int system) const {
    return static_cast<std::size_t>(block) * system_count() + system;
  }

  const PartitionProblem& problem_;
  double input_bytes_;
  Ticks ticks_;
  std::vector<int> platform_;         // of each system
  std::vector<PlatformRules> rules_;  // of each platform
  std::vector<char> allowed_;         // each system: named, not excluded
  std::vector<int> sources_;
  std::vector<Connection> connections_;  // [from, to]
  std::vector<ShareLimit> share_limits_;
  std::vector<Cost> run_until_;     // [block, system]: running blocks 0…block−1
  std::vector<Cost> slowest_rest_;  // [block]
  std::vector<int> furthest_end_;   // [block, system]
};

}  // namespace scission::search_detail
