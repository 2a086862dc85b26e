#include "scission/runtime/adaptive/adaptive_pipeline.hpp"

#include <utility>

#include "runtime/adaptive/minder.hpp"

namespace scission::runtime {

class AdaptivePipeline::Impl {
 public:
  Impl(PartitionProblem problem, Query query, AdaptiveCallbacks callbacks, AdaptiveOptions options,
       std::optional<Plan> first)
      : minder(std::move(problem), std::move(query), std::move(callbacks), std::move(options),
               std::move(first)) {}

  Minder minder;
};

AdaptivePipeline::AdaptivePipeline(PartitionProblem problem, Query query,
                                   AdaptiveCallbacks callbacks, AdaptiveOptions options,
                                   std::optional<Plan> first)
    : impl_(std::make_unique<Impl>(std::move(problem), std::move(query), std::move(callbacks),
                                   std::move(options), std::move(first))) {}

AdaptivePipeline::~AdaptivePipeline() = default;

void AdaptivePipeline::send(std::vector<Tensor> inputs, std::function<void(AdaptiveResult)> done) {
  impl_->minder.traffic().send(std::move(inputs), std::move(done));
}

std::future<AdaptiveResult> AdaptivePipeline::send(std::vector<Tensor> inputs) {
  const auto promise = std::make_shared<std::promise<AdaptiveResult>>();
  send(std::move(inputs),
       [promise](AdaptiveResult result) { promise->set_value(std::move(result)); });
  return promise->get_future();
}

void AdaptivePipeline::switch_to(const Plan& plan) { impl_->minder.ask(plan); }
int AdaptivePipeline::running() const { return impl_->minder.running(); }
std::vector<Plan> AdaptivePipeline::plans() const { return impl_->minder.plans(); }
std::vector<PlanSwitch> AdaptivePipeline::switches() const { return impl_->minder.switches(); }
MonitoringCost AdaptivePipeline::monitoring_cost() const { return impl_->minder.monitoring_cost(); }

}  // namespace scission::runtime
