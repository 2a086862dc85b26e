#include "scission/torchscript/runnable.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scission/error.hpp"
#include "scission/torchscript/backend.hpp"
#include "torchscript/errors.hpp"
#include "torchscript/program.hpp"
#include "torchscript/read_model.hpp"
#include "torchscript/split.hpp"
#include "torchscript/tensors.hpp"

namespace scission::torchscript {
namespace {

// Everything runs in InferenceMode, the whole model as its blocks: no views or versions are
// tracked for gradients that nobody will ask for.
class TorchScriptRunnable final : public Runnable {
 public:
  TorchScriptRunnable(const ReadModel& model, at::Tensor input)
      : graph_(model.graph),
        blocks_(blocks_between(graph_, single_tensor_cuts(graph_))),
        whole_(model.code, graph_.name),
        block_programs_(split(model, blocks_)),
        input_(std::move(input)),
        changes_input_(model.changes_input) {}

  const ModelGraph& graph() const override { return graph_; }
  const std::vector<Block>& blocks() const override { return blocks_; }

  void run_whole() override {
    const c10::InferenceMode inference;
    whole_output_.clear();
    whole_output_ = run(whole_, fresh_input());
  }

  void run_block(int block) override {
    const c10::InferenceMode inference;
    if (block != 0 && block != next_block_) {
      throw Error(ErrorCode::invalid_argument, fmt::format("block {} is not next", block),
                  "model " + graph_.name);
    }
    passed_on_ = run(block_programs_.at(block), block == 0 ? fresh_input() : std::move(passed_on_));
    next_block_ = block + 1;
  }

  bool chain_equals_whole() const override {
    return next_block_ == static_cast<int>(blocks_.size()) && !passed_on_.empty() &&
           std::equal(passed_on_.begin(), passed_on_.end(), whole_output_.begin(),
                      whole_output_.end(), bit_equal);
  }

  std::string backend() const override { return backend_name(); }
  std::string backend_version() const override { return torchscript::backend_version(); }

 private:
  std::vector<c10::IValue> fresh_input() const {
    return {changes_input_ ? input_.clone() : input_};
  }

  std::vector<c10::IValue> run(const Program& program, std::vector<c10::IValue> inputs) const {
    try {
      return program.run(std::move(inputs));
    } catch (const std::exception& error) {
      throw Error(ErrorCode::mismatch, fmt::format("does not run: {}", one_line(error)),
                  "model " + graph_.name);
    }
  }

  ModelGraph graph_;
  std::vector<Block> blocks_;
  Program whole_;
  std::vector<Program> block_programs_;
  at::Tensor input_;
  bool changes_input_;
  std::vector<c10::IValue> whole_output_;
  std::vector<c10::IValue> passed_on_;  ///< what the last block that ran put out
  int next_block_ = 0;
};

}  // namespace

std::unique_ptr<Runnable> make_runnable(torch::jit::Module module, const std::string& name,
                                        at::Tensor input) {
  const ReadModel model = read_model(std::move(module), name, input);
  return std::make_unique<TorchScriptRunnable>(model, std::move(input));
}

}  // namespace scission::torchscript
