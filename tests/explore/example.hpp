// The measured example as the explorer's problem.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "scission/base.hpp"
#include "scission/explore.hpp"
#include "scission/plan/network.hpp"
#include "scission/plan/problem.hpp"
#include "scission/profile.hpp"
#include "support/catch.hpp"

namespace scission::testing {

inline PartitionProblem example_problem(const std::string& model = "vgg19") {
  return make_problem(read_profiles("data/example"), read_network("data/example/network.csv"),
                      model);
}

inline Explorer example_explorer(PartitionProblem problem = example_problem()) {
  return Explorer(std::move(problem), Query{},
                  {"scission-predict", "data/example", "network.csv", "vgg19"});
}

/// Whether the error of `call()` has these parts of a message.
template <typename Call>
void check_error(const Call& call, const std::string& part) {
  try {
    call();
    FAIL_CHECK("no error with " << part);
  } catch (const Error& error) {
    CAPTURE(error.what());
    CHECK(contains(error.what(), part));
  }
}

}  // namespace scission::testing
