// Runs of equal groups of layers, which a picture shows once.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "report/model_picture.hpp"

namespace scission {
namespace {

constexpr int min_period = 3;  ///< layers of what is repeated

/// A sequence of layers, [first, end), that is `count` times the same one after the other.
struct Repeats {
  int first = 0;
  int end = 0;
  int count = 1;

  int saved() const { return (end - first) / count * (count - 1); }
};

/// One number for all layers that look alike: type, work, shapes of the outputs, how far back the
/// inputs were computed, and the system.
std::vector<int> signatures(const ModelGraph& graph, const PicturePlan& plan) {
  std::vector<int> made(graph.values.size(), -1);
  std::map<std::string, int> numbers;
  std::vector<int> all;
  for (int i = 0; i < static_cast<int>(graph.layers.size()); ++i) {
    const Layer& layer = graph.layers[i];
    std::string text =
        fmt::format("{}|{}|{}|{}", layer.type, layer.parameters, layer.flops, plan.system_of(i));
    for (const int value : layer.inputs) {
      if (graph.values[value].kind != ValueKind::fixed) {
        text += fmt::format("|{}", i - made.at(value));
      }
    }
    for (const int value : layer.outputs) {
      made.at(value) = i;
      if (graph.values[value].kind == ValueKind::fixed) continue;
      text += fmt::format(">{}", shape_text(graph.values[value]));
    }
    all.push_back(numbers.emplace(std::move(text), static_cast<int>(numbers.size())).first->second);
  }
  return all;
}

/// How many values are computed before each layer and read by it or later.
std::vector<int> live_before(const ModelGraph& graph) {
  const int layers = static_cast<int>(graph.layers.size());
  std::vector<int> made(graph.values.size(), 0);
  std::vector<int> read(graph.values.size(), -1);
  for (int i = 0; i < layers; ++i) {
    for (const int value : graph.layers[i].outputs) made.at(value) = i;
    for (const int value : graph.layers[i].inputs) read.at(value) = i;
  }
  for (const int value : graph.outputs) read.at(value) = layers;
  std::vector<int> live(graph.layers.size() + 1, 0);
  for (std::size_t value = 0; value < graph.values.size(); ++value) {
    if (graph.values[value].kind == ValueKind::fixed) continue;
    for (int i = made[value] + 1; i <= std::min(read[value], layers); ++i) ++live[i];
  }
  return live;
}

std::size_t common_prefix(const std::string& a, const std::string& b) {
  return static_cast<std::size_t>(
      std::mismatch(a.begin(),
                    a.begin() + static_cast<std::ptrdiff_t>(std::min(a.size(), b.size())),
                    b.begin())
          .first -
      a.begin());
}

/// What the names of the layers begin with, without a sign at its end: "layer1.2" or
/// "conv2_block3".
std::string name_of_layers(const ModelGraph& graph, int first, int last) {
  std::string name = graph.layers.at(first).name;
  for (int i = first + 1; i <= last; ++i) {
    name.resize(common_prefix(name, graph.layers.at(i).name));
  }
  while (!name.empty() && std::string_view("._-/:").find(name.back()) != std::string_view::npos) {
    name.pop_back();
  }
  // "conv" is no name of a group.
  return name.find_first_of("0123456789") == std::string::npos ? std::string() : name;
}

/// The values that are computed in the unit and read behind it.
std::vector<int> leaving(const ModelGraph& graph, const PictureUnit& unit) {
  std::vector<bool> is_read(graph.values.size(), false);
  for (std::size_t i = unit.last_layer + 1; i < graph.layers.size(); ++i) {
    for (const int value : graph.layers[i].inputs) is_read.at(value) = true;
  }
  for (const int value : graph.outputs) is_read.at(value) = true;
  std::vector<int> values;
  for (int i = unit.first_layer; i <= unit.last_layer; ++i) {
    for (const int value : graph.layers[i].outputs) {
      if (is_read.at(value)) values.push_back(value);
    }
  }
  return values;
}

class Folding {
 public:
  Folding(const ModelGraph& graph, const std::vector<Cut>& cuts, const PicturePlan& plan)
      : graph_(graph),
        cuts_(cuts),
        signatures_(signatures(graph, plan)),
        live_(live_before(graph)) {}

  std::vector<PictureUnit> units() {
    // The input is a separate node.
    fold(0, 1);
    fold(1, static_cast<int>(graph_.layers.size()));
    return std::move(units_);
  }

 private:
  /// The layers [first, end): what saves the most layers is folded, and then what is left of it and
  /// right of it.
  void fold(int first, int end) {
    const Repeats best = best_within(first, end);
    if (best.count < 2) return add_blocks(first, end);
    fold(first, best.first);
    add({best.first, best.end - 1, best.count});
    fold(best.end, end);
  }

  Repeats best_within(int first, int end) const {
    Repeats best;
    for (int period = min_period; 2 * period <= end - first; ++period) {
      int begin = first;
      for (int i = first; i + period <= end; ++i) {
        const bool is_alike = i + period < end && signatures_[i] == signatures_[i + period];
        if (is_alike) continue;
        const Repeats repeats = placed(begin, i, period);
        if (repeats.saved() > best.saved()) best = repeats;
        begin = i + 1;
      }
    }
    return best;
  }

  /// Each layer of [begin, end) is like the one a period later. Of the places where the repeats may
  /// begin the best is taken: few values cross it, and the names of the layers agree.
  Repeats placed(int begin, int end, int period) const {
    const int length = end - begin;
    if (length < period) return {};
    Repeats best;
    std::tuple<int, std::size_t> best_score{};
    for (int shift = 0; shift <= length % period; ++shift) {
      const int first = begin + shift;
      const std::tuple<int, std::size_t> score{
          -live_[first], name_of_layers(graph_, first, first + period - 1).size()};
      if (shift > 0 && score < best_score) continue;
      best_score = score;
      const int count = length / period + 1;
      best = {first, first + count * period, count};
    }
    return best;
  }

  void add_blocks(int first, int end) {
    while (first < end) {
      const int last = std::min(end - 1, cuts_.at(block_of(cuts_, first)).layer);
      add({first, last, 1});
      first = last + 1;
    }
  }

  void add(PictureUnit unit) {
    const int period = (unit.last_layer - unit.first_layer + 1) / unit.count;
    unit.name = name_of_layers(graph_, unit.first_layer, unit.first_layer + period - 1);
    unit.leaving = leaving(graph_, unit);
    units_.push_back(std::move(unit));
  }

  const ModelGraph& graph_;
  const std::vector<Cut>& cuts_;
  const std::vector<int> signatures_;
  const std::vector<int> live_;
  std::vector<PictureUnit> units_;
};

}  // namespace

std::vector<PictureUnit> folded_units(const ModelGraph& graph, const std::vector<Cut>& cuts,
                                      const PicturePlan& plan) {
  return Folding(graph, cuts, plan).units();
}

}  // namespace scission
