#include <ATen/Parallel.h>
#include <torch/script.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "scission/base.hpp"
#include "scission/torchscript/zoo/zoo.hpp"
#include "support/catch.hpp"

namespace scission::torchscript {
namespace {

bool equal_weights(const torch::jit::Module& a, const torch::jit::Module& b) {
  std::vector<at::Tensor> first;
  std::vector<at::Tensor> second;
  for (const at::Tensor& weight : a.parameters()) first.push_back(weight);
  for (const at::Tensor& weight : b.parameters()) second.push_back(weight);
  return std::equal(first.begin(), first.end(), second.begin(), second.end(),
                    [](const at::Tensor& x, const at::Tensor& y) { return x.equal(y); });
}

double seconds_to_build(const char* name) {
  const auto start = std::chrono::steady_clock::now();
  build_zoo_model(name);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TEST_CASE("The zoo has the original's models and those of the adaptivity study") {
  std::vector<std::string> names;
  for (const ZooModel& model : zoo_models()) names.push_back(model.name);
  CHECK(names == std::vector<std::string>{"vgg16",
                                          "vgg19",
                                          "xception",
                                          "resnet50",
                                          "resnet101",
                                          "resnet152",
                                          "resnet50v2",
                                          "resnet101v2",
                                          "resnet152v2",
                                          "inception_v3",
                                          "inceptionresnet_v2",
                                          "mobilenet",
                                          "mobilenetv2",
                                          "densenet121",
                                          "densenet169",
                                          "densenet201",
                                          "nasnetlarge",
                                          "nasnetmobile",
                                          "alexnet",
                                          "lenet"});
}

TEST_CASE("A model's input and preprocessing are Keras' defaults") {
  const auto is = [](const char* name, int side, Preprocessing preprocessing) {
    const ZooModel model = find_zoo_model(name);
    return model.channels == 3 && model.height == side && model.width == side &&
           model.preprocessing == preprocessing;
  };
  CHECK(is("vgg16", 224, Preprocessing::caffe));
  CHECK(is("resnet152", 224, Preprocessing::caffe));
  CHECK(is("resnet152v2", 224, Preprocessing::tf));
  CHECK(is("xception", 299, Preprocessing::tf));
  CHECK(is("inception_v3", 299, Preprocessing::tf));
  CHECK(is("inceptionresnet_v2", 299, Preprocessing::tf));
  CHECK(is("mobilenetv2", 224, Preprocessing::tf));
  CHECK(is("densenet201", 224, Preprocessing::torch));
  CHECK(is("nasnetlarge", 331, Preprocessing::tf));
  CHECK(is("nasnetmobile", 224, Preprocessing::tf));
}

TEST_CASE("A model's cuts are the places where one tensor crosses") {
  CHECK(find_zoo_model("vgg19").cuts == 26);
  CHECK(find_zoo_model("lenet").cuts == 9);
  CHECK(find_zoo_model("resnet50").cuts == 41);
  CHECK(find_zoo_model("nasnetlarge").cuts == 7);
}

// 5 s are allowed; the slack is for instrumented builds.
TEST_CASE("The largest models are built in seconds") {
  for (const char* name : {"vgg19", "nasnetlarge"}) {
    INFO(name);
    CHECK(seconds_to_build(name) < 20);
  }
}

TEST_CASE("Equal seeds give equal weights with any number of threads") {
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

TEST_CASE("Models are selected by name, all of them, or those of the original") {
  CHECK(select_zoo_models({}, "models").size() == 18);
  CHECK(select_zoo_models({}, "models").back().name == "nasnetmobile");
  CHECK(select_zoo_models({"all"}, "models").size() == zoo_models().size());
  const std::vector<ZooModel> models = select_zoo_models({"lenet", "densenet"}, "models");
  REQUIRE(models.size() == 2);
  CHECK(models[0].name == "lenet");
  CHECK(models[1].name == "densenet121");
  CHECK_THROWS_WITH(select_zoo_models({"densenet", "densenet121"}, "models"),
                    "models: 'densenet121' is named twice");
}

TEST_CASE("A batch is set where an input has one") {
  ModelSource source{"net", {}, parse_inputs("1x3x8;5x6:batch=1;3:batch=none")};
  set_batch(source, 4);
  CHECK(to_string(source.inputs) == "4x3x8;5x4:batch=1;3:batch=none");
}

TEST_CASE("An image fits models of one float32 input with three channels") {
  CHECK(takes_an_image(find_model("vgg16")));
  const ModelSource grey{"net", {}, parse_inputs("1x1x28x28")};
  CHECK_FALSE(takes_an_image(grey));
  ModelSource source = find_model("vgg16");
  source.inputs[0].shape[2] = 65'537;
  CHECK_THROWS_WITH(validate_takes_an_image(source, "shape"),
                    "shape: each number must be from 1 to 65536");
  CHECK_THROWS(validate_takes_an_image(grey, "shape"));
}

TEST_CASE("An unknown model is rejected with the names of the known ones") {
  try {
    build_zoo_model("another");
    FAIL("it was built");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::invalid_argument);
    CHECK(error.message().find(
              "no built-in model is called \"another\"; choose from: vgg16, vgg19, ") == 0);
    CHECK(error.message().find(", alexnet, lenet") != std::string::npos);
  }
}

}  // namespace
}  // namespace scission::torchscript
