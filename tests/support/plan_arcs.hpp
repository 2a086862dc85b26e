// A plan as one arc for every block, for methods without stages.
#pragma once

#include <string>

#include "scission/search/search.hpp"

namespace scission::testing {

/// Whether the input may lie on this system.
bool may_hold_input(const PartitionProblem& problem, const Query& query, int system);

/// Block `block` runs on `to`; its input is on `from`.
struct Arc {
  int block = 0;
  int from = 0;
  int to = 0;
  int column = 0;  ///< of a MILP
  int codec = -1;  ///< of a hop; -1: raw

  bool is_hop() const { return from != to; }
  bool begins_stage() const { return block == 0 || is_hop(); }
};

/// The contribution of one arc to a plan's metrics, mean over all requests. Keeps references.
class ArcFigures {
 public:
  ArcFigures(const PartitionProblem& problem, const Query& query)
      : problem_(problem), query_(query) {}

  double run_s(const Arc& arc) const;     ///< of its block
  double setup_s(const Arc& arc) const;   ///< 0 unless the arc begins a stage
  double bytes(const Arc& arc) const;     ///< that cross into its block
  double hop_s(const Arc& arc) const;     ///< of a hop
  double busy_s(const Arc& arc) const;    ///< of its link
  double encode_s(const Arc& arc) const;  ///< of the sender; 0 without a codec
  double decode_s(const Arc& arc) const;  ///< of the receiver; 0 without a codec

  /// Of every metric except the period, which is not a sum.
  double amount(Metric measure, const Arc& arc) const;
  double objective(const Arc& arc) const;

  /// Allowed by the route, the links, the sources, the sinks and the query's codecs.
  bool is_allowed(const Arc& arc) const;

 private:
  double share(const Arc& arc) const;       // of the requests that come to its block
  double sent_bytes(const Arc& arc) const;  // of such a request
  double run_amount(Metric measure, const Arc& arc) const;
  double hop_amount(Metric measure, const Arc& arc) const;

  const PartitionProblem& problem_;
  const Query& query_;
};

}  // namespace scission::testing
