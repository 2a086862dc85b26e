// forward()'s arguments, made of tensors that are given one after the other.
#pragma once

#include <torch/script.h>

#include <string>
#include <vector>

namespace scission::torchscript {

/// One argument of forward().
struct ForwardArgument {
  std::string name;
  c10::TypePtr type;
  c10::IValue value;      ///< made of the tensors, or the default
  bool is_given = false;  ///< whether tensors were used for it
};

/// The arguments, in order. A tensor takes one of `tensors`; a tuple or named tuple those of its
/// elements; a list of tensors all that later arguments do not need; an Optional is given while
/// tensors are left. An argument for which none is left takes its default, or None.
/// Throws Error(mismatch) with `place` when there are too few or too many tensors, and
/// Error(unsupported) when an argument cannot be made of tensors.
std::vector<ForwardArgument> forward_arguments(const torch::jit::Module& module,
                                               const std::vector<at::Tensor>& tensors,
                                               const std::string& place);

/// Calls forward() with these tensors. LibTorch's exceptions pass through.
c10::IValue call_forward(torch::jit::Module& module, const std::vector<at::Tensor>& tensors);

}  // namespace scission::torchscript
