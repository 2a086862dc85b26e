// Where a model can be cut, what crosses there, and how many bytes that is.
#include "scission/model.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/require.hpp"
#include "base/text.hpp"
#include "model/liveness_and_views.hpp"

namespace scission {
namespace {

constexpr std::array<std::string_view, 3> kind_names{"single", "frontier", "original"};

// "'a' and 'b'", "'a', 'b', 'c' and 4 more".
std::string named(const ModelGraph& graph, const std::set<int>& values) {
  constexpr std::size_t most = 3;
  std::string text;
  std::size_t count = 0;
  for (int value : values) {
    if (count == most) break;
    const bool ends = ++count == values.size();
    text += fmt::format("{}'{}'",
                        count == 1 ? ""
                        : ends     ? " and "
                                   : ", ",
                        graph.values[value].name);
  }
  if (values.size() > most) text += fmt::format(" and {} more", values.size() - most);
  return text;
}

std::string opaque_reason(const ModelGraph& graph, const std::set<int>& values) {
  const std::string& why = graph.values[*values.begin()].opaque_reason;
  return fmt::format("{} cannot cross: {}", named(graph, values), why.empty() ? "no tensor" : why);
}

std::string too_many(const ModelGraph& graph, const std::set<int>& tensors) {
  return fmt::format("{} tensors cross: {}", tensors.size(), named(graph, tensors));
}

// Why the original does not cut after the layer, where one tensor is alive; empty if it does.
std::string why_no_original_cut(const ModelGraph& graph, const Frontier& frontier, int layer) {
  if (layer == 0) return "layer 0 is the input; the original tool does not cut after it";
  const int tensor = *frontier.tensors().begin();
  const int readers = frontier.readers_left(tensor);
  if (readers == 1) return "";
  return fmt::format("'{}' has {} readers", graph.values[tensor].name, readers);
}

// Why there is no cut after the layer, which is not the last one; empty if there is a cut.
std::string why_no_cut(const ModelGraph& graph, const Frontier& frontier, CutKind kind, int layer) {
  if (!frontier.opaque().empty()) return opaque_reason(graph, frontier.opaque());
  if (frontier.tensors().empty()) return "no tensor crosses";
  if (kind == CutKind::frontier) return "";
  const bool original = kind == CutKind::original;
  const std::set<int>& crossing = original ? frontier.tensors() : frontier.sent();
  if (crossing.size() > 1) return too_many(graph, crossing);
  return original ? why_no_original_cut(graph, frontier, layer) : "";
}

// The sizes seen of the values together; nullopt where none depends on data.
template <class Values>
std::optional<ByteRange> bytes_seen(const ModelGraph& graph, const Values& values) {
  ByteRange sum;
  bool depends = false;
  for (const int index : values) {
    const Value& value = graph.values[index];
    depends = depends || value.bytes_seen;
    const ByteRange seen =
        value.bytes_seen.value_or(ByteRange{memory_bytes(value), memory_bytes(value)});
    sum.smallest += seen.smallest;
    sum.largest += seen.largest;
  }
  return depends ? std::optional(sum) : std::nullopt;
}

Cut cut_at(const ModelGraph& graph, const Frontier& frontier, CutKind kind, int layer) {
  if (kind == CutKind::original) {
    const int tensor = *frontier.tensors().begin();
    return {layer, {tensor}, graph.values[tensor].bytes, graph.values[tensor].bytes_seen};
  }
  return {layer,
          {frontier.sent().begin(), frontier.sent().end()},
          frontier.sent_bytes(),
          bytes_seen(graph, frontier.sent())};
}

// The cut after the last layer: all outputs; shared memory counts once.
Cut end_of(const ModelGraph& graph) {
  const std::set<int> outputs(graph.outputs.begin(), graph.outputs.end());
  Cut cut{static_cast<int>(graph.layers.size()) - 1, {outputs.begin(), outputs.end()}, 0};
  std::set<int> sent;
  const ViewForest views(graph);
  std::map<int, std::vector<int>> tensors_of;
  for (int value : outputs) {
    if (graph.values[value].kind == ValueKind::tensor) {
      tensors_of[views.origin(value)].push_back(value);
    } else {
      sent.insert(value);
    }
  }
  for (const auto& [origin, tensors] : tensors_of) {
    for (int value : views.tensors_to_send(tensors)) sent.insert(value);
  }
  for (int value : sent) cut.bytes += memory_bytes(graph.values[value]);
  cut.bytes_seen = bytes_seen(graph, sent);
  return cut;
}

// "; the nearest are after 6 and 11", of cuts in ascending order.
std::string nearest(const std::vector<Cut>& cuts, std::vector<Cut>::const_iterator next) {
  const bool has_previous = next != cuts.begin();
  if (next == cuts.end()) return fmt::format("; the nearest is after {}", cuts.back().layer);
  if (!has_previous) return fmt::format("; the nearest is after {}", next->layer);
  return fmt::format("; the nearest are after {} and {}", std::prev(next)->layer, next->layer);
}

}  // namespace

std::string to_string(CutKind kind) {
  return std::string(kind_names.at(static_cast<std::size_t>(kind)));
}

CutKind parse_cut_kind(std::string_view text) {
  return parse_enum<CutKind>(kind_names, text, "kind of cut");
}

std::vector<int> alive_after(const ModelGraph& graph, int layer) {
  std::vector<int> alive;
  const std::vector<Lifetime> lives = lifetimes(graph);
  for (int value = 0; value < static_cast<int>(lives.size()); ++value) {
    if (lives[value].alive_after(layer)) alive.push_back(value);
  }
  return alive;
}

CutList find_cuts(const ModelGraph& graph, CutKind kind) {
  CutList list;
  Frontier frontier(graph);
  const int last_layer = static_cast<int>(graph.layers.size()) - 1;
  for (int layer = 0; layer < last_layer; ++layer) {
    frontier.advance();
    std::string reason = why_no_cut(graph, frontier, kind, layer);
    if (reason.empty()) {
      list.cuts.push_back(cut_at(graph, frontier, kind, layer));
    } else {
      list.rejected.push_back({layer, std::move(reason)});
    }
  }
  if (last_layer >= 0) list.cuts.push_back(end_of(graph));
  return list;
}

std::vector<Block> blocks_between(const ModelGraph& graph, const std::vector<Cut>& cuts) {
  const int last_layer = static_cast<int>(graph.layers.size()) - 1;
  std::vector<Block> blocks;
  blocks.reserve(cuts.size());
  int first = 0;
  for (const Cut& cut : cuts) {
    if (cut.layer < first) break;
    blocks.push_back({first, cut.layer, cut.bytes, cut.bytes_seen});
    first = cut.layer + 1;
  }
  if (blocks.empty() || blocks.size() < cuts.size() || cuts.back().layer != last_layer) {
    throw_invalid_argument(
        fmt::format("cuts must ascend and end with the last layer, {}", last_layer),
        "model " + graph.name);
  }
  return blocks;
}

std::vector<Cut> select_cuts(const CutList& cuts, const std::vector<int>& layers) {
  const std::vector<Cut>& all = cuts.cuts;
  if (all.empty()) throw_invalid_argument("there are no cuts to select from");
  std::set<int> wanted(layers.begin(), layers.end());
  std::vector<Cut> selected;
  for (int layer : wanted) {
    const auto cut = std::lower_bound(all.begin(), all.end(), layer,
                                      [](const Cut& a, int b) { return a.layer < b; });
    if (cut == all.end() || cut->layer != layer) {
      throw_invalid_argument(fmt::format("no cut after layer {}{}", layer, nearest(all, cut)));
    }
    selected.push_back(*cut);
  }
  if (!wanted.contains(all.back().layer)) selected.push_back(all.back());
  return selected;
}

int find_layer(const ModelGraph& graph, const std::string& text) {
  const int count = static_cast<int>(graph.layers.size());
  const int number = text::to_int(text).value_or(-1);
  if (number >= 0 && number < count) return number;
  const auto layer = std::find_if(graph.layers.begin(), graph.layers.end(),
                                  [&](const Layer& candidate) { return candidate.name == text; });
  if (layer != graph.layers.end()) return static_cast<int>(layer - graph.layers.begin());
  throw Error(ErrorCode::invalid_argument,
              fmt::format("{} has no layer '{}', but layers 0 to {}; scission-split --layers shows "
                          "their names",
                          graph.name, text, count - 1));
}

std::vector<Cut> cuts_of_plan(const ModelGraph& graph, const CutList& cuts,
                              const std::vector<int>& last_layers) {
  const int last = static_cast<int>(graph.layers.size()) - 1;
  if (last_layers.empty() || last_layers.back() != last) {
    throw Error(
        ErrorCode::mismatch,
        fmt::format("is a plan for {} layers, and {} has {}: it is of another model, or of other "
                    "--cuts, --grain or --order",
                    last_layers.empty() ? 0 : std::int64_t{last_layers.back()} + 1, graph.name,
                    last + 1));
  }
  try {
    return select_cuts(cuts, last_layers);
  } catch (const Error& error) {
    throw Error(ErrorCode::mismatch, error.message());
  }
}

}  // namespace scission
