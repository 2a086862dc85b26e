// Early exits: models that a branch on numbers may end.
#include <torch/script.h>

#include <algorithm>

#include "scission/torchscript/execute/execute.hpp"
#include "scission/torchscript/inputs/inputs.hpp"
#include "scission/torchscript/split/split.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"
#include "torchscript/common/forward.hpp"
#include "torchscript/common/tensors.hpp"
#include "torchscript/small_models.hpp"

namespace scission::torchscript {
namespace {

using scission::testing::chain_is_exact;
using scission::testing::noise;
using scission::testing::reason_after;
using scission::testing::run_plainly;
using scission::testing::scripted;
using scission::testing::segments_are_exact;
using scission::testing::types_of;

// Ones end the model, zeros do not.
const std::vector<at::Tensor> ones = {at::ones({2, 4, 6})};
const std::vector<at::Tensor> zeros = {at::zeros({2, 4, 6})};

SplitModel split_on(const torch::jit::Module& module, const std::vector<at::Tensor>& inputs,
                    CutKind cuts = CutKind::frontier) {
  return {module, "model", inputs, {cuts}};
}

// The segments at every cut give the whole model's bits on both sides of its exits, whichever side
// the model was read on.
void check_both_sides(const torch::jit::Module& module, const std::string& types) {
  for (const auto& read_on : {ones, zeros}) {
    const SplitModel model = split_on(module, read_on);
    CHECK(types_of(model.graph()) == types);
    CHECK(model.cuts().rejected.empty());
    CHECK(segments_are_exact(model, module, ones));
    CHECK(segments_are_exact(model, module, zeros));
    CHECK(segments_are_exact(model, module, {noise({2, 4, 6})}));
    CHECK(chain_is_exact(*make_runnable(module, "model", read_on, {CutKind::frontier})));
  }
}

torch::jit::Module one_exit() {
  return scripted(R"(
def forward(self, x):
  y = torch.relu(x)
  early = torch.tanh(y) + 1
  if bool(torch.sum(y) > 10.0):
    return early
  y = torch.sigmoid(y)
  return torch.cos(y) * 2
)");
}

}  // namespace

TEST_CASE(
    "A model is cut before, at and behind an early exit, and gives the same bits on both sides") {
  check_both_sides(one_exit(),
                   "InputLayer aten::relu aten::sum aten::gt aten::tanh aten::add scission::exit "
                   "aten::sigmoid aten::cos aten::mul");
}

TEST_CASE(
    "What crosses behind an early exit is its verdict and an answer that is empty until taken") {
  const SplitModel model = split_on(one_exit(), zeros);
  const auto& layers = model.graph().layers;
  const auto exit = std::find_if(layers.begin(), layers.end(),
                                 [](const Layer& layer) { return layer.name == "exit"; });
  REQUIRE(exit != layers.end());
  CHECK(testing::crossing_after(model, static_cast<int>(exit - layers.begin()) + 1) ==
        "exit:0 exit:1 sigmoid");
  const Value& verdict = model.graph().values[exit->outputs[0]];
  CHECK((verdict.dtype == "bool" && verdict.bytes == 1));
  CHECK(model.graph().values[exit->outputs[1]].bytes == 0);
}

TEST_CASE("Several early exits are followed one behind the other, and with tuples as answers") {
  check_both_sides(
      scripted(R"(
def forward(self, x):
  y = torch.relu(x)
  if bool(torch.sum(y) > 47.0):
    return y + 1, torch.sum(y)
  y = torch.sigmoid(y)
  z = torch.tanh(y)
  if bool(torch.sum(z) > 22.0):
    return torch.cos(y), torch.sum(z)
  z = torch.sigmoid(z)
  return torch.cos(z), torch.sum(y)
)"),
      "InputLayer aten::relu aten::sum aten::gt scission::exit aten::sigmoid aten::tanh "
      "aten::sum aten::gt scission::exit aten::sigmoid aten::cos aten::sum");
}

TEST_CASE("What would fail on an input that has taken an exit does not run in the segments") {
  const auto module = scripted(R"(
def forward(self, x):
  y = torch.relu(x)
  picked = y[y > 0.5]
  if picked.size(0) == 0:
    return torch.zeros([1])
  scaled = picked / torch.max(picked)
  return torch.sum(torch.sigmoid(scaled)).reshape(1)
)");
  const SplitModel model = split_on(module, ones);
  CHECK(types_of(model.graph()).find("scission::exit") != std::string::npos);
  CHECK(segments_are_exact(model, module, ones));
  CHECK(segments_are_exact(model, module, zeros));  // the largest of no elements is an error
  // Read on such an input the rest cannot be followed: the branch is one layer, as it was.
  CHECK(segments_are_exact(split_on(module, zeros), module, ones));
}

TEST_CASE("An answer that the rest of the model overwrites is the one given at the exit") {
  const auto module = scripted(R"(
def forward(self, x):
  y = torch.sigmoid(x)
  if bool(torch.sum(x) > 10.0):
    return y
  y.mul_(3.0)
  return torch.tanh(torch.cos(y) + 1)
)");
  for (const auto& read_on : {ones, zeros}) {
    const SplitModel model = split_on(module, read_on);
    CHECK(types_of(model.graph()).find("scission::exit") != std::string::npos);
    CHECK(segments_are_exact(model, module, ones));
    CHECK(segments_are_exact(model, module, zeros));
  }
}

TEST_CASE(
    "A branch that does not end the model is one layer, as is one that changes what was before") {
  for (const char* const code : {R"(
def forward(self, x):
  y = torch.relu(x)
  if bool(torch.sum(y) > 10.0):
    y = torch.tanh(y)
  else:
    y = torch.cos(torch.sigmoid(y)) + 2
  return torch.exp(y)
)",
                                 R"(
def forward(self, x):
  y = torch.relu(x)
  if bool(torch.sum(y) > 10.0):
    return y.mul_(2.0)
  return torch.cos(torch.sigmoid(y)) + 2
)"}) {
    const auto module = scripted(code);
    const SplitModel model = split_on(module, zeros);
    CHECK(types_of(model.graph()).find("prim::If") != std::string::npos);
    CHECK(types_of(model.graph()).find("scission::exit") == std::string::npos);
    CHECK(segments_are_exact(model, module, zeros));
    CHECK(segments_are_exact(model, module, ones));
  }
}

TEST_CASE(
    "The manifest states an early exit's verdict and answer, and verifying counts both sides") {
  const auto module = scripted(R"(
def forward(self, x):
  y = torch.relu(x)
  early = torch.tanh(y)
  if bool(torch.sum(x) > 0.0):
    return early
  return torch.cos(torch.sigmoid(y)) + 2
)");
  const testing::Scratch folder;
  const SplitModel model = split_on(module, zeros);
  const SegmentManifest manifest = write_segments(model, model.cuts().cuts, folder.path());
  CHECK(read_manifest(folder.path()) == manifest);
  const auto at_exit = std::find_if(
      manifest.segments.begin(), manifest.segments.end(),
      [](const Segment& segment) { return segment.layers == std::vector<std::string>{"exit"}; });
  REQUIRE(at_exit != manifest.segments.end());
  const std::vector<SegmentExit> expected = {{"exit:0", {"exit:1"}, {"output"}}};
  CHECK((at_exit->exits == expected));
  CHECK(manifest.segments.front().exits.empty());
  CHECK(manifest.segments.back().exits.empty());

  const auto verdicts =
      verify_segments(folder.path(), [&] { return module; }, {{parse_inputs("2x4x6"), 5}, {1}, {}});
  REQUIRE(verdicts.size() == 1);
  INFO(verdicts[0].message);
  CHECK(verdicts[0].bit_equal);
  REQUIRE(verdicts[0].exits.size() == 1);
  CHECK(verdicts[0].exits[0].exit == "exit");
  CHECK(verdicts[0].exits[0].taken > 0);
  CHECK(verdicts[0].exits[0].not_taken > 0);
}

TEST_CASE("A stage of a model with an early exit gives the answer under the model's names") {
  const auto module = one_exit();
  const testing::Scratch folder;
  const SplitModel model = split_on(module, zeros);
  const auto cuts = model.cuts().cuts;
  const SegmentManifest manifest = write_segments(model, cuts, folder.path());
  for (const auto& input : {ones, zeros}) {
    std::vector<Tensor> passed_on = to_tensors(input);
    bool has_ended = false;
    for (const Segment& segment : manifest.segments) {
      passed_on = load_stage(folder.path() / segment.file, segment)->run(std::move(passed_on));
      const auto answer = early_answer(segment.exits, passed_on);
      if (!answer) continue;
      has_ended = true;
      passed_on = *answer;
      break;
    }
    CHECK(has_ended == input[0].equal(ones[0]));
    CHECK(passed_on.at(0).name == "output");
    CHECK(relative_difference(passed_on, whole_outputs(module, "model", input)) == 0);
  }
}

TEST_CASE("Weights that only an early exit's own side reads are found there") {
  torch::jit::Module module("WithHead");
  module.register_parameter("head", noise({6, 3}), false);
  module.register_parameter("trunk", noise({6, 6}), false);
  module.register_parameter("late", noise({6, 3}), false);
  module.define(R"(
def forward(self, x):
  y = torch.relu(x)
  if bool(torch.sum(y) > 10.0):
    return torch.matmul(y, self.head)
  y = torch.relu(torch.matmul(y, self.trunk))
  return torch.matmul(torch.cos(y), self.late)
)");
  const SplitModel model = split_on(module, zeros);
  CHECK(types_of(model.graph()).find("scission::exit aten::matmul") != std::string::npos);
  CHECK(segments_are_exact(model, module, ones));
  CHECK(segments_are_exact(model, module, zeros));
}

TEST_CASE("A tensor that may be None is used behind an early exit") {
  const char* const ends[] = {
      "  if n is not None:\n    h = torch.sin(h + n) + 1\n  return h\n",
      "  if n is None:\n    return h\n  return torch.sin(torch.cos(h) + n)\n"};
  for (const char* const end : ends) {
    INFO(end);
    const torch::jit::Module module = scripted(
        std::string("def forward(self, x):\n  h = torch.tanh(x)\n  n: Optional[Tensor] = None\n"
                    "  if bool(x.sum() > 0):\n    n = torch.cos(h)\n") +
        end);
    for (const auto& read_on : {ones, zeros}) {
      const SplitModel model = split_on(module, read_on);
      CHECK(chain_is_exact(*make_runnable(model)));
      CHECK(segments_are_exact(model, module, ones));
      CHECK(segments_are_exact(model, module, zeros));
    }
  }
}

}  // namespace scission::torchscript
