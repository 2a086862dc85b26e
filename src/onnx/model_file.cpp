#include "onnx/model_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <onnx/checker.h>
#include <onnx/defs/schema.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <unordered_set>
#include <utility>

#include "base/descriptor.hpp"
#include "base/require.hpp"
#include "base/text.hpp"
#include "scission/model.hpp"

namespace scission::onnx {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<std::string_view, int>, 13> dtypes{
    {{"float32", ::onnx::TensorProto::FLOAT},
     {"uint8", ::onnx::TensorProto::UINT8},
     {"int8", ::onnx::TensorProto::INT8},
     {"uint16", ::onnx::TensorProto::UINT16},
     {"int16", ::onnx::TensorProto::INT16},
     {"int32", ::onnx::TensorProto::INT32},
     {"int64", ::onnx::TensorProto::INT64},
     {"bool", ::onnx::TensorProto::BOOL},
     {"float16", ::onnx::TensorProto::FLOAT16},
     {"float64", ::onnx::TensorProto::DOUBLE},
     {"uint32", ::onnx::TensorProto::UINT32},
     {"uint64", ::onnx::TensorProto::UINT64},
     {"bfloat16", ::onnx::TensorProto::BFLOAT16}}};

// Weights up to this size may be numbers of shapes, which the inference of shapes needs.
constexpr std::int64_t small_bytes = 4096;

void require_no_pointer(const Descriptor& file, const fs::path& path) {
  constexpr std::string_view pointer = "version https://git-lfs";
  std::array<char, pointer.size()> head{};
  const ssize_t size = ::pread(file.number(), head.data(), head.size(), 0);
  if (size < static_cast<ssize_t>(head.size())) return;
  if (std::string_view(head.data(), head.size()) != pointer) return;
  throw_damaged("is a Git LFS pointer, not the model: fetch the model with git lfs pull",
                path.string());
}

::onnx::ModelProto parse_file(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    const ErrorCode code = errno == ENOENT ? ErrorCode::not_found : ErrorCode::io;
    throw Error(code, std::strerror(errno), path.string());
  }
  std::error_code ignored;
  if (fs::file_size(path, ignored) > std::numeric_limits<int>::max() && !ignored) {
    throw Error(ErrorCode::unsupported,
                "is larger than 2 GiB, the limit of the format for one file: store its weights as "
                "external data",
                path.string());
  }
  require_no_pointer(file, path);
  google::protobuf::io::FileInputStream stream(file.number());
  ::onnx::ModelProto model;
  const bool is_parsed = model.ParseFromZeroCopyStream(&stream);
  if (!is_parsed || !model.has_graph() || model.ir_version() < 1 ||
      model.opset_import_size() == 0) {
    throw_damaged("is not an ONNX model, or is incomplete: export or copy it again", path.string());
  }
  return model;
}

// libonnx's messages have several lines; the first that says something is enough.
std::string brief(const char* message) {
  std::string text = clean_text(message);
  while (text.find("  ") != std::string::npos) text.replace(text.find("  "), 2, " ");
  return shortened(std::string(text::trim(text)), 300);
}

void require_known_format(const ModelFile& model) {
  if (model.proto.ir_version() <= ::onnx::Version::IR_VERSION) return;
  throw Error(ErrorCode::unsupported,
              fmt::format("has ONNX IR version {}, and this build's libonnx reads up to {}: export "
                          "the model for an older opset, or build Scission with a newer libonnx",
                          model.proto.ir_version(), static_cast<int>(::onnx::Version::IR_VERSION)),
              model.path.string());
}

bool has_stride_0(const google::protobuf::RepeatedPtrField<::onnx::NodeProto>& nodes) {
  for (const auto& node : nodes) {
    for (const auto& attribute : node.attribute()) {
      const auto& numbers = attribute.ints();
      const bool is_stride = attribute.name() == "strides";
      if (is_stride && std::count(numbers.begin(), numbers.end(), 0) > 0) return true;
      if (has_stride_0(attribute.g().node())) return true;
    }
  }
  return false;
}

// What the checker accepts, and what ends the process in ONNX Runtime or in libonnx's inference of
// shapes; empty for nothing.
std::string fatal_fault(const ::onnx::ModelProto& model) {
  bool is_stride_0 = has_stride_0(model.graph().node());
  for (const auto& function : model.functions()) {
    if (function.opset_import_size() == 0) {
      return fmt::format("its function '{}' names no operator set", clean_text(function.name()));
    }
    is_stride_0 |= has_stride_0(function.node());
  }
  return is_stride_0 ? "it has an operation with a stride of 0" : "";
}

bool has_known_opsets(const ::onnx::ModelProto& model) {
  const auto& known = ::onnx::OpSchemaRegistry::DomainToVersionRange::Instance().Map();
  for (const auto& import : model.opset_import()) {
    const std::string domain = import.domain() == "ai.onnx" ? "" : import.domain();
    const auto range = known.find(domain);
    if (range != known.end() && import.version() > range->second.second) return false;
  }
  return true;
}

std::string external_text(const ::onnx::TensorProto& tensor, std::string_view key) {
  for (const auto& entry : tensor.external_data()) {
    if (entry.key() == key) return entry.value();
  }
  return "";
}

std::uint64_t external_number(const ::onnx::TensorProto& tensor, std::string_view key,
                              std::uint64_t absent) {
  const std::string text = external_text(tensor, key);
  if (text.empty()) return absent;
  try {
    return std::stoull(text);
  } catch (const std::exception&) {
    throw_damaged(fmt::format("external data has the {} '{}'", key, clean_text(text)),
                  tensor.name());
  }
}

bool leaves_folder(const fs::path& location) {
  for (const fs::path& part : location) {
    if (part == "..") return true;
  }
  return location.empty() || location.has_root_path();
}

}  // namespace

std::string dtype_name(int elem_type) {
  for (const auto& [name, type] : dtypes) {
    if (type == elem_type) return std::string(name);
  }
  return "";
}

int elem_type(std::string_view dtype) {
  for (const auto& [name, type] : dtypes) {
    if (name == dtype) return type;
  }
  return ::onnx::TensorProto::UNDEFINED;
}

bool is_external(const ::onnx::TensorProto& tensor) {
  return tensor.data_location() == ::onnx::TensorProto::EXTERNAL;
}

std::int64_t element_count(const ::onnx::TensorProto& tensor) {
  std::int64_t count = 1;
  for (const std::int64_t extent : tensor.dims()) {
    if (extent < 0 || (extent > 0 && count > (std::int64_t{1} << 60) / extent)) {
      throw_damaged("has an impossible shape", tensor.name());
    }
    count *= extent;
  }
  return count;
}

std::int64_t weight_bytes(const ::onnx::TensorProto& tensor) {
  const std::string dtype = dtype_name(tensor.data_type());
  if (!dtype.empty()) {
    return element_count(tensor) * static_cast<std::int64_t>(element_bytes(dtype));
  }
  return static_cast<std::int64_t>(tensor.ByteSizeLong());
}

ExternalRange external_range(const ::onnx::TensorProto& tensor, const fs::path& model) {
  const fs::path location = external_text(tensor, "location");
  if (leaves_folder(location)) {
    throw_damaged(fmt::format("weight '{}' is stored in '{}', which is not beside the model",
                              clean_text(tensor.name()), clean_text(location.string())),
                  model.string());
  }
  ExternalRange range{model.parent_path() / location, external_number(tensor, "offset", 0), 0};
  std::error_code error;
  const std::uint64_t size = fs::file_size(range.file, error);
  if (error) {
    throw Error(ErrorCode::not_found,
                fmt::format("weight '{}' is stored in {}, which cannot be read: copy it beside the "
                            "model",
                            clean_text(tensor.name()), range.file.string()),
                model.string());
  }
  range.bytes = static_cast<std::uint64_t>(weight_bytes(tensor));
  const std::uint64_t length = external_number(tensor, "length", range.bytes);
  if (length != range.bytes || range.offset > size || range.bytes > size - range.offset) {
    throw_damaged(fmt::format("weight '{}' has {} bytes, and {} is too short or holds another "
                              "number of them: export the model again",
                              clean_text(tensor.name()), range.bytes, range.file.string()),
                  model.string());
  }
  return range;
}

::onnx::ModelProto without_weights(const ::onnx::ModelProto& model) {
  ::onnx::ModelProto light;
  light.set_ir_version(model.ir_version());
  *light.mutable_opset_import() = model.opset_import();
  *light.mutable_functions() = model.functions();
  const ::onnx::GraphProto& graph = model.graph();
  ::onnx::GraphProto& copy = *light.mutable_graph();
  copy.set_name(graph.name().empty() ? "graph" : graph.name());
  *copy.mutable_node() = graph.node();
  *copy.mutable_input() = graph.input();
  *copy.mutable_output() = graph.output();
  *copy.mutable_sparse_initializer() = graph.sparse_initializer();
  std::unordered_set<std::string> inputs;
  for (const auto& input : graph.input()) inputs.insert(input.name());
  for (const auto& weight : graph.initializer()) {
    if (!is_external(weight) && weight_bytes(weight) <= small_bytes) {
      *copy.add_initializer() = weight;
      continue;
    }
    if (inputs.contains(weight.name())) continue;
    ::onnx::ValueInfoProto& input = *copy.add_input();
    input.set_name(weight.name());
    auto& type = *input.mutable_type()->mutable_tensor_type();
    type.set_elem_type(weight.data_type());
    type.mutable_shape();
    for (const std::int64_t extent : weight.dims()) {
      type.mutable_shape()->add_dim()->set_dim_value(extent);
    }
  }
  return light;
}

ModelFile read_model_file(const fs::path& path) {
  ModelFile model{path, parse_file(path), true};
  require_known_format(model);
  model.is_known = has_known_opsets(model.proto);
  for (const auto& weight : model.proto.graph().initializer()) {
    if (is_external(weight)) external_range(weight, path);
  }
  if (const std::string fault = fatal_fault(model.proto); !fault.empty()) {
    throw_damaged("is not a valid ONNX model: " + fault, path.string());
  }
  if (!model.is_known) return model;
  ::onnx::ModelProto light = without_weights(model.proto);
  // A shape of inputs and outputs is optional for everyone but the checker.
  for (auto* ports :
       {light.mutable_graph()->mutable_input(), light.mutable_graph()->mutable_output()}) {
    for (auto& port : *ports) {
      if (port.type().has_tensor_type())
        port.mutable_type()->mutable_tensor_type()->mutable_shape();
    }
  }
  try {
    ::onnx::checker::check_model(light);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw_damaged("is not a valid ONNX model: " + brief(error.what()), path.string());
  }
  return model;
}

std::vector<ModelInput> inputs_of(const ModelFile& model) {
  const ::onnx::GraphProto& graph = model.proto.graph();
  std::unordered_set<std::string> weights;
  for (const auto& weight : graph.initializer()) weights.insert(weight.name());
  for (const auto& weight : graph.sparse_initializer()) weights.insert(weight.values().name());
  std::vector<ModelInput> inputs;
  for (const auto& input : graph.input()) {
    if (weights.contains(input.name())) continue;
    ModelInput entry{input.name(), dtype_name(input.type().tensor_type().elem_type()), {}, {}};
    if (!input.type().has_tensor_type() || entry.dtype.empty()) {
      throw Error(ErrorCode::unsupported,
                  fmt::format("takes the input '{}', which is not a tensor of numbers",
                              clean_text(input.name())),
                  model.path.string());
    }
    entry.has_shape = input.type().tensor_type().has_shape();
    for (const auto& dim : input.type().tensor_type().shape().dim()) {
      entry.shape.push_back(dim.has_dim_value() && dim.dim_value() >= 0 ? dim.dim_value() : -1);
      entry.dimension_names.push_back(dim.dim_param());
    }
    inputs.push_back(std::move(entry));
  }
  return inputs;
}

}  // namespace scission::onnx
