#include "residual_chain.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>

namespace scission::bench {
namespace {

using torch::jit::Module;
using Unit = std::shared_ptr<torch::jit::CompilationUnit>;

constexpr int channels = 4;

Module layer_of(const Unit& unit, const std::string& type, const std::string& body,
                bool has_weight) {
  Module module(c10::QualifiedName("__torch__.layers." + type), unit);
  if (has_weight) {
    module.register_parameter("weight", torch::ones({channels, channels, 1, 1}), false);
  }
  module.define("def forward(self, x):\n  return " + body + "\n");
  return module;
}

// Of one type, as a list of equal layers is in a scripted model; its weight is its own.
Module sibling(const Module& convolution) {
  Module module = convolution.copy();
  module.setattr("weight", torch::ones({channels, channels, 1, 1}));
  return module;
}

}  // namespace

Module residual_chain(int units) {
  const auto unit = std::make_shared<torch::jit::CompilationUnit>();
  Module model(c10::QualifiedName("__torch__.Chain"), unit);
  const Module convolution =
      layer_of(unit, "Conv2d", "torch.conv2d(x, self.weight)", /*has_weight=*/true);
  model.register_module("relu", layer_of(unit, "ReLU", "torch.relu(x)", /*has_weight=*/false));
  std::string code = "def forward(self, x):\n";
  for (int i = 0; i < units; ++i) {
    model.register_module(fmt::format("a{}", i), sibling(convolution));
    model.register_module(fmt::format("b{}", i), sibling(convolution));
    code += fmt::format(
        "  y = self.relu.forward(self.a{0}.forward(x))\n"
        "  x = torch.add(x, self.b{0}.forward(y))\n",
        i);
  }
  model.define(code + "  return x\n");
  return model;
}

}  // namespace scission::bench
