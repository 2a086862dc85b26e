#include <fstream>

#include "scission/torchscript/common/module.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"
#include "torchscript/small_models.hpp"

namespace scission::torchscript {
namespace {

using scission::testing::chain_is_exact;
using scission::testing::noise;
using scission::testing::scripted;

using scission::testing::Scratch;

std::unique_ptr<Runnable> runnable(const torch::jit::Module& module,
                                   at::IntArrayRef shape = {1, 3, 8, 8}) {
  return make_runnable(module, "model", {noise(shape)});
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("A saved model is loaded, split and runs") {
  const Scratch folder;
  scission::testing::residual_model().save((folder.path() / "small.pt").string());
  const auto model = load_runnable(folder.path() / "small.pt", {{{{1, 3, 8, 8}}}, 0});
  CHECK(chain_is_exact(*model));
  CHECK(model->graph().name == "small");
  CHECK(model->graph().layers[1].type == "Conv2D");
  CHECK(model->backend() == "LibTorch");
}

TEST_CASE("A missing model file is said to be missing") {
  CHECK_ERROR(load_module("no/such/model.pt"), ErrorCode::not_found, "no/such/model.pt: ");
}

TEST_CASE("A folder is no model file") {
  CHECK_ERROR(load_module("."), ErrorCode::not_found, "no such model file");
}

TEST_CASE("A file of something else is damaged, in one line") {
  const Scratch folder;
  const auto garbage = folder.file("garbage.pt", "This is not a model.\nNot at all.\n");
  CHECK_ERROR(load_module(garbage), ErrorCode::damaged, "cannot be loaded as TorchScript");
  CHECK_ERROR(load_module(folder.file("empty.pt", "")), ErrorCode::damaged, "empty.pt");
}

TEST_CASE("A file given by mistake is told for what it is, and what to do") {
  const Scratch folder;
  const auto refused = [&](const std::string& bytes, ErrorCode code, const char* message) {
    INFO(message);
    CHECK_ERROR(load_module(folder.file("model.pt", bytes)), code, message);
  };
  refused("", ErrorCode::damaged, "is empty");
  refused("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", ErrorCode::damaged,
          "git lfs pull");
  refused("\n<!DOCTYPE html><html></html>", ErrorCode::damaged, "is a web page");
  refused("\x89HDF\r\n\x1a\n", ErrorCode::unsupported, "HDF5");
  refused(std::string("\x1c\0\0\0TFL3", 8), ErrorCode::unsupported, "TFLite");
  refused(std::string("\x02\0\0\0\0\0\0\0{}", 10), ErrorCode::unsupported, "safetensors");
  refused("\x80\x02}q", ErrorCode::unsupported, "pickle");
  refused(std::string("\x08\x07\x12\x07pytorch", 11), ErrorCode::unsupported, "ONNX");
  refused("\xff\xd8\xff\xe0", ErrorCode::unsupported, "is a picture");
  refused("\x89PNG\r\n", ErrorCode::unsupported, "is a picture");
  refused("\x1f\x8b\x08", ErrorCode::unsupported, "is compressed with gzip");
  refused("import torch\n", ErrorCode::damaged, "not a zip archive; write TorchScript with");
}

TEST_CASE("A flipped bit in the weights is found") {
  const Scratch folder;
  scission::testing::residual_model().save((folder.path() / "whole.pt").string());
  std::string bytes = read(folder.path() / "whole.pt");
  const at::Tensor weight = scission::testing::residual_model().parameters().begin().operator*();
  const std::string_view stored(static_cast<const char*>(weight.data_ptr()), 16);
  const std::size_t place = bytes.find(stored);
  REQUIRE(place != std::string::npos);
  bytes[place + 5] ^= 1;
  CHECK_ERROR(load_module(folder.file("flipped.pt", bytes)), ErrorCode::damaged,
              "is damaged: the checksum of");
}

TEST_CASE("A truncated model is damaged wherever it ends") {
  const Scratch folder;
  scission::testing::residual_model().save((folder.path() / "whole.pt").string());
  const std::string bytes = read(folder.path() / "whole.pt");
  for (const double fraction : {0.1, 0.5, 0.9, 0.999}) {
    const auto size = static_cast<std::size_t>(fraction * static_cast<double>(bytes.size()));
    CHECK_ERROR(load_module(folder.file("cut.pt", bytes.substr(0, size))), ErrorCode::damaged,
                "cut.pt");
  }
}

TEST_CASE("A wrong input shape names the layer, what it got and what it wants") {
  const torch::jit::Module module = scission::testing::residual_model();
  CHECK_ERROR(runnable(module, {1, 4, 8, 8}), ErrorCode::mismatch,
              "model model, conv1 (aten::conv2d): does not run on an input of shape 1x4x8x8");
  CHECK_ERROR(runnable(module, {1, 4, 8, 8}), ErrorCode::mismatch, "3 channels");
}

TEST_CASE("An exception that the model raises is passed on without its stack") {
  CHECK_ERROR(runnable(scripted(R"(
def forward(self, x):
  assert x.size(0) > 1, "wants two images"
  return torch.relu(x)
)")),
              ErrorCode::mismatch, "wants two images");
}

TEST_CASE("An input too few and one too many are named") {
  CHECK_ERROR(runnable(scripted("def forward(self, x, other):\n  return x + other")),
              ErrorCode::mismatch, "'other', a Tensor, which was not given: name its shape too");
  const std::vector<at::Tensor> two{noise({2}), noise({2})};
  CHECK_ERROR(make_runnable(scripted("def forward(self, x):\n  return x"), "model", two),
              ErrorCode::mismatch, "forward() takes 1 input, and 2 were given");
}

TEST_CASE("A model that takes a number is rejected") {
  CHECK_ERROR(runnable(scripted("def forward(self, n: int):\n  return torch.ones([n])")),
              ErrorCode::unsupported, "'n', a int; give it as n=number:5");
}

TEST_CASE("A model that counts its runs is rejected") {
  torch::jit::Module module("Counter");
  module.register_attribute("runs", c10::IntType::get(), 0);
  module.define("def forward(self, x):\n  self.runs = self.runs + 1\n  return x * self.runs\n");
  CHECK_ERROR(runnable(module), ErrorCode::unsupported, "'runs'");
}

TEST_CASE("A model without forward is rejected") {
  CHECK_ERROR(runnable(scripted("def other(self, x):\n  return x")), ErrorCode::unsupported,
              "forward()");
}

TEST_CASE("A model in training mode is split as it runs in use") {
  torch::jit::Module module("Dropping");
  module.register_attribute("training", c10::BoolType::get(), true);
  module.define(
      "def forward(self, x):\n  return torch.relu(torch.dropout(x, 0.5, self.training))\n");
  CHECK(chain_is_exact(*runnable(module)));
}

TEST_CASE("An input shape consists of integers from 0 up") {
  CHECK_ERROR(load_runnable("any.pt", {}), ErrorCode::invalid_argument, "no input");
  CHECK_ERROR(load_runnable("any.pt", {{{{1, -1, 8}}}, 0}), ErrorCode::invalid_argument, "1x-1x8");
}

}  // namespace scission::torchscript
