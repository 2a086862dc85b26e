// How a program finds its backends.
#include "scission/backend.hpp"

#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

/// A backend of files that begin with its name, and of a segment that returns its inputs.
class NamedBackend : public Backend {
 public:
  NamedBackend(std::string name, std::string extension)
      : name_(std::move(name)), extension_(std::move(extension)) {
    zoo_.push_back({.name = name_ + "-net", .channels = 3, .height = 8, .width = 9});
    zoo_.back().is_original = name_ == "Oak";
  }

  std::string name() const override { return name_; }
  std::string version() const override { return "1"; }
  std::string format() const override { return name_ + " file"; }
  std::vector<std::string> extensions() const override { return {extension_}; }
  bool recognises(const std::filesystem::path& file) const override {
    return read(file).starts_with(name_);
  }
  void require_model_file(const std::filesystem::path&) const override {}
  std::optional<std::vector<InputSpec>> recorded_inputs(
      const std::filesystem::path& file) const override {
    if (read(file).find("1x2") == std::string::npos) return std::nullopt;
    return parse_inputs("1x2");
  }
  std::unique_ptr<OpenModel> open(const ModelSource&, const SplitOptions&,
                                  const std::vector<Tensor>&) const override {
    return nullptr;
  }
  std::vector<Tensor> run_model(const ModelSource&,
                                const std::vector<Tensor>& inputs) const override {
    return inputs;
  }
  std::unique_ptr<StageModel> load_stage(const std::filesystem::path&,
                                         const Segment&) const override {
    struct Same : StageModel {
      std::vector<Tensor> run(std::vector<Tensor> inputs) override { return inputs; }
    };
    return std::make_unique<Same>();
  }
  std::vector<BatchComparison> verify_segments(const std::filesystem::path&, const ModelSource&,
                                               const VerifyOptions&) const override {
    return {};
  }
  std::vector<Tensor> random_inputs(const InputOptions&) const override { return {}; }
  void validate_device(const std::string&) const override {}
  int threads() const override { return 1; }
  void set_threads(int) const override {}
  const std::vector<ZooModel>& built_in_models() const override { return zoo_; }

 private:
  static std::string read(const std::filesystem::path& file) {
    std::string text(16, '\0');
    std::ifstream in(file);
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
  }

  std::string name_;
  std::string extension_;
  std::vector<ZooModel> zoo_;
};

/// Oak and Ash, registered once.
void register_two() {
  if (!backends().empty()) return;
  register_backend(std::make_unique<NamedBackend>("Oak", ".oak"));
  register_backend(std::make_unique<NamedBackend>("Ash", ".ash"));
}

}  // namespace

TEST_CASE("a model file's backend is found by its content, and else by its ending") {
  register_two();
  const Scratch folder;
  CHECK(backend_of(folder.file("a.oak", "Ash 1")).name() == "Ash");
  CHECK(backend_of(folder.file("b.ASH", "")).name() == "Ash");
  CHECK(backend_of(folder.file("c.oak", "?")).name() == "Oak");
  CHECK_ERROR(backend_of(folder.file("d.bin", "?")), ErrorCode::unsupported,
              "is no model file: Oak file (.oak) or Ash file (.ash) is needed");
}

TEST_CASE("a backend that is not there is refused by its name, with what to install") {
  register_two();
  CHECK(find_backend("Oak").name() == "Oak");
  CHECK_ERROR(find_backend("Elm"), ErrorCode::unsupported, "backend Elm: ");
  CHECK_ERROR(find_backend("Elm"), ErrorCode::unsupported, "only Oak 1 and Ash 1");
  CHECK_ERROR(find_backend("Elm"), ErrorCode::unsupported, "install");
  // Old manifests name none and are LibTorch's, which is not there, and no other's.
  CHECK_ERROR(find_backend(""), ErrorCode::unsupported, "backend LibTorch");
  CHECK_ERROR(register_backend(std::make_unique<NamedBackend>("Oak", ".x")),
              ErrorCode::invalid_argument, "registered already");
}

TEST_CASE("a segment is loaded by the backend that it names") {
  register_two();
  Segment segment;
  segment.backend = "Ash";
  CHECK(load_segment("x", segment) != nullptr);
  segment.backend = "Elm";
  CHECK_ERROR(load_segment("x", segment), ErrorCode::unsupported, "Elm");
}

TEST_CASE("a model is a file with the inputs that it records, or built into any backend") {
  register_two();
  const Scratch folder;
  const ModelSource file = find_model(folder.file("net.bin", "Ash 1x2"));
  CHECK(file.name == "net");
  CHECK(file.backend->name() == "Ash");
  CHECK(to_string(file.inputs) == "1x2");
  CHECK_ERROR(find_model(folder.file("net.bin", "Ash")), ErrorCode::invalid_argument,
              "does not record its inputs");
  const ModelSource built_in = find_model("Ash-net");
  CHECK(built_in.backend->name() == "Ash");
  CHECK(to_string(built_in.inputs) == "1x3x8x9");
  CHECK(select_zoo_models({}, "models").size() == 1);
  CHECK(select_zoo_models({"all"}, "models").size() == 2);
  CHECK_ERROR(find_model("Ash-nut"), ErrorCode::invalid_argument, "did you mean 'Ash-net'");
}

TEST_CASE("libraries of operators are for backends that load them") {
  register_two();
  CHECK_ERROR(load_operators_of_backends("x.so"), ErrorCode::unsupported, "x.so: ");
}
