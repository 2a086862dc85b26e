// The models that people deploy, as their own files have them: scripted and traced by Python.
#include <sys/wait.h>
#include <torch/script.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>

#include "scission/torchscript/common/module.hpp"
#include "scission/torchscript/inputs/inputs.hpp"
#include "scission/torchscript/split/split.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

namespace scission::torchscript {
namespace {

namespace fs = std::filesystem;

constexpr int no_torchvision = 77;  ///< as export_models.py says it
constexpr int no_python = 127;      ///< as the shell says it

/// A model's file, and what it takes.
struct Deployed {
  fs::path file;
  std::string inputs;
};

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }

// Debian's Python has Debian's torchvision, whichever comes first on the PATH. False where neither
// has one.
bool exported(const fs::path& folder, const std::string& model) {
  for (const char* python : {"python3", "/usr/bin/python3"}) {
    const std::string command = std::string(python) + " " + quoted(SCISSION_EXPORT_MODELS) + " " +
                                quoted(folder) + " " + model + " > /dev/null";
    const int status = std::system(command.c_str());
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (code == 0) return true;
    if (code != no_torchvision && code != no_python) throw std::runtime_error(command + " failed");
  }
  return false;
}

// Created once for each build directory, and again when the script has changed.
std::optional<Deployed> deployed(const std::string& model) {
  const fs::path folder = SCISSION_DEPLOYED_DIR;
  const fs::path file = folder / (model + ".pt");
  const bool current =
      fs::exists(file) && fs::last_write_time(file) > fs::last_write_time(SCISSION_EXPORT_MODELS);
  if (!current && !exported(folder, model)) return std::nullopt;
  std::ifstream stream(folder / (model + ".input"));
  return Deployed{file, {std::istreambuf_iterator<char>(stream), {}}};
}

SplitModel split_deployed(const Deployed& model, CutKind cuts) {
  return {load_module(model.file), "model", random_inputs({parse_inputs(model.inputs), 0}), {cuts}};
}

void check_batches(const fs::path& folder, const Deployed& model) {
  const VerifyOptions options{{parse_inputs(model.inputs), 5}, {1, 4}, {}};
  const auto load = [&] { return load_module(model.file); };
  const std::vector<BatchComparison> verdicts = verify_segments(folder, load, options);
  CHECK(verdicts.size() == 2);
  for (const BatchComparison& verdict : verdicts) {
    INFO("batch " << verdict.batch << ": " << verdict.message);
    CHECK(verdict.model_runs);
    CHECK(verdict.bit_equal);
  }
}

// The model has at least this number of cuts, and the segments between all frontier cuts give its
// bits.
void check(const std::string& name, std::size_t single_cuts, std::size_t frontier_cuts) {
  const auto model = deployed(name);
  if (!model) {
    SKIP_TEST("no python3 here has torch and torchvision to make " << name);
  }
  CHECK(split_deployed(*model, CutKind::single).cuts().cuts.size() >= single_cuts);
  const SplitModel at_frontiers = split_deployed(*model, CutKind::frontier);
  CHECK(at_frontiers.cuts().cuts.size() >= frontier_cuts);
  const testing::Scratch folder;
  CHECK(write_segments(at_frontiers, at_frontiers.cuts().cuts, folder.path()).any_batch);
  check_batches(folder.path(), *model);
}

}  // namespace

#define DEPLOYED(name, single_cuts, frontier_cuts)              \
  TEST_CASE("The segments of " name " give the model's bits") { \
    check(name, single_cuts, frontier_cuts);                    \
  }

DEPLOYED("resnet50-scripted", 20, 98)
DEPLOYED("resnet50-traced", 20, 98)
DEPLOYED("densenet121-scripted", 18, 279)
DEPLOYED("densenet121-traced", 18, 279)
DEPLOYED("inception_v3-scripted", 25, 195)
DEPLOYED("inception_v3-traced", 25, 197)
DEPLOYED("googlenet-scripted", 21, 126)
DEPLOYED("googlenet-traced", 21, 126)
DEPLOYED("mobilenet_v3_large-scripted", 46, 130)
DEPLOYED("mobilenet_v3_large-traced", 46, 130)
DEPLOYED("efficientnet_b0-scripted", 56, 162)
DEPLOYED("efficientnet_b0-traced", 56, 162)
DEPLOYED("convnext_tiny-scripted", 27, 141)
DEPLOYED("convnext_tiny-traced", 27, 141)
DEPLOYED("regnet_y_400mf-scripted", 19, 199)
DEPLOYED("regnet_y_400mf-traced", 19, 199)
DEPLOYED("shufflenet_v2_x1_0-scripted", 79, 188)
DEPLOYED("shufflenet_v2_x1_0-traced", 79, 188)
DEPLOYED("vit_b_16-scripted", 32, 129)
DEPLOYED("vit_b_16-traced", 32, 129)
DEPLOYED("swin_t-scripted", 67, 596)
DEPLOYED("swin_t-traced", 67, 596)
DEPLOYED("deeplabv3_mobilenet_v3_large-scripted", 52, 151)
DEPLOYED("deeplabv3_mobilenet_v3_large-traced", 52, 151)
DEPLOYED("encoder-scripted", 8, 8)
DEPLOYED("encoder-traced", 8, 8)

}  // namespace scission::torchscript
