// Complete plans in order of cost, one after the other.
#pragma once

#include <memory>
#include <optional>

#include "scission/plan.hpp"
#include "search/cost_to_go.hpp"
#include "search/space.hpp"

namespace scission::search_detail {

/// Best-first enumeration of the space's walks (A* with the exact cost to go as its bound).
///
/// The frontier holds sets of plans that share a beginning and lack the choices already taken
/// from there; each is represented by its best member, whose cost is known exactly. Taking the
/// best set from the frontier and splitting it along that member yields the next plan after as
/// many splits as it has steps. Plans that break a share limit are passed over.
class BestFirst {
 public:
  /// Keeps references: both must outlive it.
  BestFirst(const Space& space, const CostToGo& cost_to_go);
  ~BestFirst();
  BestFirst(const BestFirst&) = delete;
  BestFirst& operator=(const BestFirst&) = delete;

  /// The next plan that fits; nothing when there are no more.
  std::optional<Plan> next();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace scission::search_detail
