// What crosses a cut, and what does not have to.
#include <torch/script.h>

#include <algorithm>

#include "model/layer_order.hpp"
#include "scission/model.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "support/catch.hpp"
#include "torchscript/small_models.hpp"

namespace scission::torchscript {
namespace {

using scission::testing::crossing_after;
using scission::testing::layers_of;
using scission::testing::noise;
using scission::testing::reason_after;
using scission::testing::scripted;
using scission::testing::segments_are_exact;
using scission::testing::types_of;

const std::vector<at::Tensor> image = {noise({2, 4, 6})};
const SplitOptions in_file_order = {CutKind::frontier, Granularity::layer, LayerOrder::file};

SplitModel split(const torch::jit::Module& module, const SplitOptions& options = in_file_order,
                 const std::vector<at::Tensor>& inputs = image) {
  return {module, "model", inputs, options};
}

std::int64_t bytes_after(const SplitModel& model, int layer) {
  for (const Cut& cut : model.cuts().cuts) {
    if (cut.layer == layer) return cut.bytes;
  }
  return -1;
}

// The segments at every cut are exact, and are on a batch of 4 times the size.
void check_exact(const SplitModel& model, const torch::jit::Module& module) {
  CHECK(segments_are_exact(model, module, image));
  CHECK(model.runs_on_any_batch(model.cuts().cuts));
  CHECK(segments_are_exact(model, module, {noise({8, 4, 6})}));
  CHECK(scission::testing::chain_is_exact(*make_runnable(model)));
}

}  // namespace

//     0 input ── 1 tanh ──┬── 2 relu ─── 4 sum ── 5 sub ── 6 …
//                         └── 3 sigmoid ──────────┘
TEST_CASE("A frontier cut sends every tensor that is needed later") {
  const auto module = scripted(R"(
def forward(self, x):
  y = torch.tanh(x)
  a = torch.relu(y)
  b = torch.sigmoid(y)
  return torch.abs(torch.sum(a, 2, True) - b)
)");
  const SplitModel model = split(module);
  CHECK(layers_of(model.cuts()) == std::vector<int>{0, 1, 2, 3, 4, 5, 6});
  CHECK(crossing_after(model, 2) == "tanh relu");
  CHECK(crossing_after(model, 3) == "relu sigmoid");
  CHECK(crossing_after(model, 4) == "sigmoid sum");
  CHECK(bytes_after(model, 3) == 2 * 2 * 4 * 6 * 4);
  CHECK(bytes_after(model, 4) == (2 * 4 * 6 + 2 * 4 * 1) * 4);
  check_exact(model, module);
}

TEST_CASE("A tensor and a view of it cross as one") {
  const auto module = scripted(R"(
def forward(self, x):
  y = torch.relu(x)
  flat = torch.flatten(y, 1)
  a = torch.tanh(y)
  return torch.sum(a) + torch.sigmoid(flat)
)");
  const SplitModel model = split(module);
  CHECK(types_of(model.graph()) ==
        "InputLayer aten::relu aten::flatten aten::tanh aten::sum aten::sigmoid aten::add");
  CHECK(crossing_after(model, 2) == "relu");
  CHECK(bytes_after(model, 2) == 2 * 4 * 6 * 4);
  check_exact(model, module);
}

TEST_CASE("Both halves of a tensor cross as the tensor, one half as itself") {
  const auto module = scripted(R"(
def forward(self, x):
  a, b = torch.chunk(torch.relu(x), 2, 1)
  c = torch.tanh(a)
  return c + torch.sigmoid(b)
)");
  const SplitModel model = split(module);
  CHECK(bytes_after(model, 2) == 2 * 4 * 6 * 4);
  CHECK(bytes_after(model, 3) == (2 * 2 * 6 + 2 * 2 * 6) * 4);
  check_exact(model, module);
}

TEST_CASE("Query, key and value of one product cross as that product") {
  torch::jit::Module module("Attention");
  module.register_parameter("weight", noise({6, 18}), false);
  module.define(R"(
def forward(self, x):
  qkv = torch.matmul(x, self.weight).reshape(x.size(0), x.size(1), 3, 6).permute(2, 0, 1, 3)
  q, k, v = qkv[0], qkv[1], qkv[2]
  weights = torch.softmax(torch.matmul(q, k.transpose(1, 2)), -1)
  return torch.relu(torch.matmul(weights, v))
)");
  const SplitModel model = split(module);
  CHECK(model.cuts().rejected.empty());
  const auto& graph = model.graph();
  std::int64_t largest = 0;
  for (const Cut& cut : model.cuts().cuts) largest = std::max(largest, cut.bytes);
  CHECK(largest == 2 * 4 * 18 * 4);
  CHECK(graph.layers[1].type == "aten::matmul");
  CHECK(bytes_after(model, 1) == 2 * 4 * 18 * 4);
  check_exact(model, module);
}

TEST_CASE("A tensor that is needed much later is sent at every cut on the way") {
  const auto module = scripted(R"(
def forward(self, x):
  y = torch.relu(x)
  z = torch.abs(torch.sigmoid(torch.tanh(y)))
  return z + y
)");
  const SplitModel model = split(module);
  for (const int layer : {2, 3, 4}) CHECK(crossing_after(model, layer).starts_with("relu "));
  const auto segments = model.segments(model.cuts().cuts);
  CHECK(segments[3].get_method("forward").graph()->inputs().size() == 3);
  check_exact(model, module);
}

TEST_CASE("Shapes and the numbers made of them do not cross") {
  const auto module = scripted(R"(
def forward(self, x):
  batch = x.size(0)
  half = x.size(1) // 2
  y = torch.tanh(torch.relu(x))
  return torch.sigmoid(y.reshape(batch, half, -1)) * half
)");
  const SplitModel model = split(module, {});
  CHECK(model.cuts().rejected.empty());
  for (const Cut& cut : model.cuts().cuts) CHECK(cut.crossing.size() == 1);
  check_exact(model, module);
}

TEST_CASE("Numbers that grow with the batch are computed again from what crosses") {
  const auto module = scripted(R"(
def forward(self, x):
  rows = x.size(0) * x.size(1)
  y = torch.relu(x).reshape(rows, -1)
  z = torch.tanh(y)
  return torch.sigmoid(z.reshape(rows // 4, 4, -1)) * (rows // 2)
)");
  check_exact(split(module), module);
}

TEST_CASE("A model that is made for one batch gives segments for that batch") {
  const auto module = scripted(R"(
def forward(self, x):
  y = torch.relu(x).reshape(2, 24)
  return torch.tanh(y) + torch.sigmoid(y)
)");
  const SplitModel model = split(module);
  CHECK(segments_are_exact(model, module, image));
  const auto by_element = scripted(R"(
def forward(self, x):
  n = x.size(0) * x.size(0) + 1
  return torch.tanh(torch.relu(x)) * n
)");
  const SplitModel squared = split(by_element);
  CHECK(segments_are_exact(squared, by_element, image));
  CHECK_FALSE(squared.runs_on_any_batch(squared.cuts().cuts));
}

TEST_CASE("A change in place allows no cut between the memory's making and the change") {
  const auto module = scripted(R"(
def forward(self, x):
  y = torch.relu(x)
  part = torch.narrow(y, 1, 1, 2)
  a = torch.tanh(y)
  part.mul_(2.0)
  return torch.sigmoid(y) + torch.mean(a)
)");
  const SplitModel model = split(module);
  CHECK(types_of(model.graph()) ==
        "InputLayer aten::relu aten::narrow aten::tanh aten::mul_ aten::sigmoid aten::mean "
        "aten::add");
  CHECK(layers_of(model.cuts()) == std::vector<int>{0, 4, 5, 6, 7});
  for (const int layer : {1, 2, 3}) {
    CHECK(reason_after(model.cuts(), layer).find("layer 4 (mul_) changes it in place") !=
          std::string::npos);
  }
  check_exact(model, module);
}

TEST_CASE("A change in place stays in its place in the compact order") {
  const auto module = scripted(R"(
def forward(self, x):
  y = torch.relu(x)
  before = torch.tanh(y)
  y.add_(1.0)
  after = torch.tanh(y)
  y.mul_(3.0)
  return torch.cat([before, after, y], 1)
)");
  const auto list = scripted(R"(
def forward(self, x):
  y = torch.relu(x)
  l: List[Tensor] = []
  for i in range(int(x.sum() > 0) + 1):
    l.append(y * i)
    l.append(y)
  l.append(y)
  before = torch.stack(l).sum(0)
  y.mul_(2.0)
  return torch.cos(before)
)");
  for (const Granularity granularity : {Granularity::operation, Granularity::layer}) {
    check_exact(split(module, {CutKind::frontier, granularity, LayerOrder::compact}), module);
    check_exact(split(list, {CutKind::frontier, granularity, LayerOrder::compact}), list);
  }
}

//     x ──┬── relu ── tanh ── mean ──┬── …
//         ├── relu ── tanh ── mean ──┤     by turns in the file, one after the other if compact
//         └── relu ── tanh ── mean ──┘
TEST_CASE("The compact order takes branches one after the other") {
  const auto module = scripted(R"(
def forward(self, x):
  a = torch.relu(x)
  b = torch.relu(x)
  c = torch.relu(x)
  a = torch.tanh(a)
  b = torch.tanh(b)
  c = torch.tanh(c)
  a = torch.mean(a, [2])
  b = torch.mean(b, [2])
  c = torch.mean(c, [2])
  return a + b + c
)");
  const SplitModel file = split(module);
  const SplitModel compact = split(module, {CutKind::frontier});
  CHECK(file.options().order == LayerOrder::file);
  CHECK(compact.options().order == LayerOrder::compact);
  CHECK(2 * frontier_bytes(compact.graph()) < 3 * frontier_bytes(file.graph()));
  CHECK(frontier_bytes(compact.graph()) < frontier_bytes(file.graph()));
  check_exact(file, module);
  check_exact(compact, module);
}

TEST_CASE("The granularity decides what a layer is, not what the model computes") {
  const auto module = scission::testing::nested_model();
  const std::vector<at::Tensor> inputs = {noise({2, 6})};
  const auto types = [&](Granularity granularity) {
    return types_of(split(module, {CutKind::single, granularity}, inputs).graph());
  };
  CHECK(
      types(Granularity::operation) ==
      "InputLayer aten::matmul aten::relu aten::add aten::matmul aten::relu aten::add aten::mean");
  CHECK(types(Granularity::layer) ==
        "InputLayer Linear ReLU aten::add Linear ReLU aten::add aten::mean");
  CHECK(types(Granularity::block) == "InputLayer Residual Residual aten::mean");
  for (const Granularity granularity :
       {Granularity::operation, Granularity::layer, Granularity::block}) {
    const SplitModel model = split(module, {CutKind::frontier, granularity}, inputs);
    CHECK(model.cuts().rejected.empty());
    CHECK(segments_are_exact(model, module, inputs));
    CHECK(model_statistics(model.graph()).parameters == 2 * 6 * 6);
  }
}

TEST_CASE("Layers are named after the path to their submodule") {
  const SplitModel model = split(scission::testing::nested_model(),
                                 {CutKind::single, Granularity::layer}, {noise({2, 6})});
  std::vector<std::string> names;
  for (const Layer& layer : model.graph().layers) names.push_back(layer.name);
  CHECK(names == std::vector<std::string>{"input", "body.0.linear", "body.0.relu", "add",
                                          "body.1.linear", "body.1.relu", "add#2", "mean"});
}

TEST_CASE("The model's outputs may be its input, a constant, or one tensor twice") {
  for (const char* returned : {"x, y", "y, torch.ones([2])", "y, y", "y, torch.flatten(y, 1)"}) {
    INFO(returned);
    const auto module = scripted(
        "def forward(self, x):\n  y = torch.relu(x)\n  z = torch.tanh(y)\n"
        "  return z, " +
        std::string(returned));
    const SplitModel model = split(module);
    CHECK(segments_are_exact(model, module, image));
    CHECK(scission::testing::chain_is_exact(*make_runnable(model)));
  }
}

}  // namespace scission::torchscript
