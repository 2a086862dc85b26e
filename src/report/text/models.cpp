// A model's cuts, layers, blocks and segments as text.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "base/text_table.hpp"
#include "scission/base.hpp"
#include "scission/report.hpp"

namespace scission {
namespace {

using text::Align;
using text::Column;
using text::Table;

/// "1×3×224×224"; "scalar" for no dimensions.
std::string shape_text(const std::vector<std::int64_t>& shape) {
  return shape.empty() ? "scalar" : fmt::format("{}", fmt::join(shape, "×"));
}

/// The values that cross a cut, as tensors.
std::vector<TensorSpec> tensors_of(const ModelGraph& graph, const std::vector<int>& values) {
  std::vector<TensorSpec> tensors;
  for (const int index : values) {
    const Value& value = graph.values.at(index);
    tensors.push_back({value.name, value.dtype, value.shape, value.bytes_seen});
  }
  return tensors;
}

std::string bytes_text(std::int64_t bytes) { return format_bytes(static_cast<double>(bytes)); }

std::vector<Column> with_figures(std::vector<Column> columns) {
  for (const char* title : {"parameters", "FLOPs", "MACs", "activations", "peak memory"}) {
    columns.push_back({title, Align::right});
  }
  return columns;
}

std::vector<std::string> with_figures(std::vector<std::string> cells,
                                      const LayerStatistics& figures) {
  for (const std::int64_t number : {figures.parameters, figures.flops, figures.macs}) {
    cells.push_back(text::grouped(number));
  }
  cells.push_back(bytes_text(figures.activation_bytes));
  cells.push_back(bytes_text(figures.peak_activation_bytes));
  return cells;
}

/// The shapes of the tensors among the values.
std::string shapes_text(const ModelGraph& graph, const std::vector<int>& values) {
  std::vector<std::string> shapes;
  for (const int index : values) {
    const Value& value = graph.values.at(index);
    if (!value.dtype.empty()) shapes.push_back(shape_text(value.shape));
  }
  return fmt::format("{}", fmt::join(shapes, ", "));
}

std::string uncounted_line(const ModelGraph& graph) {
  if (graph.uncounted.empty()) return {};
  return fmt::format("\nuncounted, as there is no rule for their FLOPs: {}\n",
                     fmt::join(graph.uncounted, ", "));
}

std::string tensors_text(const std::vector<TensorSpec>& tensors) {
  if (tensors.empty()) return "nothing";
  std::vector<std::string> texts;
  for (const TensorSpec& tensor : tensors) {
    texts.push_back(fmt::format("{} {} {}", tensor.name, shape_text(tensor.shape), tensor.dtype));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace

std::string format_cuts(const ModelGraph& graph, const CutList& cuts, TextWidth width) {
  Table table({{"after"}, {"layer", Align::left}, {"bytes"}, {"crosses", Align::left}}, width);
  for (const Cut& cut : cuts.cuts) {
    table.add({std::to_string(cut.layer), graph.layers.at(cut.layer).name,
               cut.bytes_seen ? format_bytes(*cut.bytes_seen) : bytes_text(cut.bytes),
               tensors_text(tensors_of(graph, cut.crossing))});
  }
  return table.text();
}

std::string format_rejections(const ModelGraph& graph, const CutList& cuts, TextWidth width) {
  Table table({{"after"}, {"layer", Align::left}, {"no cut, because", Align::left}}, width);
  for (const Rejection& place : cuts.rejected) {
    table.add({std::to_string(place.layer), graph.layers.at(place.layer).name, place.reason});
  }
  return table.text();
}

std::string format_layers(const ModelGraph& graph, TextWidth width) {
  Table table(
      with_figures(
          {{"layer"}, {"name", Align::left}, {"type", Align::left}, {"output", Align::left}}),
      width);
  const std::vector<LayerStatistics> figures = layer_statistics(graph);
  for (std::size_t i = 0; i < graph.layers.size(); ++i) {
    const Layer& layer = graph.layers[i];
    table.add(
        with_figures({std::to_string(i), layer.name, layer.type, shapes_text(graph, layer.outputs)},
                     figures.at(i)));
  }
  table.add(
      with_figures({"", "all", "", shapes_text(graph, graph.outputs)}, model_statistics(graph)));
  return table.text() + uncounted_line(graph);
}

std::string format_blocks(const ModelGraph& graph, const CutList& cuts, TextWidth width) {
  Table table(with_figures({{"layers"}, {"types", Align::left}, {"output", Align::left}}), width);
  const std::vector<Block> blocks = blocks_between(graph, cuts.cuts);
  const std::vector<LayerStatistics> figures = block_statistics(graph, blocks);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const Block& block = blocks[i];
    table.add(
        with_figures({text::layers_cell(block.first_layer, block.last_layer),
                      layer_types(graph, block), shapes_text(graph, cuts.cuts.at(i).crossing)},
                     figures.at(i)));
  }
  table.add(with_figures({"all", "", shapes_text(graph, graph.outputs)}, model_statistics(graph)));
  return table.text() + uncounted_line(graph);
}

std::string format_segments(const SegmentManifest& manifest, TextWidth width) {
  Table table({{"file", Align::left}, {"layers"}, {"bytes"}, {"inputs → outputs", Align::left}},
              width);
  for (const Segment& segment : manifest.segments) {
    table.add(
        {segment.file, text::layers_cell(segment.first_layer, segment.last_layer),
         format_bytes(static_cast<double>(segment.bytes)),
         fmt::format("{} → {}", tensors_text(segment.inputs), tensors_text(segment.outputs))});
  }
  return table.text();
}

}  // namespace scission
