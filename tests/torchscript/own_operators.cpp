// A shared library with an operator that LibTorch does not have.
#include <torch/library.h>

#include <ATen/ATen.h>

namespace {

at::Tensor twice(const at::Tensor& x) { return x + x; }

}  // namespace

TORCH_LIBRARY(scission_test, library) { library.def("twice(Tensor x) -> Tensor", twice); }
