// Constraints: keep the first layers, and so the raw input, on the device, and limit the traffic.
// Shows the cost of each constraint, and which of them conflict when no plan is left.
#include <iostream>

#include "scission/scission.hpp"

namespace {

bool show(const char* demand, const scission::PartitionProblem& problem,
          const scission::Query& query) {
  const std::vector<scission::Plan> plans = scission::search(problem, query).plans;
  std::cout << demand << "\n  "
            << (plans.empty() ? "no plan fits"
                              : scission::format_result_line(problem, query, plans.front(), 1))
            << '\n';
  return !plans.empty();
}

void show_way_out(const scission::PartitionProblem& problem, const scission::Query& query) {
  const scission::Infeasibility reasons = scission::explain_infeasibility(problem, query);
  std::cout << "These cannot hold together:\n";
  for (const std::string& constraint : reasons.irreducible_subset)
    std::cout << "  " << constraint << '\n';
  std::cout << "One change that would help:\n";
  for (const scission::Relaxation& relaxation : reasons.relaxations) {
    if (!relaxation.is_sufficient) continue;
    std::cout << "  "
              << (relaxation.nearest_limit ? relaxation.nearest_text
                                           : "not: " + relaxation.constraint)
              << '\n';
  }
}

}  // namespace

int main() {
  try {
    const scission::PartitionProblem problem =
        scission::make_problem(scission::read_profiles("data/example"),
                               scission::read_network("data/example/network.csv"), "resnet50");
    scission::Query query;
    query.result_count = 1;
    show("no constraint", problem, query);

    query.keep_on.push_back({"device", 0, 4});
    show("layers 0 to 4 and the input on the device", problem, query);

    query.constraints["device"].upload_bytes = 0.5e6;
    show("… and at most 0.5 MB leaves it", problem, query);

    query.constraints["device"].compute = scission::parse_time_limit("20%");
    if (!show("… and it does at most 20 % of the computing", problem, query)) {
      show_way_out(problem, query);
    }
  } catch (const scission::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
