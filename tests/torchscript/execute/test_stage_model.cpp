// Segments run as the seam for backends has them.
#include <torch/script.h>

#include <string>
#include <vector>

#include "scission/torchscript/common/module.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "scission/torchscript/inputs/inputs.hpp"
#include "scission/torchscript/split/split.hpp"
#include "scission/torchscript/zoo/zoo.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"
#include "torchscript/common/tensors.hpp"
#include "torchscript/small_models.hpp"
#include "torchscript/split/split_state.hpp"

namespace scission::torchscript {
namespace {

using scission::testing::run_plainly;
using scission::testing::Scratch;
using scission::testing::scripted;

/// A module's segments in files, cut at every `step`-th place.
struct Split {
  Scratch folder;
  SegmentManifest manifest;

  Split(const torch::jit::Module& module, const InputOptions& inputs, std::size_t step) {
    const SplitModel model(module, "model", random_inputs(inputs), {CutKind::frontier});
    const std::vector<Cut>& all = model.cuts().cuts;
    std::vector<Cut> cuts;
    for (std::size_t i = step; i < all.size(); i += step) cuts.push_back(all[i - 1]);
    cuts.push_back(all.back());
    manifest = write_segments(model, cuts, folder.path());
  }

  std::vector<std::unique_ptr<StageModel>> load() const {
    std::vector<std::unique_ptr<StageModel>> stages;
    for (const Segment& segment : manifest.segments) {
      stages.push_back(load_stage(folder.path() / segment.file, segment));
    }
    return stages;
  }
};

std::vector<Tensor> run_chain(const std::vector<std::unique_ptr<StageModel>>& stages,
                              std::vector<Tensor> tensors) {
  for (const auto& stage : stages) tensors = stage->run(std::move(tensors));
  return tensors;
}

/// The stages' results, twice over, against the whole module's.
void check_chain(const torch::jit::Module& module, const std::string& inputs, std::size_t step) {
  const InputOptions options{parse_inputs(inputs), 3};
  const Split split(module, options, step);
  CHECK(split.manifest.segments.size() > 1);
  const auto stages = split.load();
  const std::vector<at::Tensor> expected = tensors_in(run_plainly(module, random_inputs(options)));
  for (int turn = 0; turn < 2; ++turn) {
    const std::vector<Tensor> outputs = run_chain(stages, to_tensors(random_inputs(options)));
    REQUIRE(outputs.size() == expected.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      CHECK(outputs[i].name == split.manifest.segments.back().outputs[i].name);
      CHECK(bit_equal(from_bytes(outputs[i]), expected[i]));
    }
  }
}

/// A module in a file, as one segment.
struct OneStage {
  Scratch folder;
  Segment segment;

  OneStage(const torch::jit::Module& module, const std::vector<TensorSpec>& inputs,
           const std::vector<TensorSpec>& outputs) {
    segment.file = "segment-00.pt";
    segment.inputs = inputs;
    segment.outputs = outputs;
    module.save((folder.path() / segment.file).string());
  }

  std::unique_ptr<StageModel> load() const {
    return load_stage(folder.path() / segment.file, segment);
  }
};

/// Whether bytes go through the segments without a copy.
bool write_into_none(const Split& split) {
  for (const Segment& segment : split.manifest.segments) {
    for (const bool is_written : written_inputs(load_module(split.folder.path() / segment.file))) {
      if (is_written) return false;
    }
  }
  return true;
}

const TensorSpec pair{"x", "float32", {1, 2}};

}  // namespace

TEST_CASE("Stages in a chain give the whole model's bits: lenet") {
  check_chain(build_zoo_model("lenet"), "2x3x32x32", 2);
}

TEST_CASE("Stages in a chain give the whole model's bits: mobilenet") {
  check_chain(build_zoo_model("mobilenet"), "1x3x224x224", 20);
}

TEST_CASE("Stages in a chain give the whole model's bits: several tensors cross") {
  check_chain(scission::testing::residual_model(), "1x3x8x8", 1);
}

TEST_CASE("Segments of the built-in models write into none of their inputs") {
  const InputOptions inputs{parse_inputs("1x3x224x224"), 3};
  CHECK(write_into_none(Split(build_zoo_model("mobilenet"), inputs, 20)));
  CHECK(write_into_none(Split(build_zoo_model("resnet50"), inputs, 20)));
}

TEST_CASE("Stages run on a batch that the model was not split for") {
  const auto module = scission::testing::residual_model();
  const Split split(module, {parse_inputs("1x3x8x8"), 3}, 2);
  const InputOptions batch{parse_inputs("4x3x8x8"), 4};
  const std::vector<Tensor> outputs = run_chain(split.load(), to_tensors(random_inputs(batch)));
  CHECK(bit_equal(from_bytes(outputs.at(0)), run_plainly(module, random_inputs(batch))));
}

TEST_CASE("What the last stage returns is listed tensor by tensor") {
  const auto module = scripted("def forward(self, x):\n  return (x + 1, [x * 2, x - 1])\n");
  const TensorSpec y{"y", "float32", {1, 2}};
  const OneStage stage(module, {pair}, {y, y, y});
  const std::vector<Tensor> outputs = stage.load()->run({to_bytes(at::ones({1, 2}), "")});
  REQUIRE(outputs.size() == 3);
  CHECK(bit_equal(from_bytes(outputs[1]), at::full({1, 2}, 2.F)));
  CHECK(bit_equal(from_bytes(outputs[2]), at::zeros({1, 2})));
}

TEST_CASE("A model that writes into its inputs leaves the caller's bytes alone") {
  const auto module = scripted("def forward(self, x):\n  return x.view(-1).relu_()\n");
  CHECK(written_inputs(module) == std::vector<bool>{true});
  const OneStage stage(module, {pair}, {{"y", "float32", {2}}});
  const Tensor input = to_bytes(at::tensor({-1.F, 2.F}).view({1, 2}), "x");
  const std::string before(input.bytes.view());
  const std::vector<Tensor> outputs = stage.load()->run({input});
  CHECK((input.bytes.view() == before));
  CHECK(bit_equal(from_bytes(outputs.at(0)), at::tensor({0.F, 2.F})));
}

TEST_CASE("Bytes that a model only reads and hands on are never copied") {
  const auto module = scripted("def forward(self, x):\n  return x.relu().relu_(), x.view(-1)\n");
  CHECK(written_inputs(module) == std::vector<bool>{false});
  const OneStage stage(module, {pair}, {{"y", "float32", {1, 2}}, {"z", "float32", {2}}});
  Tensor input = to_bytes(at::tensor({-1.F, 2.F}).view({1, 2}), "x");
  const char* const data = input.bytes.data;
  std::vector<Tensor> inputs;
  inputs.push_back(std::move(input));
  const std::vector<Tensor> outputs = stage.load()->run(std::move(inputs));
  CHECK(outputs.at(1).bytes.data == data);
  CHECK(outputs[1].shape == std::vector<std::int64_t>{2});
  CHECK(bit_equal(from_bytes(outputs[1]), at::tensor({-1.F, 2.F})));
}

TEST_CASE("An output that is not contiguous becomes so") {
  const auto module = scripted("def forward(self, x):\n  return x.t()\n");
  const OneStage stage(module, {{"x", "float32", {2, 2}}}, {{"y", "float32", {2, 2}}});
  const at::Tensor square = at::arange(4, at::kFloat).view({2, 2});
  const std::vector<Tensor> outputs = stage.load()->run({to_bytes(square, "x")});
  CHECK(bit_equal(from_bytes(outputs.at(0)), square.t()));
}

TEST_CASE("Tensors of every type become bytes and tensors again") {
  for (const at::ScalarType type : {at::kBool, at::kByte, at::kChar, at::kShort, at::kInt,
                                    at::kLong, at::kHalf, at::kBFloat16, at::kFloat, at::kDouble}) {
    const at::Tensor tensor = at::arange(6, at::kInt).view({2, 3}).to(type);
    const Tensor bytes = to_bytes(tensor, "t");
    CAPTURE(bytes.dtype);
    CHECK_NOTHROW(validate_tensor(bytes));
    CHECK(bytes.shape == std::vector<std::int64_t>{2, 3});
    CHECK(bytes.bytes.data == static_cast<const char*>(tensor.data_ptr()));
    CHECK(bit_equal(from_bytes(bytes), tensor));
  }
  CHECK(from_bytes({"empty", "float32", {0, 3}, {}}).numel() == 0);
  CHECK_ERROR(from_bytes({"x", "uint16", {1}, to_shared_bytes("ab")}), ErrorCode::unsupported,
              "uint16");
}

TEST_CASE("Bytes that begin anywhere are taken") {
  const SharedBytes all = to_shared_bytes(std::string("?") + std::string("\0\0\x80\x3f", 4));
  const Tensor odd{"x", "float32", {1}, {all.owner, all.data + 1, 4}};
  CHECK(from_bytes(odd).item<float>() == 1);
}

TEST_CASE("Tensors that the model does not take are a mismatch") {
  const auto module = scripted("def forward(self, x):\n  return torch.matmul(x, x)\n");
  const OneStage stage(module, {{"x", "float32", {2, 2}}}, {{"y", "float32", {2, 2}}});
  const auto model = stage.load();
  const auto run = [&](const at::Tensor& tensor) { return model->run({to_bytes(tensor, "x")}); };
  CHECK_NOTHROW(run(at::ones({2, 2})));
  CHECK_ERROR(run(at::ones({2, 2}, at::kDouble)), ErrorCode::mismatch, "tensor x: is float64");
  CHECK_ERROR(run(at::ones({4})), ErrorCode::mismatch, "1 dimensions");
  CHECK_ERROR(run(at::ones({2, 3})), ErrorCode::mismatch, "segment-00.pt");
  CHECK_ERROR(model->run({}), ErrorCode::mismatch, "takes 1 tensors, not 0");
  CHECK_ERROR(model->run({{"x", "float32", {2, 2}, to_shared_bytes("short")}}),
              ErrorCode::invalid_argument, "has 5 bytes");
}

TEST_CASE("A file that is not the segment is rejected when it is loaded") {
  const auto module = scripted("def forward(self, x):\n  return x\n");
  const OneStage stage(module, {pair, pair}, {pair});
  CHECK_ERROR(stage.load(), ErrorCode::damaged, "2 tensors");
  Segment segment = stage.segment;
  CHECK_ERROR(load_stage(stage.folder.path() / "none.pt", segment), ErrorCode::not_found, "none");
  const auto text = stage.folder.file("text.pt", "no model");
  CHECK_ERROR(load_stage(text, segment), ErrorCode::damaged, "text.pt");
  const OneStage other(module, {pair}, {pair, pair});
  CHECK_ERROR(other.load()->run({to_bytes(at::ones({1, 2}), "")}), ErrorCode::mismatch,
              "gave 1 tensors, not 2");
}

}  // namespace scission::torchscript
