// LibTorch's types that the headers of this component name. They are only declared, as LibTorch's
// own headers cost a compiler ten seconds a file: include <torch/script.h> where they are used.
#pragma once

namespace at {
class Tensor;
}
namespace torch::jit {
struct Module;
}
