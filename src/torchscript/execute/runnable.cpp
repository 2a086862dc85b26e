#include "scission/torchscript/execute/execute.hpp"

#include <fmt/format.h>
#include <torch/cuda.h>

#include <algorithm>

#include "scission/base/error.hpp"
#include "torchscript/common/errors.hpp"
#include "torchscript/common/tensors.hpp"
#include "torchscript/execute/run_graph.hpp"
#include "torchscript/split/split_state.hpp"
#include "torchscript/trace/operations.hpp"

namespace scission::torchscript {
namespace {

std::vector<Program> block_programs(const SplitModel& model, RunGraphs& graphs) {
  std::vector<Program> programs;
  for (const SegmentCode& block : state_of(model).code(model.cuts().cuts)) {
    programs.emplace_back(
        graphs.prepare(block.graph),
        fmt::format("{}[{}-{}]", model.graph().name, block.first_layer, block.last_layer));
  }
  return programs;
}

// The whole model and its blocks run in InferenceMode, which tracks no views and versions for
// gradients.
class TorchScriptRunnable final : public Runnable {
 public:
  TorchScriptRunnable(const SplitModel& model, const RunOptions& run)
      : device_(find_device(run.device)),
        is_optimized_(run.optimize),
        graphs_(device_, run.optimize),
        graph_(model.graph()),
        blocks_(blocks_between(graph_, model.cuts().cuts)),
        whole_(graphs_.prepare(state_of(model).model().trace.code), graph_.name),
        block_programs_(block_programs(model, graphs_)),
        changes_input_(state_of(model).model().changes_input) {
    for (const at::Tensor& input : model.inputs()) inputs_.push_back(input.to(device_));
  }

  const ModelGraph& graph() const override { return graph_; }
  const std::vector<Block>& blocks() const override { return blocks_; }

  void run_whole() override {
    const c10::InferenceMode inference;
    whole_output_.clear();
    whole_output_ = run(whole_, fresh_inputs());
  }

  void run_block(int block) override {
    const c10::InferenceMode inference;
    if (block != 0 && block != next_block_) {
      throw Error(ErrorCode::invalid_argument, fmt::format("block {} is not next", block),
                  "model " + graph_.name);
    }
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
  std::vector<c10::IValue> whole_output_;
  std::vector<c10::IValue> passed_on_;  ///< the outputs of the block that ran last
  int next_block_ = 0;
};

}  // namespace

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

}  // namespace scission::torchscript
