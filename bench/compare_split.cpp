// Loading a model and building all its blocks beside LibTorch's own loading and freezing: medians
// of CPU time.
//
//   compare-split [FILE.pt...]     (default: the built-in resnet50, densenet201 and nasnetlarge)
//
// What goes into FILE.pt is read from FILE.pt itself or, in the grammar of --input-shape, from
// FILE.input; tests/torchscript/split/export_models.py writes both.
#include <fmt/format.h>
#include <malloc.h>
#include <torch/script.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "cpu_clock.hpp"
#include "scission/base.hpp"
#include "scission/stats.hpp"
#include "scission/torchscript/common/module.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "scission/torchscript/inputs/inputs.hpp"
#include "scission/torchscript/zoo/zoo.hpp"

namespace {

using namespace scission;
namespace ts = scission::torchscript;

constexpr std::size_t rounds = 12;  // each way is first in three

std::vector<at::Tensor> inputs_of(const std::filesystem::path& file) {
  std::string text = ts::recorded_inputs_text(file).value_or("");
  if (text.empty()) text = read_file(std::filesystem::path(file).replace_extension(".input"));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return ts::random_inputs({parse_inputs(text)});
}

torch::jit::Module load_and_freeze(const std::filesystem::path& file) {
  torch::jit::Module module = torch::jit::load(file.string());
  module.eval();
  return torch::jit::freeze(module);
}

std::unique_ptr<Runnable> load_and_split(const std::filesystem::path& file,
                                         const std::vector<at::Tensor>& inputs, CutKind cuts) {
  return ts::make_runnable(ts::load_module(file), model_name(file), inputs, {cuts});
}

// CPU time of what `work` makes; its destruction is not counted. Starts without memory that earlier
// runs left in the allocator, because allocating it is half of the cost of loading.
template <typename Work>
double seconds_of(Work work) {
  malloc_trim(0);
  const double start_s = bench::own_cpu_s();
  const auto made = work();
  return bench::own_cpu_s() - start_s;
}

using Way = std::function<double()>;

// One median a way. They take turns, so that all meet the same noise, and each round begins with
// another one. The first round fills the page cache and is left out.
std::vector<double> median_seconds(const std::vector<Way>& ways) {
  std::vector<std::vector<double>> samples(ways.size());
  for (std::size_t round = 0; round <= rounds; ++round) {
    for (std::size_t i = 0; i < ways.size(); ++i) {
      const std::size_t turn = (round + i) % ways.size();
      const double seconds = ways[turn]();
      if (round > 0) samples[turn].push_back(seconds);
    }
  }
  std::vector<double> medians;
  for (const auto& of_one : samples) medians.push_back(median(of_one));
  return medians;
}

void compare(const std::filesystem::path& file) {
  const std::vector<at::Tensor> inputs = inputs_of(file);
  const auto split = [&](CutKind cuts) { return load_and_split(file, inputs, cuts); };
  const auto single = split(CutKind::single);
  const auto frontier = split(CutKind::frontier);
  const std::vector<double> seconds = median_seconds({
      [&] { return seconds_of([&] { return torch::jit::load(file.string()); }); },
      [&] { return seconds_of([&] { return load_and_freeze(file); }); },
      [&] { return seconds_of([&] { return split(CutKind::single); }); },
      [&] { return seconds_of([&] { return split(CutKind::frontier); }); },
  });
  fmt::print("{:<18} {:>6} {:>9} {:>11} {:>6} {:>8} {:>6.2f} {:>6} {:>8} {:>6.2f}\n",
             model_name(file), single->graph().layers.size(), format_duration(seconds[0]),
             format_duration(seconds[1]), single->blocks().size(), format_duration(seconds[2]),
             seconds[2] / seconds[1], frontier->blocks().size(), format_duration(seconds[3]),
             seconds[3] / seconds[1]);
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
