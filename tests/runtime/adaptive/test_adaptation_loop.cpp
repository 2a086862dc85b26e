#include <vector>

#include "runtime/adaptive/adaptation_loop.hpp"
#include "support/catch.hpp"

using namespace scission::runtime;

namespace {

/// The state after events, the pool being empty where `has_plan` is false.
LoopState after(LoopState state, const std::vector<LoopEvent>& events, bool has_plan = true) {
  for (const LoopEvent event : events) state = next_state(state, event, has_plan);
  return state;
}

}  // namespace

TEST_CASE("A plan that is deployed beside the running one never makes requests wait") {
  const LoopState deploying = after(LoopState::serving, {LoopEvent::deploy_started});
  CHECK(deploying == LoopState::deploying);
  CHECK_FALSE(is_holding(deploying));
  CHECK(after(deploying, {LoopEvent::deploy_ended}) == LoopState::serving);
  CHECK(after(deploying, {LoopEvent::deploy_ended, LoopEvent::cut_over}) == LoopState::serving);
}

TEST_CASE("After a loss requests wait until a plan is in charge") {
  CHECK(after(LoopState::serving, {LoopEvent::loss}) == LoopState::interrupted);
  CHECK(after(LoopState::deploying, {LoopEvent::loss}) == LoopState::awaiting);
  CHECK(after(LoopState::interrupted, {LoopEvent::deploy_started}) == LoopState::awaiting);
  CHECK(after(LoopState::interrupted, {LoopEvent::cut_over}) == LoopState::serving);
  CHECK(is_holding(LoopState::interrupted));
  CHECK(is_holding(LoopState::awaiting));
}

TEST_CASE("A plan that is still deployed takes requests over while another is being deployed") {
  CHECK(after(LoopState::awaiting, {LoopEvent::cut_over}) == LoopState::deploying);
}

TEST_CASE("A deployment that ends without a cut-over leaves requests waiting for a decision") {
  CHECK(after(LoopState::awaiting, {LoopEvent::deploy_ended}) == LoopState::interrupted);
  CHECK(after(LoopState::awaiting, {LoopEvent::deploy_ended}, false) == LoopState::undeployed);
}

TEST_CASE("Where one plan fits in memory requests wait for the next") {
  const std::vector<LoopEvent> lean{LoopEvent::plan_removed, LoopEvent::deploy_started};
  CHECK(after(LoopState::serving, {LoopEvent::plan_removed}, false) == LoopState::undeployed);
  CHECK(after(LoopState::serving, lean, false) == LoopState::awaiting);
  CHECK(after(LoopState::deploying, {LoopEvent::plan_removed}, false) == LoopState::awaiting);
  CHECK(after(LoopState::undeployed, {LoopEvent::cut_over}) == LoopState::serving);
}
