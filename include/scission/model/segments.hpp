// The files of a split model and their manifest, manifest.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/model/model_graph.hpp"
#include "scission/model/tensor.hpp"

namespace scission {

/// An input or output of a segment.
struct SCISSION_EXPORT TensorSpec {
  std::string name;                 ///< the value's name in the model
  std::string dtype;                ///< "float32", "int64", …
  std::vector<std::int64_t> shape;  ///< for the input with which the model was split
  /// The sizes seen, where the shape depends on numbers in the model's input.
  std::optional<ByteRange> bytes_seen = {};

  friend bool operator==(const TensorSpec&, const TensorSpec&) = default;
};

/// A place where the model may end early, in a segment or before it: whoever runs the segment may
/// answer at once instead of running the following ones, which return the same answer.
struct SCISSION_EXPORT SegmentExit {
  std::string taken;                ///< an output of one bool: whether the model has ended there
  std::vector<std::string> answer;  ///< outputs: what it then returns; else they are empty tensors
  std::vector<std::string> names;   ///< of the same tensors as outputs of the last segment

  friend bool operator==(const SegmentExit&, const SegmentExit&) = default;
};

/// Consecutive layers in a separate file.
struct SCISSION_EXPORT Segment {
  std::string file;  ///< relative to the manifest's folder
  int first_layer = 0;
  int last_layer = 0;
  std::vector<std::string> layers;  ///< their names
  /// In the order of the arguments and results of forward(). The outputs of a segment are the
  /// inputs of the next one, in the same order. forward() returns one tensor directly and several
  /// as a tuple; that of the last segment returns what the model returns.
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  std::int64_t bytes = 0;               ///< of the file
  std::string sha256;                   ///< of the file, in hexadecimal
  std::vector<SegmentExit> exits = {};  ///< in order; the first one that is taken counts
  std::string backend = {};  ///< that runs the file, as the manifest has it; see find_backend()

  friend bool operator==(const Segment&, const Segment&) = default;
};

/// A model that was split into a chain of segments.
struct SCISSION_EXPORT SegmentManifest {
  std::string model;
  std::string source_file;            ///< its name without folder; empty for a built-in model
  std::string source_sha256;          ///< empty for a built-in model
  std::string cuts = "single";        ///< to_string(CutKind)
  std::string granularity = "layer";  ///< op, layer or block
  std::string order = "file";         ///< to_string(LayerOrder)
  /// Whether the segments accept every batch size that the model accepts. False if the model
  /// computes with numbers that are valid only for the batch size with which it was split.
  bool any_batch = true;
  std::string backend;
  std::string backend_version;
  std::vector<Segment> segments;

  friend bool operator==(const SegmentManifest&, const SegmentManifest&) = default;
};

/// The answer, named as the last segment's outputs, if a segment with these exits and outputs has
/// come to the model's end; nullopt when the following segments have to run. O(exits · outputs).
SCISSION_EXPORT std::optional<std::vector<Tensor>> early_answer(
    const std::vector<SegmentExit>& exits, const std::vector<Tensor>& outputs);

inline constexpr const char* manifest_name = "manifest.json";

/// Reads manifest.json, or the one in the folder `path`; docs/segments-format.md describes it.
/// Throws Error(not_found | io), and what parse_manifest() throws, with the file as place.
SCISSION_EXPORT SegmentManifest read_manifest(const std::filesystem::path& path);

/// Writes FOLDER/manifest.json through a temporary file. Throws Error(io).
SCISSION_EXPORT void write_manifest(const SegmentManifest& manifest,
                                    const std::filesystem::path& folder);

/// The segments that the manifest in the folder lists, for new ones to replace; none without a
/// manifest. Throws as read_manifest() does on a manifest.json of another kind, which must not be
/// overwritten, and Error(invalid_argument) if `source` is one of the segments' files.
SCISSION_EXPORT std::vector<Segment> replaceable_segments(const std::filesystem::path& folder,
                                                          const std::filesystem::path& source);

/// Removes the files of `earlier` segments that are not among `now` and still have the size noted,
/// with Triton's configuration beside them and the folders that are empty then.
SCISSION_EXPORT void remove_stale_segments(const std::filesystem::path& folder,
                                           const std::vector<Segment>& earlier,
                                           const std::vector<Segment>& now);

/// Conversion to and from the text of manifest.json; errors name `place` as the source.
/// parse_manifest() throws Error(damaged) with the name of the field, and Error(unsupported) for a
/// newer version of the format.
SCISSION_EXPORT std::string format_manifest(const SegmentManifest& manifest);
SCISSION_EXPORT SegmentManifest parse_manifest(std::string_view text, const std::string& place);

/// The config.pbtxt with which NVIDIA Triton serves the segment as `model_name`: for an .onnx file
/// platform onnxruntime_onnx with the tensors' names, else pytorch_libtorch with inputs INPUT__0…
/// and outputs OUTPUT__0…; shapes including the batch; -1 for every dimension of a shape that
/// depends on numbers in the input.
/// Throws Error(unsupported) for types that this backend of Triton does not support, for scalars
/// and for empty tensors.
SCISSION_EXPORT std::string triton_config(const Segment& segment, const std::string& model_name);

}  // namespace scission
