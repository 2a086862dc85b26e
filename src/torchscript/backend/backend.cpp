// scission::Backend by this library's functions.
#include "scission/torchscript/backend/backend.hpp"

#include <torch/script.h>

#include <array>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scission/backend.hpp"
#include "scission/base.hpp"
#include "scission/torchscript/common/module.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "scission/torchscript/inputs/inputs.hpp"
#include "scission/torchscript/split/split.hpp"
#include "scission/torchscript/zoo/zoo.hpp"
#include "torchscript/common/model_file.hpp"
#include "torchscript/common/tensors.hpp"

namespace scission::torchscript {
namespace {

// A forward() that takes the inputs' tensors: see bind_inputs().
torch::jit::Module load_model(const ModelSource& source) {
  torch::jit::Module module =
      source.file.empty() ? build_zoo_model(source.name) : load_module(source.file);
  bind_inputs(module, source.inputs, "model " + source.name);
  return module;
}

std::vector<at::Tensor> from_tensors(const std::vector<Tensor>& tensors) {
  std::vector<at::Tensor> all;
  for (const Tensor& tensor : tensors) all.push_back(from_bytes(tensor));
  return all;
}

InputHints hints_of(const ModelSource& source) {
  InputHints hints;
  for (const InputSpec& input : source.inputs) {
    if (!input.is_number()) hints.batch_dimensions.push_back(input.batch_dimension);
  }
  hints.other_inputs = [inputs = source.inputs](int number) {
    return torchscript::random_inputs({inputs, static_cast<std::uint64_t>(number)});
  };
  return hints;
}

class OpenTorchScript final : public OpenModel {
 public:
  OpenTorchScript(const ModelSource& source, std::vector<at::Tensor> inputs,
                  const SplitOptions& options)
      : model_(load_model(source), source.name, std::move(inputs), options, hints_of(source)) {}

  const ModelGraph& graph() const override { return model_.graph(); }
  const CutList& cuts() const override { return model_.cuts(); }
  const SplitOptions& options() const override { return model_.options(); }

  SegmentManifest write_segments(const std::vector<Cut>& cuts, const std::filesystem::path& folder,
                                 const WriteOptions& options) const override {
    return torchscript::write_segments(model_, cuts, folder, options);
  }

  std::unique_ptr<Runnable> make_runnable(const RunOptions& run) const override {
    return torchscript::make_runnable(model_, run);
  }

 private:
  SplitModel model_;
};

class LibTorch final : public Backend {
 public:
  std::string name() const override { return backend_name(); }
  std::string version() const override { return backend_version(); }
  std::string format() const override { return "TorchScript"; }
  std::vector<std::string> extensions() const override {
    return {".pt", ".pth", ".ts", ".torchscript"};
  }

  // torch.jit.save() writes a zip archive; require_model_file() says what another one holds.
  bool recognises(const std::filesystem::path& file) const override {
    std::array<char, 4> head{};
    std::ifstream(file, std::ios::binary).read(head.data(), head.size());
    return std::string_view(head.data(), head.size()) == "PK\x03\x04";
  }

  void require_model_file(const std::filesystem::path& file) const override {
    require_torchscript_file(file);
  }

  std::optional<std::vector<InputSpec>> recorded_inputs(
      const std::filesystem::path& file) const override {
    const std::optional<std::string> noted = recorded_inputs_text(file);
    if (!noted) return std::nullopt;
    try {
      return parse_inputs(*noted);
    } catch (const Error& error) {
      throw Error(ErrorCode::damaged,
                  "the input shapes stored in the file are invalid: " + error.message(),
                  file.string());
    }
  }

  std::unique_ptr<OpenModel> open(const ModelSource& source, const SplitOptions& options,
                                  const std::vector<Tensor>& inputs) const override {
    return std::make_unique<OpenTorchScript>(
        source, inputs.empty() ? torchscript::random_inputs({source.inputs}) : from_tensors(inputs),
        options);
  }

  std::vector<Tensor> run_model(const ModelSource& source,
                                const std::vector<Tensor>& inputs) const override {
    return whole_outputs(load_model(source), source.name, from_tensors(inputs));
  }

  std::unique_ptr<StageModel> load_stage(const std::filesystem::path& file,
                                         const Segment& segment) const override {
    return torchscript::load_stage(file, segment);
  }

  std::vector<BatchComparison> verify_segments(const std::filesystem::path& folder,
                                               const ModelSource& source,
                                               const VerifyOptions& options) const override {
    return torchscript::verify_segments(
        folder, [&] { return load_model(source); }, options);
  }

  std::vector<Tensor> random_inputs(const InputOptions& options) const override {
    return to_tensors(torchscript::random_inputs(options));
  }

  std::vector<InputFileReader> input_file_readers() const override {
    return {tensor_file_reader()};
  }

  bool load_operators(const std::filesystem::path& library) const override {
    torchscript::load_operators(library);
    return true;
  }

  void validate_device(const std::string& device) const override {
    torchscript::validate_device(device);
  }

  int threads() const override { return torchscript::threads(); }
  void set_threads(int count) const override { torchscript::set_threads(count); }
  std::string threading_warning(int threads) const override {
    return torchscript::threading_warning(threads);
  }

  const std::vector<ZooModel>& built_in_models() const override { return zoo_models(); }
  void export_built_in(const std::string& name, const std::filesystem::path& path,
                       std::uint64_t seed) const override {
    export_zoo_model(name, path, seed);
  }
};

}  // namespace

void register_backend() {
  for (const Backend* backend : backends()) {
    if (backend->name() == backend_name()) return;
  }
  scission::register_backend(std::make_unique<LibTorch>());
}

}  // namespace scission::torchscript
