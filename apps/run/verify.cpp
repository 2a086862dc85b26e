#include "verify.hpp"

#include <torch/script.h>

#include <algorithm>
#include <cmath>

#include "base/numbers.hpp"
#include "prepare.hpp"
#include "scission/base/error.hpp"
#include "torchscript/common/errors.hpp"
#include "torchscript/common/plain_execution.hpp"
#include "torchscript/common/tensor_bytes.hpp"
#include "torchscript/common/tensors.hpp"

namespace scission::run {
namespace {

double difference(const Tensor& answer, const Tensor& expected) {
  if (answer.dtype != expected.dtype || answer.shape != expected.shape) return infinity;
  if (answer.bytes.view() == expected.bytes.view()) return 0;
  const at::Tensor a = torchscript::from_bytes(answer);
  const at::Tensor b = torchscript::from_bytes(expected);
  if (!a.is_floating_point()) return infinity;
  const at::Tensor wide_a = a.to(at::kDouble);
  const at::Tensor wide_b = b.to(at::kDouble);
  // What is the same may be infinite or no number on both sides; there is no distance between.
  const at::Tensor is_same = (wide_a == wide_b) | (wide_a.isnan() & wide_b.isnan());
  const auto distance = (wide_a - wide_b).masked_fill(is_same, 0).abs().max().item<double>();
  const auto scale = wide_b.nan_to_num(0, 0, 0).abs().max().item<double>();
  if (std::isnan(distance)) return infinity;
  return distance > 0 ? distance / scale : 0;
}

}  // namespace

std::vector<Tensor> whole_outputs(const apps::ModelSource& source,
                                  const std::vector<at::Tensor>& inputs) {
  torch::jit::Module module = source.load();
  module.eval();
  const torchscript::PlainExecution plain;
  std::vector<c10::IValue> stack;
  for (const at::Tensor& input : inputs) stack.emplace_back(input.clone());
  try {
    return to_tensors(torchscript::tensors_in(module.forward(std::move(stack))));
  } catch (const std::exception& error) {
    throw Error(ErrorCode::mismatch, "does not run on the input: " + torchscript::one_line(error),
                "model " + source.name);
  }
}

double difference(const std::vector<Tensor>& answer, const std::vector<Tensor>& expected) {
  if (answer.size() != expected.size()) return infinity;
  double largest = 0;
  for (std::size_t i = 0; i < answer.size(); ++i) {
    largest = std::max(largest, difference(answer[i], expected[i]));
  }
  return largest;
}

}  // namespace scission::run
