#include "runtime/pipeline/legs.hpp"

#include <fmt/format.h>

#include <utility>

#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

Leg leg_of(const PipelineStage& stage) {
  if (!stage.client && !stage.local) {
    throw Error(ErrorCode::invalid_argument, "a stage has neither a worker nor a model here",
                stage.system);
  }
  Leg leg;
  leg.stops.push_back({stage.system, stage.model});
  leg.input_names = stage.input_names;
  if (stage.client) {
    leg.call = [client = stage.client](const InferRequest& request, double deadline_s,
                                       std::function<void(InferResult)> done) {
      client->infer(request, deadline_s, std::move(done));
    };
  } else {
    leg.local = stage.local;
  }
  return leg;
}

bool passes_on(const PipelineStage& from, const PipelineStage& to) {
  return from.client && to.client && !from.is_foreign && !to.is_foreign;
}

}  // namespace

std::vector<std::string> Leg::systems() const {
  std::vector<std::string> names;
  for (const RouteStop& stop : stops) names.push_back(stop.system);
  return names;
}

std::vector<Leg> legs_of(const std::vector<PipelineStage>& stages) {
  if (stages.empty()) throw Error(ErrorCode::invalid_argument, "a pipeline needs a stage");
  std::vector<Leg> legs;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    if (i > 0 && passes_on(stages[i - 1], stages[i])) {
      legs.back().stops.push_back({stages[i].system, stages[i].model});
    } else {
      legs.push_back(leg_of(stages[i]));
    }
  }
  return legs;
}

InferRequest request_of(const Leg& leg, std::vector<Tensor> inputs, std::string id) {
  InferRequest request;
  request.model = leg.stops.front().model;
  request.id = std::move(id);
  request.inputs = std::move(inputs);
  request.route.assign(leg.stops.begin() + 1, leg.stops.end());
  return request;
}

}  // namespace scission::runtime
