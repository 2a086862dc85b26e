// A model's cuts, layers and blocks as JSON. docs/segments-format.md describes the fields.
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json_field.hpp"
#include "model/byte_range_json.hpp"
#include "scission/model.hpp"

namespace scission {
namespace {

using Json = nlohmann::ordered_json;

/// The settings that the layers' numbers depend on.
Json heading(const ModelGraph& graph, const LayerSettings& settings) {
  return {{"model", graph.name},
          {"cuts", to_string(settings.cuts)},
          {"grain", to_string(settings.granularity)},
          {"order", to_string(settings.order)},
          {"layer_count", graph.layers.size()}};
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
    put_byte_range(json.back(), "min_bytes", "max_bytes", value.bytes_seen);
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

}  // namespace

std::string format_cuts_json(const ModelGraph& graph, const CutList& cuts,
                             const LayerSettings& settings, bool with_rejected) {
  Json json = heading(graph, settings);
  json["places"] = Json::array();
  for (const Cut& cut : cuts.cuts) {
    json["places"].push_back({{"layer", cut.layer},
                              {"name", graph.layers.at(cut.layer).name},
                              {"bytes", cut.bytes},
                              {"crossing", tensors(graph, cut.crossing)}});
    put_byte_range(json["places"].back(), "min_bytes", "max_bytes", cut.bytes_seen);
  }
  if (!with_rejected) return format_json(json);
  json["rejected"] = Json::array();
  for (const Rejection& place : cuts.rejected) {
    json["rejected"].push_back({{"layer", place.layer},
                                {"name", graph.layers.at(place.layer).name},
                                {"reason", place.reason}});
  }
  return format_json(json);
}

std::string format_layers_json(const ModelGraph& graph, const LayerSettings& settings) {
  Json json = heading(graph, settings);
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
  return format_json(json);
}

std::string format_blocks_json(const ModelGraph& graph, const CutList& cuts,
                               const LayerSettings& settings) {
  const std::vector<Block> blocks = blocks_between(graph, cuts.cuts);
  const std::vector<LayerStatistics> figures = block_statistics(graph, blocks);
  Json json = heading(graph, settings);
  json["blocks"] = Json::array();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    Json entry = {{"first_layer", blocks[i].first_layer},
                  {"last_layer", blocks[i].last_layer},
                  {"layer_types", layer_types(graph, blocks[i])},
                  {"output_bytes", blocks[i].output_bytes},
                  {"outputs", tensors(graph, cuts.cuts.at(i).crossing)}};
    put_byte_range(entry, "min_output_bytes", "max_output_bytes", blocks[i].bytes_seen);
    add_figures(entry, figures.at(i));
    json["blocks"].push_back(std::move(entry));
  }
  add_totals(json, graph);
  return format_json(json);
}

}  // namespace scission
