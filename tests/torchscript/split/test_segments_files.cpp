// Segments as files, and the comparison of their chain with the whole model.
#include <torch/script.h>

#include <algorithm>

#include "base/checksum.hpp"
#include "base/file.hpp"
#include "scission/torchscript/common/module.hpp"
#include "scission/torchscript/inputs/inputs.hpp"
#include "scission/torchscript/split/split.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"
#include "torchscript/small_models.hpp"

namespace scission::torchscript {
namespace {

namespace fs = std::filesystem;
using scission::testing::Scratch;
using scission::testing::scripted;

const char* const image_shape = "1x4x6";

SplitModel split_for(const torch::jit::Module& module, const std::string& inputs,
                     CutKind cuts = CutKind::frontier) {
  return {module, "model", random_inputs({parse_inputs(inputs), 0}), {cuts}};
}

std::vector<BatchComparison> verify(const fs::path& folder, const torch::jit::Module& module,
                                    const std::string& inputs) {
  return verify_segments(folder, [&] { return module; }, {{parse_inputs(inputs), 5}, {1, 4}, {}});
}

// Writes the segments between all cuts and compares them with the module on batch 1 and 4.
SegmentManifest check_files(const torch::jit::Module& module, const std::string& inputs) {
  const Scratch folder;
  const SplitModel model = split_for(module, inputs);
  const SegmentManifest manifest = write_segments(model, model.cuts().cuts, folder.path());
  CHECK(read_manifest(folder.path()) == manifest);
  CHECK(manifest.segments.size() == model.cuts().cuts.size());
  for (const BatchComparison& verdict : verify(folder.path(), module, inputs)) {
    INFO("batch " << verdict.batch << ": " << verdict.message);
    CHECK(verdict.model_runs);
    CHECK(verdict.bit_equal);
    CHECK(verdict.largest_difference == 0);
  }
  return manifest;
}

bool same(const std::vector<TensorSpec>& a, const std::vector<TensorSpec>& b) { return a == b; }

std::int64_t total_bytes(const SegmentManifest& manifest) {
  std::int64_t bytes = 0;
  for (const Segment& segment : manifest.segments) bytes += segment.bytes;
  return bytes;
}

/// Six matrices of 512 × 512, 6 MiB in all.
torch::jit::Module weighty_model() {
  torch::jit::Module module("Weighty");
  std::string source = "def forward(self, x):\n";
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) {
    module.register_parameter(name, scission::testing::noise({512, 512}) / 16, false);
    source += std::string("  x = torch.relu(torch.matmul(x, self.") + name + "))\n";
  }
  module.define(source + "  return x + 1\n");
  return module;
}

}  // namespace

TEST_CASE("Segments in files give the whole model's bits, for batch 1 and 4") {
  const auto manifest = check_files(scission::testing::residual_model(), "1x3x8x8");
  CHECK(manifest.any_batch);
  CHECK(manifest.segments.front().layers == std::vector<std::string>{"input"});
  CHECK(manifest.segments.back().layers == std::vector<std::string>{"dense"});
}

TEST_CASE("Segments hold each weight once, and nothing much besides") {
  const auto module = weighty_model();
  const Scratch folder;
  module.save((folder.path() / "whole.pt").string());
  const auto whole = static_cast<double>(fs::file_size(folder.path() / "whole.pt"));
  const SplitModel model = split_for(module, "1x512");
  const std::vector<Cut> cuts = select_cuts(model.cuts(), {2, 6, 10});
  const SegmentManifest manifest = write_segments(model, cuts, folder.path() / "segments");
  REQUIRE(manifest.segments.size() == 4);
  CHECK(static_cast<double>(total_bytes(manifest)) < 1.02 * whole);
  CHECK(static_cast<double>(total_bytes(manifest)) > 0.98 * whole);
  CHECK(verify(folder.path() / "segments", module, "1x512").at(1).bit_equal);
}

TEST_CASE("The manifest tells what passes between the segments") {
  const auto manifest = check_files(scripted(R"(
def forward(self, x, ids):
  a = torch.relu(x)
  b = torch.mean(x, 1)
  return torch.sigmoid(a) + b.unsqueeze(1) * ids
)"),
                                    "1x4x6;1x1x6:int64<9");
  const std::vector<TensorSpec> inputs{{"input.x", "float32", {1, 4, 6}},
                                       {"input.ids", "int64", {1, 1, 6}}};
  CHECK(same(manifest.segments[0].outputs, inputs));
  for (std::size_t i = 0; i + 1 < manifest.segments.size(); ++i) {
    CHECK(same(manifest.segments[i].outputs, manifest.segments[i + 1].inputs));
  }
  CHECK(manifest.cuts == "frontier");
  CHECK(manifest.order == "compact");
  CHECK(manifest.granularity == "layer");
  CHECK(manifest.source_sha256.empty());
}

TEST_CASE("The manifest notes the model's file and checksum") {
  const Scratch folder;
  const fs::path file = folder.path() / "small.pt";
  const auto module = scission::testing::residual_model();
  module.save(file.string());
  const SplitModel model = split_for(module, "1x3x8x8");
  const SegmentManifest manifest =
      write_segments(model, model.cuts().cuts, folder.path() / "segments", {false, file, {}});
  CHECK(manifest.source_file == "small.pt");
  CHECK(manifest.source_sha256 == sha256_of_file(file));
  for (const Segment& segment : manifest.segments) {
    const fs::path written = folder.path() / "segments" / segment.file;
    CHECK(segment.sha256 == sha256_of_file(written));
    CHECK(segment.bytes == static_cast<std::int64_t>(fs::file_size(written)));
  }
}

TEST_CASE("A segment's file notes what it takes") {
  const Scratch folder;
  const SplitModel model = split_for(scission::testing::residual_model(), "2x3x8x8");
  const auto manifest = write_segments(model, model.cuts().cuts, folder.path());
  CHECK(recorded_inputs_text(folder.path() / manifest.segments[0].file) == "2x3x8x8");
  CHECK(recorded_inputs_text(folder.path() / manifest.segments.back().file) == "2x8");
}

TEST_CASE("A file that was changed after it was written is found out") {
  const Scratch folder;
  const auto module = scission::testing::residual_model();
  const SplitModel model = split_for(module, "1x3x8x8");
  const auto manifest = write_segments(model, model.cuts().cuts, folder.path());
  const fs::path file = folder.path() / manifest.segments[1].file;
  std::string bytes = read_file(file);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  folder.file(manifest.segments[1].file, bytes);
  CHECK_ERROR(verify(folder.path(), module, "1x3x8x8"), ErrorCode::damaged, "checksum differs");
  CHECK_ERROR(verify(folder.path(), module, "1x3x8x8"), ErrorCode::damaged, "segment-01.pt: ");
  fs::remove(file);
  CHECK_ERROR(verify(folder.path(), module, "1x3x8x8"), ErrorCode::not_found, "segment-01.pt: ");
}

TEST_CASE("Segments of another model are said to differ, and by how much") {
  const Scratch folder;
  const SplitModel model =
      split_for(scripted("def forward(self, x):\n  return torch.relu(x) + 1.5"), image_shape);
  write_segments(model, model.cuts().cuts, folder.path());
  const auto other = scripted("def forward(self, x):\n  return torch.relu(x) + 2");
  for (const BatchComparison& verdict : verify(folder.path(), other, image_shape)) {
    CHECK(verdict.model_runs);
    CHECK_FALSE(verdict.bit_equal);
    CHECK(verdict.largest_difference == Approx(0.5));
  }
}

TEST_CASE("Branches that the given input does not take are compared on inputs of other sizes") {
  const std::string code = R"(
def forward(self, x):
  y = torch.relu(x)
  if bool(y.sum() > 2000.):
    y = y * LARGE
  return torch.sigmoid(y)
)";
  const auto module_with = [&](const std::string& factor) {
    std::string own = code;
    return scripted(own.replace(own.find("LARGE"), 5, factor));
  };
  const Scratch folder;
  const SplitModel model = split_for(module_with("2."), image_shape);
  write_segments(model, model.cuts().cuts, folder.path());
  const auto other = [&] { return module_with("0.5"); };
  const std::vector<BatchComparison> verdicts =
      verify_segments(folder.path(), other, {{parse_inputs("1x4x600"), 5}, {1}, {}});
  REQUIRE(verdicts.size() == 1);
  CHECK_FALSE(verdicts[0].bit_equal);
}

TEST_CASE("Segments that do not give what forward() gives are not written") {
  torch::jit::Module module("Scaling");
  module.register_attribute("scale", c10::FloatType::get(), 2.0);
  module.define("def forward(self, x):\n  return torch.relu(x) * self.scale\n");
  const SplitModel model = split_for(module, image_shape);
  module.setattr("scale", 3.0);  // what was read from the model's code does not know of it
  const Scratch folder;
  CHECK_ERROR(write_segments(model, model.cuts().cuts, folder.path() / "parts"),
              ErrorCode::mismatch, "give other numbers than its forward()");
  CHECK_FALSE(fs::exists(folder.path() / "parts"));
}

TEST_CASE("A model that rejects a batch is not compared for that batch") {
  const auto module = scripted(R"(
def forward(self, x):
  return torch.tanh(torch.relu(x).reshape(1, 24))
)");
  const Scratch folder;
  const SplitModel model = split_for(module, image_shape);
  write_segments(model, model.cuts().cuts, folder.path());
  const auto verdicts = verify(folder.path(), module, image_shape);
  CHECK(verdicts.at(0).bit_equal);
  CHECK(verdicts.size() == 1);
}

TEST_CASE("A flattening of everything runs on any batch, as the model does") {
  const auto manifest = check_files(scripted(R"(
def forward(self, x):
  return torch.tanh(torch.relu(x).view(1, -1)) * 2
)"),
                                    image_shape);
  CHECK(manifest.any_batch);
}

TEST_CASE("Segments that hold for one batch say so") {
  const auto module = scripted(R"(
def forward(self, x):
  n = x.size(0) * x.size(0) + 1
  return torch.tanh(torch.relu(x)) * n
)");
  const Scratch folder;
  const SplitModel model = split_for(module, image_shape);
  const auto manifest = write_segments(model, model.cuts().cuts, folder.path());
  CHECK_FALSE(manifest.any_batch);
  const auto verdicts = verify(folder.path(), module, image_shape);
  CHECK(verdicts.at(0).bit_equal);
  CHECK(verdicts.size() == 1);
}

TEST_CASE("The last segment returns what the model returns, be it a dictionary or a tuple") {
  const auto dictionary = check_files(scripted(R"(
def forward(self, x):
  y = torch.relu(x)
  return {"out": torch.tanh(y), "aux": torch.sum(y, 1)}
)"),
                                      image_shape);
  CHECK(same(dictionary.segments.back().outputs,
             {{"output.out", "float32", {1, 4, 6}}, {"output.aux", "float32", {1, 6}}}));
  const auto tuple = check_files(scripted(R"(
def forward(self, x):
  y = torch.relu(x)
  return torch.tanh(y), [torch.sum(y, 1), y], 3
)"),
                                 image_shape);
  CHECK(same(tuple.segments.back().outputs, {{"output.0", "float32", {1, 4, 6}},
                                             {"output.1.0", "float32", {1, 6}},
                                             {"output.1.1", "float32", {1, 4, 6}}}));
}

TEST_CASE("A branch that remains is written with the weights that it needs") {
  torch::jit::Module module("Deciding");
  module.register_parameter("weight", scission::testing::noise({6, 6}), false);
  module.define(R"(
def forward(self, x):
  y = torch.relu(x)
  if bool(torch.sum(y) > 1000.0):
    y = torch.tanh(y)
  else:
    y = torch.matmul(y, self.weight)
  return torch.abs(y)
)");
  check_files(module, image_shape);
}

TEST_CASE("For Triton each segment is a separate model") {
  const Scratch folder;
  const SplitModel model = split_for(scission::testing::residual_model(), "1x3x8x8");
  const auto cuts = select_cuts(model.cuts(), {2});
  const auto manifest = write_segments(model, cuts, folder.path(), {true, {}, {}});
  CHECK(manifest.segments.at(0).file == "model-00/1/model.pt");
  CHECK(manifest.segments.at(1).file == "model-01/1/model.pt");
  CHECK(load_module(folder.path() / "model-01/1/model.pt").find_method("forward"));
  const std::string config = read_file(folder.path() / "model-01/config.pbtxt");
  CHECK(config.find("\"model-01\"") != std::string::npos);
  CHECK(config.find("pytorch_libtorch") != std::string::npos);
  CHECK(verify(folder.path(), scission::testing::residual_model(), "1x3x8x8").at(1).bit_equal);
}

TEST_CASE("Cuts must ascend and end with the last layer") {
  const Scratch folder;
  const SplitModel model = split_for(scission::testing::residual_model(), "1x3x8x8");
  std::vector<Cut> cuts = model.cuts().cuts;
  cuts.pop_back();
  CHECK_ERROR(write_segments(model, cuts, folder.path()), ErrorCode::invalid_argument,
              "end with the last layer, 7");
  CHECK_ERROR(write_segments(model, {}, folder.path()), ErrorCode::invalid_argument, "ascend");
  CHECK(folder.count() == 0);
}

TEST_CASE("A folder that cannot be created is reported as such") {
  const Scratch folder;
  const SplitModel model = split_for(scission::testing::residual_model(), "1x3x8x8");
  const fs::path taken = folder.file("taken", "");
  CHECK_ERROR(write_segments(model, model.cuts().cuts, taken / "segments"), ErrorCode::io,
              "cannot be created");
}

TEST_CASE("Writing and verifying tell how far they are") {
  const Scratch folder;
  const auto module = scission::testing::residual_model();
  const SplitModel model = split_for(module, "1x3x8x8");
  std::vector<int> steps;
  const auto note = [&](int done, int total) {
    steps.push_back(done);
    CHECK(total == 8);
  };
  write_segments(model, model.cuts().cuts, folder.path(), {false, {}, note});
  verify_segments(folder.path(), [&] { return module; }, {{parse_inputs("1x3x8x8"), 0}, {1}, note});
  CHECK(steps == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7});
}

}  // namespace scission::torchscript
