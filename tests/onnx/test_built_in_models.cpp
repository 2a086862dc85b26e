// The built-in models: as ONNX files they give what the same models give as TorchScript.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "onnx/small_models.hpp"
#include "scission/onnx.hpp"
#include "scission/torchscript/backend/backend.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

namespace scission::onnx {
namespace {

using namespace scission::testing;

std::vector<float> floats(const Tensor& tensor) {
  const std::string_view bytes = tensor.bytes.view();
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

/// The largest difference of elements, relative to the largest element.
double difference(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  float largest = 0, difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(a[i]));
    difference = std::max(difference, std::abs(a[i] - b[i]));
  }
  return difference / largest;
}

/// Writes the model as ONNX, and runs it and the TorchScript one on two random images.
double difference_of_formats(const std::string& name) {
  torchscript::register_backend();
  register_backend();
  const Backend& backend = find_backend("ONNX Runtime");
  const Scratch folder;
  const auto file = folder.path() / (name + ".onnx");
  backend.export_built_in(name, file, 0);
  ModelSource built = zoo_source(name);
  ModelSource written = find_model(file);
  for (ModelSource* source : {&built, &written}) set_batch(*source, 2);
  const std::vector<Tensor> images = backend.random_inputs({written.inputs, 1});
  return difference(floats(built.backend->run_model(built, images).front()),
                    floats(backend.run_model(written, images).front()));
}

TEST_CASE("built-in models written as ONNX give what they give as TorchScript") {
  NEEDS_ONNX_RUNTIME();
  for (const char* name : {"lenet", "mobilenetv2"}) {
    INFO(name);
    CHECK(difference_of_formats(name) < 1e-4);
  }
}

// Takes half a minute and 2 GB of memory: test-onnx "every built-in model*".
TEST_CASE("every built-in model written as ONNX gives what it gives as TorchScript", "[.]") {
  NEEDS_ONNX_RUNTIME();
  torchscript::register_backend();
  for (const ZooModel& model : find_backend("LibTorch").built_in_models()) {
    const double found = difference_of_formats(model.name);
    WARN(model.name << ": " << found);
    CHECK(found < 1e-4);
  }
}

TEST_CASE("an unknown built-in model is refused with similar names") {
  register_backend();
  const Scratch folder;
  CHECK_ERROR(find_backend("ONNX Runtime").export_built_in("lnet", folder.path() / "x.onnx", 0),
              ErrorCode::invalid_argument, "lenet");
}

}  // namespace
}  // namespace scission::onnx
