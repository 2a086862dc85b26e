// Splits a model at cuts that several tensors cross, writes the segments, loads them, and chains
// them by hand: the output equals the whole model's, bit for bit.
#include <torch/script.h>

#include <cstring>
#include <filesystem>
#include <iostream>

#include "scission/scission.hpp"
#include "scission/torchscript/split/split.hpp"
#include "scission/torchscript/zoo/zoo.hpp"

namespace {

// What a segment returns, one tensor or a tuple of them, is what the next one takes.
std::vector<c10::IValue> as_arguments(const c10::IValue& returned) {
  return returned.isTuple() ? returned.toTuple()->elements().vec() : std::vector{returned};
}

bool bit_equal(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes() == b.sizes() && a.is_contiguous() && b.is_contiguous() &&
         std::memcmp(a.data_ptr(), b.data_ptr(), a.nbytes()) == 0;
}

}  // namespace

int main() {
  namespace ts = scission::torchscript;
  try {
    torch::jit::Module whole = ts::build_zoo_model("resnet50");
    whole.eval();
    const at::Tensor image = torch::randn({1, 3, 224, 224});
    const ts::SplitModel model(whole, "resnet50", {image}, {scission::CutKind::frontier});

    // After layers 5 and 80, or as a plan has it: stages[i].last_layer.
    const auto folder = std::filesystem::temp_directory_path() / "scission-example-segments";
    std::filesystem::create_directories(folder);
    ts::write_segments(model, scission::select_cuts(model.cuts(), {5, 80}), folder);

    const c10::InferenceMode inference;
    std::vector<c10::IValue> passed_on = {image};
    for (const scission::Segment& segment : scission::read_manifest(folder).segments) {
      torch::jit::Module part = torch::jit::load(folder / segment.file);
      passed_on = as_arguments(part.forward(passed_on));
      std::cout << segment.file << ": layers " << segment.first_layer << " to "
                << segment.last_layer << ", " << passed_on.size() << " tensors out\n";
    }
    const at::Tensor expected = whole.forward({image}).toTensor();
    const bool is_exact = bit_equal(passed_on.front().toTensor(), expected);
    std::cout << (is_exact ? "bit for bit the whole model's result\n" : "not the same\n");
    return is_exact ? 0 : 1;
  } catch (const scission::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
