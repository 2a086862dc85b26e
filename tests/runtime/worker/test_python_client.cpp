#include <filesystem>
#include <string>

#include "base/run_program.hpp"
#include "runtime/running_worker.hpp"
#include "scission/base.hpp"
#include "support/catch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

/// What the client says, by the first Python that has what it needs.
std::string said_by_client(const std::string& address) {
  std::string said = "skipped: no python3";
  for (const char* python : {"python3", "/usr/bin/python3"}) {
    try {
      const ProgramResult result = run_program(
          {python,
           {std::filesystem::absolute("tests/runtime/worker/conformance.py").string(),
            std::filesystem::absolute("src/runtime/wire/inference.proto").string(), address},
           ".",
           "install python3"});
      if (!result.succeeded) return result.output;
      if (result.output.find("skipped") == std::string::npos) return result.output;
      said = result.output;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::unsupported) throw;
    }
  }
  return said;
}

}  // namespace

TEST_CASE("A client that Python generates from the protocol finds that a worker conforms to it") {
  const RunningWorker worker("edge");
  REQUIRE(worker.deploy("plus", "add 1").ok());
  const std::string said = said_by_client(address_of(worker.worker));
  if (said.find("skipped") != std::string::npos) {
    SKIP_TEST(said << "; install python3-grpcio and python3-grpc-tools");
  }
  INFO(said);
  CHECK(said.find("conforms") != std::string::npos);
}
