// Seeded random TorchScript models.
#pragma once

#include <torch/script.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace scission::testing {

struct RandomModule {
  torch::jit::Module module;
  std::string source;  ///< of forward(), to be shown where a test fails
  int inputs = 1;      ///< tensors of shape n × 4 × 6, arguments or parts of a tuple or a list
  bool changes_attributes = false;  ///< of the module, which may then keep state
};

/// A model of about that many statements: branches, views, changes in place of tensors and of views
/// of them, pieces and concatenations, numbers made of sizes and of data, lists, submodules,
/// branches and loops, strides, changed attributes, and one or more outputs. It runs on any batch.
RandomModule random_module(std::mt19937& random, int statements);

/// Standard normal inputs for it.
std::vector<at::Tensor> inputs_for(const RandomModule& model, std::int64_t batch);

}  // namespace scission::testing
