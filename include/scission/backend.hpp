// The interface that a backend implements, and the registry of backends.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base.hpp"
#include "scission/inputs.hpp"
#include "scission/model.hpp"

namespace scission {

// --- Measuring ---

// A model that is ready to be measured, whole and block by block.

/// How a block's time alone compares with its time in a stage of several blocks.
struct SCISSION_EXPORT BlockScale {
  double within_stage = 1;  ///< time behind its predecessor in one stage ÷ time alone
  /// What a stage that begins with the block takes beyond its blocks' times within a stage ÷ the
  /// block's time alone.
  double at_start = 0;
};

/// A model that is split into blocks and has its input, ready to be timed.
///
/// No tensor passes through this interface: the backend keeps the input, the output of the last
/// block that ran and the last output of the whole model. Not thread-safe.
class SCISSION_EXPORT Runnable {
 public:
  virtual ~Runnable() = default;

  virtual const ModelGraph& graph() const = 0;           ///< the model's layers
  virtual const std::vector<Block>& blocks() const = 0;  ///< in the order in which they run

  /// Runs the whole model on the input. Returns when the result is ready.
  virtual void run_whole() = 0;

  /// Runs one block on its predecessor's output (block 0: on the input) and then releases that, as
  /// the whole model does, so that memory and caches are used as in the whole model. Blocks must
  /// run in order; throws Error(invalid_argument) otherwise.
  virtual void run_block(int block) = 0;

  /// Whether the output of the last block equals that of the last run_whole() bit for bit. Both
  /// must have run.
  virtual bool chain_equals_whole() const = 0;

  /// The scale of every block, where blocks that run alone do work that a stage of several does
  /// not, such as conversions of layouts at both ends; empty where they do not. Measures it, for a
  /// second or three runs, whichever is longer.
  virtual std::vector<BlockScale> block_scales() { return {}; }

  virtual std::string backend() const = 0;          ///< "LibTorch"
  virtual std::string backend_version() const = 0;  ///< "1.13.0"
};

// --- Stages ---

// A loaded segment, and loaders that warm it up or slow it down.

/// A loaded segment. Not thread-safe, but not bound to the thread that loaded it.
class SCISSION_EXPORT StageModel {
 public:
  virtual ~StageModel() = default;

  /// Takes the segment's inputs and returns its outputs, both in the manifest's order. The names of
  /// the inputs are ignored; the outputs have the names of the manifest.
  /// Throws Error(mismatch) when the model does not accept these tensors.
  virtual std::vector<Tensor> run(std::vector<Tensor> inputs) = 0;
};

/// Loads a segment's file. Several threads may call it at once, and the stage may run on another
/// thread than the one that loaded it. Throws Error(not_found | damaged | unsupported).
using StageLoader = std::function<std::unique_ptr<StageModel>(const std::filesystem::path& file,
                                                              const Segment& segment)>;

/// A loader that calls `load` and then runs the stage once on zeros, so that no request pays for
/// the work of a first run, which for some models takes several times as long as any later one.
/// Loading and that run happen on a separate thread with lower priority (nice 10), since other
/// stages may be running; that thread calls `on_thread` first, for a backend's per-thread settings.
/// A stage that fails on zeros is returned all the same. Throws what `load` throws.
SCISSION_EXPORT StageLoader with_warmup(StageLoader load, std::function<void()> on_thread = {});

/// A loader of stages that emulate a slower machine: each run takes 1 / `speed` times as long, and
/// sleeps for most of the added time, so that other systems emulated on this machine can compute
/// meanwhile. Unlike a CPU quota it allows no bursts.
/// Throws Error(invalid_argument) unless 0 < speed ≤ 1.
SCISSION_EXPORT StageLoader throttled(StageLoader load, double speed);

/// Seconds on a monotonic clock that runs 1 / `speed` times as fast, so that measured times are
/// those of a slower machine; for MeasureOptions::clock. Waiting after each block instead would
/// distort the measurement: after a pause of a millisecond a block takes up to 50 % longer.
/// Throws Error(invalid_argument) unless 0 < speed ≤ 1.
SCISSION_EXPORT std::function<double()> scaled_clock(double speed);

// --- Models and where they come from ---

// A model by its file or built-in name.

class Backend;
struct ZooModel;

/// A model and its inputs. Nothing is loaded yet.
struct SCISSION_EXPORT ModelSource {
  std::string name;
  std::filesystem::path file;  ///< empty for a built-in model
  std::vector<InputSpec> inputs;
  Preprocessing preprocessing = Preprocessing::torch;  ///< of an image as its input
  const Backend* backend = nullptr;  ///< the one that opens the model; lives until the process ends
};

/// The file `model`, or else the built-in model of that name. Without `inputs` they are those that
/// the file records, or the built-in model's. Throws Error(not_found | invalid_argument) where it
/// is neither, Error(invalid_argument) where the file records none, and as backend_of() does.
SCISSION_EXPORT ModelSource find_model(const std::string& model,
                                       std::optional<std::vector<InputSpec>> inputs = {});

/// The built-in model of that name as a source, for batch 1. Throws as find_zoo_model() does.
SCISSION_EXPORT ModelSource zoo_source(const std::string& name);

/// The built-in model of that name, of any backend; "densenet", as the adaptivity study has it, is
/// densenet121. Throws Error(invalid_argument) with similar names for an unknown one. O(models).
SCISSION_EXPORT const ZooModel& find_zoo_model(std::string_view name);

/// The built-in models of these names, in their order. {"all"} stands for all models, no name for
/// those of the original. Throws Error(invalid_argument) as find_zoo_model() does, and with `place`
/// for a model that is named twice. O(names · models).
SCISSION_EXPORT std::vector<ZooModel> select_zoo_models(const std::vector<std::string>& names,
                                                        const std::string& place);

/// A file's name without folder and extension.
SCISSION_EXPORT std::string model_name(const std::filesystem::path& path);

/// Specifications of the inputs, named as segments name them.
SCISSION_EXPORT std::vector<TensorSpec> input_tensors(const ModelSource& source);

/// The payload of a request's tensors, in bytes.
SCISSION_EXPORT double input_bytes(const ModelSource& source);

/// Sets the batch dimension of each input that has one.
SCISSION_EXPORT void set_batch(ModelSource& source, std::int64_t batch);

/// Whether the model takes one float32 image, N × 3 × H × W, that no file gives.
SCISSION_EXPORT bool takes_an_image(const ModelSource& source);

/// The image as the input of a model that takes one: scaled to the model's size and prepared as the
/// source says.
SCISSION_EXPORT Tensor image_input(const ModelSource& source, const Image& image);

/// Throws Error(invalid_argument) with `place` unless the model takes an image, of N, H and W from
/// 1 to 65,536.
SCISSION_EXPORT void validate_takes_an_image(const ModelSource& source, const std::string& place);

// --- Backends ---

// The interface that a backend implements, and the registry in which programs find backends.
// docs/backends.md describes how to write one.

/// Where a model may be cut, and in which order its layers run.
struct SCISSION_EXPORT SplitOptions {
  CutKind cuts = CutKind::single;
  Granularity granularity = Granularity::layer;
  /// nullopt: compact for frontier cuts, the file's order for the other kinds.
  std::optional<LayerOrder> order = std::nullopt;
  /// Whether a cut may lie inside of operations that the backend computes as one, such as a
  /// convolution with the activation behind it. Such a cut makes both sides slower than their
  /// share.
  bool inside_fusions = false;
};

/// How a model runs.
struct SCISSION_EXPORT RunOptions {
  std::string device = "cpu";  ///< or cuda:N; weights and inputs are moved there
  /// Applies the backend's optimisations to the whole model and to each block, for example batch
  /// norms folded into the convolutions before them. Results change in the last digits, so the
  /// chain is compared with the whole model within 10⁻³ instead of bit for bit.
  bool is_optimized = false;
};

/// What write_segments() writes, and what it reports.
struct SCISSION_EXPORT WriteOptions {
  bool triton = false;                ///< a Triton model repository instead of plain files
  std::filesystem::path source = {};  ///< the model's file; its name and checksum are recorded
  std::function<void(int done, int total)> on_progress = {};
};

/// What verify_segments() runs, and how it reports progress.
struct SCISSION_EXPORT VerifyOptions {
  InputOptions inputs;
  /// Factors of the inputs' batch. Others than 1 are run where the segments hold for any batch
  /// size.
  std::vector<std::int64_t> batches = {1, 2, 3, 13};
  std::function<void(int done, int total)> on_progress = {};
};

/// How many of the compared runs have come to an early exit, by what they did there.
struct SCISSION_EXPORT ExitRuns {
  std::string exit;   ///< the name of its layer
  int taken = 0;      ///< ended there
  int not_taken = 0;  ///< ran the layers after it
};

/// How the chain of segments compares with the whole model for one batch size.
struct SCISSION_EXPORT BatchComparison {
  std::int64_t factor = 0;  ///< by which the inputs' batch was multiplied
  std::int64_t batch = 0;   ///< the batch size itself; 0: no input has a batch
  bool model_runs = true;   ///< false: the model itself rejects this batch; nothing was compared
  bool bit_equal = false;
  double largest_difference = 0;  ///< between elements; 0 where bit-equal
  /// The error of the model or segment that did not run; where bit-equal, what a run with the
  /// backend's optimisations gave, or empty.
  std::string message = {};
  std::vector<ExitRuns> exits = {};  ///< in order; those at which the model was cut or before a cut
};

/// Properties of a built-in model, known without building it.
struct SCISSION_EXPORT ZooModel {
  std::string name;
  int channels = 0;  ///< the input is float32, 1 × channels × height × width
  int height = 0;
  int width = 0;
  Preprocessing preprocessing = Preprocessing::torch;
  int layers = 0;               ///< Keras layers, including the input
  int cuts = 0;                 ///< places after which one tensor crosses, including the end
  std::int64_t parameters = 0;  ///< weight elements, trainable or not
  std::int64_t flops = 0;       ///< at batch 1, a multiply-add counted as two; see docs/zoo.md
  bool is_original = false;     ///< one of the models that the first Scission measured
};

/// A model that a backend has opened for given inputs: its graph, its cuts, and what is made of
/// them. Not thread-safe.
class SCISSION_EXPORT OpenModel {
 public:
  virtual ~OpenModel() = default;

  virtual const ModelGraph& graph() const = 0;      ///< the layers, in the order chosen
  virtual const CutList& cuts() const = 0;          ///< the possible cuts, and what crosses each
  virtual const SplitOptions& options() const = 0;  ///< with the order chosen

  /// Writes one file for each segment between the cuts, each with only the weights that it needs,
  /// and then manifest.json, which names the backend. Each file replaces its predecessor in one
  /// step. `cuts` are a subset of cuts() that includes the last one; the folder exists.
  /// Throws Error(invalid_argument) unless the cuts ascend and end with the last layer, Error(io),
  /// and Error(unsupported) when Triton cannot serve what a segment passes on.
  virtual SegmentManifest write_segments(const std::vector<Cut>& cuts,
                                         const std::filesystem::path& folder,
                                         const WriteOptions& options) const = 0;

  /// A Runnable with one block between any two neighbouring cuts, on the model's inputs. It may
  /// outlive this object.
  /// Throws Error(invalid_argument | unsupported) on an invalid or unavailable device.
  virtual std::unique_ptr<Runnable> make_runnable(const RunOptions& run) const = 0;
};

/// A framework that opens and runs models of a file format. Thread-safe.
class SCISSION_EXPORT Backend {
 public:
  virtual ~Backend() = default;

  // --- What it is ---

  /// The framework's name, as manifests and profiles record it: "LibTorch". It never changes.
  virtual std::string name() const = 0;
  virtual std::string version() const = 0;  ///< of the framework: "1.13.0"
  virtual std::string format() const = 0;   ///< of its files, for messages: "TorchScript"
  /// Endings of its files, the usual one first, in lower case: ".pt".
  virtual std::vector<std::string> extensions() const = 0;
  /// Whether the file is one of this backend's by its first bytes, which are read. Never throws:
  /// false for a file that cannot be read.
  virtual bool recognises(const std::filesystem::path& file) const = 0;

  // --- Models ---

  /// Throws Error(not_found | damaged | unsupported), each with what to do, unless the file is a
  /// model that the backend may be able to open. O(bytes); loads no weights.
  virtual void require_model_file(const std::filesystem::path& file) const = 0;

  /// The inputs that the file records; nullopt where it records none.
  /// Throws Error(not_found | damaged | unsupported).
  virtual std::optional<std::vector<InputSpec>> recorded_inputs(
      const std::filesystem::path& file) const = 0;

  /// Loads the model and finds its cuts for inputs of these shapes. `inputs` are the tensors that
  /// it runs on; none: random_inputs({source.inputs}).
  /// Throws Error(not_found | damaged | unsupported | mismatch).
  virtual std::unique_ptr<OpenModel> open(const ModelSource& source, const SplitOptions& options,
                                          const std::vector<Tensor>& inputs) const = 0;

  /// All tensors that the whole model returns for these inputs, in order. The model is loaded on
  /// every call, so that an answer never depends on earlier ones.
  /// Throws as open(), and Error(mismatch) when the model does not run on them.
  virtual std::vector<Tensor> run_model(const ModelSource& source,
                                        const std::vector<Tensor>& inputs) const = 0;

  /// Loads a segment that write_segments() wrote. See StageLoader.
  virtual std::unique_ptr<StageModel> load_stage(const std::filesystem::path& file,
                                                 const Segment& segment) const = 0;

  /// Runs the whole model, releases it, then runs the segments in the folder one after the other,
  /// and compares the results bit for bit. `options.inputs` are those of the source.
  /// Throws Error(damaged) when a file differs from the one in the manifest, and as open() does.
  virtual std::vector<BatchComparison> verify_segments(const std::filesystem::path& folder,
                                                       const ModelSource& source,
                                                       const VerifyOptions& options) const = 0;

  // --- Inputs ---

  /// One tensor for each input that is no number, drawn in order; equal seeds give equal tensors.
  /// Floating-point elements are standard normal, integers uniform in lowest…below − 1; an input
  /// with a tensor gives stored_input(). Throws as validate_inputs() does.
  virtual std::vector<Tensor> random_inputs(const InputOptions& options) const = 0;

  /// Kinds of files with inputs that the backend reads besides .npy.
  virtual std::vector<InputFileReader> input_file_readers() const { return {}; }

  // --- This process ---

  /// Loads a shared library that registers operators of models, and returns true; false where the
  /// backend takes no such libraries, as by default. It runs the library's code: only load what is
  /// trusted. Throws Error(not_found), and Error(damaged) when it cannot be loaded.
  virtual bool load_operators(const std::filesystem::path& library) const;

  /// Throws Error(invalid_argument) unless `device` is cpu or cuda:N, and Error(unsupported) when
  /// it is not available.
  virtual void validate_device(const std::string& device) const = 0;

  virtual int threads() const = 0;  ///< that one operation uses
  /// Sets that number, for this process or, where the framework has it so, for the calling thread
  /// and the stages that run on it. Throws Error(invalid_argument) below 1.
  virtual void set_threads(int count) const = 0;

  /// A one-sentence warning, with its remedy, when the threads of one operation are known to
  /// disturb each other in this process; empty otherwise.
  virtual std::string threading_warning(int threads) const;

  // --- Built-in models: optional ---

  /// The models that the backend can build without a file; none by default.
  virtual const std::vector<ZooModel>& built_in_models() const;

  /// Writes one of them as a model file with seeded random weights, which records its inputs. The
  /// file replaces `path` in one step. Throws Error(unsupported) by default, Error(io).
  virtual void export_built_in(const std::string& name, const std::filesystem::path& path,
                               std::uint64_t seed) const;
};

/// Registers a backend for the rest of the process.
/// Throws Error(invalid_argument) for a name that is registered. Not thread-safe: register before
/// threads begin.
SCISSION_EXPORT void register_backend(std::unique_ptr<Backend> backend);

/// The registered backends, in the order of their registration. O(backends).
SCISSION_EXPORT std::vector<const Backend*> backends();

/// The backend of that name; an empty name, as old manifests have it, is LibTorch's.
/// Throws Error(unsupported) that says which backends are there, and what to install.
SCISSION_EXPORT const Backend& find_backend(std::string_view name);

/// The backend whose file this is: by its content, then by its ending, then the only one there is.
/// Throws Error(unsupported) with the file as place, and the formats that can be opened.
SCISSION_EXPORT const Backend& backend_of(const std::filesystem::path& file);

/// The backend whose files have this ending, such as ".onnx", in any case.
/// Throws Error(invalid_argument) that lists the endings of all backends.
SCISSION_EXPORT const Backend& backend_of_ending(const std::string& ending);

/// Loads a stage with the backend that its segment names; see StageLoader.
/// Throws as find_backend() and Backend::load_stage() do.
SCISSION_EXPORT std::unique_ptr<StageModel> load_segment(const std::filesystem::path& file,
                                                         const Segment& segment);

/// Gives the library to every backend that loads operators. Throws Error(unsupported) if no backend
/// takes any, and as Backend::load_operators() does.
SCISSION_EXPORT void load_operators_of_backends(const std::filesystem::path& library);

/// Backend::set_threads() of every backend.
SCISSION_EXPORT void set_threads_of_backends(int count);

/// Makes this process's allocator keep freed blocks of up to 32 MiB each. By default glibc returns
/// activations to the kernel again and again and receives them back page by page, zeroed: slower,
/// and differently so for a whole model and for its blocks (docs/measuring.md). Meant for processes
/// that run a model many times. Has no effect without glibc.
SCISSION_EXPORT void keep_freed_memory();

}  // namespace scission
