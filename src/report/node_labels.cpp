// The labels in a model's picture, in Graphviz's language.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "report/model_picture.hpp"
#include "scission/base/units.hpp"

namespace scission {
namespace {

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

std::string output_label(const ModelGraph& graph) {
  return rows("output", {shapes_text(graph, graph.outputs)});
}

}  // namespace scission
