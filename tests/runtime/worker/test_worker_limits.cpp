// More than a worker takes on, and later than it can.
#include <grpcpp/generic/generic_stub.h>

#include <algorithm>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/running_worker.hpp"
#include "support/catch.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

using Floats = std::vector<float>;
using grpc::StatusCode;

}  // namespace

TEST_CASE("A message above the limit is refused") {
  WorkerOptions options = worker_options("edge1");
  options.limits.message.bytes = 100'000;
  std::mutex mutex;
  std::vector<std::string> failures;
  options.on_request = [&](const RequestEvent& event) {
    const std::lock_guard lock(mutex);
    failures.push_back(event.failure);
  };
  {
    const RunningWorker edge(std::move(options));
    REQUIRE(edge.deploy("net", "add 1").ok());
    const Inferred inferred = infer(*edge.stub, float_request("net", Floats(50'000)));
    CHECK(inferred.status.error_code() == StatusCode::RESOURCE_EXHAUSTED);
    CHECK(infer(*edge.stub, float_request("net", Floats(20'000))).status.ok());
    check_refused(infer(*edge.stub, float_request("", Floats(1))), "name a deployed model");
  }
  const bool is_logged = std::any_of(failures.begin(), failures.end(), [](const auto& failure) {
    return failure.find("100000 bytes (--max-message)") != std::string::npos;
  });
  CAPTURE(failures);
  CHECK(is_logged);
}

TEST_CASE("A compressed request is answered as it would be otherwise") {
  const RunningWorker edge("edge1");
  REQUIRE(edge.deploy("net", "add 1").ok());
  const Floats zeros(20'000);
  for (const auto algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    const auto call = context();
    call->set_compression_algorithm(algorithm);
    const Inferred inferred = infer(*edge.stub, float_request("net", zeros), call.get());
    REQUIRE(inferred.status.ok());
    CHECK(inferred.numbers() == Floats(zeros.size(), 1));
    REQUIRE(inferred.stages.size() == 1);
    CHECK(inferred.stages[0].received_bytes() < 10'000);
  }
}

TEST_CASE("A compressed message that is above the limit without compression is refused") {
  WorkerOptions options = worker_options("edge1");
  options.limits.message.bytes = 100'000;
  const RunningWorker edge(std::move(options));
  REQUIRE(edge.deploy("net", "add 1").ok());
  for (const auto algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    const auto call = context();
    call->set_compression_algorithm(algorithm);
    check_refused(infer(*edge.stub, float_request("net", Floats(1'000'000)), call.get()),
                  "--max-message");
  }
  CHECK(infer(*edge.stub, float_request("net", Floats(20'000))).status.ok());
}

TEST_CASE("A message that only begins like a compressed one is refused") {
  const RunningWorker edge("edge1");
  grpc::GenericStub stub(edge.channel);
  using namespace std::string_literals;
  for (const std::string& bytes :
       {"\x1f\x8b"s, "\x78\x9c"s, "\x1f\x8b\x08 and so on"s, "\x78\x9c\x03\0\0\0\0\x01more"s}) {
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    const auto call = context();
    std::promise<grpc::Status> ended;
    stub.UnaryCall(call.get(), "/inference.GRPCInferenceService/ModelInfer", {}, &request,
                   &response, [&](grpc::Status status) { ended.set_value(std::move(status)); });
    const grpc::Status status = ended.get_future().get();
    CAPTURE(bytes, status.error_message());
    CHECK(status.error_code() == StatusCode::INVALID_ARGUMENT);
    CHECK(status.error_message().find("compressed message") != std::string::npos);
  }
}

TEST_CASE("A tensor above the limit is refused") {
  WorkerOptions options = worker_options("edge1");
  options.limits.message.tensor_bytes = 1000;
  const RunningWorker edge(std::move(options));
  REQUIRE(edge.deploy("net", "add 1").ok());
  check_refused(infer(*edge.stub, float_request("net", Floats(251))), "1004 bytes");
  CHECK(infer(*edge.stub, float_request("net", Floats(250))).status.ok());
}

TEST_CASE("A full queue refuses at once, and takes requests again when it is not") {
  const auto gate = std::make_shared<Gate>();
  WorkerOptions options = worker_options("edge1", gate);
  options.limits.queued_requests = 2;
  const RunningWorker edge(std::move(options));
  REQUIRE(edge.deploy("slow", "wait").ok());
  const auto ask = [&] { return infer(*edge.stub, float_request("slow", {1})); };
  std::vector<std::future<Inferred>> answers;
  for (int i = 0; i < 4; ++i) answers.push_back(std::async(std::launch::async, ask));
  // Two of them are refused before any can be answered.
  int refused = 0;
  while (refused < 2) {
    for (auto& answer : answers) {
      if (!answer.valid() ||
          answer.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
        continue;
      }
      check_refused(answer.get(), "2 requests", StatusCode::RESOURCE_EXHAUSTED);
      ++refused;
    }
  }
  gate->open();
  for (auto& answer : answers) {
    if (answer.valid()) CHECK(answer.get().status.ok());
  }
  // A place is free a moment after its answer has gone.
  int refusals = 0;
  constexpr int many = 10'000;
  while (refusals < many && !ask().status.ok()) ++refusals;
  CHECK(refusals < many);
}

TEST_CASE("A request that is cancelled before it begins is not run") {
  const auto gate = std::make_shared<Gate>();
  const RunningWorker edge("edge1", gate);
  REQUIRE(edge.deploy("slow", "wait").ok());
  const auto ask = [&](grpc::ClientContext* call) {
    return std::async(std::launch::async, [&edge, call] {
      return infer(*edge.stub, float_request("slow", {1}), call);
    });
  };
  const auto first_call = context();
  auto first = ask(first_call.get());
  REQUIRE(gate->wait_for_arrivals(1));
  const auto second_call = context();
  auto second = ask(second_call.get());
  const auto queued = [&] {
    v1::LoadResponse load;
    edge.control->Load(context().get(), {}, &load);
    return load.queued_requests();
  };
  while (queued() < 2) std::this_thread::yield();
  second_call->TryCancel();
  CHECK(second.get().status.error_code() == StatusCode::CANCELLED);
  while (queued() > 1) std::this_thread::yield();
  gate->open();
  CHECK(first.get().status.ok());
  CHECK(gate->arrived() == 1);
}

TEST_CASE("A request that is late is given up while its model hangs") {
  const auto gate = std::make_shared<Gate>();
  const RunningWorker edge("edge1", gate);
  REQUIRE(edge.deploy("slow", "wait").ok());
  grpc::ClientContext call;
  call.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(100));
  const Inferred inferred = infer(*edge.stub, float_request("slow", {1}), &call);
  CHECK(inferred.status.error_code() == StatusCode::DEADLINE_EXCEEDED);
  gate->open();
}

TEST_CASE("Many requests at once are each answered with their own numbers") {
  const RunningWorker edge("edge1");
  REQUIRE(edge.deploy("net", "add 1").ok());
  std::vector<std::thread> threads;
  std::vector<std::string> faults(4);  // the last one of each
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 50; ++i) {
        const auto number = static_cast<float>(1000 * thread + i);
        const Inferred inferred = infer(*edge.stub, float_request("net", {number}));
        if (!inferred.status.ok()) {
          faults[thread] = inferred.status.error_message();
        } else if (inferred.numbers() != Floats{number + 1}) {
          faults[thread] = "another's number";
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(faults == std::vector<std::string>(4));
}
