// Models that are easily split into something that computes other numbers: every one is split so
// that it gives the model's bits, on any numbers and any batch it is said to hold for, or refused
// with its reason.
#include "scission/torchscript/execute/execute.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "torchscript/common/tensors.hpp"
#include "torchscript/small_models.hpp"

namespace scission::torchscript {
namespace {

using scission::testing::noise;
using scission::testing::run_chain;
using scission::testing::run_plainly;
using scission::testing::scripted;

using Inputs = std::vector<at::Tensor>;

/// A model and a batch that it was split for.
struct Split {
  torch::jit::Module module;
  SplitModel model;
  std::vector<torch::jit::Module> segments;
  bool any_batch = false;
};

Split split_into_operations(const torch::jit::Module& module, const Inputs& inputs) {
  SplitModel model(module, "model", inputs, {CutKind::frontier, Granularity::operation});
  std::vector<torch::jit::Module> segments = model.segments(model.cuts().cuts);
  const bool any_batch = model.runs_on_any_batch(model.cuts().cuts);
  CHECK(scission::testing::chain_is_exact(*make_runnable(model)));
  return {module, std::move(model), std::move(segments), any_batch};
}

bool is_exact(const Split& split, const Inputs& inputs) {
  return bit_equal(run_chain(split.segments, inputs), run_plainly(split.module, inputs));
}

// On numbers for which branches on data go either way.
bool is_exact_on_any_numbers(const Split& split, const at::Tensor& input) {
  for (const double factor : {1.0, -1.0, 0.001, 100.0}) {
    if (!is_exact(split, {input * factor})) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("Lists and dicts that branches and loops on data change keep the change") {
  const char* const models[] = {
      // appended in a branch, and read before and after
      "def forward(self, x):\n  h = torch.relu(x)\n  l = [h]\n  first = torch.stack(l).sum(0)\n"
      "  if bool(x.sum() > 0):\n    l.append(torch.cos(h))\n"
      "  return torch.stack(l).sum(0) + torch.sin(first)\n",
      // starts empty
      "def forward(self, x):\n  l: List[Tensor] = []\n  if bool(x.sum() > 0):\n    l.append(x)\n"
      "  else:\n    l.append(torch.cos(x))\n    l.append(x)\n  return torch.stack(l).sum(0) * 2\n",
      // in two branches, one after the other
      "def forward(self, x):\n  l = [x]\n  if bool(x.sum() > 0):\n    l.append(torch.cos(x))\n"
      "  y = torch.stack(l).sum(0)\n  if bool(x.mean() < 1):\n    l.append(torch.sin(x))\n"
      "  return torch.stack(l).sum(0) + torch.relu(y)\n",
      // in a loop
      "def forward(self, x):\n  h = torch.relu(x)\n  l = [h]\n  n = 0\n"
      "  while bool(h.norm() > 0.1) and n < 5:\n    h = torch.tanh(h) * 0.7\n    l.append(h)\n"
      "    n += 1\n  return torch.stack(l).sum(0)\n",
      // an entry replaced and one added
      "def forward(self, x):\n  d = {\"a\": x, \"b\": torch.cos(x)}\n  if bool(x.sum() > 0):\n"
      "    d[\"a\"] = torch.sin(x)\n    d[\"c\"] = x\n"
      "  return d[\"a\"] + d[\"b\"] * len(d)\n",
      // inside of nested blocks
      "def forward(self, x):\n  l = [x]\n  for i in range(3):\n    if bool(x.sum() > i):\n"
      "      for k in range(i):\n        l.append(torch.cos(l[-1]))\n"
      "  return torch.stack(l).sum(0)\n"};
  for (const char* const source : models) {
    INFO(source);
    const Split made = split_into_operations(scripted(source), {noise({2, 6})});
    CHECK(is_exact_on_any_numbers(made, noise({2, 6})));
  }
}

TEST_CASE("Lengths and shapes that data decides are no constants, in lists neither") {
  const char* const models[] = {
      "def forward(self, x):\n  l = [x, torch.cos(x)]\n  if bool(x.sum() > 0):\n    l.append(x)\n"
      "  s = torch.zeros_like(x)\n  for t in l:\n    s = s + t * 2\n  return torch.sin(s) * "
      "len(l)\n",
      "def forward(self, x):\n  l = [torch.cos(x), torch.sin(x), x]\n  if bool(x.sum() > 0):\n"
      "    del l[1]\n  return torch.relu(l[1]) * len(l)\n",
      "def forward(self, x):\n  h = torch.relu(x)\n  k = torch.cat([h, h[h[:, 0] > 0]])\n"
      "  return torch.cos(h) * k.size(0)\n",
      "def forward(self, x):\n  k = torch.nonzero(x[:, 0] > 0).flatten()\n  g = torch.cos(x)[k]\n"
      "  return torch.sin(x) * g.size(0)\n",
      "def forward(self, x):\n  o = torch.one_hot(torch.abs(x).mul(4).long())\n"
      "  return torch.cos(x) * o.size(2)\n"};
  for (const char* const source : models) {
    INFO(source);
    const Split made = split_into_operations(scripted(source), {noise({4, 6})});
    CHECK(is_exact_on_any_numbers(made, noise({4, 6})));
  }
}

TEST_CASE("What cannot be sent as the bytes of its elements does not cross a cut") {
  const char* const models[] = {
      "def forward(self, x):\n  h = torch.cos(x)\n  s = float(torch.max(torch.abs(h))) / 127.0\n"
      "  q = torch.quantize_per_tensor(h, s, 0, 12)\n  return torch.sin(q.dequantize())\n",
      "def forward(self, x):\n  h = torch.relu(x).to_sparse()\n"
      "  return torch.cos(h.to_dense()) * 2\n"};
  for (const char* const source : models) {
    INFO(source);
    const Split made = split_into_operations(scripted(source), {noise({4, 6})});
    CHECK(is_exact_on_any_numbers(made, noise({4, 6})));
  }
}

TEST_CASE("A loop that returns early is run as it stands") {
  const Split made = split_into_operations(
      scripted("def forward(self, x):\n  h = torch.cos(x)\n  for i in range(3):\n"
               "    if bool(h.sum() < 0):\n      return torch.sin(h)\n    h = torch.tanh(h)\n"
               "  return h * 2\n"),
      {noise({4, 6})});
  CHECK(is_exact_on_any_numbers(made, noise({4, 6})));
}

TEST_CASE("A list that is known by two names is not changed behind one of them") {
  const char* const models[] = {
      "def forward(self, x):\n  l = [x]\n  both = [l, l]\n  if bool(x.sum() > 0):\n"
      "    l.append(torch.cos(x))\n  return torch.stack(both[1]).sum(0)\n",
      "def forward(self, x):\n  l = [x]\n  d = {\"l\": l}\n  if bool(x.sum() > 0):\n"
      "    d[\"l\"].append(torch.cos(x))\n  return torch.stack(l).sum(0)\n"};
  for (const char* const source : models) {
    INFO(source);
    try {
      const Split made = split_into_operations(scripted(source), {noise({2, 6})});
      CHECK(is_exact_on_any_numbers(made, noise({2, 6})));
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::unsupported);
    }
  }
}

TEST_CASE("What a branch passes through is changed with it") {
  const Split made = split_into_operations(
      scripted("def forward(self, x):\n  a = torch.relu(x)\n  t = a\n  if bool(x.sum() > 0):\n"
               "    t = torch.cos(a)\n  t.mul_(2.0)\n  return torch.sin(a) + t\n"),
      {noise({2, 6})});
  CHECK(is_exact_on_any_numbers(made, noise({2, 6})));
}

TEST_CASE("Lists and dicts are inserted into, reversed, popped, deleted from and updated") {
  const Split made = split_into_operations(
      scripted(
          "def forward(self, x):\n  l = [x, torch.cos(x)]\n  l.insert(0, torch.sin(x))\n"
          "  l.insert(-1, torch.relu(x))\n  l.reverse()\n  a = l.pop()\n  b = l.pop(0)\n"
          "  del l[0]\n  d = {\"a\": a, \"b\": b}\n  d.update({\"b\": torch.tanh(b), \"c\": x})\n"
          "  e = d.pop(\"c\")\n  s = torch.zeros_like(x)\n  for k, v in d.items():\n"
          "    s = s + v\n  return s * 3 + l[0] + e\n"),
      {noise({2, 6})});
  CHECK(is_exact_on_any_numbers(made, noise({2, 6})));
}

TEST_CASE("A list of the module that grows is state") {
  torch::jit::Module module("Growing");
  module.register_attribute("past", c10::ListType::ofTensors(),
                            c10::List<at::Tensor>({noise({2, 6})}));
  module.define(
      "def forward(self, x):\n  self.past.append(x)\n  return torch.stack(self.past).sum(0)\n");
  CHECK_ERROR(SplitModel(module, "model", {noise({2, 6})}), ErrorCode::unsupported,
              "keeps state: it changes its 'past'");
}

TEST_CASE("An attribute that is written before it is read is no state") {
  torch::jit::Module module("Scratch");
  module.register_attribute("size", c10::IntType::get(), 0);
  module.register_attribute("runs", c10::IntType::get(), 0);
  module.define(
      "def forward(self, x):\n  self.size = x.size(0)\n  self.runs = self.runs + 1\n"
      "  return torch.relu(x) * self.size\n");
  const Split made = split_into_operations(module, {noise({2, 6})});
  CHECK(is_exact(made, {noise({2, 6})}));
}

TEST_CASE("An attribute that the next run reads is state") {
  torch::jit::Module module("Last");
  module.register_attribute("last", c10::TensorType::get(), noise({2, 6}));
  module.define("def forward(self, x):\n  y = x + self.last\n  self.last = x\n  return y\n");
  CHECK_ERROR(SplitModel(module, "model", {noise({2, 6})}), ErrorCode::unsupported,
              "keeps state: it changes its 'last'");
}

TEST_CASE("Strides that operations read are the same on the other side of a cut") {
  const char* const models[] = {
      "def forward(self, x):\n  y = torch.relu(x).transpose(1, 2)\n"
      "  return torch.as_strided(y, [x.size(0), 4, 6], [24, 6, 1]).cos() * 2\n",
      "def forward(self, x):\n  y = torch.relu(x)[:, 1:]\n"
      "  return torch.as_strided(y, [x.size(0), 2, 6], [24, 6, 1], 0).cos() * 2\n"};
  for (const char* const source : models) {
    INFO(source);
    const Split made = split_into_operations(scripted(source), {noise({2, 4, 6})});
    CHECK(is_exact(made, {noise({2, 4, 6})}));
  }
}

TEST_CASE("A batch size is claimed only where it holds") {
  const char* const models[] = {
      "def forward(self, x):\n  n = (x.size(0) + 1) // 2\n  return torch.cos(torch.relu(x)[:n])\n",
      "def forward(self, x):\n  h = torch.relu(x)\n  if x.size(0) == 1:\n    h = h.squeeze(0)\n"
      "  return torch.cos(h)\n",
      "def forward(self, x):\n  n = x.size(0) * x.size(0)\n  return torch.cos(torch.relu(x) * n)\n",
      "def forward(self, x):\n  return torch.cos(torch.relu(x) * x.size(0)).sum(0)\n"};
  for (const char* const source : models) {
    INFO(source);
    const Split made = split_into_operations(scripted(source), {noise({2, 6})});
    CHECK(is_exact(made, {noise({2, 6})}));
    if (!made.any_batch) continue;
    for (const std::int64_t batch : {1, 3, 5, 9, 13}) CHECK(is_exact(made, {noise({batch, 6})}));
  }
}

TEST_CASE("Values of weights alone are changed in place and used further down") {
  torch::jit::Module module("Table");
  module.register_parameter("table", noise({1, 6}), false);
  module.define(
      "def forward(self, x):\n  bias = torch.cos(self.table)\n  bias.relu_()\n"
      "  bias = torch.sin(bias)\n  return torch.tanh(torch.relu(x) + bias)\n");
  const Split made = split_into_operations(module, {noise({2, 6})});
  CHECK(is_exact(made, {noise({2, 6})}));
}

TEST_CASE("Parameters that require gradients are given to an operation as a list") {
  torch::jit::Module module("Parameters");
  const at::Tensor weight = noise({6, 6}).requires_grad_(true);
  module.register_parameter("weight", weight, false);
  module.register_attribute("all", c10::ListType::ofTensors(), c10::List<at::Tensor>({weight}));
  module.define(
      "def forward(self, x):\n  return torch.cos(torch.matmul(x, torch.stack(self.all).sum(0)))\n");
  const Split made = split_into_operations(module, {noise({2, 6})});
  CHECK(is_exact(made, {noise({2, 6})}));
}

TEST_CASE("Tuples and lists of tensors are inputs one by one") {
  const Inputs inputs{noise({2, 6}), noise({2, 6}).cos(), noise({2, 6}).sin()};
  const Split pair = split_into_operations(
      scripted("def forward(self, x, state: Tuple[Tensor, Tensor]):\n  h, c = state\n"
               "  y = torch.relu(x + h)\n  return torch.cos(y * c), (y, c)\n"),
      inputs);
  CHECK(pair.model.graph().layers[0].outputs.size() == 3);
  const Split list =
      split_into_operations(scripted("def forward(self, l: List[Tensor], y):\n"
                                     "  return torch.cos(torch.stack(l).sum(0)) * y\n"),
                            inputs);
  const Split optional = split_into_operations(
      scripted("def forward(self, x, y: Optional[Tensor], z: Optional[Tensor] = None):\n"
               "  if y is not None:\n    x = x * y\n  if z is not None:\n    x = x + z\n"
               "  return torch.cos(torch.relu(x))\n"),
      inputs);
  CHECK(list.segments.size() > 1);
  CHECK(optional.segments.size() > 1);
}

TEST_CASE("A while-loop that shapes decide is unrolled") {
  const Split made = split_into_operations(
      scripted("def forward(self, x):\n  h = torch.relu(x)\n  i = 0\n  while i < x.size(1) - 3:\n"
               "    h = torch.tanh(h) + i\n    i += 1\n  return torch.cos(h)\n"),
      {noise({2, 6})});
  CHECK(is_exact(made, {noise({2, 6})}));
  CHECK(made.model.graph().layers.size() > 6);
}

TEST_CASE("A while-loop that data ends after some iterations is one layer") {
  const Split made = split_into_operations(
      scripted("def forward(self, x):\n  h = torch.relu(x)\n  go = True\n  while go:\n"
               "    h = torch.tanh(h) * 0.5\n    go = bool(h.norm() > 0.1)\n"
               "  return torch.cos(h)\n"),
      {noise({2, 6})});
  CHECK(is_exact_on_any_numbers(made, noise({2, 6})));
}

TEST_CASE("Random numbers are drawn alike by the whole model and by its segments") {
  const Split made = split_into_operations(
      scripted("def forward(self, x):\n  h = torch.relu(x + torch.randn_like(x))\n"
               "  return torch.cos(h) + torch.rand_like(h)\n"),
      {noise({2, 6})});
  CHECK(made.segments.size() > 1);
}

TEST_CASE("An operation that this machine lacks is named, and nothing crashes") {
  torch::jit::Module module("Half");
  module.register_parameter("weight", noise({6, 6}).to(at::kHalf), false);
  module.define(
      "def forward(self, x):\n  return torch.cos(torch.geqrf(torch.matmul(x, self.weight))[0])\n");
  std::unique_ptr<Runnable> runnable;
  CHECK_ERROR(make_runnable(module, "half", {noise({6, 6}).to(at::kHalf)}), ErrorCode::mismatch,
              "Half");
}

}  // namespace scission::torchscript
