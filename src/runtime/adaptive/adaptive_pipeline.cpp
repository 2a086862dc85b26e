#include "scission/runtime/adaptive/adaptive_pipeline.hpp"

#include <algorithm>
#include <utility>

#include "runtime/adaptive/adaptation_loop.hpp"

namespace scission::runtime {

class AdaptivePipeline::Impl {
 public:
  Impl(PartitionProblem problem, Query query, AdaptiveCallbacks callbacks, AdaptiveOptions options,
       std::optional<Plan> first)
      : loop(std::move(problem), std::move(query), std::move(callbacks), std::move(options),
             std::move(first)) {}

  AdaptationLoop loop;
};

AdaptivePipeline::AdaptivePipeline(PartitionProblem problem, Query query,
                                   AdaptiveCallbacks callbacks, AdaptiveOptions options,
                                   std::optional<Plan> first)
    : impl_(std::make_unique<Impl>(std::move(problem), std::move(query), std::move(callbacks),
                                   std::move(options), std::move(first))) {}

AdaptivePipeline::~AdaptivePipeline() = default;

void AdaptivePipeline::send(std::vector<Tensor> inputs, std::function<void(AdaptiveResult)> done) {
  impl_->loop.router().route(std::move(inputs), [done = std::move(done)](RoutedResult routed) {
    done({std::move(routed.result), routed.plan, routed.waited_s});
  });
}

std::future<AdaptiveResult> AdaptivePipeline::send(std::vector<Tensor> inputs) {
  const auto promise = std::make_shared<std::promise<AdaptiveResult>>();
  send(std::move(inputs),
       [promise](AdaptiveResult result) { promise->set_value(std::move(result)); });
  return promise->get_future();
}

void AdaptivePipeline::switch_to(const Plan& plan) { impl_->loop.request_switch(plan); }
int AdaptivePipeline::running() const { return impl_->loop.running(); }
std::vector<Plan> AdaptivePipeline::plans() const { return impl_->loop.plans(); }
std::vector<PlanSwitch> AdaptivePipeline::switches() const { return impl_->loop.switches(); }
MonitoringCost AdaptivePipeline::monitoring_cost() const { return impl_->loop.monitoring_cost(); }

}  // namespace scission::runtime
