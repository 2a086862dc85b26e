// What interpreting a model resolves, what it records, and what it rejects.
#include <torch/csrc/jit/frontend/resolver.h>
#include <torch/script.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "scission/torchscript/execute/execute.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
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

SplitModel split(const torch::jit::Module& module, const std::vector<at::Tensor>& inputs = image,
                 const SplitOptions& options = {}) {
  return {module, "model", inputs, options};
}

// Whether the model is these layers, can be cut after these, and its chain is exact, within one
// process as in modules of their own.
void check_split(const torch::jit::Module& module, const std::string& types,
                 const std::vector<int>& cuts, const std::vector<at::Tensor>& inputs = image) {
  const SplitModel model = split(module, inputs);
  CHECK(types_of(model.graph()) == "InputLayer " + types);
  CHECK(layers_of(model.cuts()) == cuts);
  CHECK(segments_are_exact(model, module, inputs));
  CHECK(scission::testing::chain_is_exact(*make_runnable(model)));
}

/// Knows the functions of the unit by their names, as Python's compiler knows those of a file.
struct FunctionResolver : torch::jit::NativeResolver {
  explicit FunctionResolver(std::shared_ptr<torch::jit::CompilationUnit> of)
      : unit(std::move(of)) {}

  std::shared_ptr<torch::jit::SugaredValue> resolveValue(
      const std::string& name, torch::jit::GraphFunction& caller,
      const torch::jit::SourceRange& where) override {
    torch::jit::Function* function = unit->find_function(c10::QualifiedName(name));
    if (!function) return NativeResolver::resolveValue(name, caller, where);
    return std::make_shared<torch::jit::FunctionValue>(
        torch::jit::StrongFunctionPtr(unit, function));
  }

  std::shared_ptr<torch::jit::CompilationUnit> unit;
};

}  // namespace

TEST_CASE("A branch that the input's shape decides is the side that is taken") {
  const auto module = scripted(R"(
def forward(self, x):
  if x.size(2) > 5:
    y = torch.relu(x)
  else:
    y = torch.tanh(x)
  return torch.sigmoid(y)
)");
  check_split(module, "aten::relu aten::sigmoid", {0, 1, 2});
  check_split(module, "aten::tanh aten::sigmoid", {0, 1, 2}, {noise({2, 4, 5})});
}

TEST_CASE("A branch that the input's numbers decide is one layer, whichever side is taken") {
  const auto module = scripted(R"(
def forward(self, x):
  y = torch.relu(x)
  if bool(torch.sum(y) > 1.0):
    y = torch.sigmoid(y) + 1
  else:
    y = torch.tanh(y)
  return torch.abs(y)
)");
  for (const at::Tensor& input : {at::ones({2, 4, 6}), at::zeros({2, 4, 6})}) {
    const SplitModel model = split(module, {input});
    CHECK(types_of(model.graph()).ends_with("prim::If aten::abs"));
    CHECK(segments_are_exact(model, module, {input}));
    // The segments decide by their own input: the other side is still there.
    CHECK(segments_are_exact(model, module, {1 - input}));
  }
}

TEST_CASE("What a branch by numbers reads besides crosses the cuts before it") {
  const auto module = scripted(R"(
def forward(self, x):
  y = torch.relu(x)
  z = torch.tanh(y)
  if bool(torch.sum(z) > 1.0):
    z = torch.sigmoid(z) + y
  return torch.abs(z)
)");
  const SplitModel model = split(module, image, {CutKind::frontier});
  CHECK(crossing_after(model, 2) == "relu tanh");
  CHECK(segments_are_exact(model, module, image));
}

TEST_CASE("A loop over a shape's number is unrolled") {
  check_split(scripted(R"(
def forward(self, x):
  for i in range(x.size(0)):
    x = torch.relu(x) + i
  return x
)"),
              "aten::relu aten::add aten::relu aten::add", {0, 1, 2, 3, 4});
}

// What it decides by before it begins is not part of it.
TEST_CASE("A loop that numbers end is one layer") {
  check_split(scripted(R"(
def forward(self, x):
  y = torch.abs(x) + 1
  while bool(torch.sum(y) > 1.0):
    y = y * 0.5
  return torch.relu(y)
)"),
              "aten::abs aten::add aten::sum aten::gt prim::Loop aten::relu", {0, 1, 2, 5, 6});
}

TEST_CASE("A while-loop that shapes end can be cut before and after it") {
  const auto module = scripted(R"(
def forward(self, x):
  y = torch.relu(x)
  i = 0
  while i < y.size(1):
    y = torch.tanh(y)
    i += 2
  return torch.sigmoid(y)
)");
  const SplitModel model = split(module);
  const int last = static_cast<int>(model.graph().layers.size()) - 1;
  CHECK(types_of(model.graph()).starts_with("InputLayer aten::relu "));
  CHECK(reason_after(model.cuts(), 1).empty());
  CHECK(reason_after(model.cuts(), last - 1).empty());
  CHECK(segments_are_exact(model, module, image));
}

TEST_CASE("A list that is built by append does not stand between layers") {
  check_split(scripted(R"(
def forward(self, x):
  parts = [x]
  for i in range(2):
    parts.append(torch.relu(parts[-1]))
  y = torch.cat(parts, 1)
  return torch.sigmoid(y)
)"),
              "aten::relu aten::relu aten::cat aten::sigmoid", {0, 3, 4});
}

TEST_CASE("A dictionary that is built by assignment does not stand between layers") {
  const auto module = scripted(R"(
def forward(self, x):
  named = {"in": x}
  named["relu"] = torch.relu(named["in"])
  named["tanh"] = torch.tanh(named["relu"])
  return torch.sigmoid(named["tanh"])
)");
  check_split(module, "aten::relu aten::tanh aten::sigmoid", {0, 1, 2, 3});
}

TEST_CASE(
    "A dictionary of pairs or of another one, and a part of a tuple, are not between layers") {
  const char* const models[] = {
      "def forward(self, x):\n  l = [torch.relu(x), torch.cos(x)]\n"
      "  d = dict([(\"a\", l[0]), (\"b\", l[1])])\n  s = x\n"
      "  for t in list(d.values()):\n    s = torch.sin(s + t)\n  return s\n",
      "def forward(self, x):\n  d = {\"a\": torch.relu(x)}\n  e = dict(d)\n"
      "  e[\"a\"] = torch.cos(x)\n  return torch.sin(d[\"a\"]) + torch.tanh(e[\"a\"])\n",
      "def forward(self, x):\n  d = {\"a\": torch.relu(x), \"a\": torch.cos(x)}\n"
      "  return torch.sin(d[\"a\"]) * len(d)\n",
      "def forward(self, x):\n  t = (x, torch.relu(x), torch.cos(x))\n  a, b = t[1:]\n"
      "  return torch.sin(a) + torch.tanh(b)\n"};
  for (const char* const source : models) {
    INFO(source);
    const torch::jit::Module module = scripted(source);
    const SplitModel model(module, "m", {noise({2, 6})}, {CutKind::frontier});
    CHECK(model.cuts().cuts.size() == model.graph().layers.size());
    CHECK(segments_are_exact(model, module, {noise({2, 6})}));
  }
}

TEST_CASE("Two names of one list are one list") {
  check_split(scripted(R"(
def forward(self, x):
  parts = [torch.relu(x)]
  same = parts
  same.append(torch.tanh(parts[0]))
  return torch.cat(parts, 1)
)"),
              "aten::relu aten::tanh aten::cat", {0, 1, 3});
}

// Inlining leaves the functions themselves in the code, as constants without a value.
TEST_CASE("Functions that the model calls are their operations") {
  const auto unit = std::make_shared<torch::jit::CompilationUnit>(R"(
def positive(x):
  return torch.relu(x)

def small(x):
  return torch.tanh(positive(x))
)");
  torch::jit::Module module("Calling");
  module.define("def forward(self, x):\n  return torch.abs(positive(small(x)))\n",
                std::make_shared<FunctionResolver>(unit));
  const auto code = module.get_method("forward").graph()->nodes();
  REQUIRE(std::any_of(code.begin(), code.end(), [](const torch::jit::Node* node) {
    return node->kind() == c10::prim::CallFunction;
  }));
  check_split(module, "aten::relu aten::tanh aten::relu aten::abs", {0, 1, 2, 3, 4});
}

TEST_CASE("Equal operations stay layers of their own") {
  check_split(scripted(R"(
def forward(self, x):
  return torch.relu(x) + torch.relu(x)
)"),
              "aten::relu aten::relu aten::add", {0, 3});
}

TEST_CASE("Inputs that are not given have their default values") {
  check_split(scripted(R"(
def forward(self, x, factor: float = 3.0, other: Optional[Tensor] = None):
  if other is not None:
    x = x + other
  return torch.relu(x * factor)
)"),
              "aten::mul aten::relu", {0, 1, 2});
}

TEST_CASE("An optional tensor may be given") {
  check_split(scripted(R"(
def forward(self, x, other: Optional[Tensor] = None):
  if other is not None:
    x = x + other
  return torch.relu(x)
)"),
              "aten::add aten::relu", {1, 2}, {noise({2, 3}), noise({2, 3})});
}

TEST_CASE("Several inputs cross together after the input layer") {
  const auto module = scripted(R"(
def forward(self, x, y):
  return torch.relu(x + y)
)");
  const std::vector<at::Tensor> two = {noise({2, 3}), noise({3})};
  const SplitModel model = split(module, two, {CutKind::frontier});
  CHECK(layers_of(model.cuts()) == std::vector<int>{0, 1, 2});
  CHECK(crossing_after(model, 0) == "input.x input.y");
  CHECK(model.cuts().cuts[0].bytes == (2 * 3 + 3) * 4);
  CHECK(segments_are_exact(model, module, two));
}

TEST_CASE("Whole numbers are as good an input as any") {
  torch::jit::Module module("Embedding");
  module.register_parameter("table", noise({10, 4}), false);
  module.define(
      "def forward(self, ids):\n"
      "  return torch.relu(torch.embedding(self.table, ids)).mean(1)\n");
  const at::Tensor ids = torch::tensor({3, 1, 9, 0}, at::kLong).reshape({2, 2});
  check_split(module, "aten::embedding aten::relu aten::mean", {0, 1, 2, 3}, {ids});
  CHECK(split(module, {ids}).graph().values[0].dtype == "int64");
}

TEST_CASE("What was recorded in training mode is rejected") {
  CHECK_ERROR(split(scripted("def forward(self, x):\n  return torch.dropout(x, 0.5, True)")),
              ErrorCode::unsupported, "model model, aten::dropout: works as in training");
}

TEST_CASE("A batch norm that updates its running statistics is rejected") {
  torch::jit::Module module("Counting");
  module.register_buffer("mean", torch::zeros({4}));
  module.register_buffer("deviation", torch::ones({4}));
  module.define(R"(
def forward(self, x):
  self.mean.add_(torch.mean(x, [0, 2]))
  return torch.relu(x - self.mean.unsqueeze(1))
)");
  CHECK_ERROR(split(module), ErrorCode::unsupported, "keeps state");
}

TEST_CASE("A wrong shape names the operation that does not take it") {
  const auto module = scripted(R"(
def forward(self, x):
  y = torch.relu(x)
  return torch.matmul(y, torch.ones([5, 2]))
)");
  CHECK_ERROR(split(module), ErrorCode::mismatch,
              "model model, aten::matmul: does not run on an input of shape 2x4x6");
  check_split(module, "aten::relu aten::ones aten::matmul", {0, 1, 2, 3}, {noise({3, 5})});
}

TEST_CASE("Tokens that are given no type are told how they are written") {
  const auto module = scripted(R"(
def forward(self, x):
  return torch.embedding(torch.ones([8, 4]), x)
)");
  CHECK_ERROR(split(module), ErrorCode::mismatch,
              "tokens need their type and the number of words, as in --input-shape "
              "'1,128:int64<30522'");
}

TEST_CASE("A model that was traced on another machine's device says so in one line") {
  CHECK_ERROR(split(scripted(R"(
def forward(self, x):
  y = torch.ones([2], dtype=6, device="cuda:0")
  return torch.relu(x) + y
)")),
              ErrorCode::mismatch, "aten::ones: ");
}

TEST_CASE("Tracing changes neither the inputs nor the module") {
  const at::Tensor input = noise({2, 4, 6});
  const at::Tensor before = input.clone();
  const auto module = scripted("def forward(self, x):\n  return x.add_(1.0)");
  const SplitModel model = split(module, {input});
  CHECK(model.inputs()[0].equal(before));
  CHECK(segments_are_exact(model, module, {input}));
  CHECK(input.equal(before));
}

}  // namespace scission::torchscript
