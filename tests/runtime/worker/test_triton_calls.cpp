#include <grpcpp/generic/generic_stub.h>

#include <future>
#include <string>

#include "runtime/running_worker.hpp"
#include "runtime/wire/channel.hpp"
#include "support/catch.hpp"
#include "triton.pb.h"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

/// A call as Triton's client makes it.
template <typename Request, typename Response>
grpc::Status ask(const RunningWorker& worker, const std::string& method, const Request& request,
                 Response& response) {
  const std::string path = "/inference.GRPCInferenceService/" + method;
  RawCall call(worker.channel, path.c_str());
  const grpc::Slice bytes(request.SerializeAsString());
  std::promise<RawAnswer> promise;
  call.start({&bytes, 1}, std::chrono::system_clock::now() + patience,
             [&](RawAnswer answer) { promise.set_value(std::move(answer)); });
  const RawAnswer answer = promise.get_future().get();
  if (!answer.status.ok()) return answer.status;
  grpc::Slice slice;
  REQUIRE(answer.message.DumpToSingleSlice(&slice).ok());
  REQUIRE(response.ParseFromArray(slice.begin(), static_cast<int>(slice.size())));
  return answer.status;
}

}  // namespace

TEST_CASE("Triton's clients find a worker's models and their inputs by Triton's calls") {
  const RunningWorker edge("edge1");
  REQUIRE(edge.deploy("net", "add 1").ok());
  inference::RepositoryIndexResponse index;
  REQUIRE(ask(edge, "RepositoryIndex", inference::RepositoryIndexRequest{}, index).ok());
  REQUIRE(index.models_size() == 1);
  CHECK(index.models(0).name() == "net");
  CHECK(index.models(0).version() == "1");
  CHECK(index.models(0).state() == "READY");

  inference::ModelConfigRequest query;
  query.set_name("net");
  inference::ModelConfigResponse answer;
  REQUIRE(ask(edge, "ModelConfig", query, answer).ok());
  const inference::ModelConfig& config = answer.config();
  CHECK(config.max_batch_size() == 0);
  REQUIRE(config.input_size() == 1);
  CHECK(config.input(0).name() == "x");
  CHECK(config.input(0).data_type() == inference::TYPE_FP32);
  CHECK(config.input(0).dims_size() == 2);
  CHECK(config.output(0).name() == "y");

  query.set_name("none");
  CHECK(ask(edge, "ModelConfig", query, answer).error_code() == grpc::StatusCode::NOT_FOUND);
  query.set_name("net");
  query.set_version("2");
  CHECK(ask(edge, "ModelConfig", query, answer).error_code() == grpc::StatusCode::NOT_FOUND);
}

TEST_CASE("A model's statistics sum its requests and their times in nanoseconds") {
  const RunningWorker edge("edge1");
  REQUIRE(edge.deploy("net", "add 1 2").ok());
  REQUIRE(edge.deploy("idle", "add 1").ok());
  REQUIRE(infer(*edge.stub, float_request("net", {1, 2, 3, 4})).status.ok());
  REQUIRE(infer(*edge.stub, float_request("net", {1, 2, 3, 4})).status.ok());
  auto wrong = float_request("net", {1, 2, 3, 4});
  wrong.mutable_inputs(0)->set_datatype("INT32");
  REQUIRE(!infer(*edge.stub, wrong).status.ok());
  inference::ModelStatisticsRequest query;
  query.set_name("net");
  inference::ModelStatisticsResponse answer;
  REQUIRE(ask(edge, "ModelStatistics", query, answer).ok());
  REQUIRE(answer.model_stats_size() == 1);
  const auto& net = answer.model_stats(0);
  CHECK(net.inference_count() == 2);
  CHECK(net.last_inference() > 1'600'000'000'000);
  CHECK(net.inference_stats().success().count() == 2);
  CHECK(net.inference_stats().fail().count() == 1);
  CHECK(net.inference_stats().compute_infer().ns() >= 4'000'000);
  CHECK(net.inference_stats().success().ns() >= net.inference_stats().compute_infer().ns());

  REQUIRE(ask(edge, "ModelStatistics", inference::ModelStatisticsRequest{}, answer).ok());
  CHECK(answer.model_stats_size() == 2);
}
