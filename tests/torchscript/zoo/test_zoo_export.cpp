// The built-in models as files.
#include <sys/resource.h>
#include <torch/script.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <sstream>

#include "scission/base.hpp"
#include "scission/torchscript/zoo/zoo.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"
#include "torchscript/zoo/zoo_noise.hpp"

namespace scission::torchscript {
namespace {

using scission::testing::noise;
using scission::testing::Scratch;

/// While it lives, no file of this process can grow beyond a number of bytes.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limited = {bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limited);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

/// What a shell command prints, and nothing when it fails.
std::string output_of(const std::string& command) {
  FILE* pipe = popen((command + " 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) return "";
  std::string text;
  std::array<char, 256> buffer{};
  while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) text += buffer.data();
  return pclose(pipe) == 0 ? text : "";
}

/// A Python that has torch, or nothing.
std::string python_with_torch() {
  for (const std::string python : {"python3", "/usr/bin/python3"}) {
    if (output_of(python + " -c 'import torch; print(1)'") == "1\n") return python;
  }
  return "";
}

/// Loads each model, asks it for its input's shape, runs it on ¼ everywhere, prints the shape and
/// the first output.
const char* const python_program = R"(
import json, sys, torch
for path in sys.argv[1:]:
    extra = {"scission.json": ""}
    model = torch.jit.load(path, _extra_files=extra)
    shape = [int(side) for side in json.loads(extra["scission.json"])["inputs"].split("x")]
    with torch.no_grad():
        output = model(torch.full(shape, 0.25))
    print(*shape, "%.9g" % output.flatten()[0])
)";

TEST_CASE("An exported model gives the bits of the one it was made from") {
  const torch::NoGradGuard no_grad;
  const Scratch folder;
  export_zoo_model("mobilenet", folder.path() / "mobilenet.pt", 9);
  torch::jit::Module loaded = torch::jit::load((folder.path() / "mobilenet.pt").string());
  const at::Tensor input = noise(find_zoo_model("mobilenet"));
  const at::Tensor expected = build_zoo_model("mobilenet", 9).forward({input}).toTensor();
  CHECK(loaded.forward({input}).toTensor().equal(expected));
  CHECK(folder.count() == 1);
}

TEST_CASE("An exported model tells the shape of its input") {
  const Scratch folder;
  for (const auto& [name, text] : {std::pair{"lenet", R"({"inputs":"1x3x32x32"})"},
                                   std::pair{"xception", R"({"inputs":"1x3x299x299"})"}}) {
    export_zoo_model(name, folder.path() / "model.pt");
    torch::jit::ExtraFilesMap extra = {{"scission.json", ""}};
    torch::jit::load((folder.path() / "model.pt").string(), c10::nullopt, extra);
    CHECK(extra.at("scission.json") == text);
  }
}

TEST_CASE("Exported models load and run in Python") {
  const std::string python = python_with_torch();
  if (python.empty()) {
    SKIP_TEST("there is no Python with torch");
  }
  const torch::NoGradGuard no_grad;
  const Scratch folder;
  std::string command = python + " " + folder.file("run.py", python_program).string();
  const std::vector<std::string> names = {"lenet", "alexnet", "xception", "inceptionresnet_v2",
                                          "nasnetmobile"};
  for (const std::string& name : names) {
    export_zoo_model(name, folder.path() / name);
    command += " " + (folder.path() / name).string();
  }
  std::istringstream printed(output_of(command));
  for (const std::string& name : names) {
    INFO(name);
    const ZooModel model = find_zoo_model(name);
    const at::Tensor input = torch::full({1, model.channels, model.height, model.width}, 0.25);
    std::vector<std::int64_t> shape(4);
    float output = 0;
    for (std::int64_t& side : shape) printed >> side;
    REQUIRE(printed >> output);
    CHECK(input.sizes() == shape);
    const at::Tensor expected = build_zoo_model(name).forward({input}).toTensor();
    CHECK(output == Approx(expected[0][0].item<float>()).epsilon(1e-3));
  }
}

TEST_CASE("A model that cannot be written is an error that names the file") {
  const Scratch folder;
  const std::filesystem::path path = folder.path() / "absent" / "mobilenet.pt";
  try {
    export_zoo_model("mobilenet", path);
    FAIL("it was written");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::io);
    CHECK(error.place() == path.string());
    CHECK(error.message().find('\n') == std::string::npos);
  }
  CHECK(folder.count() == 0);
}

TEST_CASE("A model that does not fit on the disk is an error and leaves nothing behind") {
  const Scratch folder;
  {
    const FileSizeLimit limit(1'000'000);
    CHECK_THROWS_AS(export_zoo_model("mobilenet", folder.path() / "mobilenet.pt"), Error);
  }
  CHECK(folder.count() == 0);
}

}  // namespace
}  // namespace scission::torchscript
