#include "describe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace scission::split {

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return shape.empty() ? "scalar" : fmt::format("{}", fmt::join(shape, "×"));
}

std::string tensors_text(const std::vector<TensorSpec>& tensors) {
  if (tensors.empty()) return "nothing";
  std::vector<std::string> texts;
  for (const TensorSpec& tensor : tensors) {
    texts.push_back(fmt::format("{} {} {}", tensor.name, shape_text(tensor.shape), tensor.dtype));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::vector<TensorSpec> tensors_of(const ModelGraph& graph, const std::vector<int>& values) {
  std::vector<TensorSpec> tensors;
  for (const int index : values) {
    const Value& value = graph.values.at(index);
    tensors.push_back({value.name, value.dtype, value.shape});
  }
  return tensors;
}

std::string layers_text(int first, int last) {
  return first == last ? std::to_string(first) : fmt::format("{} - {}", first, last);
}

}  // namespace scission::split
