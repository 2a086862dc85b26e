// Finds the best plans for resnet50 over the machines whose profiles are in a folder.
//
//   example-01_search_from_profiles [PROFILES NETWORK.csv MODEL]
#include <iostream>

#include "scission/scission.hpp"

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "data/example";
  const std::string network = argc > 2 ? argv[2] : "data/example/network.csv";
  const std::string model = argc > 3 ? argv[3] : "resnet50";
  try {
    const scission::PartitionProblem problem = scission::make_problem(
        scission::read_profiles(folder), scission::read_network(network), model);
    const scission::Query query;  // the five plans of least latency
    int rank = 0;
    for (const scission::Plan& plan : scission::search(problem, query).plans) {
      std::cout << scission::format_result_line(problem, query, plan, ++rank) << '\n';
    }
  } catch (const scission::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
