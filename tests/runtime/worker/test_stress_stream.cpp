// Stress of a worker's machine for as long as its stream lasts.
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "runtime/client/remote_stress.hpp"
#include "runtime/fleet.hpp"
#include "runtime/running_worker.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/processes.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

constexpr double patience_s = 10;
constexpr double deadline_s = 60;

/// The workers are in this process, so the stress is among its descendants.
std::vector<pid_t> stress_processes() { return descendants_of({getpid()}); }

/// What stop() says once the worker has ended the stress.
std::string reason_of_end(runtime::RemoteStress& stress) {
  CHECK(happens_within(patience_s, [&] { return !stress.is_on(); }));
  const auto error = error_of([&] { stress.stop(); });
  return error ? error->what() : "";
}

}  // namespace

TEST_CASE("A worker is under stress until it is stopped, and no process is left") {
  if (!has_stress_ng()) SKIP_TEST("stress-ng is not installed");
  const Fleet fleet({"edge"});
  runtime::RemoteStress stress(*fleet.clients.at("edge"), {20, 1}, deadline_s);
  CHECK(stress.is_on());
  const std::vector<pid_t> processes = stress_processes();
  CHECK(processes.size() >= 4);
  stress.stop();
  CHECK(all_gone(processes));
  CHECK_FALSE(stress.is_on());
}

TEST_CASE("Stress ends when its stream is cancelled or its client goes") {
  if (!has_stress_ng()) SKIP_TEST("stress-ng is not installed");
  const Fleet fleet({"edge"});
  {
    grpc::ClientContext context;
    const auto stream = fleet.workers.at("edge")->control->Stress(&context);
    v1::StressRequest request;
    request.set_cpu_percent(20);
    v1::StressResponse response;
    REQUIRE(stream->Write(request));
    REQUIRE(stream->Read(&response));
    CHECK(response.is_on());
    CHECK(stress_processes().size() >= 3);
    context.TryCancel();
  }
  CHECK(happens_within(patience_s, [] { return stress_processes().empty(); }));
}

TEST_CASE("Stress ends with the worker, also one that is only drained") {
  if (!has_stress_ng()) SKIP_TEST("stress-ng is not installed");
  Fleet fleet({"edge"});
  runtime::RemoteStress stress(*fleet.clients.at("edge"), {20, 0}, deadline_s);
  CHECK_FALSE(stress_processes().empty());
  fleet.workers.at("edge")->worker.drain(patience_s);
  CHECK(stress_processes().empty());
  CHECK(reason_of_end(stress).find("is shutting down") != std::string::npos);
}

TEST_CASE("Stress that ends unexpectedly is reported with the reason") {
  if (!has_stress_ng()) SKIP_TEST("stress-ng is not installed");
  Fleet fleet({"edge"});
  runtime::RemoteStress stress(*fleet.clients.at("edge"), {20, 0}, deadline_s);
  for (const pid_t process : stress_processes()) kill(process, SIGKILL);
  CHECK(reason_of_end(stress).find("ended unexpectedly") != std::string::npos);
}

TEST_CASE("A worker is under one stress at a time, and free again afterwards") {
  if (!has_stress_ng()) SKIP_TEST("stress-ng is not installed");
  const Fleet fleet({"edge"});
  const runtime::Client& client = *fleet.clients.at("edge");
  {
    const runtime::RemoteStress none(client, {}, deadline_s);
    CHECK(none.is_on());
    CHECK(stress_processes().empty());
    const auto error = error_of([&] { runtime::RemoteStress(client, {20, 0}, deadline_s); });
    REQUIRE(error.has_value());
    CHECK(std::string(error->what()).find("another caller") != std::string::npos);
  }
  CHECK(happens_within(patience_s, [&] {
    return !error_of([&] { runtime::RemoteStress(client, {20, 0}, deadline_s); }).has_value();
  }));
}

TEST_CASE("Levels that are none are refused, here and by the worker") {
  const Fleet fleet({"edge"});
  CHECK_THROWS_AS(runtime::RemoteStress(*fleet.clients.at("edge"), {0, 101}, deadline_s), Error);
  grpc::ClientContext context;
  const auto stream = fleet.workers.at("edge")->control->Stress(&context);
  v1::StressRequest request;
  request.set_memory_percent(101);
  v1::StressResponse response;
  REQUIRE(stream->Write(request));
  CHECK_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(status.error_message().find("101") != std::string::npos);
}

TEST_CASE("A worker that goes down does not wait for a stream on which nothing was said") {
  const Fleet fleet({"edge"});
  grpc::ClientContext context;
  const auto stream = fleet.workers.at("edge")->control->Stress(&context);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  // If it waited for the stream, this would exceed the test's time limit.
  fleet.workers.at("edge")->worker.drain(3600);
  v1::StressResponse response;
  CHECK_FALSE(stream->Read(&response));
}
