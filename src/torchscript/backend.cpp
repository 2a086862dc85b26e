#include "scission/torchscript/backend.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/version.h>

#include <algorithm>

#include "scission/error.hpp"
#include "scission/torchscript/module.hpp"
#include "scission/torchscript/runnable.hpp"
#include "torchscript/errors.hpp"

namespace scission::torchscript {
namespace {

at::Tensor random_input(const InputOptions& options) {
  const auto& shape = options.shape;
  if (shape.empty() || std::any_of(shape.begin(), shape.end(), [](auto n) { return n < 1; })) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("an input shape is numbers from 1 up, as 1x3x224x224; not '{}'",
                            fmt::join(shape, "x")));
  }
  try {
    return torch::randn(shape, at::detail::createCPUGenerator(options.seed));
  } catch (const std::exception& error) {
    throw Error(ErrorCode::invalid_argument, fmt::format("no input of shape {} can be made: {}",
                                                         fmt::join(shape, "x"), one_line(error)));
  }
}

}  // namespace

std::unique_ptr<Runnable> load_runnable(const std::filesystem::path& path,
                                        const InputOptions& input) {
  at::Tensor tensor = random_input(input);
  return make_runnable(load_module(path), model_name(path), std::move(tensor));
}

std::string backend_name() { return "LibTorch"; }

std::string backend_version() { return TORCH_VERSION; }

int threads() { return at::get_num_threads(); }

void set_threads(int count) {
  if (count < 1) throw Error(ErrorCode::invalid_argument, "threads must be 1 or more");
  at::set_num_threads(count);
}

}  // namespace scission::torchscript
