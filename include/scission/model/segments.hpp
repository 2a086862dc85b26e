// The files that a model was cut into, as manifest.json lists them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"

namespace scission {

/// A tensor that goes into or comes out of a segment.
struct SCISSION_EXPORT TensorSpec {
  std::string name;                 ///< the value's name in the model
  std::string dtype;                ///< "float32", "int64", …
  std::vector<std::int64_t> shape;  ///< for the input that the model was split for

  friend bool operator==(const TensorSpec&, const TensorSpec&) = default;
};

/// Consecutive layers in a file of their own.
struct SCISSION_EXPORT Segment {
  std::string file;  ///< relative to the manifest's folder
  int first_layer = 0;
  int last_layer = 0;
  std::vector<std::string> layers;  ///< their names
  /// In the order of forward()'s arguments and of what it returns: what comes out of a segment goes
  /// into the next one, in the same order. One tensor is returned by itself, several as a tuple;
  /// the last segment returns what the model returns.
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  std::int64_t bytes = 0;  ///< of the file
  std::string sha256;      ///< of the file, in hexadecimal

  friend bool operator==(const Segment&, const Segment&) = default;
};

/// A model cut into segments that chain.
struct SCISSION_EXPORT SegmentManifest {
  std::string model;
  std::string source_file;            ///< its name without folder; empty for a built-in model
  std::string source_sha256;          ///< empty for a built-in model
  std::string cuts = "single";        ///< to_string(CutKind)
  std::string granularity = "layer";  ///< op, layer or block
  std::string order = "file";         ///< to_string(LayerOrder)
  /// Whether the segments run on any batch, like the model: false where the model computes with
  /// numbers that hold for the batch it was split for.
  bool any_batch = true;
  std::string backend;
  std::string backend_version;
  std::vector<Segment> segments;

  friend bool operator==(const SegmentManifest&, const SegmentManifest&) = default;
};

inline constexpr const char* manifest_name = "manifest.json";

/// Reads manifest.json, or the one in the folder `path`; docs/segments-format.md describes it.
/// Throws Error(not_found | io), and as parse_manifest() does, with the file as place.
SCISSION_EXPORT SegmentManifest read_manifest(const std::filesystem::path& path);

/// Writes FOLDER/manifest.json through a temporary file. Throws Error(io).
SCISSION_EXPORT void write_manifest(const SegmentManifest& manifest,
                                    const std::filesystem::path& folder);

/// The text of manifest.json, and back. `place` names the source in errors.
/// parse_manifest throws Error(damaged) that names the field, and Error(unsupported) on a newer
/// version of the format.
SCISSION_EXPORT std::string format_manifest(const SegmentManifest& manifest);
SCISSION_EXPORT SegmentManifest parse_manifest(std::string_view text, const std::string& place);

/// The config.pbtxt with which NVIDIA Triton serves the segment as `model_name`: platform
/// pytorch_libtorch, inputs INPUT__0…, outputs OUTPUT__0…, shapes whole as the model was split for.
/// Throws Error(unsupported) on a type that Triton's LibTorch backend does not take, and on
/// scalars and empty tensors, which Triton does not.
SCISSION_EXPORT std::string triton_config(const Segment& segment, const std::string& model_name);

}  // namespace scission
