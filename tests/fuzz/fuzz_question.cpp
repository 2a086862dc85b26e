// Any body of a request to the explorer gets an answer or a JSON object that says why not.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "scission/explore.hpp"

namespace {

using namespace scission;

PartitionProblem small_problem() {
  PartitionProblem problem;
  problem.model = "net";
  problem.platforms = {"device", "edge", "cloud"};
  problem.systems = {{"pi", "device"}, {"box", "edge"}, {"vm", "cloud"}};
  for (System& system : problem.systems) system.power_w = 10;
  problem.blocks = {{0, 0, 200'000}, {1, 2, 400'000}, {3, 3, 50'000}, {4, 4, 4'000}};
  problem.block_s = {{0.001, 0.4, 0.3, 0.2}, {0.001, 0.1, 0.1, 0.05}, {0.001, 0.02, 0.01, 0.01}};
  problem.links.resize(9);
  for (int from = 0; from < 3; ++from) {
    for (int to = 0; to < 3; ++to) {
      if (from != to) problem.links[3 * from + to] = Link{10.0 + from, 20.0 + to};
    }
  }
  CodecCosts half;
  half.name = "half";
  half.bytes = {75'000, 100'000, 200'000, 25'000, 2'000};
  half.error = half.disagreement = {0.01, 0.01, 0.01, 0.01, 0.01};
  half.encode_s.assign(3, {1e-4, 1e-4, 1e-4, 1e-4, 1e-4});
  half.decode_s = half.encode_s;
  problem.codecs = {half};
  return problem;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ExploreService service(Explorer(small_problem(), Query{}, {"scission-predict"}),
                                      "token");
  const ExploreReply reply =
      service.reply({"POST", "/token/answer", "127.0.0.1:1", "application/json",
                     std::string(reinterpret_cast<const char*>(data), size)},
                    1);
  const bool is_answer = reply.status == 200 && reply.body.starts_with("{\"plans\":");
  const bool is_refusal =
      (reply.status == 400 || reply.status == 413) && reply.body.starts_with("{\"error\":");
  if (!is_answer && !is_refusal) std::abort();
  return 0;
}
