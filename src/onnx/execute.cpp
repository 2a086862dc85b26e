#include "onnx/execute.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/file.hpp"
#include "base/require.hpp"
#include "base/run_program.hpp"
#include "base/seconds.hpp"
#include "onnx/block_times.hpp"
#include "onnx/segment_model.hpp"
#include "onnx/session.hpp"
#include "scission/inputs.hpp"

namespace scission::onnx {
namespace {

SessionOptions session_options_of(const RunOptions& run) {
  SessionOptions options;
  options.device = run.device;
  options.is_optimized = run.is_optimized;
  return options;
}

// Whether the blocks give the whole model's result bit for bit without graph optimisations.
bool is_exact_without_optimisations(const SplitModel& model) {
  SessionOptions options;
  options.is_optimized = false;
  options.weights = std::filesystem::absolute(model.source().file).parent_path();
  std::vector<Tensor> tensors = model.inputs();
  for (const SegmentContents& contents : segment_contents(model.model(), model.cuts().cuts)) {
    const std::string bytes = segment_model(model.model(), contents).SerializeAsString();
    tensors = Session(bytes, model.source().name, options).run(tensors);
  }
  return are_bit_equal(tensors, whole_outputs(model.source().file, model.inputs(), false));
}

class OnnxRunnable final : public Runnable {
 public:
  OnnxRunnable(const SplitModel& model, const RunOptions& run)
      : source_(model.source()),
        options_(model.options()),
        graph_(model.graph()),
        blocks_(blocks_between(graph_, model.cuts().cuts)),
        inputs_(model.inputs()),
        names_(model.model(), blocks_),
        run_(run),
        whole_(model.model().file.path, session_options_of(run)) {
    whole_.order_inputs(inputs_);
    SessionOptions options = session_options_of(run);
    options.weights = std::filesystem::absolute(model.model().file.path).parent_path();
    for (const SegmentContents& contents : segment_contents(model.model(), model.cuts().cuts)) {
      sessions_.emplace_back(segment_model(model.model(), contents).SerializeAsString(),
                             fmt::format("{}, layers {}", graph_.name,
                                         layer_range(contents.first_layer, contents.last_layer)),
                             options);
    }
  }

  const ModelGraph& graph() const override { return graph_; }
  const std::vector<Block>& blocks() const override { return blocks_; }

  void run_whole() override { whole_output_ = whole_.run(inputs_); }

  void run_block(int block) override {
    const std::size_t number = require_in(blocks_, block, "block", "model " + graph_.name);
    if (block != next_block_ && block != 0) {
      throw_invalid_argument(fmt::format("block {} must follow block {}", block, block - 1),
                             "model " + graph_.name);
    }
    chain_ = sessions_[number].run(block == 0 ? inputs_ : chain_);
    next_block_ = block + 1;
  }

  bool chain_equals_whole() const override {
    if (are_bit_equal(chain_, whole_output_)) return true;
    if (!run_.is_optimized) return false;
    if (relative_difference(chain_, whole_output_) <= optimized_tolerance) return true;
    // Models differ in how much rounding matters: then the cuts are judged without optimisations.
    if (!is_exact_) {
      is_exact_ = is_exact_without_optimisations(SplitModel(source_, inputs_, options_));
    }
    return *is_exact_;
  }

  std::vector<BlockScale> block_scales() override {
    constexpr double min_s = 1;
    constexpr int min_runs = 3;
    constexpr int max_runs = 200;
    if (blocks_.size() < 2) return {};
    const WorkFolder folder(std::filesystem::temp_directory_path());
    SessionOptions options = session_options_of(run_);
    options.profile = folder.path() / "profile";
    Session profiled(source_.file, options);
    profiled.order_inputs(inputs_);
    std::vector<std::vector<double>> whole;
    std::vector<std::vector<double>> chains;
    const double start_s = steady_now_s();
    for (int run = 0; run < min_runs || (run < max_runs && steady_now_s() - start_s < min_s);
         ++run) {
      whole.push_back({seconds_of([&] { run_whole(); })});
      profiled.run(inputs_);
      chains.emplace_back();
      for (std::size_t block = 0; block < blocks_.size(); ++block) {
        chains.back().push_back(seconds_of([&] { run_block(static_cast<int>(block)); }));
      }
    }
    const std::vector<double> within_s = block_times_of_profile(
        read_file(profiled.end_profiling()), names_, middle_half_means(whole).front());
    return scales_of(middle_half_means(chains), within_s);
  }

  std::string backend() const override { return backend_name(); }
  std::string backend_version() const override { return runtime_version(); }

 private:
  // From the blocks' times alone and within the model.
  std::vector<BlockScale> scales_of(const std::vector<double>& alone_s,
                                    const std::vector<double>& within_s) const {
    constexpr double min_scale = 1e-3;
    if (within_s.empty()) return {};
    std::vector<double> extra_s;
    std::vector<double> crossing_bytes{0};
    for (std::size_t block = 0; block < blocks_.size(); ++block) {
      extra_s.push_back(alone_s[block] - within_s[block]);
      crossing_bytes.push_back(static_cast<double>(blocks_[block].output_bytes));
    }
    const std::vector<double> boundary_s = boundary_times(extra_s, crossing_bytes);
    std::vector<BlockScale> scales;
    for (std::size_t block = 0; block < blocks_.size(); ++block) {
      scales.push_back({std::max(min_scale, 1 - extra_s[block] / alone_s[block]),
                        boundary_s[block] / alone_s[block]});
    }
    return scales;
  }

  ModelSource source_;
  SplitOptions options_;
  ModelGraph graph_;
  std::vector<Block> blocks_;
  std::vector<Tensor> inputs_;
  BlockNames names_;
  RunOptions run_;
  Session whole_;
  std::vector<Session> sessions_;  ///< one per block
  std::vector<Tensor> whole_output_;
  std::vector<Tensor> chain_;  ///< output of the last block that ran
  int next_block_ = 0;
  mutable std::optional<bool> is_exact_;  ///< without optimisations; found when first needed
};

class OnnxStage final : public StageModel {
 public:
  OnnxStage(const std::filesystem::path& file, const Segment& segment)
      : session_(file, {}), outputs_(segment.outputs) {}

  std::vector<Tensor> run(std::vector<Tensor> inputs) override {
    std::vector<Tensor> outputs = session_.run(inputs);
    for (std::size_t i = 0; i < outputs.size() && i < outputs_.size(); ++i) {
      outputs[i].name = outputs_[i].name;
    }
    return outputs;
  }

 private:
  Session session_;
  std::vector<TensorSpec> outputs_;
};

}  // namespace

bool are_bit_equal(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Tensor& x, const Tensor& y) {
    return x.dtype == y.dtype && x.shape == y.shape && x.bytes.view() == y.bytes.view();
  });
}

std::unique_ptr<Runnable> make_runnable(const SplitModel& model, const RunOptions& run) {
  return std::make_unique<OnnxRunnable>(model, run);
}

std::unique_ptr<StageModel> load_segment_file(const std::filesystem::path& file,
                                              const Segment& segment) {
  return std::make_unique<OnnxStage>(file, segment);
}

std::vector<Tensor> whole_outputs(const std::filesystem::path& file,
                                  const std::vector<Tensor>& inputs, bool is_optimized) {
  SessionOptions options;
  options.is_optimized = is_optimized;
  Session session(file, options);
  session.order_inputs(inputs);
  return session.run(inputs);
}

}  // namespace scission::onnx
