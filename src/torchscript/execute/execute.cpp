#include "scission/torchscript/execute/execute.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/frozen_graph_optimizations.h>
#include <torch/cuda.h>
#include <torch/script.h>

#include <algorithm>
#include <fstream>
#include <utility>

#include "base/require.hpp"
#include "torchscript/common/forward.hpp"
#include "torchscript/common/libtorch.hpp"
#include "torchscript/common/tensors.hpp"
#include "torchscript/execute/run_graph.hpp"
#include "torchscript/split/split_state.hpp"
#include "torchscript/trace/operations.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Graph;
using torch::jit::Node;

Error no_device(ErrorCode code, const std::string& message, const std::string& text) {
  return {code, message, fmt::format("device '{}'", text)};
}

at::Device parse_device(const std::string& text) {
  const auto refusal = no_device(ErrorCode::invalid_argument, "must be cpu or cuda:NUMBER", text);
  try {
    const at::Device device(text);
    if (device.is_cpu() || device.is_cuda()) return device;
  } catch (const c10::Error&) {
    throw refusal;
  }
  throw refusal;
}

// Whether a file whose path contains `part` is mapped into this process.
bool is_mapped(const std::string& part) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find(part) != std::string::npos) return true;
  }
  return false;
}

std::vector<Program> block_programs(const SplitModel& model, RunGraphs& graphs) {
  std::vector<Program> programs;
  for (const SegmentCode& block : state_of(model).code(model.cuts().cuts)) {
    programs.emplace_back(
        graphs.prepare(block.graph),
        fmt::format("{}[{}-{}]", model.graph().name, block.first_layer, block.last_layer));
  }
  return programs;
}

bool draws_random_numbers(const Trace& trace) {
  return std::any_of(trace.steps.begin(), trace.steps.end(), [](const Step& step) {
    return step.node->isNondeterministic() || !step.node->blocks().empty();
  });
}

// The whole model and its blocks run in InferenceMode, which tracks no views and versions for
// gradients.
class TorchScriptRunnable final : public Runnable {
 public:
  TorchScriptRunnable(const SplitModel& model, const RunOptions& run)
      : device_(find_device(run.device)),
        is_optimized_(run.is_optimized),
        graphs_(device_, run.is_optimized),
        graph_(model.graph()),
        blocks_(blocks_between(graph_, model.cuts().cuts)),
        whole_(graphs_.prepare(state_of(model).model().trace.code), graph_.name),
        block_programs_(block_programs(model, graphs_)),
        changes_input_(state_of(model).model().changes_input),
        is_random_(draws_random_numbers(state_of(model).model().trace)) {
    for (const at::Tensor& input : model.inputs()) inputs_.push_back(input.to(device_));
    if (device_.is_cpu()) state_of(model).require_equal_to_forward();
  }

  const ModelGraph& graph() const override { return graph_; }
  const std::vector<Block>& blocks() const override { return blocks_; }

  void run_whole() override {
    const c10::InferenceMode inference;
    whole_output_.clear();
    seed_random_numbers();
    whole_output_ = run(whole_, fresh_inputs());
  }

  void run_block(int block) override {
    const c10::InferenceMode inference;
    if (block != 0 && block != next_block_) {
      throw_invalid_argument(fmt::format("block {} is not next", block), "model " + graph_.name);
    }
    if (block == 0) seed_random_numbers();
    passed_on_ =
        run(block_programs_.at(block), block == 0 ? fresh_inputs() : std::move(passed_on_));
    next_block_ = block + 1;
  }

  bool chain_equals_whole() const override {
    return next_block_ == static_cast<int>(blocks_.size()) && !passed_on_.empty() &&
           std::equal(passed_on_.begin(), passed_on_.end(), whole_output_.begin(),
                      whole_output_.end(), is_optimized_ ? nearly_equal : bit_equal);
  }

  std::string backend() const override { return backend_name(); }
  std::string backend_version() const override { return torchscript::backend_version(); }

 private:
  // The chain draws the random numbers that the whole model draws.
  void seed_random_numbers() const {
    if (is_random_) at::manual_seed(1);
  }

  std::vector<c10::IValue> fresh_inputs() const {
    std::vector<c10::IValue> inputs;
    for (const at::Tensor& input : inputs_) {
      inputs.emplace_back(changes_input_ ? input.clone() : input);
    }
    return inputs;
  }

  std::vector<c10::IValue> run(const Program& program, std::vector<c10::IValue> inputs) const {
    try {
      std::vector<c10::IValue> outputs = program.run(std::move(inputs));
      // On a GPU, the kernels are only queued at this point.
      if (device_.is_cuda()) torch::cuda::synchronize(device_.index());
      return outputs;
    } catch (const std::exception& error) {
      throw Error(ErrorCode::mismatch, fmt::format("does not run: {}", one_line(error)),
                  "model " + graph_.name);
    }
  }

  at::Device device_;
  bool is_optimized_;
  RunGraphs graphs_;
  ModelGraph graph_;
  std::vector<Block> blocks_;
  Program whole_;
  std::vector<Program> block_programs_;
  std::vector<at::Tensor> inputs_;
  bool changes_input_;
  bool is_random_;
  std::vector<c10::IValue> whole_output_;
  std::vector<c10::IValue> passed_on_;  ///< the outputs of the block that ran last
  int next_block_ = 0;
};

using Stack = std::vector<c10::IValue>;

Error misfit(const std::string& message, const std::string& place) {
  return {ErrorCode::mismatch, message, place};
}

void validate_fits(const Tensor& tensor, const TensorSpec& spec) {
  if (tensor.dtype == spec.dtype && tensor.shape.size() == spec.shape.size()) return;
  throw misfit(fmt::format("is {} with {} dimensions, where the model takes {} with {}",
                           tensor.dtype, tensor.shape.size(), spec.dtype, spec.shape.size()),
               "tensor " + spec.name);
}

class TorchStage : public StageModel {
 public:
  TorchStage(const torch::jit::Module& module, Segment segment)
      : module_(module), segment_(std::move(segment)), is_written_(written_inputs(module_)) {}

  std::vector<Tensor> run(std::vector<Tensor> inputs) override {
    const PlainExecution plain;
    const c10::InferenceMode inference;
    Stack stack = take(inputs);
    inputs.clear();  // the model may release inputs that it has read
    return give(forward(std::move(stack)));
  }

 private:
  Stack take(const std::vector<Tensor>& inputs) const {
    if (inputs.size() != segment_.inputs.size()) {
      throw misfit(fmt::format("takes {} tensors, not {}", segment_.inputs.size(), inputs.size()),
                   segment_.file);
    }
    Stack stack;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      validate_fits(inputs[i], segment_.inputs[i]);
      at::Tensor tensor = from_bytes(inputs[i]);
      // Copies an input that the model writes into, because its bytes belong to the caller.
      stack.emplace_back(is_written_.at(i) ? tensor.clone() : std::move(tensor));
    }
    return stack;
  }

  std::vector<at::Tensor> forward(Stack stack) {
    try {
      return tensors_in(module_.forward(std::move(stack)));
    } catch (const std::exception& error) {
      rethrow_out_of_memory(error);
      throw misfit("does not run on these tensors: " + one_line(error), segment_.file);
    }
  }

  std::vector<Tensor> give(const std::vector<at::Tensor>& results) const {
    if (results.size() != segment_.outputs.size()) {
      throw misfit(fmt::format("gave {} tensors, not {}", results.size(), segment_.outputs.size()),
                   segment_.file);
    }
    std::vector<Tensor> outputs;
    for (const at::Tensor& result : results) {
      outputs.push_back(to_bytes(result, segment_.outputs[outputs.size()].name));
    }
    return outputs;
  }

  torch::jit::Module module_;
  Segment segment_;
  std::vector<bool> is_written_;
};

void require_arguments(const torch::jit::Module& module, const Segment& segment,
                       const std::filesystem::path& file) {
  const auto method = module.find_method("forward");
  const std::size_t arguments = method ? method->num_inputs() : 0;
  if (arguments == segment.inputs.size() + 1) return;  // plus the module itself
  throw Error(
      ErrorCode::damaged,
      fmt::format("has no forward() of {} tensors, as the segment says", segment.inputs.size()),
      file.string());
}

}  // namespace

at::Device find_device(const std::string& text) {
  const at::Device device = parse_device(text);
  if (device.is_cpu()) return at::kCPU;
  const auto count = static_cast<int>(torch::cuda::device_count());
  const int index = device.has_index() ? device.index() : 0;
  if (index < count) return {at::kCUDA, static_cast<c10::DeviceIndex>(index)};
  throw no_device(ErrorCode::unsupported,
                  fmt::format("LibTorch finds {} CUDA devices here; use cpu", count), text);
}

std::shared_ptr<Graph> RunGraphs::prepare(const std::shared_ptr<Graph>& graph) {
  if (device_.is_cpu() && !is_optimized_) return graph;
  std::shared_ptr<Graph> copy = graph->copy();
  if (!device_.is_cpu()) move_constants(*copy->block());
  if (is_optimized_) {
    // The passes require strides and paddings that are constants, not packed lists.
    torch::jit::ConstantPropagation(copy);
    torch::jit::OptimizeFrozenGraph(copy);
  }
  return copy;
}

void RunGraphs::move_constants(torch::jit::Block& block) {
  for (Node* node : block.nodes()) {
    for (torch::jit::Block* inner : node->blocks()) move_constants(*inner);
    if (node->kind() != c10::prim::Constant) continue;
    const auto constant = torch::jit::toIValue(node->output());
    if (!constant) continue;
    const bool is_tensor = constant->isTensor() && constant->toTensor().defined();
    if (!is_tensor && !constant->isDevice()) continue;
    torch::jit::WithInsertPoint here(node);
    const c10::IValue there =
        is_tensor ? c10::IValue(moved(constant->toTensor())) : c10::IValue(device_);
    node->output()->replaceAllUsesWith(block.owningGraph()->insertConstant(there));
  }
}

at::Tensor RunGraphs::moved(const at::Tensor& tensor) {
  auto [place, is_new] = moved_.try_emplace(tensor.unsafeGetTensorImpl());
  if (is_new) place->second = tensor.to(device_);
  return place->second;
}

void validate_device(const std::string& device) { find_device(device); }

std::string threading_warning(int threads) {
  if (threads == 1 || !is_mapped("/openblas-pthread/")) return {};
  return "OpenBLAS has its own threads here, which compete with LibTorch's for the processors and "
         "make "
         "times erratic; install libopenblas0-openmp and remove libopenblas0-pthread, or use one "
         "thread";
}

int threads() { return at::get_num_threads(); }

void set_threads(int count) {
  if (count < 1) throw_invalid_argument("threads must be 1 or more");
  at::set_num_threads(count);
}

std::unique_ptr<Runnable> make_runnable(const SplitModel& model, const RunOptions& run) {
  return std::make_unique<TorchScriptRunnable>(model, run);
}

std::unique_ptr<Runnable> make_runnable(const torch::jit::Module& module, const std::string& name,
                                        std::vector<at::Tensor> inputs, const SplitOptions& options,
                                        const RunOptions& run) {
  return make_runnable(SplitModel(module, name, std::move(inputs), options), run);
}

std::unique_ptr<Runnable> load_runnable(const std::filesystem::path& path,
                                        const InputOptions& input) {
  std::vector<at::Tensor> tensors = random_inputs(input);
  return make_runnable(load_module(path), model_name(path), std::move(tensors));
}

std::unique_ptr<StageModel> load_stage(const std::filesystem::path& file, const Segment& segment) {
  torch::jit::Module module = load_module(file);
  require_arguments(module, segment, file);
  module.eval();
  return std::make_unique<TorchStage>(module, segment);
}

std::vector<Tensor> to_tensors(const std::vector<at::Tensor>& tensors) {
  std::vector<Tensor> all;
  for (const at::Tensor& tensor : tensors) all.push_back(to_bytes(tensor, ""));
  return all;
}

std::vector<Tensor> whole_outputs(const torch::jit::Module& module, const std::string& name,
                                  const std::vector<at::Tensor>& inputs) {
  torch::jit::Module evaluated = module;
  evaluated.eval();
  const PlainExecution plain;
  std::vector<at::Tensor> own;
  for (const at::Tensor& input : inputs) own.push_back(input.clone());
  try {
    return to_tensors(tensors_in(call_forward(evaluated, own)));
  } catch (const std::exception& error) {
    throw misfit("does not run on the input: " + one_line(error), "model " + name);
  }
}

}  // namespace scission::torchscript
