#include "runtime/pipeline/pipeline_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "runtime/wire/coded_tensors.hpp"
#include "scission/base.hpp"
#include "scission/codec.hpp"

namespace scission::runtime {
namespace {

PipelineStep step_of(const PipelineStage& stage) {
  if (!stage.client && !stage.local) {
    throw Error(ErrorCode::invalid_argument, "the stage has neither a client nor a local model",
                stage.system);
  }
  PipelineStep step;
  step.stops.push_back({stage.system, stage.model, {}});
  step.input_names = stage.input_names;
  step.exits = stage.exits;
  if (stage.client) {
    step.call = [client = stage.client](const InferRequest& request, double deadline_s,
                                        std::function<void(InferResult)> done) {
      return client->infer(request, deadline_s, std::move(done));
    };
  } else {
    step.local = stage.local;
  }
  return step;
}

bool can_forward(const PipelineStage& from, const PipelineStage& to) {
  return from.client && to.client && !from.is_foreign && !to.is_foreign;
}

/// Whether tensors go from a stage to the next one by a message of their own; nullptr: the caller.
bool crosses(const PipelineStage* from, const PipelineStage* to) {
  const bool is_from_here = from == nullptr || !from->client;
  const bool is_to_here = to == nullptr || !to->client;
  return !(is_from_here && is_to_here);
}

bool has_codec(const PipelineStage* stage, const std::string& codec) {
  if (codec.empty()) return false;
  if (stage == nullptr || !stage->client) return find_codec(codec) != nullptr;
  const auto is_stated = [&](const std::string& name) {
    return std::find(stage->codecs.begin(), stage->codecs.end(), name) != stage->codecs.end();
  };
  return !stage->is_foreign && (is_stated(codec) || is_stated(codec_without_level(codec)));
}

HopTiming first_hop(const std::string& source, const std::string& system,
                    const InferAnswer& answer) {
  HopTiming hop;
  hop.from = source;
  hop.to = system;
  hop.bytes = answer.sent_bytes;
  hop.serialise_s = answer.serialise_s;
  hop.transfer_s = answer.call_s;
  hop.encode_s = answer.encode_s;
  hop.raw_tensors = answer.raw_tensors;
  return hop;
}

HopTiming next_hop(const StageTiming& sender, const std::string& from, const std::string& to) {
  HopTiming hop;
  hop.from = from;
  hop.to = to;
  hop.serialise_s = sender.serialise_s;
  hop.transfer_s = sender.next_s;
  hop.encode_s = sender.encode_s;
  hop.raw_tensors = sender.raw_tensors;
  return hop;
}

// Until then, the transfer of `hop` is all the time that its sender waited.
void add_receiver(const StageTiming& stage, HopTiming& hop) {
  if (stage.received_bytes > 0) hop.bytes = stage.received_bytes;
  // The two ends read different clocks, so a transfer without bytes may come out negative.
  hop.transfer_s = std::max(0.0, hop.transfer_s - stage.total_s);
  hop.deserialise_s = stage.deserialise_s;
  hop.decode_s = stage.decode_s;
  hop.queue_s = stage.queue_s;
  hop.compute_s = stage.compute_s;
}

}  // namespace

std::vector<std::string> PipelineStep::systems() const {
  std::vector<std::string> names;
  for (const RouteStop& stop : stops) names.push_back(stop.system);
  return names;
}

std::vector<PipelineStep> steps_of(const std::vector<PipelineStage>& stages) {
  if (stages.empty())
    throw Error(ErrorCode::invalid_argument, "a pipeline needs at least one stage");
  std::vector<PipelineStep> steps;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    if (i > 0 && can_forward(stages[i - 1], stages[i])) {
      steps.back().stops.push_back({stages[i].system, stages[i].model, {}});
      steps.back().exits = stages[i].exits;
    } else {
      steps.push_back(step_of(stages[i]));
      steps.back().first_stage = i;
    }
  }
  return steps;
}

std::vector<HealthCheck> health_checks_of(const std::vector<PipelineStage>& stages) {
  std::map<std::string, std::shared_ptr<Client>> clients;
  for (const PipelineStage& stage : stages) {
    if (stage.client) clients.emplace(stage.system, stage.client);
  }
  std::vector<HealthCheck> checks;
  for (const auto& [system, client] : clients) {
    checks.push_back({system, [client = client](double deadline_s, std::function<void(bool)> done) {
                        client->check_health(deadline_s, std::move(done));
                      }});
  }
  return checks;
}

std::vector<std::string> codecs_between(const std::vector<PipelineStage>& stages,
                                        const std::vector<std::string>& wanted) {
  if (wanted.empty()) return {};
  if (wanted.size() != stages.size() + 1) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("there must be a codec for each of {} stages and one for the answer, "
                            "not {}",
                            stages.size(), wanted.size()));
  }
  std::vector<std::string> codecs(wanted.size());
  bool is_coded = false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const PipelineStage* const from = i == 0 ? nullptr : &stages[i - 1];
    const PipelineStage* const to = i == stages.size() ? nullptr : &stages[i];
    if (!crosses(from, to) || !has_codec(from, wanted[i]) || !has_codec(to, wanted[i])) continue;
    codecs[i] = wanted[i];
    is_coded = true;
  }
  return is_coded ? codecs : std::vector<std::string>{};
}

InferRequest request_of(const PipelineStep& step, std::vector<Tensor> inputs, std::string id,
                        const std::vector<std::string>& codecs) {
  InferRequest request;
  request.model = step.stops.front().model;
  request.id = std::move(id);
  request.inputs = std::move(inputs);
  request.route.assign(step.stops.begin() + 1, step.stops.end());
  if (codecs.empty()) return request;
  request.codec = codecs.at(step.first_stage);
  for (std::size_t i = 0; i < request.route.size(); ++i) {
    request.route[i].codec = codecs.at(step.first_stage + 1 + i);
  }
  request.answer_codec = codecs.at(step.first_stage + step.stops.size());
  return request;
}

std::vector<HopTiming> hops_of_call(const std::string& source,
                                    const std::vector<std::string>& systems,
                                    const InferAnswer& answer) {
  const std::size_t count = answer.is_early
                                ? std::clamp<std::size_t>(answer.stages.size(), 1, systems.size())
                                : systems.size();
  const bool is_reported = answer.stages.size() == count;
  std::vector<HopTiming> hops;
  for (std::size_t i = 0; i < count; ++i) {
    if (i == 0) {
      hops.push_back(first_hop(source, systems[0], answer));
    } else if (is_reported) {
      hops.push_back(next_hop(answer.stages[i - 1], systems[i - 1], systems[i]));
    } else {
      hops.push_back(next_hop({}, systems[i - 1], systems[i]));
    }
    if (is_reported) add_receiver(answer.stages[i], hops.back());
  }
  if (hops.empty()) return hops;
  // Serialising and reading the answer belong to the hop that it comes from.
  if (is_reported) {
    hops.back().serialise_s += answer.stages.back().serialise_s;
    hops.back().encode_s += answer.stages.back().encode_s;
    hops.back().raw_tensors += answer.stages.back().raw_tensors;
  }
  hops.back().deserialise_s += answer.deserialise_s;
  hops.back().decode_s += answer.decode_s;
  return hops;
}

}  // namespace scission::runtime
