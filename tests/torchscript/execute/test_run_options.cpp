// On which device a model runs, and optimised or not.
#include <sys/resource.h>
#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>

#include "scission/torchscript/execute/execute.hpp"
#include "scission/torchscript/inputs/inputs.hpp"
#include "scission/torchscript/zoo/zoo.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "torchscript/common/tensors.hpp"
#include "torchscript/execute/run_graph.hpp"
#include "torchscript/split/split_state.hpp"

using namespace scission;
using namespace scission::torchscript;

namespace {

SplitModel open_mobilenet() {
  return {
      build_zoo_model("mobilenet"), "mobilenet", random_inputs({parse_inputs("1,3,64,64")}), {}};
}

std::shared_ptr<torch::jit::Graph> code_of(const SplitModel& model) {
  return state_of(model).model().trace.code;
}

std::vector<at::Tensor> constant_tensors(const torch::jit::Graph& graph) {
  std::vector<at::Tensor> tensors;
  for (const torch::jit::Node* node : graph.nodes()) {
    if (node->kind() != c10::prim::Constant) continue;
    const auto constant = torch::jit::toIValue(node->output());
    if (constant && constant->isTensor() && !node->output()->uses().empty()) {
      tensors.push_back(constant->toTensor());
    }
  }
  return tensors;
}

std::ptrdiff_t count_of(const torch::jit::Graph& graph, const char* kind) {
  const auto nodes = graph.nodes();
  return std::count_if(nodes.begin(), nodes.end(), [&](const torch::jit::Node* node) {
    return node->kind() == c10::Symbol::fromQualString(kind);
  });
}

void run_chain(Runnable& model) {
  model.run_whole();
  for (std::size_t i = 0; i < model.blocks().size(); ++i) model.run_block(static_cast<int>(i));
}

}  // namespace

TEST_CASE("a device is the CPU or a GPU that is there") {
  CHECK(find_device("cpu").is_cpu());
  CHECK_ERROR(find_device("gpu"), ErrorCode::invalid_argument, "must be cpu or cuda:NUMBER");
  CHECK_ERROR(find_device("meta"), ErrorCode::invalid_argument, "must be cpu or cuda:NUMBER");
  CHECK_ERROR(find_device(""), ErrorCode::invalid_argument, "must be cpu or cuda:NUMBER");
  CHECK_ERROR(find_device("cuda:99"), ErrorCode::unsupported, "use cpu");
  const SplitModel model = open_mobilenet();
  CHECK_ERROR(make_runnable(model, {"cuda:99"}), ErrorCode::unsupported, "device 'cuda:99'");
}

TEST_CASE("code for the CPU that is not optimised is the model's own") {
  const SplitModel model = open_mobilenet();
  CHECK(RunGraphs(at::kCPU, false).prepare(code_of(model)) == code_of(model));
}

// The meta device stands in for a GPU: it has shapes and no numbers.
TEST_CASE("code for another device has all its tensors there, each weight once") {
  const SplitModel model = open_mobilenet();
  RunGraphs graphs(at::kMeta, false);
  const auto there = graphs.prepare(code_of(model));
  const std::vector<at::Tensor> weights = constant_tensors(*there);
  CHECK(weights.size() == constant_tensors(*code_of(model)).size());
  CHECK(
      std::all_of(weights.begin(), weights.end(), [](const at::Tensor& t) { return t.is_meta(); }));
  const auto again = constant_tensors(*graphs.prepare(code_of(model)));
  REQUIRE(again.size() == weights.size());
  CHECK(again.front().unsafeGetTensorImpl() == weights.front().unsafeGetTensorImpl());
  const std::vector<at::Tensor> here = constant_tensors(*code_of(model));
  CHECK(std::all_of(here.begin(), here.end(), [](const at::Tensor& t) { return t.is_cpu(); }));
}

TEST_CASE("optimised code has its batch norms folded, and the model keeps its own") {
  const SplitModel model = open_mobilenet();
  const auto before = count_of(*code_of(model), "aten::batch_norm");
  REQUIRE(before == 27);
  CHECK(count_of(*RunGraphs(at::kCPU, true).prepare(code_of(model)), "aten::batch_norm") < before);
  CHECK(count_of(*code_of(model), "aten::batch_norm") == before);
}

TEST_CASE("optimised blocks give what the optimised whole gives, but for rounding") {
  const auto optimised = make_runnable(open_mobilenet(), {"cpu", true});
  run_chain(*optimised);
  CHECK(optimised->chain_equals_whole());
}

TEST_CASE("memory that is kept is not fetched from the kernel again") {
  keep_freed_memory();
  // Each use is a little smaller: what is allocated in between may take a bite of what was freed.
  const auto faults_of_use = [](int use) {
    rusage before{};
    getrusage(RUSAGE_SELF, &before);
    torch::ones({4 * 1024 * 1024 - use * 64 * 1024});  // 16 MiB, 4096 pages
    rusage after{};
    getrusage(RUSAGE_SELF, &after);
    return after.ru_minflt - before.ru_minflt;
  };
  std::vector<long> faults;
  for (int use = 0; use < 8; ++use) faults.push_back(faults_of_use(use));
  CHECK(*std::min_element(faults.begin(), faults.end()) < 1000);
}

TEST_CASE("one thread needs no warning") { CHECK(threading_warning(1).empty()); }

TEST_CASE("nearly equal is within a thousandth, of the same structure") {
  const at::Tensor a = torch::tensor({1.0F, 100.0F});
  CHECK(nearly_equal(a, a * 1.0005));
  CHECK_FALSE(nearly_equal(a, a * 1.01));
  CHECK_FALSE(nearly_equal(a, torch::tensor({1.0F})));
  CHECK_FALSE(nearly_equal(a, a.to(at::kDouble)));
  CHECK_FALSE(nearly_equal(torch::tensor({1, 2}), torch::tensor({1, 3})));
  CHECK_FALSE(nearly_equal(a, c10::ivalue::Tuple::create({a})));
  CHECK(nearly_equal(torch::empty({0}), torch::empty({0})));
}
