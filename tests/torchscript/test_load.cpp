#include <filesystem>
#include <fstream>

#include "scission/error.hpp"
#include "scission/torchscript/backend.hpp"
#include "scission/torchscript/module.hpp"
#include "scission/torchscript/runnable.hpp"
#include "support/catch.hpp"
#include "torchscript/small_models.hpp"

namespace scission::torchscript {
namespace {

using scission::testing::noise;
using scission::testing::scripted;

class Folder {
 public:
  Folder() { std::filesystem::create_directories(path_); }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_ = std::filesystem::temp_directory_path() / "scission-test-load";
};

/// What `action` throws; fails the test when it throws nothing.
template <class Action>
Error error_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.message().find('\n') == std::string::npos);
    return error;
  }
  FAIL("nothing was thrown");
  throw;
}

Error runnable_error(const torch::jit::Module& module, at::IntArrayRef shape = {1, 3, 8, 8}) {
  return error_of([&] { make_runnable(module, "model", noise(shape)); });
}

void write(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("A saved model is loaded, split and runs") {
  const Folder folder;
  scission::testing::residual_model().save((folder / "small.pt").string());
  const auto model = load_runnable(folder / "small.pt", {{1, 3, 8, 8}});
  model->run_whole();
  for (int block = 0; block < static_cast<int>(model->blocks().size()); ++block) {
    model->run_block(block);
  }
  CHECK(model->chain_equals_whole());
  CHECK(model->graph().name == "small");
  CHECK(model->graph().layers[1].type == "Conv2D");
  CHECK(model->backend() == "LibTorch");
}

TEST_CASE("A missing model file is said to be missing") {
  const Error error = error_of([] { load_module("no/such/model.pt"); });
  CHECK(error.code() == ErrorCode::not_found);
  CHECK(error.place() == "no/such/model.pt");
}

TEST_CASE("A folder is no model file") {
  CHECK(error_of([] { load_module("."); }).code() == ErrorCode::not_found);
}

TEST_CASE("A file of something else is damaged, in one line") {
  const Folder folder;
  write(folder / "garbage.pt", "This is not a model.\nNot at all.\n");
  write(folder / "empty.pt", "");
  CHECK(error_of([&] { load_module(folder / "garbage.pt"); }).code() == ErrorCode::damaged);
  CHECK(error_of([&] { load_module(folder / "empty.pt"); }).code() == ErrorCode::damaged);
}

TEST_CASE("A truncated model is damaged wherever it ends") {
  const Folder folder;
  scission::testing::residual_model().save((folder / "whole.pt").string());
  const std::string bytes = read(folder / "whole.pt");
  for (const double fraction : {0.1, 0.5, 0.9, 0.999}) {
    write(folder / "cut.pt", bytes.substr(0, static_cast<std::size_t>(fraction * bytes.size())));
    const Error error = error_of([&] { load_module(folder / "cut.pt"); });
    CHECK(error.code() == ErrorCode::damaged);
    CHECK(error.place() == (folder / "cut.pt").string());
  }
}

TEST_CASE("A wrong input shape names the layer, what it got and what it wants") {
  const Error error = runnable_error(scission::testing::residual_model(), {1, 4, 8, 8});
  CHECK(error.code() == ErrorCode::mismatch);
  CHECK(error.place() == "model model, layer 1 (conv1)");
  CHECK(error.message().find("1x4x8x8") != std::string::npos);
  CHECK(error.message().find("3 channels") != std::string::npos);
}

TEST_CASE("An exception that the model raises is passed on without its stack") {
  const Error error = runnable_error(scripted(R"(
def forward(self, x):
  assert x.size(0) > 1, "wants two images"
  return torch.relu(x)
)"));
  CHECK(error.code() == ErrorCode::mismatch);
  CHECK(error.message().find("wants two images") != std::string::npos);
}

TEST_CASE("A model of two inputs is refused") {
  const Error error = runnable_error(scripted("def forward(self, x, y):\n  return x + y"));
  CHECK(error.code() == ErrorCode::unsupported);
  CHECK(error.message().find("2 inputs") != std::string::npos);
}

TEST_CASE("A model that counts its runs is refused") {
  torch::jit::Module module("Counter");
  module.register_attribute("runs", c10::IntType::get(), 0);
  module.define("def forward(self, x):\n  self.runs = self.runs + 1\n  return x * self.runs\n");
  const Error error = runnable_error(module);
  CHECK(error.code() == ErrorCode::unsupported);
  CHECK(error.message().find("runs") != std::string::npos);
}

TEST_CASE("A model without forward is refused") {
  CHECK(runnable_error(scripted("def other(self, x):\n  return x")).code() ==
        ErrorCode::unsupported);
}

TEST_CASE("A model in training mode is split as it runs in use") {
  torch::jit::Module module("Dropping");
  module.register_attribute("training", c10::BoolType::get(), true);
  module.define(
      "def forward(self, x):\n  return torch.relu(torch.dropout(x, 0.5, self.training))\n");
  const auto model = make_runnable(module, "model", noise({1, 3, 8, 8}));
  model->run_whole();
  for (int block = 0; block < static_cast<int>(model->blocks().size()); ++block) {
    model->run_block(block);
  }
  CHECK(model->chain_equals_whole());
}

TEST_CASE("An input shape must be whole numbers from 1 up") {
  for (const std::vector<std::int64_t>& shape :
       {std::vector<std::int64_t>{}, std::vector<std::int64_t>{1, 0, 8}}) {
    const Error error = error_of([&] { load_runnable("any.pt", {shape}); });
    CHECK(error.code() == ErrorCode::invalid_argument);
  }
}

}  // namespace scission::torchscript
