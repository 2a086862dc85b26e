#include "scission/runtime/pipeline/pipeline.hpp"

#include <future>
#include <utility>

#include "runtime/pipeline/pipeline_core.hpp"

namespace scission::runtime {

class Pipeline::Impl {
 public:
  Impl(std::vector<PipelineStage> stages, PipelineOptions options)
      : stages_(std::move(stages)), core_(steps_of(stages_), std::move(options)) {}

  const std::vector<PipelineStage>& stages() const { return stages_; }
  PipelineCore& core() { return core_; }

 private:
  const std::vector<PipelineStage> stages_;
  PipelineCore core_;
};

Pipeline::Pipeline(std::vector<PipelineStage> stages, PipelineOptions options)
    : impl_(std::make_unique<Impl>(std::move(stages), std::move(options))) {}

Pipeline::~Pipeline() = default;

const std::vector<PipelineStage>& Pipeline::stages() const { return impl_->stages(); }

void Pipeline::send(std::vector<Tensor> inputs, std::function<void(PipelineResult)> done) {
  impl_->core().start(std::move(inputs), std::move(done));
}

std::future<PipelineResult> Pipeline::send(std::vector<Tensor> inputs) {
  const auto promise = std::make_shared<std::promise<PipelineResult>>();
  send(std::move(inputs),
       [promise](PipelineResult result) { promise->set_value(std::move(result)); });
  return promise->get_future();
}

PipelineResult Pipeline::run(std::vector<Tensor> inputs) { return send(std::move(inputs)).get(); }

}  // namespace scission::runtime
