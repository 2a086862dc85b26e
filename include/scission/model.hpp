// Tensors, the graph of a model, where it can be cut, and the manifest of its segments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base.hpp"

namespace scission {

// --- Tensors ---

// Tensors as bytes: what crosses between machines and backends.

/// Immutable bytes, kept alive by `owner`. Copies of this struct share them.
struct SCISSION_EXPORT SharedBytes {
  std::shared_ptr<const void> owner;
  const char* data = nullptr;
  std::size_t size = 0;

  std::string_view view() const { return {data, size}; }  ///< valid while `owner` lives
};

/// Takes over the string without copying; the memory is aligned as `new` aligns it.
SCISSION_EXPORT SharedBytes to_shared_bytes(std::string bytes);

/// A dense tensor in row-major order; elements are little-endian.
struct SCISSION_EXPORT Tensor {
  std::string name;
  std::string dtype;                ///< NumPy's name: "float32", "int64", "bool", "bfloat16"
  std::vector<std::int64_t> shape;  ///< empty for a scalar
  SharedBytes bytes;
};

/// Size of one element in bytes. Throws Error(unsupported) for a type without a fixed element size.
SCISSION_EXPORT std::size_t element_bytes(std::string_view dtype);

/// Size of a tensor in bytes: element_bytes() × product of the shape.
/// Throws Error(invalid_argument) for a negative dimension and for more than 2⁶² bytes.
SCISSION_EXPORT std::size_t tensor_bytes(std::string_view dtype,
                                         const std::vector<std::int64_t>& shape);

/// Throws what tensor_bytes() throws, and Error(invalid_argument) if the number of bytes differs
/// from it; the place is the tensor's name.
SCISSION_EXPORT void validate_tensor(const Tensor& tensor);

// --- The graph of a model ---

// A model as its author sees it: layers, and the values between them.
//
//     input ──▶ conv ──▶ relu ──┬──▶ conv ──▶ add ──▶ dense
//                               └─────────────▲
//
// Independent of any backend: a backend fills in a ModelGraph, and find_cuts() finds its cuts.

/// What happens to a value that is alive at a cut.
enum class ValueKind {
  tensor,  ///< is sent, at the cost of its bytes
  fixed,   ///< a number, shape or list determined by the input's shape: both sides know it
  opaque,  ///< cannot be sent: prevents cuts while it is alive
};

/// The smallest and the largest size of something, in bytes, over several inputs of the model.
struct SCISSION_EXPORT ByteRange {
  std::int64_t smallest = 0;
  std::int64_t largest = 0;

  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// "12.0–48.0 kB, depends on the data"; "12.0 kB, may depend on the data" where all inputs had the
/// same size.
SCISSION_EXPORT std::string format_bytes(const ByteRange& seen);

/// A result of a layer.
struct SCISSION_EXPORT Value {
  std::string name;
  ValueKind kind = ValueKind::tensor;
  std::string dtype;                ///< "float32", "int64", …; empty unless a tensor
  std::vector<std::int64_t> shape;  ///< with the batch in front; empty for a scalar
  std::int64_t bytes = 0;           ///< payload: product of shape × size of dtype
  /// The earlier value whose memory this one shares and from which it can be recomputed at no cost
  /// (a reshape, a slice); −1 for a value that owns its memory.
  int view_of = -1;
  std::string opaque_reason = {};  ///< "a number computed from data"; empty unless opaque
  /// The sizes seen, where the shape depends on numbers in the input; `shape` and `bytes` are then
  /// those for one input.
  std::optional<ByteRange> bytes_seen = {};
};

/// One layer. Layer 0 is the model's input; it has no inputs.
struct SCISSION_EXPORT Layer {
  std::string name;             ///< unique in the model
  std::string type;             ///< "Conv2D", "BatchNormalization", "aten::flatten", …
  std::vector<int> inputs;      ///< indices into ModelGraph::values
  std::vector<int> outputs;     ///< indices into ModelGraph::values
  std::int64_t parameters = 0;  ///< weight elements, trainable or not
  std::int64_t weight_bytes = 0;
  std::int64_t flops = 0;  ///< of one run on the whole batch; a multiply-add counts as two
  std::int64_t macs = 0;   ///< multiply-adds of convolutions and matrix products
  /// Peak of the memory that the layer allocates while it runs, in bytes: its outputs and
  /// temporaries.
  std::int64_t working_bytes = 0;
  /// Earlier layers that must run before this one although it reads none of their outputs: they
  /// write in place what it reads, or read what it writes in place.
  std::vector<int> after = {};
};

/// A model. Its layers are in topological order: a layer reads only outputs of earlier layers.
struct SCISSION_EXPORT ModelGraph {
  std::string name;
  std::vector<Value> values;
  std::vector<Layer> layers;
  std::vector<int> outputs;                 ///< what the model returns; indices into values
  std::vector<std::string> uncounted = {};  ///< sorted names of operations without a FLOP rule
};

/// Layers first_layer…last_layer, inclusive: the smallest unit that is timed or placed.
struct SCISSION_EXPORT Block {
  int first_layer = 0;
  int last_layer = 0;
  std::int64_t output_bytes = 0;  ///< payload of the tensors that leave the block
  /// The payloads seen, where they depend on numbers in the model's input.
  std::optional<ByteRange> bytes_seen = {};

  friend bool operator==(const Block&, const Block&) = default;
};

/// "3-5", or "3" when both are the same.
SCISSION_EXPORT std::string layer_range(int first_layer, int last_layer);

/// The order in which a model's layers are numbered and run.
enum class LayerOrder {
  file,     ///< the order of the model's file
  compact,  ///< minimises what crosses between neighbouring layers: one branch after the other
};

/// "file", "compact". parse_layer_order() throws Error(invalid_argument) for other texts and lists
/// these.
SCISSION_EXPORT std::string to_string(LayerOrder order);
SCISSION_EXPORT LayerOrder parse_layer_order(std::string_view text);

/// Cost of one layer, or of consecutive layers together.
struct SCISSION_EXPORT LayerStatistics {
  std::int64_t parameters = 0;
  std::int64_t weight_bytes = 0;
  std::int64_t flops = 0;
  std::int64_t macs = 0;
  std::int64_t activation_bytes = 0;  ///< of all outputs, without views
  /// Peak of the bytes alive while the layers run, without weights: values that are still needed,
  /// by these layers or later, and the running layer's working memory.
  std::int64_t peak_activation_bytes = 0;
};

/// One entry per layer. O(layers + values).
SCISSION_EXPORT std::vector<LayerStatistics> layer_statistics(const ModelGraph& graph);

/// One entry per block. O(layers + values).
SCISSION_EXPORT std::vector<LayerStatistics> block_statistics(const ModelGraph& graph,
                                                              const std::vector<Block>& blocks);

/// Of the whole model. O(layers + values).
SCISSION_EXPORT LayerStatistics model_statistics(const ModelGraph& graph);

/// The types of the block's layers, separated by spaces.
SCISSION_EXPORT std::string layer_types(const ModelGraph& graph, const Block& block);

/// What counts as one layer.
enum class Granularity {
  operation,  ///< each operation
  layer,      ///< each leaf submodule, and each operation outside of one
  block,      ///< each innermost submodule that contains others and is not a mere list of them: a
              ///< residual block, an encoder layer; everything else as with `layer`
};

/// "op", "layer" or "block".
SCISSION_EXPORT std::string to_string(Granularity granularity);

/// The inverse of to_string(). Throws Error(invalid_argument) that lists the three words.
SCISSION_EXPORT Granularity parse_granularity(std::string_view text);

// --- Cuts ---

// Where a model can be cut, which tensors cross there, and the blocks in between.
//
//     0 input ── 1 conv1 ── 2 relu1 ──┬── 3 conv2 ── 4 add ── 5 dense
//                                     └──────────────┘
//
//     after            0   1   2   3   4   5
//     single           │   │   │       │   │    one tensor crosses
//     frontier         │   │   │   ║   │   │    one or more cross (after 3: relu1's and conv2's)
//     original             │           │   │    one edge crosses, and not after the input

/// Which places count as cuts.
enum class CutKind {
  single,    ///< one tensor crosses
  frontier,  ///< one or more tensors cross
  /// One tensor with one reader crosses, and not after layer 0: the rule of the original tool,
  /// which counts connections between layers.
  original,
};

/// "single", "frontier", "original". parse_cut_kind() throws Error(invalid_argument) for other
/// texts and lists these.
SCISSION_EXPORT std::string to_string(CutKind kind);
SCISSION_EXPORT CutKind parse_cut_kind(std::string_view text);

/// A cut after a layer.
struct SCISSION_EXPORT Cut {
  int layer = 0;
  /// The values to send: ascending indices into ModelGraph::values. Views of one memory share what
  /// is sent: a view is omitted if its source is sent, and a source replaces several of its views
  /// if it is smaller than they are together. Fixed values are not sent. After the last layer: the
  /// model's outputs.
  std::vector<int> crossing;
  std::int64_t bytes = 0;  ///< payload of the values to send
  /// The payloads seen, where the shape of a value depends on numbers in the model's input: from
  /// the sum of the values' smallest to that of their largest sizes.
  std::optional<ByteRange> bytes_seen = {};
};

/// A place where the model cannot be cut.
struct SCISSION_EXPORT Rejection {
  int layer = 0;
  std::string reason;  ///< "2 tensors cross: 'relu1' and 'conv2'", one line
};

/// The places after all layers, split in two, each in ascending order.
struct SCISSION_EXPORT CutList {
  std::vector<Cut> cuts;  ///< always contains the end of the model
  std::vector<Rejection> rejected;
};

/// The values of layers 0…`layer` that a later layer or the model's caller still needs, including
/// views and fixed values: ascending indices into graph.values. O(layers + values).
SCISSION_EXPORT std::vector<int> alive_after(const ModelGraph& graph, int layer);

/// All places where the model can be cut, and for the others the reason why not.
/// O(layers + values + total size of Cut::crossing).
/// Throws Error(invalid_argument) when the graph is not in topological order.
SCISSION_EXPORT CutList find_cuts(const ModelGraph& graph, CutKind kind);

/// The blocks between neighbouring cuts. Throws Error(invalid_argument) unless the cuts ascend and
/// end with the last layer.
SCISSION_EXPORT std::vector<Block> blocks_between(const ModelGraph& graph,
                                                  const std::vector<Cut>& cuts);

/// The cuts after the given layers, and the last cut. Throws Error(invalid_argument) with the
/// nearest cuts if there is no cut after one of the layers.
SCISSION_EXPORT std::vector<Cut> select_cuts(const CutList& cuts, const std::vector<int>& layers);

/// The layer of that number or name. Throws Error(invalid_argument) if the graph has no such layer.
SCISSION_EXPORT int find_layer(const ModelGraph& graph, const std::string& text);

/// The cuts after the stages of a plan, given the last layer of each. Throws Error(mismatch) for a
/// plan of another model, or of other cuts, granularity or order.
SCISSION_EXPORT std::vector<Cut> cuts_of_plan(const ModelGraph& graph, const CutList& cuts,
                                              const std::vector<int>& last_layers);

// --- JSON ---

/// What the layers' numbers depend on.
struct SCISSION_EXPORT LayerSettings {
  CutKind cuts = CutKind::single;
  Granularity granularity = Granularity::layer;
  LayerOrder order = LayerOrder::file;
};

/// The cuts with what crosses them, the layers, and the blocks between the cuts, with their costs;
/// docs/segments-format.md describes the fields.
SCISSION_EXPORT std::string format_cuts_json(const ModelGraph& graph, const CutList& cuts,
                                             const LayerSettings& settings, bool with_rejected);
SCISSION_EXPORT std::string format_layers_json(const ModelGraph& graph,
                                               const LayerSettings& settings);
SCISSION_EXPORT std::string format_blocks_json(const ModelGraph& graph, const CutList& cuts,
                                               const LayerSettings& settings);

// --- Segments ---

// The files of a split model and their manifest, manifest.json.

/// An input or output of a segment.
struct SCISSION_EXPORT TensorSpec {
  std::string name;                 ///< the value's name in the model
  std::string dtype;                ///< "float32", "int64", …
  std::vector<std::int64_t> shape;  ///< for the input with which the model was split
  /// The sizes seen, where the shape depends on numbers in the model's input.
  std::optional<ByteRange> bytes_seen = {};

  friend bool operator==(const TensorSpec&, const TensorSpec&) = default;
};

/// A place where the model may end early, in a segment or before it: the server of the segment may
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
