// Models that are easily split into something that computes other numbers: every one is split so
// that it gives the model's bits, on any numbers and any batch it is said to hold for, or refused
// with its reason.
#include <fmt/format.h>

#include <random>

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

// Statements on the tensor h and the number n that change what h is from some n on.
std::vector<std::string> threshold_statements(int t) {
  const auto at = [t](const char* text) { return fmt::format(fmt::runtime(text), t); };
  return {at("  if n > {0}:\n    h = torch.sin(h)\n"),
          at("  if n == {0}:\n    h = torch.sin(h)\n"),
          at("  if n != {0}:\n    h = torch.sin(h)\n"),
          at("  if n in [{0}, 1000]:\n    h = torch.sin(h)\n"),
          at("  if n % {0} == {0} - 1:\n    h = torch.sin(h)\n"),
          at("  if bool(n // {0}):\n    h = torch.sin(h)\n"),
          at("  if n < {0} and n > -5:\n    h = torch.sin(h)\n"),
          at("  for i in range(n // {0}):\n    h = torch.sin(h)\n"),
          at("  k = n\n  while k > {0}:\n    h = torch.sin(h)\n    k = k // 2\n"),
          at("  h = h * min(n, {0})\n"),
          at("  h = h * max(n, {0})\n"),
          at("  h = h + n // {0}\n"),
          at("  h = h + n % {0}\n"),
          at("  h = h * int(n / {0})\n"),
          at("  h = h * float(n > {0})\n"),
          at("  h = h * min(float(n), {0}.0)\n"),
          at("  both = [h, torch.sin(h)]\n  h = both[int(n > {0})]\n"),
          at("  both = [h, torch.sin(h)]\n  h = both[n // {0} % 2]\n"),
          at("  s = [n, {0}]\n  s.sort()\n  h = h * s[0]\n"),
          at("  s = sorted([n, {0}])\n  h = h * s[1]\n"),
          at("  h = h * min([n, {0}, 1000])\n"),
          at("  g = h[:{0}]\n  h = h * g.size(0)\n"),
          at("  g = h[{0}:]\n  h = h * g.size(0)\n"),
          at("  g = h[-{0}:]\n  h = h * torch.cos(g).size(0)\n"),
          at("  h = h * len(torch.split(h, {0}))\n"),
          at("  k = torch.arange(n)\n  h = h * int((k < {0}).sum())\n"),
          at("  k = torch.arange(0, n, {0})\n  h = h * k.size(0)\n"),
          at("  h = h * int(torch.tensor(n).clamp(max={0}))\n"),
          at("  k = torch.zeros([n])\n  k[{0}:] = 1.0\n  h = h * float(k.sum())\n")};
}

// Statements that are the same for every n from 1 on.
const char* const statements_for_any_batch[] = {
    "  if n > 0:\n    h = torch.sin(h)\n",
    "  if n >= 1:\n    h = torch.sin(h)\n",
    "  if n == 0:\n    h = torch.sin(h)\n",
    "  if n != x.size(0):\n    h = torch.sin(h)\n",
    "  if [n, 6] == x.shape:\n    h = torch.sin(h)\n",
    "  h = h.reshape(n * 2, 3).reshape(n * 2 // 2, 6)\n",
    "  h = h * min(n, n + 3)\n",
    "  h = h[:n]\n  h = h * h.size(1)\n",
    "  a, b = torch.split(torch.cat([h, h]), n)\n  h = a * b\n",
    "  a, b = torch.chunk(torch.cat([h, h]), 2)\n  h = a * b\n",
    "  h = h + torch.arange(n).unsqueeze(1)\n",
    "  if x.size(1) > 5:\n    h = h[:, :4].repeat(1, x.size(1) // 2)\n",
    "  h = h / n\n"};

std::string with_statement(const std::string& number, const std::string& statement) {
  return fmt::format(
      "def forward(self, x):\n  n = {}\n  h = torch.relu(x)\n{}  return torch.cos(h)\n", number,
      statement);
}

// Whether the model gives the bits of its segments, or both refuse.
bool is_alike(const Split& split, const Inputs& inputs) {
  c10::IValue expected;
  try {
    expected = run_plainly(split.module, inputs);
  } catch (const std::exception&) {
    return true;
  }
  return bit_equal(run_chain(split.segments, inputs), expected);
}

// A module with an integer "n", a tensor "last" and a switch "counts".
torch::jit::Module with_attributes(const std::string& source) {
  torch::jit::Module module("Attributes");
  module.register_attribute("n", c10::IntType::get(), 0);
  module.register_attribute("sizes", c10::ListType::ofInts(), c10::List<std::int64_t>({3, 3}));
  module.register_attribute("counts", c10::BoolType::get(), true);
  module.register_attribute("last", c10::TensorType::get(), noise({2, 6}));
  module.register_attribute("past", c10::ListType::ofTensors(),
                            c10::List<at::Tensor>({noise({2, 6}), noise({2, 6})}));
  module.register_attribute("found",
                            c10::DictType::create(c10::StringType::get(), c10::TensorType::get()),
                            c10::Dict<std::string, at::Tensor>());
  module.register_attribute("count", c10::TensorType::get(), at::zeros({}, at::kLong));
  const at::Tensor shared = noise({2, 6});
  module.register_attribute("work", c10::TensorType::get(), shared);
  module.register_attribute("twin", c10::TensorType::get(), shared);
  module.define(source);
  return module;
}

}  // namespace

TEST_CASE("No threshold of the batch is passed over") {
  std::mt19937 random(7);
  const char* const numbers[] = {"x.size(0)",         "x.shape[0]",    "len(x)",
                                 "x.numel() // 6",    "x.size(0) * 2", "torch.cos(x).size(0) - 1",
                                 "[x.size(0), 5][0]", "int(x.size(0))"};
  for (int round = 0; round < 4; ++round) {
    const int threshold = 8 + static_cast<int>(random() % 50);
    const std::int64_t batch = 1 + static_cast<std::int64_t>(random() % 4);
    for (const std::string& statement : threshold_statements(threshold)) {
      const std::string source = with_statement(numbers[random() % 8], statement);
      INFO(source << "split for batch " << batch);
      const Split made = split_into_operations(scripted(source), {noise({batch, 6})});
      if (!made.any_batch) continue;
      for (const std::int64_t other : {1, 2, 3, threshold - 1, threshold, threshold + 1,
                                       threshold + 2, 2 * threshold + 1, 1000}) {
        INFO("run on batch " << other);
        CHECK(is_alike(made, {noise({other, 6})}));
      }
    }
  }
}

TEST_CASE("What is the same for every batch costs no batch size") {
  for (const char* const statement : statements_for_any_batch) {
    const std::string source = with_statement("x.size(0)", statement);
    INFO(source);
    const Split made = split_into_operations(scripted(source), {noise({2, 6})});
    CHECK(made.any_batch);
    for (const std::int64_t other : {1, 3, 13, 61}) CHECK(is_exact(made, {noise({other, 6})}));
  }
}

TEST_CASE("The same operations on other values make another model of a batch") {
  const Split made = split_into_operations(
      scripted("def forward(self, x):\n  l = [torch.relu(x), torch.cos(x), torch.sin(x), x, "
               "torch.tanh(x), x, x, x, x]\n  h = l[x.size(0)]\n"
               "  return torch.cos(h) + l[0] + l[1] + l[2] + l[4]\n"),
      {noise({2, 6})});
  CHECK(!made.any_batch);
}

TEST_CASE("State that shows after some runs only is state") {
  const char* const models[] = {
      "def forward(self, x):\n  self.n = self.n + 1\n  if self.n > 10:\n    x = torch.cos(x)\n"
      "  return torch.relu(x)\n",
      "def forward(self, x):\n  if self.n > 10:\n    x = torch.cos(x)\n  self.n += 1\n"
      "  return torch.relu(x)\n",
      "def forward(self, x):\n  h = torch.relu(x)\n  self.n += 1\n  k = self.n\n"
      "  return h * max(k, 100)\n",
      "def forward(self, x):\n  h = torch.relu(x)\n  if self.n > 10:\n    h = h + self.last\n"
      "  self.n = self.n + 1\n  self.last = h\n  return torch.cos(h)\n",
      "def forward(self, x):\n  h = torch.relu(x)\n  k = self.n\n  self.n = (k + 1) % 20\n"
      "  return torch.cos(h) + k // 15\n",
      "def forward(self, x):\n  h = torch.relu(x) * self.sizes[0]\n  self.sizes[0] = 5\n"
      "  return torch.cos(h)\n",
      "def forward(self, x):\n  h = torch.relu(x)\n  if bool(h.sum() > 1000.0):\n    self.n = 1\n"
      "  return torch.cos(h) * (self.n + 1)\n"};
  for (const char* const source : models) {
    INFO(source);
    CHECK_ERROR(SplitModel(with_attributes(source), "model", {noise({2, 6})}),
                ErrorCode::unsupported, "keeps state");
  }
}

TEST_CASE("Attributes that no later run reads are no state") {
  const char* const models[] = {
      "def forward(self, x):\n  self.n += 1\n  return torch.cos(torch.relu(x))\n",
      "def forward(self, x):\n  if self.counts:\n    self.n = self.n * 2 + 1\n"
      "  return torch.cos(torch.relu(x))\n",
      "def forward(self, x):\n  self.last = torch.relu(x)\n  self.n = x.size(1)\n"
      "  if self.n > 3:\n    self.last = self.last * 2\n  return torch.cos(self.last)\n",
      // written before it is read, beside a branch on data
      "def forward(self, x):\n  self.n = x.size(1)\n  h = torch.relu(x) * self.n\n"
      "  if bool(h.sum() > 0):\n    h = torch.sin(h)\n  return torch.cos(h)\n",
      // set for this size, as Swin transformers set their shift
      "def forward(self, x):\n  l = self.sizes\n  if x.size(1) < 7:\n    l[0] = 0\n"
      "  return torch.cos(torch.relu(x)) * (l[0] + l[1])\n",
      // kept for the last size
      "def forward(self, x):\n  if self.n != x.size(1):\n    self.n = x.size(1)\n"
      "    self.last = torch.ones([x.size(1)]) * 3\n  return torch.cos(torch.relu(x) + "
      "self.last)\n"};
  for (const char* const source : models) {
    INFO(source);
    const Split made = split_into_operations(with_attributes(source), {noise({2, 6})});
    CHECK(is_exact_on_any_numbers(made, noise({2, 6})));
  }
}

TEST_CASE("Attributes that are left by one batch do not go into another") {
  const Split made = split_into_operations(
      with_attributes("def forward(self, x):\n  if self.n < x.size(0):\n    self.n = x.size(0)\n"
                      "  return torch.cos(torch.relu(x)) * self.n\n"),
      {noise({2, 6})});
  CHECK(!made.any_batch);
}

TEST_CASE("What was made of no data and then written with data depends on it") {
  const char* const models[] = {
      "def forward(self, x):\n  m = torch.zeros([2, 6])\n  m.copy_(x)\n"
      "  if bool(m.sum() > 0):\n    x = torch.cos(x)\n  return torch.relu(x)\n",
      "def forward(self, x):\n  m = torch.zeros([2, 6])\n  m[0] = x[1]\n"
      "  n = int(m.sum() * 10)\n  return torch.relu(x) * n\n",
      "def forward(self, x):\n  m = torch.zeros([2, 6])\n  if bool(x[0, 0] < 100.0):\n"
      "    m.add_(x)\n  if bool(m.sum() > 0):\n    x = torch.cos(x)\n  return torch.relu(x)\n"};
  for (const char* const source : models) {
    INFO(source);
    const Split made = split_into_operations(scripted(source), {noise({2, 6})});
    CHECK(is_exact_on_any_numbers(made, noise({2, 6})));
  }
}

TEST_CASE("Lists of numbers that data decides are sorted, and their largest is found") {
  const char* const models[] = {
      "def forward(self, x):\n  h = torch.cos(x)\n  l: List[float] = h[0].tolist()\n  l.sort()\n"
      "  return torch.relu(h) * l[0]\n",
      "def forward(self, x):\n  h = torch.cos(x)\n  l = [float(h[0, 0]), float(h[0, 1])]\n"
      "  first = l[0]\n  l.sort(reverse=True)\n  return torch.relu(h) * l[0] + first\n",
      "def forward(self, x):\n  h = torch.cos(x)\n  l: List[float] = h[0].tolist()\n"
      "  k = sorted(l)\n  return torch.relu(h) * max(l) + sum(l) * k[1] - min(l) + l[0]\n",
      "def forward(self, x):\n  h = torch.cos(x)\n  l = [int(h[0, 0] * 9), int(h[0, 1] * 9), 3]\n"
      "  return torch.relu(h) * max(l) + sum(l)\n",
      "def forward(self, x):\n  l = [3, 1, x.size(1)]\n  l.sort()\n"
      "  return torch.cos(torch.relu(x) * l[0]) + sorted([5, 4])[0]\n"};
  for (const char* const source : models) {
    INFO(source);
    const Split made = split_into_operations(scripted(source), {noise({2, 6})});
    CHECK(is_exact_on_any_numbers(made, noise({2, 6})));
  }
}

TEST_CASE("Lists and dicts whose contents data decides are changed") {
  const char* const head =
      "def forward(self, x):\n  h = torch.relu(x)\n  l = [h, torch.cos(h)]\n"
      "  d = {\"a\": h, \"b\": torch.cos(h)}\n  if bool(x.sum() > 0):\n    l.append(torch.sin(x))\n"
      "    d[\"c\"] = torch.sin(x)\n  first = torch.stack(l).sum(0)\n  other = l\n";
  const char* const tail =
      "  s = first\n  for t in other:\n    s = s + torch.tanh(t)\n  for k, v in d.items():\n"
      "    s = s + v * len(k)\n  return torch.cos(s) * len(l)\n";
  const char* const changes[] = {"  l[0] = x\n",
                                 "  l[-1] = x\n",
                                 "  l += [x, h]\n",
                                 "  l.extend([x, h])\n",
                                 "  l.extend(other)\n",
                                 "  y = l.pop()\n  l.append(y * 2)\n",
                                 "  y = l.pop(0)\n  first = first + y\n",
                                 "  l.insert(1, x)\n",
                                 "  l.reverse()\n",
                                 "  del l[0]\n",
                                 "  l.clear()\n  l.append(x)\n",
                                 "  d[\"a\"] = x\n",
                                 "  d[\"z\"] = x\n",
                                 "  y = d.pop(\"a\")\n  first = first + y\n",
                                 "  del d[\"b\"]\n",
                                 "  d.update({\"q\": x})\n",
                                 "  while len(l) > 1:\n    l.pop()\n",
                                 "  l[0] = x\n  l[0] = torch.cos(l[0])\n  l += [l[0]]\n"};
  for (const char* const change : changes) {
    INFO(change);
    const Split made =
        split_into_operations(scripted(std::string(head) + change + tail), {noise({2, 6})});
    CHECK(is_exact_on_any_numbers(made, noise({2, 6})));
  }
  // at a position that data decides
  const Split made = split_into_operations(
      scripted("def forward(self, x):\n  h = torch.relu(x)\n  l = [h, torch.cos(h)]\n"
               "  l[int(x.sum() > 0)] = x\n  return torch.cos(torch.stack(l).sum(0)) + l[0]\n"),
      {noise({2, 6})});
  CHECK(is_exact_on_any_numbers(made, noise({2, 6})));
}

TEST_CASE("A list that data has chosen is not changed behind its other name") {
  const char* const models[] = {
      // by the name that it had before
      "def forward(self, x):\n  l = [x]\n  k = [torch.cos(x)]\n  m = l\n  if bool(x.sum() > 0):\n"
      "    m = k\n  l.append(x)\n  return torch.stack(m).sum(0)\n",
      "def forward(self, x):\n  l = [1, 2]\n  m = [3, 4]\n  if bool(x.sum() > 0):\n    m = l\n"
      "  l[0] = 7\n  return torch.cos(x * m[0])\n",
      "def forward(self, x):\n  l = [x]\n  m = l\n  if bool(x.sum() > 0):\n    m = list(l)\n"
      "  l.append(x)\n  return torch.stack(m).sum(0)\n",
      "def forward(self, x):\n  l = [x, x * 2]\n  m = l\n  if bool(x.sum() > 0):\n    l.append(x)\n"
      "  else:\n    m = l[:]\n  l[0] = torch.cos(x)\n  return torch.stack(m).sum(0)\n",
      "def forward(self, x):\n  a = {\"k\": x}\n  m = a\n  if bool(x.sum() > 0):\n"
      "    m = {\"k\": x * 2}\n  a[\"k\"] = torch.cos(x)\n  return m[\"k\"] * 2\n",
      // inside of another container, or by no name at all
      "def forward(self, x):\n  l = [x]\n  t = (l, 1)\n  if bool(x.sum() > 0):\n    t = ([x], 2)\n"
      "  l.append(x)\n  return torch.stack(t[0]).sum(0) * t[1]\n",
      "def forward(self, x):\n  l = [x]\n  d: Dict[str, List[Tensor]] = {}\n  d[\"a\"] = [x * 2]\n"
      "  if bool(x.sum() > 0):\n    d[\"a\"] = l\n  l.append(x)\n"
      "  return torch.stack(d[\"a\"]).sum(0)\n",
      "def forward(self, x):\n  l = [[x], [torch.cos(x)]]\n  m = l[int(x.sum() > 0)]\n"
      "  l[0].append(x)\n  return torch.stack(m).sum(0)\n",
      "def forward(self, x):\n  l = [x]\n  o: Optional[List[Tensor]] = None\n"
      "  if bool(x.sum() > 0):\n    o = l\n  l.append(x)\n  y = torch.cos(x)\n"
      "  if o is not None:\n    y = y + torch.stack(o).sum(0)\n  return torch.sin(y)\n",
      "def forward(self, x):\n  l = [x]\n  k = [torch.cos(x)]\n  m = l\n  if bool(x.sum() > 0):\n"
      "    m = k\n  m.append(x)\n  return torch.stack(l).sum(0) + torch.stack(k).sum(0)\n",
      "def forward(self, x):\n  l = [[x], [torch.cos(x)]]\n  m = l[int(x.sum() > 0)]\n"
      "  m.append(x)\n  return torch.stack(l[0]).sum(0) + torch.stack(l[1]).sum(0)\n"};
  for (const char* const source : models) {
    for (const double factor : {1.0, -1.0}) {
      INFO(source);
      CHECK_ERROR(SplitModel(scripted(source), "model", {noise({2, 6}) * factor}),
                  ErrorCode::unsupported,
                  "that it may know by another name, as data decides; change a copy of it");
    }
  }
}

TEST_CASE("A list that data has chosen is changed where the model knows no other name of it") {
  const char* const models[] = {
      "def forward(self, x):\n  l = [x]\n  if bool(x.sum() > 0):\n    l = [torch.cos(x)]\n"
      "  l.append(x * 2)\n  return torch.sin(torch.stack(l)).sum(0)\n",
      "def forward(self, x):\n  l = [x]\n  k = [torch.cos(x)]\n  if bool(x.sum() > 0):\n    l = k\n"
      "  l.append(x * 2)\n  l[0] = l[0] + 1\n  return torch.sin(torch.stack(l)).sum(0)\n",
      "def forward(self, x):\n  d: Dict[str, Tensor] = {\"a\": x}\n  if bool(x.sum() > 0):\n"
      "    d = {\"a\": torch.cos(x), \"b\": x}\n  d[\"c\"] = x * 3\n  y = torch.sin(d[\"c\"])\n"
      "  for v in d.values():\n    y = y + v\n  return y\n",
      "def forward(self, x):\n  l = [x]\n  if bool(x.sum() > 0):\n    l = [torch.cos(x)]\n"
      "  if bool(x.max() > 1):\n    l.append(x)\n  l.append(torch.sin(x))\n"
      "  return torch.stack(l).sum(0)\n",
      "def forward(self, x):\n  l = [x]\n  while bool(l[0].sum() > 1):\n    l = [l[0] * 0.5]\n"
      "  l.append(x)\n  return torch.sin(torch.stack(l)).sum(0)\n"};
  for (const char* const source : models) {
    for (const double factor : {1.0, -1.0}) {
      INFO(source);
      const at::Tensor input = noise({2, 6});
      const Split made = split_into_operations(scripted(source), {input * factor});
      CHECK(is_exact_on_any_numbers(made, input));
      CHECK(is_exact_on_any_numbers(made, -input));
    }
  }
}

TEST_CASE("A list that data has chosen is not changed while another name of it may be read") {
  const char* const models[] = {
      // two that may be the same third one, which nothing reads any more
      "def forward(self, x):\n  l = [x]\n  p = l\n  if bool(x.sum() > 0):\n    p = [torch.cos(x)]\n"
      "  q = l\n  if bool(x.max() > 1):\n    q = [torch.sin(x)]\n  p.append(x)\n"
      "  return torch.stack(q).sum(0) + torch.stack(p).sum(0)\n",
      // two results that are one list
      "def forward(self, x):\n  p = [x]\n  q = [x]\n  if bool(x.sum() > 0):\n"
      "    l = [torch.cos(x)]\n    p = l\n    q = l\n  p.append(x)\n"
      "  return torch.stack(q).sum(0) + torch.stack(p).sum(0)\n",
      // inside of another one whose contents data decides later
      "def forward(self, x):\n  l = [x]\n  o = [l]\n  m = [torch.cos(x)]\n"
      "  if bool(x.sum() > 0):\n    m = l\n  if bool(x.max() > 1):\n    o.append([x])\n"
      "  m.append(x * 2)\n  return torch.stack(o[0]).sum(0) + torch.stack(m).sum(0)\n",
      // inside of another one
      "def forward(self, x):\n  l = [x]\n  o = [l]\n  if bool(x.sum() > 0):\n"
      "    l = [torch.cos(x)]\n  l.append(x)\n"
      "  return torch.stack(o[0]).sum(0) + torch.stack(l).sum(0)\n",
      // taken out of another one, which nothing reads any more
      "def forward(self, x):\n  l = [x]\n  o = [l]\n  m = [torch.cos(x)]\n"
      "  if bool(x.sum() > 0):\n    m = o[0]\n  m.append(x)\n"
      "  return torch.stack(l).sum(0) + torch.stack(m).sum(0)\n"};
  for (const char* const source : models) {
    for (const double factor : {1.0, -1.0}) {
      INFO(source);
      CHECK_ERROR(SplitModel(scripted(source), "model", {noise({2, 6}) * factor}),
                  ErrorCode::unsupported, "that it may know by another name");
    }
  }
}

TEST_CASE("A list that data chooses or makes is read, and a copy of it is changed") {
  const char* const models[] = {
      "def forward(self, x):\n  l = [x]\n  m = l\n  if bool(x.sum() > 0):\n    m = [torch.cos(x)]\n"
      "  m = list(m)\n  m.append(x)\n  return torch.stack(m).sum(0) + torch.stack(l).sum(0)\n",
      "def forward(self, x):\n  l = [x, torch.cos(x)]\n  t = l[0]\n  if bool(x.sum() > 0):\n"
      "    t = l[1]\n  l[0] = torch.sin(x)\n  l.append(t)\n  return torch.stack(l).sum(0)\n",
      "def forward(self, x):\n  l = [x]\n  k = [x]\n  if bool(x.sum() > 0):\n    k = l[:] + [x]\n"
      "  l.append(torch.cos(x))\n  return torch.stack(l).sum(0) + torch.stack(k).sum(0)\n",
      "def forward(self, x):\n  h = torch.cos(x)\n  o: Optional[List[Tensor]] = None\n"
      "  if bool(h.sum() > 2):\n    o = [h, x]\n  y = torch.sin(h)\n"
      "  if o is not None:\n    y = y + torch.stack(o).sum(0)\n  return torch.sin(y)\n"};
  for (const char* const source : models) {
    INFO(source);
    const Split made = split_into_operations(scripted(source), {noise({2, 6})});
    CHECK(is_exact_on_any_numbers(made, noise({2, 6})));
  }
}

TEST_CASE("A sparse weight is refused by name, and what to keep instead is said") {
  torch::jit::Module module("Graph");
  module.register_attribute("adjacency", c10::TensorType::get(), at::eye(2).to_sparse());
  module.define("def forward(self, x):\n  return torch.cos(torch.mm(self.adjacency, x))\n");
  CHECK_ERROR(SplitModel(module, "model", {noise({2, 6})}), ErrorCode::unsupported,
              "reads its weight 'adjacency', which is a sparse or nested tensor; keep it as "
              "adjacency.to_dense()");
}

TEST_CASE("torch.autocast() is what it is where LibTorch optimises the code") {
  // What Python writes for `with torch.autocast("cpu", dtype=torch.bfloat16):`, which no source
  // that a module is defined by here can say.
  torch::jit::Module module("Mixed");
  const auto unit = module._ivalue()->compilation_unit();
  const auto scope = c10::ClassType::create(
      c10::QualifiedName("__torch__.torch.amp.autocast_mode.autocast"), unit);
  scope->addAttribute("_enabled", c10::BoolType::get());
  scope->addAttribute("device", c10::StringType::get());
  scope->addAttribute("fast_dtype", c10::IntType::get());
  unit->register_type(scope);
  module.define(
      "def forward(self, x):\n  h = torch.matmul(x, x.t())\n  h = torch.relu(torch.matmul(h, h))\n"
      "  return torch.cos(h)\n");
  const auto graph = module.get_method("forward").graph();
  const torch::jit::WithInsertPoint first(*graph->nodes().begin());
  torch::jit::Value* object = graph->insertNode(graph->createObject(scope))->output();
  const auto set = [&](const char* name, const c10::IValue& value) {
    graph->insertNode(graph->createSetAttr(object, name, graph->insertConstant(value)));
  };
  set("_enabled", true);
  set("device", "cpu");
  set("fast_dtype", static_cast<std::int64_t>(at::kBFloat16));
  torch::jit::Node* enter = graph->insertNode(graph->create(c10::prim::Enter, {object}));
  enter->output()->setType(scope);
  graph->create(c10::prim::Exit, {object})->insertBefore(graph->return_node());

  const Split made = split_into_operations(module, {noise({3, 6})});
  const c10::IValue answer = run_chain(made.segments, {noise({3, 6})});
  CHECK(answer.toTensor().scalar_type() == at::kBFloat16);
  CHECK(is_exact(made, {noise({3, 6})}));
}

TEST_CASE("Operators write their results into a tensor that is given as out") {
  const char* const bodies[] = {
      "  o = torch.empty([2, 6])\n  torch.add(h, x, out=o)\n  return torch.cos(o)\n",
      "  o = torch.empty([0])\n  torch.add(h, x, out=o)\n  return torch.cos(o)\n",
      "  o = torch.empty([2, 6])\n  v = o[0]\n  r = torch.mul(h, 2, out=o)\n"
      "  return torch.cos(v) + r + torch.sin(o)\n",
      "  o = torch.zeros([4, 6])\n  torch.add(h, x, out=o[1:3])\n  return torch.cos(o)\n",
      "  o = torch.zeros([2, 6])\n  torch.matmul(h, torch.ones([6, 6]), out=o)\n"
      "  return torch.cos(o)\n",
      "  a = torch.zeros([2])\n  b = torch.zeros([2], dtype=4)\n"
      "  torch.max(h, 1, False, max=a, max_values=b)\n  return torch.cos(h) + a.unsqueeze(1) + "
      "b.unsqueeze(1)\n",
      "  o = torch.empty([2, 6])\n  torch.cos(torch.ones([2, 6]), out=o)\n"
      "  return torch.cos(h) + torch.sin(o)\n",
      "  o = torch.empty([1])\n  torch.cos(torch.ones([1]), out=o)\n"
      "  return torch.cos(torch.relu(h)) + torch.sin(o)\n",
      "  torch.cos(h, out=h)\n  return torch.sin(h) + x\n",
      "  o = torch.empty([2, 6])\n  torch.cat([h[:1], x[:1]], out=o)\n  return torch.cos(o)\n"};
  for (const char* const body : bodies) {
    const std::string source = std::string("def forward(self, x):\n  h = torch.relu(x)\n") + body;
    INFO(source);
    const Split made = split_into_operations(scripted(source), {noise({2, 6})});
    CHECK(is_exact_on_any_numbers(made, noise({2, 6})));
  }
}

TEST_CASE("Messages name the weight, and what numbers have to do with a failure") {
  CHECK_ERROR(SplitModel(with_attributes("def forward(self, x):\n  p = self.last[0:1]\n"
                                         "  p.sub_(x[0:1])\n  return x + self.last\n"),
                         "model", {noise({2, 6})}),
              ErrorCode::unsupported, "keeps state: it changes its 'last' in place");
  CHECK_ERROR(SplitModel(scripted("def forward(self, x):\n  k = x[x[:, 0] > 100]\n"
                                  "  return torch.relu(x) + k[0]\n"),
                         "model", {noise({2, 6})}),
              ErrorCode::mismatch, "does not run on the numbers that it was given, of shape 2x6");
  CHECK_ERROR(SplitModel(scripted("def forward(self, x):\n  return torch.dropout(x, 0.5, True)\n"),
                         "model", {noise({2, 6})}),
              ErrorCode::unsupported, "code has to pass training=self.training");
}

// Computes the cosine of a scripted model in a task, for which each use waits where it stands.
torch::jit::Module with_cosine_as_task(torch::jit::Module module) {
  torch::jit::Graph& graph = *module.get_method("forward").graph();
  torch::jit::Node* cosine = nullptr;
  for (torch::jit::Node* node : graph.nodes()) {
    if (node->kind() == c10::aten::cos) cosine = node;
  }
  const auto task = std::make_shared<torch::jit::Graph>();
  task->registerOutput(task->insert(c10::aten::cos, {task->addInput()}));
  torch::jit::Node* const fork = graph.create(c10::prim::fork, {cosine->input()});
  fork->g_(c10::attr::Subgraph, task);
  fork->output()->setType(c10::FutureType::create(c10::TensorType::get()));
  fork->insertBefore(cosine);
  for (const torch::jit::Use& use : std::vector<torch::jit::Use>(cosine->output()->uses())) {
    torch::jit::Node* const wait = graph.create(c10::aten::wait, {fork->output()});
    wait->insertBefore(use.user);
    use.user->replaceInput(use.offset, wait->output());
  }
  cosine->destroy();
  return module;
}

TEST_CASE("A task may be waited for in branches on data, and behind them") {
  const torch::jit::Module model = with_cosine_as_task(
      scripted("def forward(self, x):\n  h = torch.relu(x)\n  t = torch.cos(h)\n"
               "  if bool(x.sum() > 0):\n    h = torch.sin(t)\n  else:\n    h = t + x\n"
               "  return torch.tanh(h) + t\n"));
  const Split made = split_into_operations(model, {noise({2, 6})});
  for (const float sign : {-1.0F, 1.0F}) {
    CHECK(is_exact_on_any_numbers(made, noise({2, 6}).abs() * sign));
  }
}

TEST_CASE("A key that data selects is looked up in every run") {
  const char* const head =
      "def forward(self, x):\n  h = torch.relu(x)\n  d = {1: h, 2: torch.cos(h)}\n  k = 1\n"
      "  if bool(x[0, 0] > 0):\n    k = 2\n";
  const char* const uses[] = {"  return torch.sin(h) + d[k]\n",
                              "  d[k] = torch.sin(x)\n  return d[1] + d[2] * 2\n",
                              "  y = d.pop(k)\n  return y * len(d)\n",
                              "  y = torch.tanh(h)\n  if k in d:\n    y = y + d[k]\n  return y\n"};
  for (const char* const use : uses) {
    INFO(use);
    const Split made = split_into_operations(scripted(std::string(head) + use), {noise({2, 6})});
    for (const float first : {-1.0F, 1.0F}) {
      at::Tensor numbers = noise({2, 6});
      numbers[0][0] = first;
      CHECK(is_exact_on_any_numbers(made, numbers));
    }
  }
}

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

TEST_CASE("Every quantised tensor crosses as its integers, not only the first one") {
  const Split made = split_into_operations(
      scripted("def forward(self, x):\n"
               "  h = torch.cos(x).contiguous(memory_format=2)\n"
               "  q = torch.relu(torch.quantize_per_tensor(h, 0.02, 60, 13))\n"
               "  q = torch.relu(torch.mean(q, [3]))\n  return torch.sin(q.dequantize())\n"),
      {noise({2, 4, 3, 5})});
  REQUIRE(made.segments.size() > 5);
  c10::IValue passed_on = noise({2, 4, 3, 5});
  for (torch::jit::Module segment : made.segments) {
    passed_on = segment.forward({passed_on.toTensor().contiguous()});
    CHECK(!passed_on.toTensor().is_quantized());
  }
  for (const std::int64_t batch : {1, 2, 13}) CHECK(is_exact(made, {noise({batch, 4, 3, 5})}));
}

TEST_CASE("Experts that add up in one tensor have cuts between them") {
  const std::string experts =
      "  for i in range(3):\n    mask = h[:, i] > 0.1\n    if bool(mask.any()):\n"
      "      rows = torch.nonzero(mask)[:, 0]\n"
      "      out.index_add_(0, rows, torch.cos(h[rows]) * (i + 1))\n";
  const std::string begin =
      "def forward(self, x):\n  h = torch.relu(x)\n  out = torch.zeros_like(h)\n";
  const Split made = split_into_operations(
      scripted(begin + experts + "  return torch.sin(out) + torch.cos(h)\n"), {noise({4, 6})});
  CHECK(is_exact_on_any_numbers(made, noise({4, 6})));
  CHECK(made.segments.size() > 8);
}

TEST_CASE("A tensor that is filled part by part crosses with all its views, or not") {
  const std::string experts =
      "  for i in range(3):\n    rows = torch.nonzero(h[:, i] > 0.1)[:, 0]\n"
      "    out.index_add_(0, rows, torch.cos(h[rows]) * (i + 1))\n";
  const std::string begin = "def forward(self, x):\n  h = torch.relu(x)\n";
  const std::string models[] = {
      begin + "  out = torch.zeros_like(h)\n  first = out[0]\n" + experts +
          "  return torch.sin(out) + first\n",
      begin + "  out = torch.zeros_like(h)\n  first = out[0]\n  last = out[-1]\n" + experts +
          "  first.add_(1.0)\n  return torch.sin(last) + first\n",
      begin + "  out = torch.zeros_like(h)\n  other = out if bool(x.sum() > 0) else h\n" + experts +
          "  return torch.sin(out) + other\n",
      begin + "  out = x\n" + experts + "  return torch.sin(out) + x\n",
      begin + "  all = torch.zeros([2, 4, 6])\n  out = all[1]\n" + experts +
          "  all[0] = h\n  return torch.sin(all) + torch.cos(out)\n"};
  for (const std::string& source : models) {
    INFO(source);
    const Split made = split_into_operations(scripted(source), {noise({4, 6})});
    CHECK(is_exact_on_any_numbers(made, noise({4, 6})));
  }
}

TEST_CASE("A loop on data changes the tensors of a list in place") {
  const Split made = split_into_operations(
      scripted("def forward(self, x):\n  o = [torch.cos(x), torch.sin(x)]\n  i = 0\n"
               "  while bool(o[0].abs().sum() > 1.0) and i < 6:\n    o[0] = o[0] * 0.5\n"
               "    o[1].add_(o[0])\n    i += 1\n  return torch.tanh(o[0] + o[1])\n"),
      {noise({2, 6})});
  CHECK(is_exact_on_any_numbers(made, noise({2, 6})));
}

TEST_CASE("Parts of a tensor are changed in place by smaller tensors and by numbers") {
  const Split made = split_into_operations(
      scripted("def forward(self, x):\n  h = torch.matmul(x, x)\n"
               "  h[:, 1:] += torch.cos(x)[:, :1]\n  h[0] = x[1]\n  h *= 0.5\n  h -= x[:1]\n"
               "  g = torch.zeros([6, 6])\n  g[1:3] = torch.sin(h)[1:3]\n  g /= 3\n"
               "  return torch.tanh(torch.relu(h)) + g\n"),
      {noise({6, 6})});
  CHECK(is_exact(made, {noise({6, 6})}));
}

TEST_CASE("Operations that fail on zeros are given the numbers") {
  const char* const models[] = {
      "def forward(self, x):\n  p = torch.softmax(torch.matmul(x, x), 1)\n"
      "  return torch.cos(x) + torch.multinomial(p, 2).sum()\n",
      "def forward(self, x):\n  return torch.cos(torch.inverse(torch.matmul(x, x)))\n"};
  for (const char* const source : models) {
    INFO(source);
    const Split made = split_into_operations(scripted(source), {noise({6, 6})});  // runs both
    CHECK(made.segments.size() > 2);
  }
}

TEST_CASE("Sizes that depend on data are ranges over several inputs, others are facts") {
  SplitOptions options{CutKind::frontier, Granularity::operation};
  InputHints hints;
  hints.other_inputs = [](int number) {
    const at::Tensor positive = noise({4, 6}).abs();
    return Inputs{number == 1 ? positive : number == 2 ? -positive : at::ones({4, 6, 1})};
  };
  const SplitModel model(
      scripted("def forward(self, x):\n  h = torch.cos(x)\n  m = x[:, 0] > 0\n"
               "  g = torch.sin(h[m])\n  rows = torch.nonzero(m)[:, 0]\n"
               "  return torch.tanh(torch.zeros_like(h).index_add(0, rows, g))\n"),
      "model", {noise({4, 6})}, options, hints);
  std::vector<std::optional<ByteRange>> seen;
  for (const Layer& layer : model.graph().layers) {
    if (layer.type == "aten::sin" || layer.type == "aten::index_add" || layer.type == "aten::cos") {
      seen.push_back(model.graph().values.at(layer.outputs.at(0)).bytes_seen);
    }
  }
  REQUIRE(seen.size() == 3);
  CHECK(std::count(seen.begin(), seen.end(), std::nullopt) == 2);
  CHECK(std::count(seen.begin(), seen.end(), ByteRange{0, 4 * 6 * 4}) == 1);
  CHECK(!model.cuts().cuts.back().bytes_seen);
}

TEST_CASE("A loop that returns early is run as it stands") {
  const Split made = split_into_operations(
      scripted("def forward(self, x):\n  h = torch.cos(x)\n  for i in range(3):\n"
               "    if bool(h.sum() < 0):\n      return torch.sin(h)\n    h = torch.tanh(h)\n"
               "  return h * 2\n"),
      {noise({4, 6})});
  CHECK(is_exact_on_any_numbers(made, noise({4, 6})));
}

TEST_CASE("Lists inside of the module's lists and dicts are its state, frozen or not") {
  const auto lists = c10::DictType::create(c10::StringType::get(), c10::ListType::ofTensors());
  const auto with_lists = [&](const std::string& source) {
    torch::jit::Module module("Nested");
    c10::impl::GenericDict found(c10::StringType::get(), c10::ListType::ofTensors());
    found.insert("a", c10::List<at::Tensor>({noise({2, 6})}));
    module.register_attribute("found", lists, found);
    module.define(
        "def forward(self, x):\n  h = torch.cos(x)\n  if bool(h.sum() > 2):\n"
        "    h = torch.sin(h)\n" +
        source);
    return module;
  };
  const Split made = split_into_operations(
      with_lists("  self.found['a'][0] = h\n  return torch.relu(self.found['a'][0]) + x\n"),
      {noise({2, 6})});
  for (int run = 0; run < 2; ++run) CHECK(is_exact_on_any_numbers(made, noise({2, 6})));
  CHECK_ERROR(SplitModel(with_lists("  self.found['a'].append(h)\n"
                                    "  return torch.stack(self.found['a']).sum(0)\n"),
                         "model", {noise({2, 6})}),
              ErrorCode::unsupported, "keeps state");
}

TEST_CASE("Tensors are changed in place in lists of which only the list is read later") {
  for (const char* const read : {"torch.cat(xs)", "torch.cat(xs) + xs[0].sum()", "xs[1] + h"}) {
    const Split split =
        split_into_operations(scripted(fmt::format("def forward(self, x):\n"
                                                   "  h = torch.cos(x)\n"
                                                   "  xs = [torch.relu(x), h * 2]\n"
                                                   "  xs[0].add_(1.0)\n"
                                                   "  xs[1][:, 0:1] = 3.0\n"
                                                   "  if bool(h.sum() > 0):\n"
                                                   "    h = h + 1\n"
                                                   "  return torch.sin({}) + h.mean()\n",
                                                   read)),
                              {noise({2, 6})});
    CHECK(is_exact_on_any_numbers(split, noise({2, 6})));
  }
}

TEST_CASE("A list whose length data decides shares its memory with what it was made of") {
  const torch::jit::Module module = scripted(
      "def forward(self, x):\n"
      "  h = torch.cos(x[x[:, 0] > 0])\n"
      "  xs = list(torch.unbind(h))\n"
      "  k = h * 2\n"
      "  for i in range(len(xs)):\n"
      "    xs[i].add_(1.0)\n"
      "  return torch.sin(h) + k\n");
  for (const LayerOrder order : {LayerOrder::file, LayerOrder::compact}) {
    const SplitModel model(module, "model", {noise({4, 6})},
                           {CutKind::frontier, Granularity::operation, order});
    const auto segments = model.segments(model.cuts().cuts);
    for (const double factor : {1.0, -1.0}) {
      const at::Tensor input = noise({4, 6}) * factor;
      CHECK(bit_equal(run_chain(segments, {input}), run_plainly(module, {input})));
    }
  }
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

TEST_CASE("A list or dict of the module that each run fills before it reads it is no state") {
  const char* const models[] = {
      "def forward(self, x):\n  self.past.clear()\n  self.past.append(torch.relu(x))\n"
      "  self.past.append(torch.cos(self.past[0]))\n  return torch.stack(self.past).sum(0)\n",
      // cleared, then changed by a branch on data
      "def forward(self, x):\n  l = self.past\n  l.clear()\n  l.append(torch.relu(x))\n"
      "  if bool(x.sum() > 0):\n    l.append(torch.sin(x))\n"
      "  return torch.cos(torch.stack(l).sum(0))\n",
      "def forward(self, x):\n  self.found.clear()\n  self.found['a'] = torch.relu(x)\n"
      "  h = torch.cos(self.found['a'])\n  for k, v in self.found.items():\n    h = h + v\n"
      "  return h\n",
      // each element or key is set first
      "def forward(self, x):\n  self.past[0] = torch.relu(x)\n  self.past[1] = "
      "torch.cos(self.past[0])\n  return torch.stack(self.past).sum(0)\n",
      "def forward(self, x):\n  self.found['a'] = torch.relu(x)\n"
      "  self.found['b'] = torch.cos(self.found['a'])\n  h = self.found['a']\n"
      "  for k, v in self.found.items():\n    h = h + v\n  return torch.sin(h)\n",
      // one element is a weight, another one is set
      "def forward(self, x):\n  h = torch.relu(x) + self.past[0]\n  self.past[1] = h\n"
      "  return torch.cos(self.past[1] + self.past[0])\n",
      // a copy is changed
      "def forward(self, x):\n  l = list(self.past)\n  l.append(torch.relu(x))\n"
      "  l[0] = torch.cos(x)\n  return torch.stack(l).sum(0)\n"};
  for (const char* const source : models) {
    INFO(source);
    const Split made = split_into_operations(with_attributes(source), {noise({2, 6})});
    for (int run = 0; run < 2; ++run) CHECK(is_exact_on_any_numbers(made, noise({2, 6})));
  }
}

TEST_CASE("A list or dict of the module that is read before it is filled is state") {
  const char* const models[] = {
      "def forward(self, x):\n  h = torch.relu(x) + self.past[0]\n  self.past.clear()\n"
      "  self.past.append(torch.cos(x))\n  return torch.cos(h)\n",
      "def forward(self, x):\n  n = len(self.past)\n  self.past.clear()\n"
      "  return torch.cos(torch.relu(x)) * n\n",
      "def forward(self, x):\n  h = torch.relu(x) + self.past[0]\n  self.past[0] = h\n"
      "  return torch.cos(h)\n",
      "def forward(self, x):\n  h = torch.relu(x) + torch.stack(self.past).sum(0)\n"
      "  self.past[1] = h\n  return torch.cos(h)\n",
      "def forward(self, x):\n  h = torch.relu(x)\n  if 'a' in self.found:\n"
      "    h = h + self.found['a']\n  self.found['a'] = h\n  return torch.cos(h)\n",
      "def forward(self, x):\n  self.found['a'] = torch.relu(x)\n  h = torch.cos(x)\n"
      "  for k, v in self.found.items():\n    h = h + v\n  self.found['b'] = h\n  return h\n",
      "def forward(self, x):\n  l = self.past\n  both = [l, [x]]\n  h = x\n"
      "  for k in both:\n    h = h + k[0]\n  l[0] = torch.relu(h)\n  return h\n",
      "def forward(self, x):\n  h = self.found.setdefault('a', torch.relu(x))\n"
      "  return torch.cos(h)\n"};
  for (const char* const source : models) {
    INFO(source);
    CHECK_ERROR(SplitModel(with_attributes(source), "model", {noise({2, 6})}),
                ErrorCode::unsupported, "keeps state");
  }
}

TEST_CASE("A buffer that each run overwrites before it reads it is no state") {
  const char* const models[] = {
      "def forward(self, x):\n  self.last.zero_()\n  self.last.add_(torch.relu(x))\n"
      "  return torch.cos(self.last)\n",
      "def forward(self, x):\n  self.last.fill_(1.0)\n  if bool(x.sum() > 0):\n"
      "    self.last.mul_(2.0)\n  return torch.relu(x) * self.last\n",
      "def forward(self, x):\n  self.last.copy_(torch.cos(x))\n  h = torch.relu(x) + self.last\n"
      "  self.last.mul_(h)\n  return torch.sin(self.last) + h\n",
      // known by several names
      "def forward(self, x):\n  a = self.last\n  b = [self.last]\n  a.zero_()\n"
      "  b[0].add_(torch.relu(x))\n  return torch.cos(self.last + a)\n"};
  for (const char* const source : models) {
    INFO(source);
    const Split made = split_into_operations(with_attributes(source), {noise({2, 6})});
    for (int run = 0; run < 2; ++run) CHECK(is_exact_on_any_numbers(made, noise({2, 6})));
  }
}

TEST_CASE("Counters and lists of the module that nothing reads are no state") {
  const char* const changes[] = {"self.count.add_(1)",
                                 "self.count += 1",
                                 "self.n = self.n + 1",
                                 "self.past.append(h)",
                                 "self.last.mul_(0.9).add_(h * 0.1)",
                                 "self.last = self.last * 0.9 + h",
                                 "self.found['h'] = h"};
  for (const char* const change : changes) {
    for (const char* const indent : {"  ", "  if bool(x.sum() > 0):\n    "}) {
      const std::string source =
          fmt::format("def forward(self, x):\n  h = torch.relu(x)\n{}{}\n  return torch.cos(h)\n",
                      indent, change);
      INFO(source);
      const Split made = split_into_operations(with_attributes(source), {noise({2, 6})});
      CHECK(made.segments.size() > 1);
      for (int run = 0; run < 2; ++run) CHECK(is_exact_on_any_numbers(made, noise({2, 6})));
    }
  }
}

TEST_CASE("Attributes are read and assigned in data-dependent branches and loops") {
  const char* const models[] = {
      "def forward(self, x):\n  self.n = 1\n  if bool(x.sum() > 0):\n    self.n = 3\n"
      "  return torch.relu(x) * self.n\n",
      "def forward(self, x):\n  self.last = torch.cos(x)\n  h = torch.relu(x)\n"
      "  if bool(x.sum() > 0):\n    h = h + self.last\n  return torch.sin(h)\n",
      "def forward(self, x):\n  self.last = torch.cos(x)\n  while bool(self.last.norm() > 1):\n"
      "    if bool(self.last.sum() > 0):\n      self.last = self.last * 0.5\n    else:\n"
      "      self.last = self.last * 0.25\n  return torch.sin(self.last)\n",
      "def forward(self, x):\n  if bool(x.sum() > 0):\n    self.last = torch.cos(x)\n  else:\n"
      "    self.last = torch.sin(x)\n  return torch.relu(self.last) * 2\n"};
  for (const char* const source : models) {
    INFO(source);
    const Split made = split_into_operations(with_attributes(source), {noise({2, 6})});
    for (int run = 0; run < 2; ++run) CHECK(is_exact_on_any_numbers(made, noise({2, 6})));
  }
}

TEST_CASE("A buffer, counter or attribute that the next run reads is state") {
  const char* const models[] = {
      // a part is overwritten, or all of it, but late or not always
      "def forward(self, x):\n  self.last[0:1].zero_()\n  self.last.add_(x)\n"
      "  return torch.cos(self.last)\n",
      "def forward(self, x):\n  h = x + self.last\n  self.last.zero_()\n  self.last.add_(h)\n"
      "  return torch.cos(h)\n",
      "def forward(self, x):\n  if bool(x.sum() > 0):\n    self.last.zero_()\n"
      "  return torch.cos(x + self.last)\n",
      "def forward(self, x):\n  if bool(x.sum() > 0):\n    self.n = self.n + 1\n"
      "  return torch.cos(x * self.n)\n",
      // other names read the memory
      "def forward(self, x):\n  self.work.zero_()\n  self.work.add_(x)\n"
      "  return torch.cos(self.work + self.twin)\n",
      "def forward(self, x):\n  self.work.mul_(0.9)\n  return torch.cos(x + self.twin)\n",
      "def forward(self, x):\n  self.count.add_(1)\n  return torch.cos(x * self.count)\n",
      "def forward(self, x):\n  self.past.append(x)\n  return torch.cos(x * len(self.past))\n",
      "def forward(self, x):\n  y = self.last.contiguous()\n  y.mul_(0.5)\n"
      "  return torch.cos(x + self.last)\n"};
  for (const char* const source : models) {
    INFO(source);
    CHECK_ERROR(SplitModel(with_attributes(source), "model", {noise({2, 6})}),
                ErrorCode::unsupported, "keeps state");
  }
}

TEST_CASE("A model may return its inputs alone") {
  const Split made = split_into_operations(scripted("def forward(self, x, y):\n  return y, x\n"),
                                           {noise({2, 6}), noise({2, 6}).cos()});
  CHECK(is_exact(made, {noise({2, 6}), noise({2, 6}).cos()}));
}

TEST_CASE("What a branch takes of the input or of a value is changed behind it") {
  const char* const models[] = {
      "def forward(self, x):\n  a = torch.sigmoid(x)\n  if bool(a.sum() > 0):\n    t = x[:, :]\n"
      "  else:\n    t = a\n  t[:, 0:1].add_(1.0)\n  return torch.cos(a), t, torch.sin(x)\n",
      "def forward(self, x):\n  a = torch.sigmoid(x)\n  if bool(x.sum() > 0):\n    t = a\n"
      "  else:\n    t = x\n  t.mul_(2.0)\n  return torch.cos(a) + x, t\n"};
  for (const char* const source : models) {
    INFO(source);
    const Split made = split_into_operations(scripted(source), {noise({2, 6})});
    CHECK(is_exact_on_any_numbers(made, noise({2, 6})));
  }
}

TEST_CASE("Normalising by the batch's own statistics keeps nothing; updating running ones does") {
  const char* const norms[] = {
      "torch.batch_norm(x, None, None, None, None, {}, 0.1, 1e-5, False)",
      "torch.instance_norm(x, None, None, None, None, {}, 0.1, 1e-5, False)",
      "torch.batch_norm(x, None, None, self.last[0], self.last[1], {}, 0.1, 1e-5, False)",
      "torch.instance_norm(x, None, None, self.last[0], self.last[1], {}, 0.1, 1e-5, False)"};
  for (int i = 0; i < 4; ++i) {
    const std::string norm = fmt::format(fmt::runtime(norms[i]), "True");
    INFO(norm);
    const torch::jit::Module module = with_attributes(
        fmt::format("def forward(self, x):\n  return torch.cos(torch.relu({}))\n", norm));
    const at::Tensor input = noise({3, 6, 5});
    if (i < 2) {
      CHECK(is_exact(split_into_operations(module, {input}), {input * 2}));
    } else {
      CHECK_ERROR(SplitModel(module, "model", {input}), ErrorCode::unsupported,
                  "works as in training");
    }
  }
}

TEST_CASE("A nested tensor that a branch on data makes stays inside, or refuses the cut") {
  const torch::jit::Module module = scripted(
      "def forward(self, x, mask):\n  h = torch.relu(x)\n"
      "  if torch._nested_tensor_from_mask_left_aligned(h, mask):\n"
      "    h = torch._nested_tensor_from_mask(h, mask)\n"
      "  if h.is_nested:\n    h = h.to_padded_tensor(0.0)\n  return torch.cos(h)\n");
  const at::Tensor mask = at::ones({2, 4}, at::kBool);
  at::Tensor unaligned = mask.clone();
  unaligned[0][0] = false;
  for (const at::Tensor& read_on : {mask, unaligned}) {
    const Split made = split_into_operations(module, {noise({2, 4, 6}), read_on});
    CHECK(is_exact(made, {noise({2, 4, 6}), mask}));
    CHECK(is_exact(made, {noise({2, 4, 6}), unaligned}));
  }
}

TEST_CASE("A tensor that is None for some numbers does not cross a cut") {
  const torch::jit::Module module = scripted(
      "def forward(self, x):\n  h = torch.sin(x)\n  e: Optional[Tensor] = None\n"
      "  if bool(h.sum() > 0):\n    e = torch.cos(h)\n  y = torch.tanh(h)\n"
      "  if e is not None:\n    y = y + e\n  return torch.relu(y)\n");
  for (const double factor : {1.0, -1.0}) {
    const Split made = split_into_operations(module, {noise({2, 6}) * factor});
    CHECK(is_exact_on_any_numbers(made, noise({2, 6})));
  }
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
