// Loading a model and building all its blocks beside LibTorch's own loading and freezing.
//
//   compare-split [FILE.pt...]     (default: the built-in resnet50, densenet201 and nasnetlarge)
//
// What goes into FILE.pt is read from FILE.pt itself or, in the grammar of --input-shape, from
// FILE.input; tests/torchscript/export_models.py writes both.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "scission/error.hpp"
#include "scission/file.hpp"
#include "scission/statistics.hpp"
#include "scission/torchscript/module.hpp"
#include "scission/torchscript/random_inputs.hpp"
#include "scission/torchscript/runnable.hpp"
#include "scission/torchscript/zoo.hpp"
#include "scission/units.hpp"

namespace {

using namespace scission;
namespace ts = scission::torchscript;

constexpr int rounds = 11;

std::vector<at::Tensor> inputs_of(const std::filesystem::path& file) {
  std::string text = ts::noted_inputs(file).value_or("");
  if (text.empty()) text = read_file(std::filesystem::path(file).replace_extension(".input"));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return ts::random_inputs({ts::parse_inputs(text)});
}

// Of what `work` makes; taking that apart again is not counted.
template <typename Work>
double seconds_of(Work work) {
  const auto start = std::chrono::steady_clock::now();
  const auto made = work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

torch::jit::Module load_and_freeze(const std::filesystem::path& file) {
  torch::jit::Module module = torch::jit::load(file.string());
  module.eval();
  return torch::jit::freeze(module);
}

std::unique_ptr<Runnable> load_and_split(const std::filesystem::path& file,
                                         const std::vector<at::Tensor>& inputs, CutKind cuts) {
  return ts::make_runnable(ts::load_module(file), ts::model_name(file), inputs, {cuts});
}

struct Times {
  std::vector<double> load_s, freeze_s, single_s, frontier_s;
};

// In turn, so that all meet the same noise; the first round, for the page cache, is left out.
Times measure_times(const std::filesystem::path& file, const std::vector<at::Tensor>& inputs) {
  Times times;
  for (int round = 0; round <= rounds; ++round) {
    const double load = seconds_of([&] { return torch::jit::load(file.string()); });
    const double freeze = seconds_of([&] { return load_and_freeze(file); });
    const double single = seconds_of([&] { return load_and_split(file, inputs, CutKind::single); });
    const double frontier =
        seconds_of([&] { return load_and_split(file, inputs, CutKind::frontier); });
    if (round == 0) continue;
    times.load_s.push_back(load);
    times.freeze_s.push_back(freeze);
    times.single_s.push_back(single);
    times.frontier_s.push_back(frontier);
  }
  return times;
}

void compare(const std::filesystem::path& file) {
  const std::vector<at::Tensor> inputs = inputs_of(file);
  const auto single = load_and_split(file, inputs, CutKind::single);
  const auto frontier = load_and_split(file, inputs, CutKind::frontier);
  const Times times = measure_times(file, inputs);
  const double freeze_s = median(times.freeze_s);
  const double single_s = median(times.single_s);
  const double frontier_s = median(times.frontier_s);
  fmt::print("{:<18} {:>6} {:>9} {:>11} {:>6} {:>8} {:>6.2f} {:>6} {:>8} {:>6.2f}\n",
             ts::model_name(file), single->graph().layers.size(),
             format_duration(median(times.load_s)), format_duration(freeze_s),
             single->blocks().size(), format_duration(single_s), single_s / freeze_s,
             frontier->blocks().size(), format_duration(frontier_s), frontier_s / freeze_s);
  std::fflush(stdout);
}

void print_header() {
  fmt::print("{:<25} {:>9} {:>11} {:>22} {:>22}\n", "", "LibTorch:", "",
             "single cuts:     ", "frontier cuts:     ");
  fmt::print("{:<18} {:>6} {:>9} {:>11} {:>6} {:>8} {:>6} {:>6} {:>8} {:>6}\n", "model", "layers",
             "load", "and freeze", "blocks", "all", "ratio", "blocks", "all", "ratio");
}

void compare_built_in(const std::vector<std::string>& models) {
  const auto folder =
      std::filesystem::temp_directory_path() / fmt::format("scission-compare-split-{}", getpid());
  std::filesystem::create_directories(folder);
  for (const std::string& model : models) {
    const auto file = folder / (model + ".pt");
    ts::export_zoo_model(model, file);
    compare(file);
    std::filesystem::remove(file);
  }
  std::filesystem::remove(folder);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    print_header();
    for (int i = 1; i < argc; ++i) compare(argv[i]);
    if (argc == 1) compare_built_in({"resnet50", "densenet201", "nasnetlarge"});
  } catch (const std::exception& error) {
    fmt::print(stderr, "compare-split: {}\n", error.what());
    return 1;
  }
}
