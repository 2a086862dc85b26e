// The model configuration of NVIDIA Triton, protobuf's text form of its ModelConfig.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "scission/base/error.hpp"
#include "scission/model/segments.hpp"

namespace scission {
namespace {

// Those that the LibTorch backend converts (pytorch_backend, src/libtorch_utils.cc).
const std::map<std::string_view, const char*>& triton_types() {
  static const std::map<std::string_view, const char*> types{
      {"bool", "TYPE_BOOL"},    {"uint8", "TYPE_UINT8"},  {"int8", "TYPE_INT8"},
      {"int16", "TYPE_INT16"},  {"int32", "TYPE_INT32"},  {"int64", "TYPE_INT64"},
      {"float16", "TYPE_FP16"}, {"float32", "TYPE_FP32"}, {"float64", "TYPE_FP64"}};
  return types;
}

[[noreturn]] void refuse(const TensorSpec& tensor, const Segment& segment,
                         const std::string& reason) {
  throw Error(ErrorCode::unsupported,
              fmt::format("{} ('{}'); cut elsewhere, or write plain files", reason, tensor.name),
              segment.file);
}

const char* type_of(const TensorSpec& tensor, const Segment& segment) {
  const auto type = triton_types().find(tensor.dtype);
  if (type == triton_types().end()) {
    refuse(tensor, segment, fmt::format("Triton takes no tensors of type {}", tensor.dtype));
  }
  return type->second;
}

void check_shape(const TensorSpec& tensor, const Segment& segment) {
  if (tensor.shape.empty()) refuse(tensor, segment, "Triton takes no scalars");
  if (std::any_of(tensor.shape.begin(), tensor.shape.end(), [](auto n) { return n < 1; })) {
    refuse(tensor, segment, "Triton takes no empty tensors");
  }
}

std::string tensor_entry(const TensorSpec& tensor, const char* name, std::size_t index,
                         const Segment& segment) {
  check_shape(tensor, segment);
  return fmt::format("  {{\n    name: \"{}__{}\"\n    data_type: {}\n    dims: [ {} ]\n  }}", name,
                     index, type_of(tensor, segment), fmt::join(tensor.shape, ", "));
}

/// "input [ {…}, {…} ]", or nothing for no tensors: the text form has no empty list there.
std::string entries(const std::vector<TensorSpec>& tensors, const char* field, const char* name,
                    const Segment& segment) {
  if (tensors.empty()) return {};
  std::vector<std::string> texts;
  for (const TensorSpec& tensor : tensors) {
    texts.push_back(tensor_entry(tensor, name, texts.size(), segment));
  }
  return fmt::format("{} [\n{}\n]\n", field, fmt::join(texts, ",\n"));
}

std::string in_quotes(std::string_view text) {
  std::string quoted = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') quoted += '\\';
    quoted += letter;
  }
  return quoted + '"';
}

}  // namespace

// max_batch_size 0: Triton batches along the first dimension, and what crosses a cut need not have
// the batch there (windows of an image, tokens in front), so the shapes are whole.
std::string triton_config(const Segment& segment, const std::string& model_name) {
  return fmt::format("name: {}\nplatform: \"pytorch_libtorch\"\nmax_batch_size: 0\n",
                     in_quotes(model_name)) +
         entries(segment.inputs, "input", "INPUT", segment) +
         entries(segment.outputs, "output", "OUTPUT", segment);
}

}  // namespace scission
