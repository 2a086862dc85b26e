// A pipeline's stages as calls.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::runtime {

/// Client::infer(), or what stands in for it.
using CallFunction = std::function<void(const InferRequest& request, double deadline_s,
                                        std::function<void(InferResult)> done)>;

/// Neighbouring stages that one call runs, or one stage in this process.
struct Leg {
  std::vector<RouteStop> stops;          ///< one or more
  std::vector<std::string> input_names;  ///< what its inputs are called; empty: as they come
  CallFunction call;                     ///< none: `local` runs
  std::shared_ptr<StageModel> local;

  std::vector<std::string> systems() const;
};

/// Neighbours on workers of ours are one leg; foreign servers and this process are legs each.
/// Throws Error(invalid_argument) on no stages, and on one with neither client nor model.
std::vector<Leg> legs_of(const std::vector<PipelineStage>& stages);

/// The request of a leg with a call.
InferRequest request_of(const Leg& leg, std::vector<Tensor> inputs, std::string id);

}  // namespace scission::runtime
