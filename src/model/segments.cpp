// The manifest of the segments of a split model (manifest.json), and the types of the tensors that
// cross between them.
#include "scission/model.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <system_error>
#include <utility>

#include "base/file.hpp"
#include "base/json_field.hpp"
#include "base/require.hpp"
#include "model/byte_range_json.hpp"
#include "scission/base.hpp"

namespace scission {
namespace {

// --- Element types ---

struct ElementType {
  std::string_view name;
  std::size_t bytes;
  const char* triton;   ///< its name in Triton, or none
  bool is_in_libtorch;  ///< Triton's LibTorch backend takes it (pytorch_backend, libtorch_utils.cc)
};

constexpr std::array<ElementType, 15> element_types{{{"bool", 1, "TYPE_BOOL", true},
                                                     {"uint8", 1, "TYPE_UINT8", true},
                                                     {"uint16", 2, "TYPE_UINT16", false},
                                                     {"uint32", 4, "TYPE_UINT32", false},
                                                     {"uint64", 8, "TYPE_UINT64", false},
                                                     {"int8", 1, "TYPE_INT8", true},
                                                     {"int16", 2, "TYPE_INT16", true},
                                                     {"int32", 4, "TYPE_INT32", true},
                                                     {"int64", 8, "TYPE_INT64", true},
                                                     {"float16", 2, "TYPE_FP16", true},
                                                     {"bfloat16", 2, nullptr, false},
                                                     {"float32", 4, "TYPE_FP32", true},
                                                     {"float64", 8, "TYPE_FP64", true},
                                                     {"complex64", 8, nullptr, false},
                                                     {"complex128", 16, nullptr, false}}};

const ElementType* find_type(std::string_view dtype) {
  const auto* const found =
      std::find_if(element_types.begin(), element_types.end(),
                   [&](const ElementType& type) { return type.name == dtype; });
  return found == element_types.end() ? nullptr : found;
}

// --- Manifests ---

using Json = nlohmann::ordered_json;

constexpr JsonFormat format{"scission-segments", 1, "manifest of segments", "split again"};

Json tensor_json(const TensorSpec& tensor) {
  Json json = {{"name", tensor.name}, {"dtype", tensor.dtype}, {"shape", tensor.shape}};
  put_byte_range(json, "min_bytes", "max_bytes", tensor.bytes_seen);
  return json;
}

Json exit_json(const SegmentExit& exit) {
  return {{"taken", exit.taken}, {"answer", exit.answer}, {"names", exit.names}};
}

Json segment_json(const Segment& segment) {
  Json json = {{"file", segment.file},
               {"first_layer", segment.first_layer},
               {"last_layer", segment.last_layer},
               {"layers", segment.layers},
               {"inputs", json_array(segment.inputs, tensor_json)},
               {"outputs", json_array(segment.outputs, tensor_json)},
               {"bytes", segment.bytes},
               {"sha256", segment.sha256}};
  if (!segment.exits.empty()) json["exits"] = json_array(segment.exits, exit_json);
  return json;
}

std::string parse_checksum(const JsonField& field) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  std::string sum = field.text();
  if (sum.size() != 64 || !std::all_of(sum.begin(), sum.end(), is_hex)) {
    field.fail("must be a SHA-256: 64 of the digits 0-9a-f");
  }
  return sum;
}

/// Manifests are untrusted: files must be within the manifest's folder.
std::string parse_file_name(const JsonField& field) {
  std::string name = field.name();
  const std::filesystem::path path(name);
  const bool leaves = std::any_of(path.begin(), path.end(),
                                  [](const std::filesystem::path& part) { return part == ".."; });
  const bool is_file = path.has_filename() && path.filename() != ".";
  if (path.has_root_path() || leaves || !is_file || name.find('\0') != std::string::npos) {
    field.fail("must name a file in the manifest's folder: relative, without \"..\"");
  }
  return name;
}

std::vector<std::string> parse_layers(const JsonField& json, int first, int last) {
  std::vector<std::string> layers = json.each(&JsonField::name);
  const std::int64_t expected = std::int64_t{last} - first + 1;
  if (static_cast<std::int64_t>(layers.size()) != expected) {
    json.fail(fmt::format("must name the {} layers from {} to {}", expected, first, last));
  }
  return layers;
}

TensorSpec parse_tensor(const JsonField& json) {
  return {json.at("name").name(), json.at("dtype").name(), json.at("shape").each(&JsonField::count),
          read_byte_range(json, "min_bytes", "max_bytes")};
}

std::string read_output(const JsonField& field, const std::vector<TensorSpec>& outputs) {
  std::string name = field.name();
  const bool is_output = std::any_of(outputs.begin(), outputs.end(),
                                     [&](const TensorSpec& each) { return each.name == name; });
  if (!is_output) field.fail("must name an output of the segment");
  return name;
}

SegmentExit read_exit(const JsonField& json, const std::vector<TensorSpec>& outputs) {
  SegmentExit exit;
  exit.taken = read_output(json.at("taken"), outputs);
  exit.answer =
      json.at("answer").each([&](const JsonField& field) { return read_output(field, outputs); });
  exit.names = json.at("names").each(&JsonField::name);
  if (exit.names.size() != exit.answer.size()) {
    json.at("names").fail("must be as many as the tensors of the answer");
  }
  return exit;
}

Segment parse_segment(const JsonField& json) {
  Segment segment;
  segment.file = parse_file_name(json.at("file"));
  segment.first_layer = json.at("first_layer").small_count();
  segment.last_layer = json.at("last_layer").small_count();
  if (segment.last_layer < segment.first_layer) {
    json.at("last_layer").fail("must not be below first_layer");
  }
  if (segment.last_layer == std::numeric_limits<int>::max()) {
    json.at("last_layer").fail("is too large");
  }
  segment.layers = parse_layers(json.at("layers"), segment.first_layer, segment.last_layer);
  segment.inputs = json.at("inputs").each(parse_tensor);
  segment.outputs = json.at("outputs").each(parse_tensor);
  segment.bytes = json.at("bytes").count();
  segment.sha256 = parse_checksum(json.at("sha256"));
  segment.exits = json.each_of(
      "exits", [&](const JsonField& exit) { return read_exit(exit, segment.outputs); });
  return segment;
}

/// Checks that the layers have no gap and that the outputs of `before` are the inputs of `next`.
void validate_follows(const Segment* before, const Segment& next, const JsonField& json) {
  const int expected = before == nullptr ? 0 : before->last_layer + 1;
  if (next.first_layer != expected) {
    json.at("first_layer")
        .fail(fmt::format("must be {}: the segments' layers are in order, without gaps from 0",
                          expected));
  }
  if (before != nullptr && next.inputs != before->outputs) {
    json.at("inputs").fail("must be the outputs of the segment before");
  }
}

std::vector<Segment> parse_segments(const JsonField& json) {
  std::vector<Segment> segments;
  std::set<std::string> files;
  for (const JsonField& field : json.elements()) {
    Segment segment = parse_segment(field);
    validate_follows(segments.empty() ? nullptr : &segments.back(), segment, field);
    if (!files.insert(std::filesystem::path(segment.file).lexically_normal()).second) {
      field.at("file").fail("appears twice");
    }
    segments.push_back(std::move(segment));
  }
  if (segments.empty()) json.fail("must not be empty");
  return segments;
}

// --- Configuration for NVIDIA Triton: the text form of its ModelConfig ---

// Its backend that serves a segment.
enum class TritonPlatform { libtorch, onnxruntime };

[[noreturn]] void throw_unsupported(const TensorSpec& tensor, const Segment& segment,
                                    const std::string& reason) {
  throw Error(ErrorCode::unsupported,
              fmt::format("{} ('{}'); cut elsewhere, or write plain files", reason, tensor.name),
              segment.file);
}

const char* type_of(const TensorSpec& tensor, const Segment& segment, TritonPlatform platform) {
  const ElementType* type = find_type(tensor.dtype);
  const bool is_known = type != nullptr && type->triton != nullptr &&
                        (type->is_in_libtorch || platform != TritonPlatform::libtorch);
  if (is_known) return type->triton;
  throw_unsupported(tensor, segment,
                    fmt::format("Triton takes no tensors of type {}", tensor.dtype));
}

void validate_shape(const TensorSpec& tensor, const Segment& segment) {
  if (tensor.shape.empty()) throw_unsupported(tensor, segment, "Triton takes no scalars");
  const bool is_empty =
      std::any_of(tensor.shape.begin(), tensor.shape.end(), [](auto n) { return n < 1; });
  if (is_empty && !tensor.bytes_seen) {
    throw_unsupported(tensor, segment, "Triton takes no empty tensors");
  }
}

std::string in_quotes(std::string_view text) {
  std::string quoted = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') quoted += '\\';
    quoted += letter;
  }
  return quoted + '"';
}

/// LibTorch's tensors have no names, so that their places in the call are their names.
std::string tensor_entry(const TensorSpec& tensor, const std::string& place, const Segment& segment,
                         TritonPlatform platform) {
  validate_shape(tensor, segment);
  std::vector<std::int64_t> shape = tensor.shape;
  if (tensor.bytes_seen) std::fill(shape.begin(), shape.end(), -1);  // any of them may vary
  return fmt::format("  {{\n    name: {}\n    data_type: {}\n    dims: [ {} ]\n  }}",
                     in_quotes(platform == TritonPlatform::libtorch ? place : tensor.name),
                     type_of(tensor, segment, platform), fmt::join(shape, ", "));
}

/// "input [ {…}, {…} ]", or nothing without tensors, since the text form has no empty list.
std::string entries(const std::vector<TensorSpec>& tensors, const char* field, const char* name,
                    const Segment& segment, TritonPlatform platform) {
  if (tensors.empty()) return {};
  std::vector<std::string> texts;
  for (const TensorSpec& tensor : tensors) {
    texts.push_back(
        tensor_entry(tensor, fmt::format("{}__{}", name, texts.size()), segment, platform));
  }
  return fmt::format("{} [\n{}\n]\n", field, fmt::join(texts, ",\n"));
}

const Tensor* find_output(const std::vector<Tensor>& outputs, const std::string& name) {
  const auto found = std::find_if(outputs.begin(), outputs.end(),
                                  [&](const Tensor& output) { return output.name == name; });
  return found == outputs.end() ? nullptr : &*found;
}

bool is_taken(const SegmentExit& exit, const std::vector<Tensor>& outputs) {
  const Tensor* taken = find_output(outputs, exit.taken);
  return taken != nullptr && taken->dtype == "bool" && taken->bytes.size == 1 &&
         taken->bytes.data[0] != 0;
}

}  // namespace

std::optional<std::vector<Tensor>> early_answer(const std::vector<SegmentExit>& exits,
                                                const std::vector<Tensor>& outputs) {
  const auto exit = std::find_if(exits.begin(), exits.end(),
                                 [&](const SegmentExit& each) { return is_taken(each, outputs); });
  if (exit == exits.end()) return std::nullopt;
  std::vector<Tensor> answer;
  for (std::size_t i = 0; i < exit->answer.size(); ++i) {
    const Tensor* tensor = find_output(outputs, exit->answer[i]);
    if (tensor == nullptr) return std::nullopt;
    answer.push_back(*tensor);
    answer.back().name = exit->names.at(i);
  }
  return answer;
}

std::string format_manifest(const SegmentManifest& manifest) {
  const Json json = {{"format", format.marker},
                     {"version", format.newest_version},
                     {"model", manifest.model},
                     {"source_file", manifest.source_file},
                     {"source_sha256", manifest.source_sha256},
                     {"cuts", manifest.cuts},
                     {"grain", manifest.granularity},
                     {"order", manifest.order},
                     {"any_batch", manifest.any_batch},
                     {"backend", manifest.backend},
                     {"backend_version", manifest.backend_version},
                     {"segments", json_array(manifest.segments, segment_json)}};
  return format_json(json);
}

SegmentManifest parse_manifest(std::string_view text, const std::string& place) {
  const nlohmann::json document = parse_json(text, place);
  validate_format(document, format, place);
  const JsonField json(document, place);
  SegmentManifest manifest;
  manifest.model = json.at("model").name();
  manifest.source_file = json.text_or("source_file");
  if (!json.text_or("source_sha256").empty()) {
    manifest.source_sha256 = parse_checksum(json.at("source_sha256"));
  }
  manifest.cuts = json.text_or("cuts", "single");
  manifest.granularity = json.text_or("grain", "layer");
  manifest.order = json.text_or("order", "file");
  manifest.any_batch = json.at("any_batch").flag();
  manifest.backend = json.text_or("backend");
  manifest.backend_version = json.text_or("backend_version");
  manifest.segments = parse_segments(json.at("segments"));
  for (Segment& segment : manifest.segments) segment.backend = manifest.backend;
  return manifest;
}

SegmentManifest read_manifest(const std::filesystem::path& path) {
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(path, ignored);
  const std::filesystem::path file = is_folder ? path / manifest_name : path;
  return parse_manifest(read_file(file), file.string());
}

void write_manifest(const SegmentManifest& manifest, const std::filesystem::path& folder) {
  write_file_atomically(folder / manifest_name, format_manifest(manifest));
}

// max_batch_size is 0 and the shapes include the batch: Triton batches along the first dimension,
// but tensors at a cut may have their batch elsewhere (windows of an image, tokens first).
std::string triton_config(const Segment& segment, const std::string& model_name) {
  const TritonPlatform platform =
      segment.file.ends_with(".onnx") ? TritonPlatform::onnxruntime : TritonPlatform::libtorch;
  const char* const word =
      platform == TritonPlatform::libtorch ? "pytorch_libtorch" : "onnxruntime_onnx";
  return fmt::format("name: {}\nplatform: \"{}\"\nmax_batch_size: 0\n", in_quotes(model_name),
                     word) +
         entries(segment.inputs, "input", "INPUT", segment, platform) +
         entries(segment.outputs, "output", "OUTPUT", segment, platform);
}

SharedBytes to_shared_bytes(std::string bytes) {
  const auto owner = std::make_shared<const std::string>(std::move(bytes));
  return {owner, owner->data(), owner->size()};
}

std::size_t element_bytes(std::string_view dtype) {
  if (const ElementType* type = find_type(dtype)) return type->bytes;
  throw Error(ErrorCode::unsupported,
              fmt::format("'{}' is not a type with a fixed element size", dtype));
}

std::size_t tensor_bytes(std::string_view dtype, const std::vector<std::int64_t>& shape) {
  constexpr std::uint64_t most = std::uint64_t{1} << 62;
  std::uint64_t bytes = element_bytes(dtype);
  for (const std::int64_t dimension : shape) {
    if (dimension < 0) {
      throw_invalid_argument(fmt::format("dimension {} is below 0", dimension));
    }
  }
  // A dimension of 0 makes the tensor empty; backends multiply the others all the same.
  bool is_empty = false;
  for (const std::int64_t dimension : shape) {
    is_empty = is_empty || dimension == 0;
    if (static_cast<std::uint64_t>(dimension) > most / bytes) {
      throw_invalid_argument("the shape exceeds 2^62 bytes");
    }
    bytes *= std::max<std::uint64_t>(static_cast<std::uint64_t>(dimension), 1);
  }
  return is_empty ? 0 : bytes;
}

void validate_tensor(const Tensor& tensor) {
  try {
    const std::size_t wanted = tensor_bytes(tensor.dtype, tensor.shape);
    if (wanted == tensor.bytes.size) return;
    throw_invalid_argument(
        fmt::format("has {} bytes where its type and shape need {}", tensor.bytes.size, wanted));
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), "tensor " + tensor.name);
  }
}

}  // namespace scission
