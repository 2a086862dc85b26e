// The steps of a pipeline: stages that one call runs, or a stage in this process.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/wire/stall_watch.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::runtime {

/// Client::infer(), or a replacement for tests. Returns a function that cancels the call.
using RemoteCall = std::function<std::function<void()>(
    const InferRequest& request, double deadline_s, std::function<void(InferResult)> done)>;

/// Neighbouring stages that one remote call runs, or one stage in this process.
struct PipelineStep {
  std::vector<RouteStop> stops;          ///< at least one
  std::vector<std::string> input_names;  ///< names of its inputs; empty: they keep theirs
  RemoteCall call;                       ///< empty: `local` runs
  std::shared_ptr<StageModel> local;
  std::vector<SegmentExit> exits = {};  ///< of the last stop
  std::size_t first_stage = 0;          ///< of the pipeline

  std::vector<std::string> systems() const;
};

/// Neighbouring stages on Scission workers form one step; each stage on a foreign server or in this
/// process is a step. Throws Error(invalid_argument) without stages, and for a stage with neither
/// client nor model.
std::vector<PipelineStep> steps_of(const std::vector<PipelineStage>& stages);

/// A check for each system of the stages that has a server.
std::vector<HealthCheck> health_checks_of(const std::vector<PipelineStage>& stages);

/// Of the codecs that are wanted, those that both ends have, see Pipeline::set_codecs(). Empty
/// names elsewhere; an empty list when nothing is coded.
std::vector<std::string> codecs_between(const std::vector<PipelineStage>& stages,
                                        const std::vector<std::string>& wanted);

/// The request of a remote step. `codecs`: of all stages, as codecs_between() returns them.
InferRequest request_of(const PipelineStep& step, std::vector<Tensor> inputs, std::string id,
                        const std::vector<std::string>& codecs = {});

/// The hops of a call from `source` through stages on `systems`. When the answer does not report
/// every stage, as from a foreign server, the whole call is the first hop's transfer. An early
/// answer has the hops of the stages that ran.
std::vector<HopTiming> hops_of_call(const std::string& source,
                                    const std::vector<std::string>& systems,
                                    const InferAnswer& answer);

}  // namespace scission::runtime
