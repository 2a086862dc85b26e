// Constraints: keep the first layers, and so the raw input, on the device; send little; and see
// what each demand costs.
#include <iostream>

#include "scission/scission.hpp"

namespace {

void show(const char* demand, const scission::PartitionProblem& problem,
          const scission::Query& query) {
  const std::vector<scission::Plan> plans = scission::search(problem, query).plans;
  std::cout << demand << '\n'
            << (plans.empty() ? "  no plan fits"
                              : "  " + scission::format_result_line(problem, plans.front(),
                                                                    query.input_bytes, 1))
            << '\n';
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

    query.platforms["device"].criteria = scission::parse_criteria("0,4");
    show("layers 0 and 4 on the device", problem, query);

    query.platforms["device"].upload_bytes = 0.5e6;
    show("… and at most 0.5 MB leaves it", problem, query);

    query.platforms["device"].compute = scission::parse_time_limit("20%");
    show("… and it does at most 20 % of the computing", problem, query);

    query.platforms["device"].compute = scission::parse_time_limit("0");
    show("… and none of it", problem, query);
  } catch (const scission::Error& error) {
    std::cerr << error.what() << '\n';
    return scission::exit_code(error.code());
  }
}
