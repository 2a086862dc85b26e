#include "verify.hpp"

#include <algorithm>

#include "prepare.hpp"
#include "scission/error.hpp"
#include "torchscript/errors.hpp"
#include "torchscript/plain_execution.hpp"
#include "torchscript/tensors.hpp"

namespace scission::run {

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

bool bit_equal(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Tensor& x, const Tensor& y) {
    return x.dtype == y.dtype && x.shape == y.shape && x.bytes.view() == y.bytes.view();
  });
}

}  // namespace scission::run
