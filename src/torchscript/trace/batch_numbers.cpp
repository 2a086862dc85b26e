#include "torchscript/trace/batch_numbers.hpp"

#include <torch/csrc/jit/ir/constants.h>

#include <numeric>

namespace scission::torchscript {
namespace {

using torch::jit::Node;

bool bakes_same_number(const Node& a, const Node& b) {
  if (a.kind() != c10::prim::Constant) return true;
  const auto left = torch::jit::toIValue(a.output());
  const auto right = torch::jit::toIValue(b.output());
  if (!left || !right) return left.has_value() == right.has_value();
  return !left->isInt() || (right->isInt() && left->toInt() == right->toInt());
}

}  // namespace

std::optional<OtherBatch> OtherBatch::compare(const Trace& trace, const Trace& other) {
  OtherBatch result;
  const auto match = [&](const torch::jit::Value* ours, const torch::jit::Value* theirs) {
    const auto fact = other.facts.find(theirs);
    if (fact != other.facts.end()) result.facts_[ours] = &fact->second;
  };
  for (std::size_t i = 0; i < trace.code->inputs().size(); ++i) {
    match(trace.code->inputs()[i], other.code->inputs()[i]);
  }
  auto theirs = other.code->nodes().begin();
  for (const Node* ours : trace.code->nodes()) {
    if (theirs == other.code->nodes().end()) return std::nullopt;
    const Node* node = *theirs;
    if (ours->kind() != node->kind() || ours->outputs().size() != node->outputs().size() ||
        !bakes_same_number(*ours, *node)) {
      return std::nullopt;
    }
    for (std::size_t i = 0; i < ours->outputs().size(); ++i) {
      match(ours->outputs()[i], node->outputs()[i]);
    }
    ++theirs;
  }
  if (theirs != other.code->nodes().end()) return std::nullopt;
  return result;
}

std::optional<SizeRule> size_rule(std::int64_t number, std::int64_t other_number,
                                  const std::vector<std::vector<std::int64_t>>& shapes,
                                  const std::vector<std::vector<std::int64_t>>& other_shapes) {
  for (std::size_t input = 0; input < shapes.size(); ++input) {
    for (std::size_t dimension = 0; dimension < shapes[input].size(); ++dimension) {
      const std::int64_t size = shapes[input][dimension];
      const std::int64_t other_size = other_shapes[input].at(dimension);
      if (size == other_size || size == 0 || number * other_size != other_number * size) continue;
      const std::int64_t divisor = std::gcd(number, size);
      return SizeRule{static_cast<int>(input), static_cast<int>(dimension), number / divisor,
                      size / divisor};
    }
  }
  return std::nullopt;
}

}  // namespace scission::torchscript
