// The edges of the protocol: calls that are not there, names that are no text, health, memory.
#include <grpcpp/generic/generic_stub.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/file.hpp"
#include "base/this_machine.hpp"
#include "runtime/running_worker.hpp"
#include "runtime/wire/status.hpp"
#include "runtime/worker/idle_memory.hpp"
#include "runtime/worker/system_load.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

using grpc::StatusCode;

/// What comes of a call whose message is these bytes.
grpc::Status call_raw(const RunningWorker& worker, const std::string& method,
                      const std::string& bytes, std::string* answer = nullptr) {
  grpc::GenericStub stub(worker.channel);
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  const auto call = context();
  const auto status = std::make_shared<std::promise<grpc::Status>>();
  stub.UnaryCall(call.get(), method, {}, &request, &response,
                 [status](grpc::Status came) { status->set_value(std::move(came)); });
  grpc::Status came = status->get_future().get();
  grpc::Slice got;
  if (answer != nullptr && came.ok() && response.DumpToSingleSlice(&got).ok()) {
    answer->assign(reinterpret_cast<const char*>(got.begin()), got.size());
  }
  return came;
}

/// A message whose field 1 is this text.
std::string text_message(const std::string& text) {
  return "\n" + std::string(1, static_cast<char>(text.size())) + text;
}

/// What is written to stderr until the end of the scope goes to a file.
class CapturedStderr {
 public:
  CapturedStderr() : before_(::dup(STDERR_FILENO)) {
    std::fflush(stderr);
    REQUIRE(std::freopen(file().c_str(), "w", stderr) != nullptr);
  }
  ~CapturedStderr() {
    std::fflush(stderr);
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
  }
  CapturedStderr(const CapturedStderr&) = delete;
  CapturedStderr& operator=(const CapturedStderr&) = delete;

  std::string text() const {
    std::fflush(stderr);
    return read_file(file());
  }

 private:
  std::string file() const { return (folder_.path() / "stderr").string(); }

  Scratch folder_;
  int before_;
};

}  // namespace

TEST_CASE("A call that a worker does not have is refused in a sentence") {
  const RunningWorker edge("edge1");
  for (const auto& [method, part] : std::vector<std::pair<std::string, std::string>>{
           {"/inference.GRPCInferenceService/RepositoryModelLoad", "Control deploys"},
           {"/inference.GRPCInferenceService/RepositoryModelUnload", "Control deploys"},
           {"/inference.GRPCInferenceService/SystemSharedMemoryRegister", "bytes"},
           {"/some.other.Service/Call", "does not offer /some.other.Service/Call"}}) {
    CAPTURE(method);
    const grpc::Status status = call_raw(edge, method, "");
    CHECK(status.error_code() == StatusCode::UNIMPLEMENTED);
    CHECK(contains(status.error_message(), method));
    CHECK(contains(status.error_message(), part));
  }
}

TEST_CASE("A request of a sequence is refused, as no model here keeps a state") {
  const RunningWorker edge("edge1");
  REQUIRE(edge.deploy("net", "add 1").ok());
  inference::ModelInferRequest request = float_request("net", {1});
  auto& sequence = (*request.mutable_parameters())["sequence_id"];
  sequence.set_int64_param(0);
  CHECK(infer(*edge.stub, request).status.ok());
  sequence.set_int64_param(7);
  check_refused(infer(*edge.stub, request), "sequences", StatusCode::UNIMPLEMENTED);
}

TEST_CASE("Health checks know a worker's services by name") {
  const RunningWorker edge("edge1");
  const std::string serving("\b\x01", 2);
  for (const char* service : {"", "inference.GRPCInferenceService", "scission.v1.Control"}) {
    CAPTURE(service);
    std::string answer;
    CHECK(call_raw(edge, "/grpc.health.v1.Health/Check", text_message(service), &answer).ok());
    CHECK(answer == serving);
  }
  CHECK(call_raw(edge, "/grpc.health.v1.Health/Check", text_message("other")).error_code() ==
        StatusCode::NOT_FOUND);
}

TEST_CASE("Names that are not UTF-8 are refused, and stderr stays empty") {
  const RunningWorker edge("edge1");
  std::string said;
  {
    const CapturedStderr captured;
    for (const char* method : {"ModelMetadata", "ModelReady", "ModelInfer"}) {
      CAPTURE(method);
      CHECK_FALSE(call_raw(edge, std::string("/inference.GRPCInferenceService/") + method,
                           text_message("\xff\xfe"))
                      .ok());
    }
    CHECK_FALSE(call_raw(edge, "/scission.v1.Control/Drop", text_message("\xff\xfe")).ok());
    said = captured.text();
  }
  CHECK(said.empty());
}

TEST_CASE("More memory than is free is refused before it is allocated") {
  const std::int64_t free = available_memory_bytes();
  if (free == 0) SKIP_TEST("no /proc/meminfo");
  CHECK_NOTHROW(require_memory(1000));
  const grpc::Status status = guarded([&] {
    require_memory(16 * free);
    return grpc::Status::OK;
  });
  CHECK(status.error_code() == StatusCode::RESOURCE_EXHAUSTED);
  CHECK(contains(status.error_message(), "MB are needed"));
  const CallFailure failure = failure_of(status, "edge", "");
  CHECK(failure.is_transient);
  CHECK_FALSE(failure.is_busy);
}

// Small blocks, of which every hundredth stays, as large messages leave them behind.
TEST_CASE("Freed memory goes back to the system when a worker is idle") {
#if defined(SCISSION_IS_SANITIZED) || !defined(__GLIBC__)
  SKIP_TEST("another allocator");
#else
  constexpr std::int64_t block_bytes = 1000;
  constexpr std::int64_t blocks = 200'000;
  std::vector<std::unique_ptr<std::string>> kept;
  {
    std::vector<std::unique_ptr<std::string>> all;
    for (std::int64_t i = 0; i < blocks; ++i) {
      all.push_back(std::make_unique<std::string>(block_bytes, 'x'));
    }
    for (std::size_t i = 0; i < all.size(); i += 100) kept.push_back(std::move(all[i]));
  }
  const std::int64_t before = resident_memory_bytes();
  InFlightRequests requests(1);
  struct Trimming {
    explicit Trimming(const InFlightRequests& in_flight) : memory(timer, in_flight) {}
    IdleMemory memory;
    TimerThread timer;
  };
  Trimming trimming(requests);
  trimming.memory.release_soon();
  const auto give_up = std::chrono::steady_clock::now() + patience;
  const auto is_released = [&] {
    return before - resident_memory_bytes() > blocks * block_bytes / 2;
  };
  while (!is_released() && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  CHECK(is_released());
  CHECK(kept.size() == blocks / 100);
#endif
}
