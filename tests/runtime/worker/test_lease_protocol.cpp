// The protocol of leases as a model, in leases.pml.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/run_program.hpp"
#include "scission/base.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

/// What spin says; nothing where it is not installed.
std::optional<std::string> said_by_spin(std::vector<std::string> options) {
  const Scratch folder;  // spin leaves its files in the working folder
  options.emplace_back("-run");
  options.push_back(std::filesystem::absolute("tests/runtime/worker/leases.pml").string());
  try {
    return run_program({"spin", options, folder.path(), "install spin"}).output;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported) throw;
    return std::nullopt;
  }
}

}  // namespace

TEST_CASE("In no order of deploying, ending and renewing does a live lease lose its segments") {
  const auto said = said_by_spin({});
  if (!said) SKIP_TEST("no spin; install it with scripts/setup");
  INFO(*said);
  CHECK(said->find("errors: 0") != std::string::npos);
}

TEST_CASE("The model of leases finds the loss when a lease can be renewed while it ends") {
  const auto said = said_by_spin({"-DRENEWS_WHILE_ENDING"});
  if (!said) SKIP_TEST("no spin; install it with scripts/setup");
  INFO(*said);
  CHECK(said->find("assertion violated") != std::string::npos);
}

TEST_CASE("The model of leases finds the loss when a worker is blamed for its link") {
  const auto said = said_by_spin({"-DBLAMES_THE_WORKER"});
  if (!said) SKIP_TEST("no spin; install it with scripts/setup");
  INFO(*said);
  CHECK(said->find("assertion violated") != std::string::npos);
}
