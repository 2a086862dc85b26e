// Forward declarations of the LibTorch types that this component's headers name. LibTorch's own
// headers cost a compiler ten seconds a file; include <torch/script.h> where the types are used.
#pragma once

namespace at {
class Tensor;
}
namespace torch::jit {
struct Module;
}
