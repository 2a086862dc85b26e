#include <ATen/Parallel.h>
#include <sys/resource.h>
#include <torch/csrc/jit/passes/freeze_module.h>
#include <torch/script.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "scission/error.hpp"
#include "scission/torchscript/zoo.hpp"
#include "support/catch.hpp"
#include "support/upstream.hpp"

namespace scission::torchscript {
namespace {

/// One layer of a built model, as it ran.
struct RunLayer {
  std::string name;
  std::string type;
  std::int64_t parameters = 0;
  std::int64_t output_bytes = 0;
};

/// One row of the published tables.
struct PublishedBlock {
  int first_layer = 0;
  int last_layer = 0;
  std::string layer_types;
  std::int64_t parameters = 0;
  std::int64_t output_bytes = 0;
};

std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> fields;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, separator);) fields.push_back(field);
  return fields;
}

std::vector<std::vector<std::string>> published_rows(const char* file, const std::string& model) {
  std::ifstream stream(testing::upstream_dir() / file);
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(stream, line);) {
    const std::vector<std::string> fields = split(line, ',');
    if (fields.front() == model) rows.push_back(fields);
  }
  return rows;
}

std::vector<PublishedBlock> published_blocks(const std::string& model) {
  std::vector<PublishedBlock> blocks;
  for (const auto& row : published_rows("fork/zoo_blocks.csv", model)) {
    blocks.push_back(
        {std::stoi(row[1]), std::stoi(row[2]), row[3], std::stoll(row[5]), std::stoll(row[6])});
  }
  return blocks;
}

/// Noise of the range that an image has after preprocessing.
at::Tensor noise(const ZooModel& model, std::int64_t batch = 1) {
  at::manual_seed(7);
  const double range = model.preprocessing == Preprocessing::caffe ? 128 : 1;
  return (torch::rand({batch, model.channels, model.height, model.width}) * 2 - 1) * range;
}

std::int64_t count_parameters(const torch::jit::Module& module) {
  std::int64_t sum = 0;
  for (const at::Tensor& weight : module.parameters()) sum += weight.numel();
  for (const at::Tensor& weight : module.buffers()) sum += weight.numel();
  return sum;
}

/// Runs the model call by call, as its forward() says.
std::vector<RunLayer> run_layers(const torch::jit::Module& model, const at::Tensor& input) {
  const auto graph = model.get_method("forward").graph();
  std::vector<RunLayer> layers = {
      {"input_1", "InputLayer", 0, static_cast<std::int64_t>(input.nbytes())}};
  std::map<const torch::jit::Value*, torch::jit::IValue> values = {{graph->inputs()[1], input}};
  for (const torch::jit::Node* node : graph->nodes()) {
    if (node->kind() != torch::jit::prim::CallMethod) continue;
    const std::string name = node->input(0)->node()->s(torch::jit::attr::name);
    torch::jit::Module layer = model.attr(name).toModule();
    std::vector<torch::jit::IValue> inputs;
    for (const torch::jit::Value* value : node->inputs().slice(1)) {
      inputs.push_back(values.at(value));
    }
    const at::Tensor output = layer.forward(inputs).toTensor();
    values[node->output()] = output;
    layers.push_back({name, layer.type()->name()->name(), count_parameters(layer),
                      static_cast<std::int64_t>(output.nbytes())});
  }
  return layers;
}

PublishedBlock as_published(const std::vector<RunLayer>& layers, int first, int last) {
  PublishedBlock block{first, last, "", 0, layers.at(last).output_bytes};
  for (int i = first; i <= last; ++i) {
    block.layer_types += (i == first ? "" : " ") + layers.at(i).type;
    block.parameters += layers.at(i).parameters;
  }
  return block;
}

bool equal_weights(const torch::jit::Module& a, const torch::jit::Module& b) {
  std::vector<at::Tensor> first;
  std::vector<at::Tensor> second;
  for (const at::Tensor& weight : a.parameters()) first.push_back(weight);
  for (const at::Tensor& weight : b.parameters()) second.push_back(weight);
  return std::equal(first.begin(), first.end(), second.begin(), second.end(),
                    [](const at::Tensor& x, const at::Tensor& y) { return x.equal(y); });
}

/// The names of the submodules that nodes of the frozen graph come from.
std::set<std::string> frozen_layers(const torch::jit::Module& model) {
  const torch::jit::Module frozen = torch::jit::freeze_module(model);
  std::set<std::string> names;
  for (const torch::jit::Node* node : frozen.get_method("forward").graph()->nodes()) {
    if (node->kind() == torch::jit::prim::Constant) continue;
    REQUIRE(node->callstack());
    const auto instance = (*node->callstack())->module_instance();
    REQUIRE(instance);
    names.insert(instance->instance_name());
  }
  return names;
}

std::filesystem::path empty_folder(const std::string& name) {
  const auto folder = std::filesystem::temp_directory_path() / name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

/// While it lives, no file of this process can grow beyond a number of bytes.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limited = {bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limited);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

TEST_CASE("Every block of the zoo has the published layers, parameters and output") {
  SCISSION_NEEDS_UPSTREAM("fork/zoo_blocks.csv");
  const torch::NoGradGuard no_grad;
  for (const ZooModel& model : zoo_models()) {
    INFO(model.name);
    const std::vector<RunLayer> layers = run_layers(build_zoo_model(model.name), noise(model));
    const std::vector<PublishedBlock> published = published_blocks(model.name);
    REQUIRE_FALSE(published.empty());
    REQUIRE(published.back().last_layer + 1 == static_cast<int>(layers.size()));
    for (const PublishedBlock& block : published) {
      INFO("layers " << block.first_layer << " to " << block.last_layer);
      const PublishedBlock ours = as_published(layers, block.first_layer, block.last_layer);
      CHECK(ours.layer_types == block.layer_types);
      CHECK(ours.parameters == block.parameters);
      CHECK(ours.output_bytes == block.output_bytes);
    }
  }
}

TEST_CASE("The zoo lists the published number of layers and parameters") {
  SCISSION_NEEDS_UPSTREAM("fork/zoo_totals.csv");
  for (const ZooModel& model : zoo_models()) {
    INFO(model.name);
    const auto rows = published_rows("fork/zoo_totals.csv", model.name);
    REQUIRE(rows.size() == 1);
    CHECK(model.layers == std::stoi(rows[0][1]));
    CHECK(model.parameters == std::stoll(rows[0][2]));
  }
}

TEST_CASE("Every layer survives freezing under the name of its submodule") {
  for (const ZooModel& model : zoo_models()) {
    INFO(model.name);
    const torch::jit::Module module = build_zoo_model(model.name);
    std::set<std::string> expected;
    for (const auto& child : module.named_children()) expected.insert(child.name);
    CHECK(static_cast<int>(expected.size()) == model.layers - 1);
    CHECK(frozen_layers(module) == expected);
  }
}

TEST_CASE("An untrained model answers with neither certainty nor indifference") {
  const torch::NoGradGuard no_grad;
  for (const ZooModel& model : zoo_models()) {
    INFO(model.name);
    const at::Tensor output = build_zoo_model(model.name).forward({noise(model)}).toTensor();
    CHECK(output.sizes() == at::IntArrayRef{1, 1000});
    CHECK(output.sum().item<float>() == Approx(1).epsilon(1e-4));
    CHECK(output.max().item<float>() < 0.5F);
    CHECK(output.max().item<float>() > 0.003F);
  }
}

TEST_CASE("A model takes images in batches") {
  const torch::NoGradGuard no_grad;
  const at::Tensor images = noise(find_zoo_model("mobilenet"), 2);
  torch::jit::Module model = build_zoo_model("mobilenet");
  const at::Tensor both = model.forward({images}).toTensor();
  const at::Tensor second = model.forward({images.slice(0, 1)}).toTensor();
  CHECK(both.sizes() == at::IntArrayRef{2, 1000});
  CHECK(torch::allclose(both.slice(0, 1), second, 1e-3, 1e-6));
}

TEST_CASE("Equal seeds give equal weights whatever the number of threads") {
  const torch::jit::Module model = build_zoo_model("mobilenet", 3);
  const int threads = at::get_num_threads();
  at::set_num_threads(threads == 1 ? 2 : 1);
  CHECK(equal_weights(model, build_zoo_model("mobilenet", 3)));
  at::set_num_threads(threads);
}

TEST_CASE("Different seeds give different weights") {
  CHECK_FALSE(equal_weights(build_zoo_model("mobilenet", 3), build_zoo_model("mobilenet", 4)));
}

TEST_CASE("Building a model leaves the caller's random numbers alone") {
  at::manual_seed(5);
  const at::Tensor expected = torch::rand({8});
  at::manual_seed(5);
  build_zoo_model("mobilenet");
  CHECK(torch::rand({8}).equal(expected));
}

TEST_CASE("An exported model gives the bits of the one it was made from") {
  const torch::NoGradGuard no_grad;
  const auto folder = empty_folder("scission-zoo-export");
  export_zoo_model("mobilenet", folder / "mobilenet.pt", 9);
  torch::jit::Module loaded = torch::jit::load((folder / "mobilenet.pt").string());
  const at::Tensor input = noise(find_zoo_model("mobilenet"));
  const at::Tensor expected = build_zoo_model("mobilenet", 9).forward({input}).toTensor();
  CHECK(loaded.forward({input}).toTensor().equal(expected));
  CHECK(std::distance(std::filesystem::directory_iterator(folder), {}) == 1);
  std::filesystem::remove_all(folder);
}

TEST_CASE("A model that cannot be written is an error that names the file") {
  const auto folder = empty_folder("scission-zoo-unwritable");
  try {
    export_zoo_model("mobilenet", folder / "absent" / "mobilenet.pt");
    FAIL("it was written");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::io);
    CHECK(error.place() == (folder / "absent" / "mobilenet.pt").string());
    CHECK(error.message().find('\n') == std::string::npos);
  }
  CHECK(std::filesystem::is_empty(folder));
  std::filesystem::remove_all(folder);
}

TEST_CASE("A model that does not fit on the disk is an error and leaves nothing behind") {
  const auto folder = empty_folder("scission-zoo-full");
  {
    const FileSizeLimit limit(1'000'000);
    CHECK_THROWS_AS(export_zoo_model("mobilenet", folder / "mobilenet.pt"), Error);
  }
  CHECK(std::filesystem::is_empty(folder));
  std::filesystem::remove_all(folder);
}

TEST_CASE("An unknown model is refused with the names of the known ones") {
  try {
    build_zoo_model("vgg18");
    FAIL("it was built");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::invalid_argument);
    CHECK(error.message() ==
          "no built-in model is called \"vgg18\"; there are vgg19, resnet50, mobilenet");
  }
}

}  // namespace
}  // namespace scission::torchscript
