#include "report/model_picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "scission/base.hpp"

namespace scission {
namespace {

// --- Edges ---

/// Each index once, in the given order.
std::vector<int> distinct(const std::vector<int>& indices) {
  std::vector<int> once;
  std::set<int> seen;
  for (const int index : indices) {
    if (seen.insert(index).second) once.push_back(index);
  }
  return once;
}

/// The layer that computes each value; −1 if no layer does.
std::vector<int> producers(const ModelGraph& graph) {
  std::vector<int> made(graph.values.size(), -1);
  for (std::size_t layer = 0; layer < graph.layers.size(); ++layer) {
    for (const int value : graph.layers[layer].outputs) made.at(value) = static_cast<int>(layer);
  }
  return made;
}

std::vector<PictureEdge> all_edges(const ModelGraph& graph) {
  const std::vector<int> made = producers(graph);
  std::vector<PictureEdge> edges;
  const auto add = [&](const std::vector<int>& values, std::size_t reader) {
    for (const int value : distinct(values)) {
      const bool is_drawn = graph.values.at(value).kind != ValueKind::fixed && made[value] >= 0;
      if (is_drawn) edges.push_back({made[value], static_cast<int>(reader), value, {}});
    }
  };
  for (std::size_t i = 0; i < graph.layers.size(); ++i) add(graph.layers[i].inputs, i);
  add(graph.outputs, graph.layers.size());
  return edges;
}

/// Removes edges of opaque values that are parallel to one of a tensor: in-place operations have
/// both.
std::vector<PictureEdge> without_parallel(const ModelGraph& graph, std::vector<PictureEdge> edges) {
  const auto is_opaque = [&graph](const PictureEdge& edge) {
    return graph.values[edge.value].kind == ValueKind::opaque;
  };
  std::set<std::pair<int, int>> linked;
  for (const PictureEdge& edge : edges) {
    if (!is_opaque(edge)) linked.emplace(edge.from, edge.to);
  }
  std::erase_if(edges, [&](const PictureEdge& edge) {
    return is_opaque(edge) && linked.count({edge.from, edge.to}) > 0;
  });
  return edges;
}

int owner_of_memory(const ModelGraph& graph, int value) {
  while (graph.values.at(value).view_of >= 0) value = graph.values[value].view_of;
  return value;
}

/// The value that is sent so that `value` is available after the cut: itself or another view of its
/// memory; −1 if nothing is sent.
int crossing_value(const ModelGraph& graph, const Cut& cut, int value) {
  if (std::binary_search(cut.crossing.begin(), cut.crossing.end(), value)) return value;
  const int owner = owner_of_memory(graph, value);
  const auto found = std::find_if(cut.crossing.begin(), cut.crossing.end(), [&](int crossing) {
    return owner_of_memory(graph, crossing) == owner;
  });
  return found == cut.crossing.end() ? -1 : *found;
}

// --- Labels ---

constexpr std::size_t max_name_letters = 44;
constexpr std::size_t max_shapes = 3;  ///< further ones are only counted
constexpr std::size_t max_types = 4;

/// A table with the title in bold and smaller lines.
std::string rows(std::string_view title, const std::vector<std::string>& lines) {
  std::string html = fmt::format("<TR><TD><B>{}</B></TD></TR>",
                                 dot_html(shortened(clean_text(title), max_name_letters)));
  for (const std::string& line : lines) {
    if (line.empty()) continue;
    html += fmt::format("<TR><TD><FONT POINT-SIZE=\"10\">{}</FONT></TD></TR>", dot_html(line));
  }
  return "<<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"1\">" + html +
         "</TABLE>>";
}

/// "1×64×56×56 + 1×64×28×28 + 2 more"
std::string shapes_text(const ModelGraph& graph, const std::vector<int>& values) {
  std::vector<std::string> shapes;
  std::size_t more = 0;
  for (const int value : values) {
    if (graph.values.at(value).kind != ValueKind::tensor) continue;
    if (shapes.size() == max_shapes) {
      ++more;
      continue;
    }
    shapes.push_back(shape_text(graph.values[value]));
  }
  if (more > 0) shapes.push_back(fmt::format("{} more", more));
  return text::join(shapes, " + ");
}

std::string joined(const std::string& left, const std::string& right) {
  return left.empty() || right.empty() ? left + right : left + " · " + right;
}

/// "6 × Conv2D, 6 × ReLU, 2 × Add, 3 more": by decreasing count, then in the order of the layers.
std::string types_text(const ModelGraph& graph, const Block& block) {
  std::vector<std::pair<std::string, int>> counts;
  std::map<std::string, std::size_t> place;
  for (int i = block.first_layer; i <= block.last_layer; ++i) {
    const auto [at, is_new] = place.emplace(graph.layers.at(i).type, counts.size());
    if (is_new) counts.emplace_back(at->first, 0);
    ++counts[at->second].second;
  }
  std::stable_sort(counts.begin(), counts.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> words;
  int more = block.last_layer - block.first_layer + 1;
  for (std::size_t i = 0; i < std::min(max_types, counts.size()); ++i) {
    words.push_back(fmt::format("{} × {}", counts[i].second, clean_text(counts[i].first)));
    more -= counts[i].second;
  }
  if (more > 0) words.push_back(fmt::format("{} more", more));
  return text::join(words, ", ");
}

}  // namespace

int block_of(const std::vector<Cut>& cuts, int layer) {
  const auto cut = std::lower_bound(cuts.begin(), cuts.end(), layer,
                                    [](const Cut& one, int at) { return one.layer < at; });
  return static_cast<int>(cut - cuts.begin());
}

std::vector<PictureEdge> picture_edges(const ModelGraph& graph, const std::vector<Cut>& cuts) {
  std::vector<PictureEdge> edges = without_parallel(graph, all_edges(graph));
  std::set<std::pair<int, int>> labelled;  // value sent and receiving block
  for (PictureEdge& edge : edges) {
    const int from = block_of(cuts, edge.from);
    const int to = block_of(cuts, edge.to);
    const int sent = from == to ? -1 : crossing_value(graph, cuts.at(from), edge.value);
    if (sent < 0) continue;
    edge.value = sent;
    if (labelled.emplace(sent, to).second) edge.sent_bytes = graph.values[sent].bytes;
  }
  return edges;
}

std::vector<PictureEdge> edges_between(const std::vector<PictureEdge>& edges,
                                       const std::function<int(int layer)>& node_of) {
  std::vector<PictureEdge> between;
  std::set<std::pair<int, int>> seen;
  for (const PictureEdge& edge : edges) {
    const int to = node_of(edge.to);
    if (node_of(edge.from) == to || !seen.emplace(edge.value, to).second) continue;
    between.push_back(edge);
  }
  return between;
}

std::string dot_quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : clean_text(text)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
    if (c == '&') quoted += "amp;";
  }
  return quoted + "\"";
}

std::string dot_html(std::string_view text) {
  std::string html;
  for (const char c : clean_text(text)) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string work_text(const ModelGraph& graph, const Block& block) {
  double parameters = 0;
  double flops = 0;
  for (int i = block.first_layer; i <= block.last_layer; ++i) {
    parameters += static_cast<double>(graph.layers.at(i).parameters);
    flops += static_cast<double>(graph.layers[i].flops);
  }
  const char* space = flops < 999.5 ? " " : "";  // "812 FLOPs", "3.41 GFLOPs"
  return fmt::format("{} parameters · {}{}FLOPs", format_count(parameters), format_count(flops),
                     space);
}

std::string shape_text(const Value& value) {
  if (value.shape.empty()) return joined("scalar", clean_text(value.dtype));
  std::string shape = fmt::format("{}", fmt::join(value.shape, "×"));
  if (value.dtype == "float32" || value.dtype.empty()) return shape;
  return shape + " " + clean_text(value.dtype);
}

std::string layer_label(const ModelGraph& graph, int layer, const std::vector<bool>& is_sent) {
  const Layer& one = graph.layers.at(layer);
  double bytes = 0;
  bool any_sent = false;
  for (const int value : one.outputs) {
    if (!is_sent.at(value)) continue;
    any_sent = true;
    bytes += static_cast<double>(graph.values[value].bytes);
  }
  const std::string what =
      joined(shortened(clean_text(one.type), max_name_letters), shapes_text(graph, one.outputs));
  const std::string line = any_sent ? joined(what, format_bytes(bytes)) : what;
  return rows(one.name, {line});
}

std::string block_label(const ModelGraph& graph, const Block& block, const Cut& cut) {
  const int count = block.last_layer - block.first_layer + 1;
  const std::string range = layer_range(block.first_layer, block.last_layer);
  const std::string title = fmt::format("{} layers: {}", count, range);
  const std::string out =
      joined(shapes_text(graph, cut.crossing), format_bytes(static_cast<double>(cut.bytes)));
  return rows(title, {types_text(graph, block), work_text(graph, block), "→ " + out});
}

std::string unit_label(const ModelGraph& graph, const PictureUnit& unit) {
  const int count = unit.period() * unit.count;
  const std::string range = layer_range(unit.first_layer, unit.last_layer);
  const std::string times = unit.count > 1 ? fmt::format("{} × ", unit.count) : std::string();
  const std::string title = unit.name.empty() ? fmt::format("{} layers: {}", unit.period(), range)
                                              : clean_text(unit.name);
  const Block group{unit.first_layer, unit.first_layer + unit.period() - 1, 0};
  double bytes = 0;
  for (const int value : unit.leaving) bytes += static_cast<double>(graph.values.at(value).bytes);
  return rows(times + title,
              {unit.name.empty() ? "" : fmt::format("{} layers: {}", count, range),
               (unit.count > 1 ? "each " : "") + types_text(graph, group),
               work_text(graph, {unit.first_layer, unit.last_layer, 0}),
               "→ " + joined(shapes_text(graph, unit.leaving), format_bytes(bytes))});
}

std::string output_label(const ModelGraph& graph) {
  return rows("output", {shapes_text(graph, graph.outputs)});
}

}  // namespace scission
