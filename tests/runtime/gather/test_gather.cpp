#include "scission/runtime/gather/gather.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;

namespace {

SystemProfile profile(const std::string& platform, const std::string& name,
                      const std::string& model) {
  SystemProfile system;
  system.platform = platform;
  system.name = name;
  system.models.emplace_back();
  system.models[0].model = model;
  system.models[0].blocks.emplace_back();
  system.models[0].blocks[0].block = {0, 1, 100};
  return system;
}

}  // namespace

TEST_CASE("a problem over named systems begins with the first, and refuses one without the model") {
  const std::vector<SystemProfile> profiles{
      profile("edge", "box", "net"), profile("edge", "pi", "net"), profile("edge", "old", "other")};
  const PartitionProblem problem =
      runtime::problem_of_systems(profiles, Network{}, "net", {"pi", "box"});
  CHECK(problem.systems == std::vector<System>{{"pi", "edge"}, {"box", "edge"}});
  CHECK(problem.unmeasured.empty());
  for (const std::vector<std::string>& systems :
       {std::vector<std::string>{"old", "box"}, std::vector<std::string>{"box", "old"}}) {
    CHECK_ERROR(runtime::problem_of_systems(profiles, Network{}, "net", systems),
                ErrorCode::invalid_argument, "profile edge-old has not measured 'net'");
  }
  CHECK_ERROR(runtime::problem_of_systems(profiles, Network{}, "net", {"none", "box"}),
              ErrorCode::not_found, "none: has no profile");
}
