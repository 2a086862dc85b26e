// scission::Backend by this library's functions.
#include "scission/onnx.hpp"

#include <array>
#include <fstream>

#include "onnx/built_in_models.hpp"
#include "onnx/execute.hpp"
#include "onnx/inputs.hpp"
#include "onnx/session.hpp"
#include "onnx/split_model.hpp"
#include "scission/backend.hpp"

namespace scission::onnx {
namespace {

class OpenOnnx final : public OpenModel {
 public:
  OpenOnnx(const ModelSource& source, const std::vector<Tensor>& inputs,
           const SplitOptions& options)
      : model_(source, inputs, options) {}

  const ModelGraph& graph() const override { return model_.graph(); }
  const CutList& cuts() const override { return model_.cuts(); }
  const SplitOptions& options() const override { return model_.options(); }

  SegmentManifest write_segments(const std::vector<Cut>& cuts, const std::filesystem::path& folder,
                                 const WriteOptions& options) const override {
    return onnx::write_segments(model_, cuts, folder, options);
  }

  // Always with graph optimisations, as stages run.
  std::unique_ptr<Runnable> make_runnable(const RunOptions& run) const override {
    return onnx::make_runnable(model_, {run.device, true});
  }

 private:
  SplitModel model_;
};

class OnnxRuntime final : public Backend {
 public:
  std::string name() const override { return backend_name(); }
  std::string version() const override { return runtime_version(); }
  std::string format() const override { return "ONNX"; }
  std::vector<std::string> extensions() const override { return {".onnx"}; }

  // The first field of a model is its IR version, a small number; then follows a text or a message.
  bool recognises(const std::filesystem::path& file) const override {
    std::array<unsigned char, 3> head{};
    std::ifstream stream(file, std::ios::binary);
    stream.read(reinterpret_cast<char*>(head.data()), head.size());
    constexpr unsigned char version_field = 0x08, length_delimited = 2;
    return stream && head[0] == version_field && head[1] >= 1 && head[1] < 64 &&
           (head[2] & 7) == length_delimited && head[2] <= 0x42;
  }

  void require_model_file(const std::filesystem::path& file) const override {
    read_model_file(file);
  }

  std::optional<std::vector<InputSpec>> recorded_inputs(
      const std::filesystem::path& file) const override {
    return specified_inputs(read_model_file(file));
  }

  std::unique_ptr<OpenModel> open(const ModelSource& source, const SplitOptions& options,
                                  const std::vector<Tensor>& inputs) const override {
    return std::make_unique<OpenOnnx>(source, inputs, options);
  }

  std::vector<Tensor> run_model(const ModelSource& source,
                                const std::vector<Tensor>& inputs) const override {
    ModelFile model = read_model_file(source.file);
    order_inputs(model, source.inputs);
    return whole_outputs(source.file, named_inputs(model, inputs), true);
  }

  std::unique_ptr<StageModel> load_stage(const std::filesystem::path& file,
                                         const Segment& segment) const override {
    return load_segment_file(file, segment);
  }

  std::vector<BatchComparison> verify_segments(const std::filesystem::path& folder,
                                               const ModelSource& source,
                                               const VerifyOptions& options) const override {
    return verify_files(folder, source, options);
  }

  std::vector<Tensor> random_inputs(const InputOptions& options) const override {
    return random_tensors(options);
  }

  void validate_device(const std::string& device) const override {
    validate_session_device(device);
  }

  int threads() const override { return session_threads(); }
  void set_threads(int count) const override { set_session_threads(count); }

  // They run from their files only.
  void export_built_in(const std::string& model, const std::filesystem::path& path,
                       std::uint64_t seed) const override {
    export_built_in_model(model, path, seed);
  }
};

}  // namespace

void register_backend() {
  for (const Backend* backend : backends()) {
    if (backend->name() == backend_name()) return;
  }
  scission::register_backend(std::make_unique<OnnxRuntime>());
}

}  // namespace scission::onnx
