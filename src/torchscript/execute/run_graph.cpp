#include "torchscript/execute/run_graph.hpp"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/frozen_graph_optimizations.h>
#include <torch/cuda.h>

#include <fstream>
#include <limits>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/require.hpp"
#include "scission/torchscript/execute/execute.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Graph;
using torch::jit::Node;

Error no_device(ErrorCode code, const std::string& message, const std::string& text) {
  return {code, message, fmt::format("device '{}'", text)};
}

at::Device parse_device(const std::string& text) {
  const auto refusal = no_device(ErrorCode::invalid_argument, "must be cpu or cuda:NUMBER", text);
  try {
    const at::Device device(text);
    if (device.is_cpu() || device.is_cuda()) return device;
  } catch (const c10::Error&) {
    throw refusal;
  }
  throw refusal;
}

// Whether a file whose path contains `part` is mapped into this process.
bool is_mapped(const std::string& part) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find(part) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

at::Device find_device(const std::string& text) {
  const at::Device device = parse_device(text);
  if (device.is_cpu()) return at::kCPU;
  const auto count = static_cast<int>(torch::cuda::device_count());
  const int index = device.has_index() ? device.index() : 0;
  if (index < count) return {at::kCUDA, static_cast<c10::DeviceIndex>(index)};
  throw no_device(ErrorCode::unsupported,
                  fmt::format("LibTorch finds {} CUDA devices here; use cpu", count), text);
}

std::shared_ptr<Graph> RunGraphs::prepare(const std::shared_ptr<Graph>& graph) {
  if (device_.is_cpu() && !optimize_) return graph;
  std::shared_ptr<Graph> copy = graph->copy();
  if (!device_.is_cpu()) move_constants(*copy->block());
  if (optimize_) {
    // The passes require strides and paddings that are constants, not packed lists.
    torch::jit::ConstantPropagation(copy);
    torch::jit::OptimizeFrozenGraph(copy);
  }
  return copy;
}

void RunGraphs::move_constants(torch::jit::Block& block) {
  for (Node* node : block.nodes()) {
    for (torch::jit::Block* inner : node->blocks()) move_constants(*inner);
    if (node->kind() != c10::prim::Constant) continue;
    const auto constant = torch::jit::toIValue(node->output());
    if (!constant) continue;
    const bool is_tensor = constant->isTensor() && constant->toTensor().defined();
    if (!is_tensor && !constant->isDevice()) continue;
    torch::jit::WithInsertPoint here(node);
    const c10::IValue there =
        is_tensor ? c10::IValue(moved(constant->toTensor())) : c10::IValue(device_);
    node->output()->replaceAllUsesWith(block.owningGraph()->insertConstant(there));
  }
}

at::Tensor RunGraphs::moved(const at::Tensor& tensor) {
  auto [place, is_new] = moved_.try_emplace(tensor.unsafeGetTensorImpl());
  if (is_new) place->second = tensor.to(device_);
  return place->second;
}

void check_device(const std::string& device) { find_device(device); }

void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int max_heap_block = 32 * 1024 * 1024;  // glibc accepts no more
  mallopt(M_MMAP_THRESHOLD, max_heap_block);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
#endif
}

std::string threading_warning(int threads) {
  if (threads == 1 || !is_mapped("/openblas-pthread/")) return {};
  return "OpenBLAS has its own threads here, which compete with LibTorch's for the processors and "
         "make "
         "times erratic; install libopenblas0-openmp and remove libopenblas0-pthread, or use one "
         "thread";
}

int threads() { return at::get_num_threads(); }

void set_threads(int count) {
  if (count < 1) throw_invalid_argument("threads must be 1 or more");
  at::set_num_threads(count);
}

}  // namespace scission::torchscript
