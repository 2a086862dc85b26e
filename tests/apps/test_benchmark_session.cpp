// A run of scission-benchmark over models that need no backend: trouble, resuming, full disks.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "benchmark/child_process.hpp"
#include "benchmark/idle_model.hpp"
#include "request.hpp"
#include "scission/base.hpp"
#include "scission/profile.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::apps;
using namespace scission::testing;

namespace {

Request request_in(const Scratch& folder) {
  Request request;
  request.files.platform = "edge";
  request.files.name = "box";
  request.files.folder = folder.path() / "out";
  request.measure = three_rounds().measure;
  request.passes = 1;
  return request;
}

HostContext host_with(int threads) {
  HostContext host;
  host.cpu = "Some CPU";
  host.threads = threads;
  host.device = "cpu";
  host.backend = "LibTorch";
  host.backend_version = "1.0";
  return host;
}

std::vector<std::string> models_in(const std::filesystem::path& file) {
  std::vector<std::string> names;
  for (const ModelProfile& model : read_profile(file).models) names.push_back(model.model);
  return names;
}

/// What the call complains of in a process that can write no file of more bytes.
std::string on_a_disk_of(rlim_t bytes, const std::function<void()>& call) {
  return run_in_child([&](const SendRecord&) -> std::string {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, bytes};
    setrlimit(RLIMIT_FSIZE, &limit);
    try {
      call();
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing";
  });
}

}  // namespace

TEST_CASE("a model that crashes or is killed leaves the others measured") {
  const Scratch folder;
  Request request = request_in(folder);
  request.model_timeout_s = 5;
  const std::vector<BenchmarkModel> jobs{
      job_that("crashing",
               [] {
                 std::signal(SIGSEGV, SIG_DFL);
                 raise(SIGSEGV);
               }),
      idle_job("first"), job_that("hungry", [] { raise(SIGKILL); }),
      job_that("refused", [] { throw Error(ErrorCode::invalid_argument, "cannot be meant"); }),
      idle_job("last")};
  CHECK(run_session(request, jobs, host_with(2)) == 1);
  CHECK(models_in(folder.path() / "out" / "edge-box.json") ==
        std::vector<std::string>{"first", "last"});
}

TEST_CASE("a signal ends the run and keeps what is done") {
  for (const int signal : {SIGINT, SIGTERM}) {
    const Scratch folder;
    const Request request = request_in(folder);
    const BenchmarkModel interrupted = job_that("second", [signal] {
      kill(getppid(), signal);
      for (;;) pause();
    });
    CHECK(run_session(request, {idle_job("first"), interrupted, idle_job("third")}, host_with(1)) ==
          128 + signal);
    CHECK(models_in(folder.path() / "out" / "edge-box.json") == std::vector<std::string>{"first"});
    CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
  }
}

TEST_CASE("the exit code is the failure's where every model fails alike") {
  const Scratch folder;
  const Request request = request_in(folder);
  const BenchmarkModel meaningless =
      job_that("net", [] { throw Error(ErrorCode::invalid_argument, "cannot be meant"); });
  const BenchmarkModel broken =
      job_that("other", [] { throw Error(ErrorCode::damaged, "is broken"); });
  CHECK(run_session(request, {meaningless}, host_with(1)) == 2);
  CHECK(run_session(request, {broken}, host_with(1)) == 1);
  CHECK(run_session(request, {meaningless, broken}, host_with(1)) == 1);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "out" / "edge-box.json"));
}

TEST_CASE("a run is resumed with what it has and its samples") {
  const Scratch folder;
  Request request = request_in(folder);
  const auto file = folder.path() / "out" / "edge-box.json";
  CHECK(run_session(request, {idle_job("a"), idle_job("b")}, host_with(1)) == 0);
  request.resumes = true;
  const BenchmarkModel untouchable =
      job_that("b", [] { throw Error(ErrorCode::io, "was measured again"); });
  CHECK(run_session(request, {untouchable, idle_job("c")}, host_with(1)) == 0);
  CHECK(models_in(file) == std::vector<std::string>{"a", "b", "c"});
  const SystemProfile both = *request.files.read_earlier();
  CHECK(both.find("a")->whole_samples.size() == 3);
  CHECK(both.find("c")->whole_samples.size() == 3);
}

TEST_CASE("an earlier profile is replaced where nobody resumes") {
  const Scratch folder;
  const Request request = request_in(folder);
  CHECK(run_session(request, {idle_job("a")}, host_with(1)) == 0);
  CHECK(run_session(request, {idle_job("a"), idle_job("b")}, host_with(2)) == 0);
  CHECK(models_in(folder.path() / "out" / "edge-box.json") == std::vector<std::string>{"a", "b"});
}

TEST_CASE("no model that is not measured again is lost with the profile it is in") {
  const Scratch folder;
  const Request request = request_in(folder);
  CHECK(run_session(request, {idle_job("a"), idle_job("b")}, host_with(1)) == 0);
  CHECK_ERROR(run_session(request, {idle_job("b")}, host_with(1)), ErrorCode::mismatch,
              "edge-box.json: has a too");
  const auto newer = folder.path() / "out" / "edge-box.json";
  const std::string text = read_file(newer);
  const std::string version = "\"version\": ";
  std::string changed = text;
  changed.replace(changed.find(version), version.size() + 1, version + "9");
  write_file_atomically(newer, changed);
  CHECK_ERROR(run_session(request, {idle_job("b")}, host_with(1)), ErrorCode::unsupported,
              "edge-box");
  CHECK(read_file(newer) == changed);
  write_file_atomically(newer, text);
  CHECK(models_in(folder.path() / "out" / "edge-box.json") == std::vector<std::string>{"a", "b"});
}

TEST_CASE("nobody measures for a folder that nothing can be written to") {
  const Scratch folder;
  Request request = request_in(folder);
  request.files.folder = "/proc";
  CHECK_ERROR(run_session(request, {}, host_with(1)), ErrorCode::io, "/proc");
  request.files.folder = folder.file("a-file", "");
  CHECK_ERROR(run_session(request, {}, host_with(1)), ErrorCode::io, "a-file");
  request = request_in(folder);
  std::filesystem::create_directories(request.files.folder / "edge-box.json");
  CHECK_ERROR(run_session(request, {}, host_with(1)), ErrorCode::io, "edge-box.json");
}

TEST_CASE("a full disk is told before anything is measured") {
  const Scratch folder;
  const Request request = request_in(folder);
  const std::string told = on_a_disk_of(10'000, [&] { run_session(request, {}, host_with(1)); });
  CHECK(told.find((folder.path() / "out").string() + ": ") == 0);
  CHECK(told.find("cannot be written") != std::string::npos);
  CHECK(std::filesystem::is_empty(folder.path() / "out"));
}

TEST_CASE("a disk that fills up leaves the earlier profile as it was") {
  const Scratch folder;
  Request request = request_in(folder);
  CHECK(run_session(request, {idle_job("a")}, host_with(1)) == 0);
  request.resumes = true;
  const BenchmarkModel large{
      "b", {1, 3, 8, 8}, [] { return std::make_unique<IdleModel>("b", true, 2000); }};
  const std::string told =
      on_a_disk_of(100'000, [&] { run_session(request, {large}, host_with(1)); });
  CHECK(told.find("cannot be written") != std::string::npos);
  const SystemProfile kept = *request.files.read_earlier();
  REQUIRE(kept.find("a") != nullptr);
  CHECK(kept.find("a")->whole_samples.size() == 3);
  std::filesystem::remove(folder.path() / "out" / "edge-box.json");
  std::filesystem::remove(folder.path() / "out" / "edge-box.samples.csv");
  CHECK(std::filesystem::is_empty(folder.path() / "out"));
}

TEST_CASE("the trial that a folder can be written to leaves nothing there") {
  const Scratch folder;
  Request request = request_in(folder);
  request.files.folder = folder.path();
  request.files.prepare();
  CHECK(folder.count() == 0);
}
