// ONNX model files: reading and checking them; where their weights are.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scission::onnx {

/// A model and the file that it is from. Weights that are stored in other files are not loaded.
struct ModelFile {
  std::filesystem::path path;
  ::onnx::ModelProto proto;
  /// Whether libonnx knows all of the model's operator sets, so that it can check it and infer
  /// shapes.
  bool is_known = true;
};

/// Throws Error(not_found | io), Error(damaged) for a file that is no valid ONNX model, and
/// Error(unsupported) for one of a newer format than libonnx reads.
ModelFile read_model_file(const std::filesystem::path& path);

/// A tensor that a model takes.
struct ModelInput {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> shape;           ///< −1 for a dimension that the model leaves open
  std::vector<std::string> dimension_names;  ///< one per dimension: "batch"; may be empty
  bool has_shape = true;                     ///< false: any number of dimensions
};

/// The inputs that a caller gives: those that are no weights as well.
/// Throws Error(unsupported) for one that is no tensor.
std::vector<ModelInput> inputs_of(const ModelFile& model);

/// NumPy's name of an element type; empty for one that is not supported, such as a string.
std::string dtype_name(int elem_type);
/// The inverse; 0 (undefined) for a type that ONNX does not have.
int elem_type(std::string_view dtype);

/// Where the bytes of a weight are, outside of the model's file.
struct ExternalRange {
  std::filesystem::path file;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

bool is_external(const ::onnx::TensorProto& tensor);

/// Throws Error(damaged) unless the range is in a file beside the model.
ExternalRange external_range(const ::onnx::TensorProto& tensor, const std::filesystem::path& model);

/// Size of the tensor's elements in bytes.
std::int64_t weight_bytes(const ::onnx::TensorProto& tensor);
std::int64_t element_count(const ::onnx::TensorProto& tensor);

/// The model without the elements of large weights, which become inputs; O(operations).
::onnx::ModelProto without_weights(const ::onnx::ModelProto& model);

}  // namespace scission::onnx
