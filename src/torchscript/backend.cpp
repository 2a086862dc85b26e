#include "scission/torchscript/backend.hpp"

#include <ATen/Parallel.h>
#include <torch/version.h>

#include "scission/error.hpp"
#include "scission/torchscript/module.hpp"
#include "scission/torchscript/random_inputs.hpp"
#include "scission/torchscript/runnable.hpp"
#include "torchscript/run_graph.hpp"

namespace scission::torchscript {
std::unique_ptr<Runnable> load_runnable(const std::filesystem::path& path,
                                        const InputOptions& input) {
  std::vector<at::Tensor> tensors = random_inputs(input);
  return make_runnable(load_module(path), model_name(path), std::move(tensors));
}

std::string backend_name() { return "LibTorch"; }

std::string backend_version() { return TORCH_VERSION; }

void check_device(const std::string& device) { find_device(device); }

int threads() { return at::get_num_threads(); }

void set_threads(int count) {
  if (count < 1) throw Error(ErrorCode::invalid_argument, "threads must be 1 or more");
  at::set_num_threads(count);
}

}  // namespace scission::torchscript
