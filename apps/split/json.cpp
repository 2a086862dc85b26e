#include "json.hpp"

#include <nlohmann/json.hpp>

#include "scission/model/model_graph.hpp"

namespace scission::split {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// What the layers' numbers hold for.
Json heading(const torchscript::SplitModel& model) {
  return {{"model", model.graph().name},
          {"cuts", to_string(model.options().cuts)},
          {"grain", torchscript::to_string(model.options().grain)},
          {"order", to_string(model.options().order.value_or(LayerOrder::file))},
          {"layer_count", model.graph().layers.size()}};
}

Json tensors(const ModelGraph& graph, const std::vector<int>& values) {
  Json json = Json::array();
  for (const int index : values) {
    const Value& value = graph.values.at(index);
    if (value.dtype.empty()) continue;
    json.push_back({{"name", value.name},
                    {"dtype", value.dtype},
                    {"shape", value.shape},
                    {"bytes", value.bytes}});
  }
  return json;
}

void add_figures(Json& json, const LayerStatistics& figures) {
  json["parameters"] = figures.parameters;
  json["weight_bytes"] = figures.weight_bytes;
  json["flops"] = figures.flops;
  json["macs"] = figures.macs;
  json["activation_bytes"] = figures.activation_bytes;
  json["peak_activation_bytes"] = figures.peak_activation_bytes;
}

void add_totals(Json& json, const ModelGraph& graph) {
  json["total"] = Json::object();
  add_figures(json["total"], model_statistics(graph));
  json["uncounted"] = graph.uncounted;
}

Json verdict_json(const torchscript::BatchVerdict& verdict) {
  return {{"batch", verdict.batch},
          {"model_runs", verdict.model_runs},
          {"bit_equal", verdict.bit_equal},
          {"largest_difference", verdict.largest_difference},
          {"message", verdict.message}};
}

}  // namespace

std::string cuts_json(const torchscript::SplitModel& model, bool with_rejected) {
  const ModelGraph& graph = model.graph();
  Json json = heading(model);
  json["places"] = Json::array();
  for (const Cut& cut : model.cuts().cuts) {
    json["places"].push_back({{"layer", cut.layer},
                              {"name", graph.layers.at(cut.layer).name},
                              {"bytes", cut.bytes},
                              {"crossing", tensors(graph, cut.crossing)}});
  }
  if (!with_rejected) return text_of(json);
  json["rejected"] = Json::array();
  for (const Rejection& place : model.cuts().rejected) {
    json["rejected"].push_back({{"layer", place.layer},
                                {"name", graph.layers.at(place.layer).name},
                                {"reason", place.reason}});
  }
  return text_of(json);
}

std::string layers_json(const torchscript::SplitModel& model) {
  const ModelGraph& graph = model.graph();
  Json json = heading(model);
  json["layers"] = Json::array();
  const std::vector<LayerStatistics> figures = layer_statistics(graph);
  for (std::size_t i = 0; i < graph.layers.size(); ++i) {
    const Layer& layer = graph.layers[i];
    Json entry = {{"layer", i},
                  {"name", layer.name},
                  {"type", layer.type},
                  {"outputs", tensors(graph, layer.outputs)}};
    add_figures(entry, figures.at(i));
    json["layers"].push_back(std::move(entry));
  }
  add_totals(json, graph);
  return text_of(json);
}

std::string blocks_json(const torchscript::SplitModel& model) {
  const ModelGraph& graph = model.graph();
  const std::vector<Cut>& cuts = model.cuts().cuts;
  const std::vector<Block> blocks = blocks_between(graph, cuts);
  const std::vector<LayerStatistics> figures = block_statistics(graph, blocks);
  Json json = heading(model);
  json["blocks"] = Json::array();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    Json entry = {{"first_layer", blocks[i].first_layer},
                  {"last_layer", blocks[i].last_layer},
                  {"layer_types", layer_types(graph, blocks[i])},
                  {"output_bytes", blocks[i].output_bytes},
                  {"outputs", tensors(graph, cuts.at(i).crossing)}};
    add_figures(entry, figures.at(i));
    json["blocks"].push_back(std::move(entry));
  }
  add_totals(json, graph);
  return text_of(json);
}

std::string written_json(const std::filesystem::path& folder, const SegmentManifest& manifest,
                         const std::vector<torchscript::BatchVerdict>& verdicts) {
  Json json = {{"folder", folder.string()}, {"manifest", Json::parse(format_manifest(manifest))}};
  if (verdicts.empty()) return text_of(json);
  json["verified"] = Json::array();
  for (const auto& verdict : verdicts) json["verified"].push_back(verdict_json(verdict));
  return text_of(json);
}

}  // namespace scission::split
