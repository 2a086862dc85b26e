#include "runtime/pipeline/plan_choice.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::runtime;

namespace {

PlanChoice three_plans() { return PlanChoice({{"pi", "edge"}, {"pi", "cloud"}, {"pi"}}); }

}  // namespace

TEST_CASE("The first plan without a lost system is in charge") {
  PlanChoice choice = three_plans();
  CHECK(choice.active() == 0U);
  CHECK(choice.mark_lost("edge", 0));
  CHECK(choice.active() == 1U);
  CHECK_FALSE(choice.mark_lost("edge", 0));
  CHECK(choice.mark_lost("cloud", 0));
  CHECK(choice.active() == 2U);
}

TEST_CASE("Losing a system that the plan in charge does not need changes nothing") {
  PlanChoice choice = three_plans();
  CHECK_FALSE(choice.mark_lost("cloud", 0));
  CHECK(choice.active() == 0U);
  CHECK(choice.mark_lost("edge", 0));
  CHECK(choice.active() == 2U);
}

TEST_CASE("When all plans need a lost system no plan is left") {
  PlanChoice choice = three_plans();
  CHECK(choice.mark_lost("pi", 0));
  CHECK_FALSE(choice.active().has_value());
  choice.restore("pi");
  CHECK(choice.active() == 0U);
}

TEST_CASE("A failure of a request sent before a restore does not count after it") {
  PlanChoice choice = three_plans();
  const auto before = choice.epoch();
  choice.mark_lost("edge", before);
  choice.restore("edge");
  CHECK(choice.active() == 0U);
  CHECK_FALSE(choice.mark_lost("edge", before));
  CHECK(choice.active() == 0U);
  CHECK(choice.mark_lost("edge", choice.epoch()));
  CHECK(choice.active() == 1U);
  // The restore of one system does not affect others.
  CHECK(choice.mark_lost("cloud", before));
}

TEST_CASE("Failover without a plan is refused") {
  CHECK_ERROR(PlanChoice({}), ErrorCode::invalid_argument, "pipeline");
}
