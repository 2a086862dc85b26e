// What a request's times say of links and systems.
#pragma once

#include <utility>
#include <vector>

#include "scission/control/controller.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::runtime {

/// What one request tells a controller.
struct Sightings {
  std::vector<HopObservation> hops;
  std::vector<StageObservation> stages;
};

/// Where a stage runs.
enum class StagePlace { here, worker, foreign };

std::vector<StagePlace> places_of(const std::vector<PipelineStage>& stages);

/// Of a request through a plan whose stages are at `places`; `hops` as its result has them.
///
/// A hop is what a plan calls a transfer: making the message, the wire both ways, reading it. Where
/// the outputs come back to this process to go on from there, or to the plan's destination, that
/// is in the time of the hop before: both get their share, as the problem has them. Waiting for
/// other requests' stages is nobody's slowness and left out, and so is what foreign servers do not
/// tell. Nothing when there is not a hop for every stage.
Sightings sightings_of(const PartitionProblem& problem, double input_bytes, const Plan& plan,
                       const std::vector<StagePlace>& places, const std::vector<HopTiming>& hops);

/// Transfers of requests that were under way together share links, and take longer for it, which
/// says nothing of the links. Lets through what was alone, and of what was not the fastest in a
/// while, measured by what is expected.
class OverlapFilter {
 public:
  OverlapFilter(const PartitionProblem& problem, double for_s);

  /// Keeps of `hops` what may be observed.
  void filter(std::vector<HopObservation>& hops, bool is_alone, double now_s);

 private:
  struct Candidate {
    double since_s = 0;
    double ratio = 0;  ///< to what is expected; 0: there is none
    HopObservation hop;
  };

  bool passes(HopObservation& hop, bool is_alone, double now_s);
  double ratio_of(const HopObservation& hop) const;

  const PartitionProblem& problem_;
  double for_s_;
  std::vector<Candidate> candidates_;  ///< by link
};

}  // namespace scission::runtime
