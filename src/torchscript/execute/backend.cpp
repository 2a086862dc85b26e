#include "scission/torchscript/execute/execute.hpp"

#include <ATen/Parallel.h>

#include <fstream>
#include <limits>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "scission/base/error.hpp"
#include "scission/torchscript/common/module.hpp"
#include "scission/torchscript/inputs/inputs.hpp"
#include "torchscript/execute/run_graph.hpp"

namespace scission::torchscript {
namespace {

// Whether a file is mapped into this process whose path holds `part`.
bool is_mapped(const std::string& part) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find(part) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

std::unique_ptr<Runnable> load_runnable(const std::filesystem::path& path,
                                        const InputOptions& input) {
  std::vector<at::Tensor> tensors = random_inputs(input);
  return make_runnable(load_module(path), model_name(path), std::move(tensors));
}

void check_device(const std::string& device) { find_device(device); }

void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int most_from_heap = 32 * 1024 * 1024;  // glibc refuses more
  mallopt(M_MMAP_THRESHOLD, most_from_heap);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
#endif
}

std::string threading_warning(int threads) {
  if (threads == 1 || !is_mapped("/openblas-pthread/")) return {};
  return "OpenBLAS has threads of its own here, which fight with LibTorch's for the processors: "
         "times will jump; install libopenblas0-openmp and remove libopenblas0-pthread, or use one "
         "thread";
}

int threads() { return at::get_num_threads(); }

void set_threads(int count) {
  if (count < 1) throw Error(ErrorCode::invalid_argument, "threads must be 1 or more");
  at::set_num_threads(count);
}

}  // namespace scission::torchscript
