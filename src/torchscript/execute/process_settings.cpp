#include "scission/torchscript/execute/execute.hpp"

#include <ATen/Parallel.h>

#include <fstream>
#include <limits>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "scission/base/error.hpp"
#include "torchscript/execute/run_graph.hpp"

namespace scission::torchscript {
namespace {

// Whether a file whose path contains `part` is mapped into this process.
bool is_mapped(const std::string& part) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find(part) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

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
  if (count < 1) throw Error(ErrorCode::invalid_argument, "threads must be 1 or more");
  at::set_num_threads(count);
}

}  // namespace scission::torchscript
