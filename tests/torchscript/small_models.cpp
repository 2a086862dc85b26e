#include "torchscript/small_models.hpp"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <algorithm>
#include <stdexcept>

#include "scission/model.hpp"
#include "torchscript/common/forward.hpp"
#include "torchscript/common/tensors.hpp"

namespace scission::testing {
namespace {

using torch::jit::Module;
using Unit = std::shared_ptr<torch::jit::CompilationUnit>;

Module layer(const Unit& unit, const std::string& type, const std::string& source) {
  Module module(c10::QualifiedName("__torch__.layers." + type), unit, /*shouldMangle=*/true);
  module.define("def forward(self, x):\n  return " + source + "\n");
  return module;
}

Module weighted_layer(const Unit& unit, const std::string& type, const std::string& source,
                      const at::Tensor& weight) {
  Module module(c10::QualifiedName("__torch__.layers." + type), unit, /*shouldMangle=*/true);
  module.register_parameter("weight", weight, /*is_buffer=*/false);
  module.define("def forward(self, x):\n  return " + source + "\n");
  return module;
}

/// While it lives, forward() runs operation by operation, as the code says.
struct PlainExecution {
  PlainExecution() { torch::jit::setGraphExecutorOptimize(false); }
  ~PlainExecution() { torch::jit::setGraphExecutorOptimize(true); }
};

std::vector<c10::IValue> copies(const std::vector<at::Tensor>& tensors) {
  std::vector<c10::IValue> all;
  for (const at::Tensor& tensor : tensors) all.emplace_back(tensor.clone());
  return all;
}

std::vector<c10::IValue> elements_of(const c10::IValue& returned) {
  return returned.isTensor() ? std::vector<c10::IValue>{returned}
                             : returned.toTuple()->elements().vec();
}

const char* const convolve = "torch.conv2d(x, self.weight, None, [1, 1], [1, 1])";

}  // namespace

Module scripted(const std::string& source) {
  Module module("Scripted");
  module.define(source + "\n");
  return module;
}

Module residual_model() {
  const auto unit = std::make_shared<torch::jit::CompilationUnit>();
  Module model(c10::QualifiedName("__torch__.Residual"), unit);
  model.register_module("conv1", weighted_layer(unit, "Conv2D", convolve, noise({8, 3, 3, 3})));
  model.register_module("conv2", weighted_layer(unit, "Conv2D", convolve, noise({8, 8, 3, 3})));
  model.register_module(
      "dense", weighted_layer(unit, "Dense", "torch.matmul(x, self.weight)", noise({8, 4})));
  model.register_module("relu1", layer(unit, "ReLU", "torch.relu(x)"));
  model.register_module("relu2", layer(unit, "ReLU", "torch.relu(x)"));
  model.define(R"(
def forward(self, x):
  y = self.relu1.forward(self.conv1.forward(x))
  y = torch.add(y, self.conv2.forward(y))
  y = self.relu2.forward(y)
  return self.dense.forward(torch.mean(y, [2, 3]))
)");
  return model;
}

Module nested_model() {
  const auto unit = std::make_shared<torch::jit::CompilationUnit>();
  Module body(c10::QualifiedName("__torch__.Sequential"), unit);
  for (const char* name : {"0", "1"}) {
    Module block(c10::QualifiedName("__torch__.Residual"), unit, /*shouldMangle=*/true);
    block.register_module(
        "linear", weighted_layer(unit, "Linear", "torch.matmul(x, self.weight)", noise({6, 6})));
    block.register_module("relu", layer(unit, "ReLU", "torch.relu(x)"));
    block.define(
        "def forward(self, x):\n  return torch.add(self.relu.forward(self.linear.forward(x)), "
        "x)\n");
    body.register_module(name, block);
  }
  body.define(
      "def forward(self, x):\n"
      "  return getattr(self, \"1\").forward(getattr(self, \"0\").forward(x))\n");
  Module model(c10::QualifiedName("__torch__.Nested"), unit);
  model.register_module("body", body);
  model.define("def forward(self, x):\n  return torch.mean(self.body.forward(x), 1)\n");
  return model;
}

Module traced_model(const at::Tensor& example) {
  Module model("Traced");
  const at::Tensor first = noise({8, 3, 3, 3});
  const at::Tensor second = noise({8, 8, 3, 3});
  const at::Tensor dense = noise({8, 4});
  auto forward = [&](torch::jit::Stack inputs) -> torch::jit::Stack {
    const at::Tensor y = torch::conv2d(inputs.at(0).toTensor(), first, {}, 1, 1).relu();
    const at::Tensor sum = (y + torch::conv2d(y, second, {}, 1, 1)).relu();
    return {torch::matmul(sum.mean({2, 3}), dense)};
  };
  auto no_name = [](const at::Tensor&) { return std::string(); };
  const auto traced = torch::jit::tracer::trace({example}, forward, no_name, /*strict=*/true,
                                                /*force_outplace=*/false, &model);
  const auto graph = traced.first->graph;
  model.type()->addMethod(
      model._ivalue()->compilation_unit()->create_function("Traced.forward", graph));
  return model;
}

bool chain_is_exact(Runnable& model) {
  model.run_whole();
  for (int block = 0; block < static_cast<int>(model.blocks().size()); ++block) {
    model.run_block(block);
  }
  return model.chain_equals_whole();
}

at::Tensor noise(at::IntArrayRef shape) {
  at::manual_seed(11);
  return torch::randn(shape);
}

std::vector<int> layers_of(const CutList& found) {
  std::vector<int> layers;
  for (const Cut& cut : found.cuts) layers.push_back(cut.layer);
  return layers;
}

std::string types_of(const ModelGraph& graph) {
  return layer_types(graph, {0, static_cast<int>(graph.layers.size()) - 1, 0});
}

std::string reason_after(const CutList& found, int layer) {
  const auto rejection =
      std::find_if(found.rejected.begin(), found.rejected.end(),
                   [layer](const Rejection& candidate) { return candidate.layer == layer; });
  return rejection == found.rejected.end() ? "" : rejection->reason;
}

std::string crossing_after(const torchscript::SplitModel& model, int layer) {
  for (const Cut& cut : model.cuts().cuts) {
    if (cut.layer != layer) continue;
    std::string names;
    for (const int value : cut.crossing) {
      names += (names.empty() ? "" : " ") + model.graph().values.at(value).name;
    }
    return names;
  }
  throw std::invalid_argument("no cut after layer " + std::to_string(layer));
}

c10::IValue run_plainly(Module module, const std::vector<at::Tensor>& inputs) {
  const PlainExecution plain;
  const c10::InferenceMode inference;
  module.eval();
  std::vector<at::Tensor> own;
  for (const at::Tensor& input : inputs) own.push_back(input.clone());
  return torchscript::call_forward(module, own);
}

c10::IValue run_chain(const std::vector<Module>& segments, const std::vector<at::Tensor>& inputs) {
  const PlainExecution plain;
  const c10::InferenceMode inference;
  std::vector<c10::IValue> passed_on = copies(inputs);
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
    torch::jit::Module segment = segments[i];
    passed_on = elements_of(segment.forward(std::move(passed_on)));
    for (c10::IValue& value : passed_on) {  // as it arrives at another machine
      value = value.toTensor().clone(at::MemoryFormat::Contiguous);
    }
  }
  torch::jit::Module last = segments.back();
  return last.forward(std::move(passed_on));
}

bool segments_are_exact(const torchscript::SplitModel& model, const Module& module,
                        const std::vector<at::Tensor>& inputs) {
  return torchscript::bit_equal(run_chain(model.segments(model.cuts().cuts), inputs),
                                run_plainly(module, inputs));
}

}  // namespace scission::testing
