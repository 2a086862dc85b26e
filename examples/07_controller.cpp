// The controller observes the times of requests, detects that a link has become slow, and says when
// to switch to another plan. No machine is needed: the times of the requests are computed here from
// the link's true rate.
#include <iostream>

#include "scission/scission.hpp"

namespace {

constexpr double seconds_between = 0.5;
constexpr double link_slow_from_s = 30;
constexpr double link_well_from_s = 120;
constexpr double end_s = 300;

/// The true network at that time: during an interval one link has a fiftieth of its rate.
scission::PartitionProblem world_at(scission::PartitionProblem problem, double now_s) {
  if (now_s < link_slow_from_s || now_s >= link_well_from_s) return problem;
  for (std::size_t from = 0; from < problem.systems.size(); ++from) {
    for (std::size_t to = 0; to < problem.systems.size(); ++to) {
      auto& link = problem.links[from * problem.systems.size() + to];
      const bool is_slow = problem.systems[from].name == "handheld" && link.has_value();
      if (is_slow) link->megabits_per_s /= 50;
    }
  }
  return problem;
}

/// Times of the stages and hops of one request with the running plan.
void send_request(const scission::PartitionProblem& world, double input_bytes,
                  scission::Controller& controller, double now_s) {
  const scission::Plan plan = controller.running();
  const scission::PlanCost cost = scission::plan_cost(world, plan, input_bytes);
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const scission::Stage& stage = plan.stages[i];
    controller.observe(scission::StageObservation{stage.system, stage.first_block, stage.last_block,
                                                  cost.stage_s[i]},
                       now_s);
  }
  for (const scission::Hop& hop : cost.hops) {
    controller.observe(scission::HopObservation{hop.from, hop.to, hop.bytes, hop.seconds}, now_s);
  }
}

}  // namespace

int main() {
  try {
    const scission::PartitionProblem problem =
        scission::make_problem(scission::read_profiles("data/example"),
                               scission::read_network("data/example/network.csv"), "resnet50");
    const scission::Query query;
    scission::Controller controller(problem, query);
    std::cout << "  0 s: " << scission::format_distribution(problem, controller.running()) << '\n';

    int switches = 0;
    for (double now_s = 0; now_s < end_s; now_s += seconds_between) {
      send_request(world_at(problem, now_s), query.input_bytes, controller, now_s);
      const scission::Decision decision = controller.decide(now_s);
      if (!decision.is_switch()) continue;
      controller.set_running(decision.plan);  // where requests are real: deploy it first
      std::cout << now_s << " s: " << scission::format_distribution(problem, decision.plan)
                << ", gains " << scission::format_duration(decision.gain()) << " a request\n";
      ++switches;
    }
    return switches > 0 ? 0 : 1;
  } catch (const scission::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
