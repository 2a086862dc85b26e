#include <torch/script.h>

#include "scission/model.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "support/catch.hpp"
#include "torchscript/small_models.hpp"
#include "torchscript/trace/operations.hpp"

namespace scission::torchscript {
namespace {

using scission::testing::chain_is_exact;
using scission::testing::noise;
using scission::testing::scripted;

std::unique_ptr<Runnable> runnable(torch::jit::Module module,
                                   at::IntArrayRef shape = {1, 3, 8, 8}) {
  return make_runnable(std::move(module), "model", {noise(shape)});
}

std::vector<int> cuts(const Runnable& model) {
  std::vector<int> ends;
  for (const Block& block : model.blocks()) ends.push_back(block.last_layer);
  return ends;
}

std::string types(const Runnable& model) { return scission::testing::types_of(model.graph()); }

std::int64_t parameters(const Runnable& model) {
  return model_statistics(model.graph()).parameters;
}

// Whether running everything once more gives the same bits again.
bool stays_exact(Runnable& model) { return chain_is_exact(model) && chain_is_exact(model); }

}  // namespace

//     0 input ── 1 conv1 ── 2 relu1 ──┬── 3 conv2 ── 4 add ── 5 relu2 ── 6 mean ── 7 dense
//                                     └────────────────┘
TEST_CASE("A residual connection allows no cut inside of it") {
  const auto model = runnable(scission::testing::residual_model());
  CHECK(types(*model) == "InputLayer Conv2D ReLU Conv2D aten::add ReLU aten::mean Dense");
  CHECK(cuts(*model) == std::vector<int>{0, 1, 2, 4, 5, 6, 7});
  CHECK(stays_exact(*model));
}

TEST_CASE("Layers are named after their submodule or their operation") {
  const auto model = runnable(scission::testing::residual_model());
  std::vector<std::string> names;
  for (const Layer& layer : model->graph().layers) names.push_back(layer.name);
  CHECK(names == std::vector<std::string>{"input", "conv1", "relu1", "conv2", "add", "relu2",
                                          "mean", "dense"});
}

TEST_CASE("Parameters, shapes and bytes are those of the layers") {
  const auto model = runnable(scission::testing::residual_model(), {2, 3, 8, 8});
  const ModelGraph& graph = model->graph();
  CHECK(graph.layers[1].parameters == 8 * 3 * 3 * 3);
  CHECK(graph.layers[4].parameters == 0);
  CHECK(parameters(*model) == 8 * 3 * 9 + 8 * 8 * 9 + 8 * 4);
  const Value& convolved = graph.values.at(graph.layers[1].outputs.at(0));
  CHECK(convolved.shape == std::vector<std::int64_t>{2, 8, 8, 8});
  CHECK(convolved.dtype == "float32");
  CHECK(model->blocks()[1].output_bytes == 2 * 8 * 8 * 8 * 4);
  CHECK(model->blocks().back().output_bytes == 2 * 4 * 4);
}

TEST_CASE("Equal weights are counted in every layer that has them") {
  torch::jit::Module module("TwoOnes");
  module.register_buffer("scale", torch::ones({3, 1, 1}));
  module.register_buffer("variance", torch::ones({3, 1, 1}));
  module.define("def forward(self, x):\n  return (x * self.scale) / self.variance\n");
  CHECK(parameters(*runnable(module)) == 6);
}

TEST_CASE("A traced model is split as a scripted one") {
  const auto model = runnable(scission::testing::traced_model(noise({1, 3, 8, 8})));
  const std::vector<Layer>& layers = model->graph().layers;
  REQUIRE(layers.size() == 8);
  CHECK(layers[2].type == "aten::relu");
  CHECK(cuts(*model) == std::vector<int>{0, 1, 2, 4, 5, 6, 7});
  CHECK(stays_exact(*model));
}

TEST_CASE("A submodule that is called twice is two layers") {
  const auto unit = std::make_shared<torch::jit::CompilationUnit>();
  torch::jit::Module relu(c10::QualifiedName("__torch__.ReLU"), unit);
  relu.define("def forward(self, x):\n  return torch.relu(x)\n");
  torch::jit::Module module(c10::QualifiedName("__torch__.Twice"), unit);
  module.register_module("relu", relu);
  module.define("def forward(self, x):\n  return self.relu.forward(self.relu.forward(x))\n");
  const auto model = runnable(module);
  CHECK(types(*model) == "InputLayer ReLU ReLU");
  CHECK(model->graph().layers[1].name == "relu");
  CHECK(model->graph().layers[2].name == "relu#2");
}

//     0 input ──┬── 1 relu ─────┬── 3 cat ── 4 flatten
//               └── 2 sigmoid ──┘
TEST_CASE("Two branches from the input meet before the first cut after it") {
  const auto model = runnable(scripted(R"(
def forward(self, x):
  return torch.flatten(torch.cat([torch.relu(x), torch.sigmoid(x)], 1), 1)
)"));
  CHECK(types(*model) == "InputLayer aten::relu aten::sigmoid aten::cat aten::flatten");
  CHECK(cuts(*model) == std::vector<int>{0, 3, 4});
  CHECK(stays_exact(*model));
}

//     0 input ── 1 relu ── 2 sigmoid ── 3 mul ── 4 relu
//       └─ size ──────────────────────────┘
TEST_CASE("A number that the input's shape determines does not prevent cuts") {
  const auto model = runnable(scripted(R"(
def forward(self, x):
  n = x.size(1)
  return torch.relu(torch.sigmoid(torch.relu(x)) * n)
)"));
  CHECK(types(*model) == "InputLayer aten::relu aten::sigmoid aten::mul aten::relu");
  CHECK(cuts(*model) == std::vector<int>{0, 1, 2, 3, 4});
  CHECK(stays_exact(*model));
}

//     0 input ── 1 relu ──┬── 2 sum ─────────┐
//                         └── 3 sigmoid ── 4 mul ── 5 relu
TEST_CASE("A number that is computed from data allows no cut while it is alive") {
  const auto model = runnable(scripted(R"(
def forward(self, x):
  y = torch.relu(x)
  n = int(torch.sum(y))
  return torch.relu(torch.sigmoid(y) * n)
)"));
  CHECK(cuts(*model) == std::vector<int>{0, 1, 4, 5});
  CHECK(stays_exact(*model));
}

TEST_CASE("No cut comes between a tensor and its change in place") {
  const auto model = runnable(scripted(R"(
def forward(self, x):
  y = torch.sigmoid(x)
  y.add_(1.0)
  return torch.relu(y)
)"));
  CHECK(types(*model) == "InputLayer aten::sigmoid aten::add_ aten::relu");
  CHECK(cuts(*model) == std::vector<int>{0, 2, 3});
  CHECK(stays_exact(*model));
}

TEST_CASE("A change through a view counts as one of the tensor") {
  const auto model = runnable(scripted(R"(
def forward(self, x):
  y = torch.sigmoid(x)
  view = torch.flatten(y, 1)
  view.mul_(2.0)
  return torch.relu(view)
)"));
  CHECK(cuts(*model) == std::vector<int>{0, 3, 4});
  CHECK(stays_exact(*model));
}

TEST_CASE("A model that changes its input gets a fresh one each time") {
  const auto model = runnable(scripted(R"(
def forward(self, x):
  x.add_(1.0)
  return torch.relu(x)
)"));
  CHECK(cuts(*model) == std::vector<int>{1, 2});
  CHECK(stays_exact(*model));
}

TEST_CASE("Branches and loops that stay in the graph are one layer each") {
  const auto model = runnable(scripted(R"(
def forward(self, x):
  y = torch.relu(x)
  if bool(y.sum() > 1.0):
    y = torch.sigmoid(y) + x
  return torch.flatten(y, 1)
)"));
  CHECK(types(*model).find("prim::If aten::flatten") != std::string::npos);
  CHECK(stays_exact(*model));
}

TEST_CASE("A list taken apart stays with the operation that made it") {
  const auto model = runnable(scripted(R"(
def forward(self, x):
  a, b = torch.chunk(x, 2, 2)
  return torch.relu(a + b)
)"));
  CHECK(model->graph().layers[1].type.find("chunk") != std::string::npos);
  CHECK(stays_exact(*model));
}

TEST_CASE("A model may return several tensors") {
  const auto model = runnable(scripted(R"(
def forward(self, x):
  y = torch.relu(x)
  return torch.sigmoid(y), torch.flatten(y, 1)
)"));
  CHECK(cuts(*model) == std::vector<int>{0, 1, 3});
  CHECK(model->blocks().back().output_bytes == 2 * 3 * 8 * 8 * 4);
  CHECK(stays_exact(*model));
}

TEST_CASE("A model that does nothing is its input") {
  const auto model = runnable(scripted("def forward(self, x):\n  return x"));
  CHECK(cuts(*model) == std::vector<int>{0});
  CHECK(stays_exact(*model));
}

TEST_CASE("Equal means bit for bit, NaN included") {
  const auto model = runnable(scripted(R"(
def forward(self, x):
  return torch.relu(torch.log(x))
)"));
  CHECK(stays_exact(*model));
}

TEST_CASE("A chain that has not run equals nothing") {
  const auto model = runnable(scission::testing::residual_model());
  CHECK_FALSE(model->chain_equals_whole());
  model->run_whole();
  CHECK_FALSE(model->chain_equals_whole());
}

TEST_CASE("A chain with another output does not equal the whole model") {
  torch::jit::Module module = scission::testing::residual_model();
  const auto model = runnable(module);
  CHECK(chain_is_exact(*model));
  model->run_whole();
  {
    const c10::InferenceMode inference;
    module.attr("conv1").toModule().attr("weight").toTensor().add_(1);
  }
  for (int i = 0; i < static_cast<int>(model->blocks().size()); ++i) model->run_block(i);
  CHECK_FALSE(model->chain_equals_whole());
}

TEST_CASE("A block shares the model's weights") {
  torch::jit::Module module = scission::testing::residual_model();
  const at::Tensor weight = module.attr("conv1").toModule().attr("weight").toTensor();
  torch::jit::Graph graph;
  torch::jit::Value* input = graph.addInput();
  torch::jit::Value* constant = graph.insertConstant(weight);
  torch::jit::Node* add = graph.insertNode(graph.create(c10::aten::matmul, {input, constant}));
  const auto block = subgraph({add}, {input}, {add->output()});
  const auto copied = torch::jit::toIValue(block->outputs()[0]->node()->input(1));
  REQUIRE(copied);
  CHECK(copied->toTensor().data_ptr() == weight.data_ptr());
}

}  // namespace scission::torchscript
