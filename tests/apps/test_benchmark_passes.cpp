// Several passes over models that need no backend: their order, trouble in a later one, going on.
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "benchmark/idle_model.hpp"
#include "request.hpp"
#include "scission/base.hpp"
#include "scission/measure.hpp"
#include "scission/profile.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::apps;
using namespace scission::testing;

namespace {

Request request_in(const Scratch& folder, int passes) {
  Request request;
  request.files.platform = "edge";
  request.files.name = "box";
  request.files.folder = folder.path() / "out";
  request.measure = three_rounds().measure;
  request.measure.max_rounds = 2 * passes;
  request.passes = passes;
  return request;
}

int run(const Request& request, const std::vector<BenchmarkModel>& jobs) {
  return run_session(request, jobs, HostContext());
}

std::filesystem::path profile_in(const Scratch& folder) {
  return folder.path() / "out" / "edge-box.json";
}

std::vector<int> passes_in(const Scratch& folder, const std::string& model) {
  const SystemProfile system = read_profile(profile_in(folder));
  const ModelProfile* found = system.find(model);
  return found == nullptr ? std::vector<int>() : found->passes;
}

/// Leaves a letter in a file whenever its turn comes, and then does what it is told to.
BenchmarkModel noted_job(const std::string& name, const std::filesystem::path& log,
                         const std::function<void(const std::string& turns)>& does = {}) {
  return job_that(name, [=] {
    std::ofstream(log, std::ios::app) << name;
    if (does) does(read_file(log));
  });
}

}  // namespace

TEST_CASE("every model has its first pass before any has its second") {
  const Scratch folder;
  const auto log = folder.path() / "turns";
  CHECK(run(request_in(folder, 3), {noted_job("a", log), noted_job("b", log)}) == 0);
  CHECK(read_file(log) == "ababab");
  CHECK(passes_in(folder, "a") == std::vector<int>{2, 2, 2});
  const SystemProfile both = *request_in(folder, 3).files.read_earlier();
  CHECK(has_samples_of_passes(*both.find("b")));
  CHECK(both.find("b")->warmup == 3);
}

TEST_CASE("a model that fails in a later pass keeps the earlier ones and is not tried again") {
  const Scratch folder;
  const auto log = folder.path() / "turns";
  const BenchmarkModel failing = noted_job("a", log, [](const std::string& turns) {
    if (turns == "aba") throw Error(ErrorCode::io, "ran dry");
  });
  CHECK(run(request_in(folder, 3), {failing, noted_job("b", log)}) == 1);
  CHECK(read_file(log) == "ababb");
  CHECK(passes_in(folder, "a") == std::vector<int>{2});
  CHECK(passes_in(folder, "b") == std::vector<int>{2, 2, 2});
}

TEST_CASE("a run that is interrupted between passes goes on with those that are missing") {
  const Scratch folder;
  const auto log = folder.path() / "turns";
  const BenchmarkModel interrupted = noted_job("b", log, [](const std::string& turns) {
    if (turns != "abab") return;
    kill(getppid(), SIGINT);
    for (;;) pause();
  });
  Request request = request_in(folder, 3);
  CHECK(run(request, {noted_job("a", log), interrupted}) == 130);
  CHECK(passes_in(folder, "a") == std::vector<int>{2, 2});
  CHECK(passes_in(folder, "b") == std::vector<int>{2});
  request.resumes = true;
  CHECK(run(request, {noted_job("a", log), noted_job("b", log)}) == 0);
  CHECK(read_file(log) == "ababbab");
  CHECK(passes_in(folder, "a") == std::vector<int>{2, 2, 2});
  CHECK(passes_in(folder, "b") == std::vector<int>{2, 2, 2});
}

TEST_CASE("a model without its samples is measured anew but only where a pass is missing") {
  const Scratch folder;
  Request request = request_in(folder, 2);
  CHECK(run(request, {idle_job("a")}) == 0);
  std::filesystem::remove(folder.path() / "out" / "edge-box.samples.csv");
  request.resumes = true;
  const BenchmarkModel untouchable =
      job_that("a", [] { throw Error(ErrorCode::io, "was measured again"); });
  CHECK(run(request, {untouchable}) == 0);
  request.passes = 3;
  request.measure.max_rounds = 9;
  CHECK(run(request, {untouchable}) == 1);
  CHECK(passes_in(folder, "a") == std::vector<int>{2, 2});
  CHECK(run(request, {idle_job("a")}) == 0);
  CHECK(passes_in(folder, "a") == std::vector<int>{3, 3, 3});
}

TEST_CASE("a profile that does not speak of passes counts as one and is gone on with") {
  const Scratch folder;
  Request request = request_in(folder, 1);
  CHECK(run(request, {idle_job("a")}) == 0);
  SystemProfile old = read_profile(profile_in(folder));
  old.models[0].passes.clear();
  write_profile(old, profile_in(folder));
  CHECK(passes_done(*request.files.read_earlier(), "a", 3) == 1);
  CHECK(passes_done(old, "a", 3) == 0);
  CHECK(passes_done(old, "a", 1) == 1);
  CHECK(passes_done(old, "b", 1) == 0);
  request = request_in(folder, 3);
  request.resumes = true;
  CHECK(run(request, {idle_job("a")}) == 0);
  CHECK(passes_in(folder, "a") == std::vector<int>{2, 2, 2});
}

TEST_CASE("a later pass with other blocks is the model's failure and what was there stays") {
  const Scratch folder;
  Request request = request_in(folder, 1);
  CHECK(run(request, {idle_job("a")}) == 0);
  request.passes = 2;
  request.resumes = true;
  const BenchmarkModel other{
      "a", {1, 3, 8, 8}, [] { return std::make_unique<IdleModel>("a", true, 3); }};
  CHECK(run(request, {other}) == 1);
  CHECK(passes_in(folder, "a") == std::vector<int>{2});
}
