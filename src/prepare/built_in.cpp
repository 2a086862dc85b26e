// The built-in models as text and as JSON.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text_table.hpp"
#include "scission/prepare.hpp"

namespace scission {

std::string format_built_in(const std::vector<ZooModel>& models, std::optional<std::size_t> width) {
  using text::Align;
  text::Table table({{"model", Align::left},
                     {"layers"},
                     {"cuts"},
                     {"parameters"},
                     {"GFLOPs"},
                     {"input", Align::left}},
                    width);
  for (const ZooModel& model : models) {
    table.add({model.name, std::to_string(model.layers), std::to_string(model.cuts),
               text::grouped(model.parameters),
               fmt::format("{:.3f}", 1e-9 * static_cast<double>(model.flops)),
               fmt::format("1×{}×{}×{}", model.channels, model.height, model.width)});
  }
  return table.text();
}

std::string format_built_in_json(const std::vector<ZooModel>& models) {
  auto json = nlohmann::ordered_json::array();
  for (const ZooModel& model : models) {
    json.push_back({{"model", model.name},
                    {"layers", model.layers},
                    {"cuts", model.cuts},
                    {"parameters", model.parameters},
                    {"flops", model.flops},
                    {"input", {1, model.channels, model.height, model.width}},
                    {"preprocessing", to_string(model.preprocessing)}});
  }
  return json.dump(2) + "\n";
}

}  // namespace scission
