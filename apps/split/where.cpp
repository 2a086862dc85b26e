#include "where.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

#include "scission/base/error.hpp"
#include "scission/plan/plan.hpp"

namespace scission::split {
namespace {

/// As select_cuts(), whose errors know neither option nor file.
std::vector<Cut> selected(const CutList& cuts, const std::vector<int>& layers, ErrorCode code,
                          const std::string& place) {
  try {
    return select_cuts(cuts, layers);
  } catch (const Error& error) {
    throw Error(code, error.message(), place);
  }
}

int layer_called(const ModelGraph& graph, const std::string& text) {
  const int count = static_cast<int>(graph.layers.size());
  int number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= 0 && number < count) {
    return number;
  }
  const auto layer = std::find_if(graph.layers.begin(), graph.layers.end(),
                                  [&](const Layer& candidate) { return candidate.name == text; });
  if (layer != graph.layers.end()) return static_cast<int>(layer - graph.layers.begin());
  throw Error(ErrorCode::invalid_argument,
              fmt::format("{} has no layer '{}', but layers 0 to {}; scission-split --layers shows "
                          "their names",
                          graph.name, text, count - 1),
              "--at");
}

std::vector<Cut> cuts_at(const ModelGraph& graph, const CutList& cuts,
                         const std::vector<std::string>& at) {
  std::vector<int> layers;
  for (const std::string& text : at) layers.push_back(layer_called(graph, text));
  return selected(cuts, layers, ErrorCode::invalid_argument, "--at");
}

std::vector<Cut> cuts_of_plan(const ModelGraph& graph, const CutList& cuts,
                              const std::filesystem::path& plan) {
  std::vector<int> layers;
  for (const Placement& placement : read_placements(plan)) layers.push_back(placement.last_layer);
  const int last = static_cast<int>(graph.layers.size()) - 1;
  if (layers.empty() || layers.back() != last) {
    throw Error(
        ErrorCode::mismatch,
        fmt::format("is a plan for {} layers, and {} has {}: it is of another model, or of "
                    "other --cuts, --grain or --order",
                    layers.empty() ? 0 : std::int64_t{layers.back()} + 1, graph.name, last + 1),
        plan.string());
  }
  return selected(cuts, layers, ErrorCode::mismatch, plan.string());
}

}  // namespace

std::vector<Cut> chosen_cuts(const ModelGraph& graph, const CutList& cuts, const Where& where) {
  if (where.every_cut) return cuts.cuts;
  if (!where.plan.empty()) return cuts_of_plan(graph, cuts, where.plan);
  return cuts_at(graph, cuts, where.at);
}

}  // namespace scission::split
