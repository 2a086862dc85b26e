#include <cmath>
#include <nlohmann/json.hpp>

#include "print.hpp"

namespace scission::compare {
namespace {

using Json = nlohmann::ordered_json;

Json time_json(const TimeComparison& time) {
  const bool is_tested = time.evidence != Evidence::none;
  const auto if_tested = [&](Json value) { return is_tested ? std::move(value) : Json(nullptr); };
  return {{"before_s", time.before_s},
          {"after_s", time.after_s},
          {"ratio", std::isfinite(time.ratio) ? Json(time.ratio) : Json(nullptr)},
          {"ratio_interval",
           if_tested(Json::array({time.ratio_interval.low, time.ratio_interval.high}))},
          {"tested_by", to_string(time.evidence)},
          {"p", if_tested(time.p)},
          {"false_discovery_rate", if_tested(time.false_discovery_rate)},
          {"change", to_string(time.change)}};
}

Json block_json(const BlockComparison& block) {
  Json json = {{"first_layer", block.block.first_layer}, {"last_layer", block.block.last_layer}};
  json.update(time_json(block.time));
  return json;
}

Json model_json(const ModelComparison& model) {
  Json blocks = Json::array();
  for (const BlockComparison& block : model.blocks) blocks.push_back(block_json(block));
  return {{"model", model.model},
          {"whole", time_json(model.whole)},
          {"sum", time_json(model.sum)},
          {"slower", model.count(Change::slower)},
          {"faster", model.count(Change::faster)},
          {"unchanged", model.count(Change::unchanged)},
          {"unknown", model.count(Change::unknown)},
          {"blocks", blocks}};
}

}  // namespace

std::string format_comparison_json(const ProfileComparison& comparison) {
  Json models = Json::array();
  for (const ModelComparison& model : comparison.models) models.push_back(model_json(model));
  const Json json = {{"format", "scission-comparison"},
                     {"version", 1},
                     {"is_slower", comparison.is_slower()},
                     {"notes", comparison.notes},
                     {"models", models}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace scission::compare
