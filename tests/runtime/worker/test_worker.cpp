// The Open Inference Protocol, seen by a client that knows nothing but its definition.
#include <grpcpp/generic/generic_stub.h>

#include <future>
#include <string>
#include <vector>

#include "runtime/running_worker.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

using Floats = std::vector<float>;
using grpc::StatusCode;

Segment two_in_two_out() {
  Segment segment = small_segment();
  segment.inputs = {{"a", "float32", {1, 2}}, {"b", "int64", {3}}};
  segment.outputs = {{"c", "float32", {1, 2}}, {"d", "int64", {3}}};
  return segment;
}

inference::ModelInferRequest typed_request() {
  inference::ModelInferRequest request;
  request.set_model_name("pair");
  request.set_id("number 7");
  auto* const numbers = request.add_inputs();
  numbers->set_name("b");
  numbers->set_datatype("INT64");
  numbers->add_shape(3);
  for (const std::int64_t number : {5, -6, 7}) {
    numbers->mutable_contents()->add_int64_contents(number);
  }
  auto* const floats = request.add_inputs();
  floats->set_name("a");
  floats->set_datatype("FP32");
  floats->add_shape(1);
  floats->add_shape(2);
  for (const float number : {1.5F, 2.5F}) floats->mutable_contents()->add_fp32_contents(number);
  return request;
}

}  // namespace

TEST_CASE("A worker is live and ready, and says who it is") {
  const RunningWorker edge("edge1");
  inference::ServerLiveResponse live;
  REQUIRE(edge.stub->ServerLive(context().get(), {}, &live).ok());
  CHECK(live.live());
  inference::ServerReadyResponse ready;
  REQUIRE(edge.stub->ServerReady(context().get(), {}, &ready).ok());
  CHECK(ready.ready());
  inference::ServerMetadataResponse metadata;
  REQUIRE(edge.stub->ServerMetadata(context().get(), {}, &metadata).ok());
  CHECK(metadata.name() == "edge1");
  CHECK(!metadata.version().empty());
  REQUIRE(metadata.extensions_size() >= 1);  // with its codecs
  CHECK(metadata.extensions(0) == "scission.v1");
}

TEST_CASE("A worker tells which services it has") {
  const RunningWorker edge("edge1");
  grpc::GenericStub stub(edge.channel);
  grpc::CompletionQueue queue;
  const auto call = context();
  const auto stream = stub.PrepareCall(
      call.get(), "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  const auto done = [&] {
    void* tag = nullptr;
    bool is_ok = false;
    return queue.Next(&tag, &is_ok) && is_ok;
  };
  stream->StartCall(nullptr);
  REQUIRE(done());
  const grpc::Slice list_services(std::string("\x3a\x00", 2));
  stream->Write(grpc::ByteBuffer(&list_services, 1), nullptr);
  REQUIRE(done());
  grpc::ByteBuffer answer;
  stream->Read(&answer, nullptr);
  REQUIRE(done());
  grpc::Slice bytes;
  REQUIRE(answer.DumpToSingleSlice(&bytes).ok());
  const std::string text(reinterpret_cast<const char*>(bytes.begin()), bytes.size());
  for (const char* service :
       {"inference.GRPCInferenceService", "scission.v1.Control", "grpc.health.v1.Health"}) {
    CHECK(text.find(service) != std::string::npos);
  }
  call->TryCancel();
  grpc::Status status;
  stream->Finish(&status, nullptr);
  done();
}

TEST_CASE("A model is ready once it is deployed, in its only version") {
  const RunningWorker edge("edge1");
  inference::ModelReadyRequest request;
  request.set_name("net");
  const auto is_ready = [&] {
    inference::ModelReadyResponse response;
    REQUIRE(edge.stub->ModelReady(context().get(), request, &response).ok());
    return response.ready();
  };
  CHECK(!is_ready());
  REQUIRE(edge.deploy("net", "add 1").ok());
  CHECK(is_ready());
  request.set_version("1");
  CHECK(is_ready());
  request.set_version("2");
  CHECK(!is_ready());
}

TEST_CASE("A model's metadata are its segment's tensors") {
  const RunningWorker edge("edge1");
  REQUIRE(edge.deploy("pair", "same", two_in_two_out()).ok());
  inference::ModelMetadataRequest request;
  request.set_name("pair");
  inference::ModelMetadataResponse metadata;
  REQUIRE(edge.stub->ModelMetadata(context().get(), request, &metadata).ok());
  CHECK(metadata.name() == "pair");
  CHECK(metadata.platform() == "scission");
  REQUIRE(metadata.versions_size() == 1);
  CHECK(metadata.versions(0) == "1");
  REQUIRE(metadata.inputs_size() == 2);
  CHECK(metadata.inputs(1).name() == "b");
  CHECK(metadata.inputs(1).datatype() == "INT64");
  REQUIRE(metadata.inputs(1).shape_size() == 1);
  CHECK(metadata.inputs(1).shape(0) == 3);
  REQUIRE(metadata.outputs_size() == 2);
  CHECK(metadata.outputs(0).name() == "c");

  request.set_name("other");
  CHECK(edge.stub->ModelMetadata(context().get(), request, &metadata).error_code() ==
        StatusCode::NOT_FOUND);
}

TEST_CASE("Raw tensors go in and come out, with the stage's times") {
  const RunningWorker edge("edge1");
  REQUIRE(edge.deploy("net", "add 1").ok());
  inference::ModelInferRequest request = float_request("net", {1, 2, 3, 4});
  request.set_id("a");
  const Inferred inferred = infer(*edge.stub, request);
  REQUIRE(inferred.status.ok());
  CHECK(inferred.response.model_name() == "net");
  CHECK(inferred.response.model_version() == "1");
  CHECK(inferred.response.id() == "a");
  REQUIRE(inferred.response.outputs_size() == 1);
  CHECK(inferred.response.outputs(0).name() == "y");
  CHECK(inferred.response.outputs(0).datatype() == "FP32");
  CHECK(inferred.numbers() == Floats{2, 3, 4, 5});
  REQUIRE(inferred.stages.size() == 1);
  const v1::StageTiming& stage = inferred.stages[0];
  CHECK(stage.system() == "edge1");
  CHECK(stage.received_bytes() == static_cast<std::int64_t>(request.ByteSizeLong()));
  CHECK(stage.next_s() == 0);
  CHECK(stage.total_s() >= stage.deserialise_s() + stage.queue_s() + stage.compute_s());
}

TEST_CASE("Typed tensors go in, in any order by name") {
  const RunningWorker edge("edge1");
  REQUIRE(edge.deploy("pair", "multiply 2", two_in_two_out()).ok());
  const Inferred inferred = infer(*edge.stub, typed_request());
  REQUIRE(inferred.status.ok());
  CHECK(inferred.response.id() == "number 7");
  REQUIRE(inferred.response.outputs_size() == 2);
  CHECK(inferred.numbers() == Floats{3, 5});
  const std::vector<std::int64_t> whole{5, -6, 7};
  CHECK(inferred.response.raw_output_contents(1) ==
        std::string(reinterpret_cast<const char*>(whole.data()), 24));
}

TEST_CASE("The outputs that are asked for come, in that order") {
  const RunningWorker edge("edge1");
  REQUIRE(edge.deploy("pair", "same", two_in_two_out()).ok());
  inference::ModelInferRequest request = typed_request();
  request.add_outputs()->set_name("d");
  request.add_outputs()->set_name("c");
  const Inferred inferred = infer(*edge.stub, request);
  REQUIRE(inferred.status.ok());
  REQUIRE(inferred.response.outputs_size() == 2);
  CHECK(inferred.response.outputs(0).name() == "d");
  CHECK(inferred.response.outputs(1).name() == "c");

  request.mutable_outputs(1)->set_name("e");
  check_refused(infer(*edge.stub, request), "tensor e");
  request.mutable_outputs(1)->set_name("d");
  check_refused(infer(*edge.stub, request), "twice");
}

TEST_CASE("What does not fit the model is refused, and the worker lives on") {
  const RunningWorker edge("edge1");
  REQUIRE(edge.deploy("net", "add 1").ok());
  inference::ModelInferRequest request = float_request("net", {1, 2, 3, 4});

  SECTION("another model") {
    request.set_model_name("nothing\nhere");
    check_refused(infer(*edge.stub, request), "nothing", StatusCode::NOT_FOUND);
  }
  SECTION("another version") {
    request.set_model_version("7");
    check_refused(infer(*edge.stub, request), "version", StatusCode::NOT_FOUND);
  }
  SECTION("another name") {
    request.mutable_inputs(0)->set_name("z");
    check_refused(infer(*edge.stub, request), "tensor x");
  }
  SECTION("another type") {
    request.mutable_inputs(0)->set_datatype("INT32");
    check_refused(infer(*edge.stub, request), "int32");
  }
  SECTION("an unknown type") {
    request.mutable_inputs(0)->set_datatype("FP99");
    check_refused(infer(*edge.stub, request), "FP99");
  }
  SECTION("another number of dimensions") {
    request.mutable_inputs(0)->add_shape(1);
    check_refused(infer(*edge.stub, request), "dimensions");
  }
  SECTION("too few bytes for the shape") {
    request.mutable_inputs(0)->set_shape(1, 5);
    check_refused(infer(*edge.stub, request), "x");
  }
  SECTION("a negative dimension") {
    request.mutable_inputs(0)->set_shape(0, -1);
    check_refused(infer(*edge.stub, request), "x");
  }
  SECTION("huge dimensions") {
    request.mutable_inputs(0)->set_shape(0, std::int64_t{1} << 62);
    check_refused(infer(*edge.stub, request), "x");
  }
  SECTION("a tensor too many") {
    *request.add_inputs() = request.inputs(0);
    request.mutable_inputs(1)->set_name("w");
    request.add_raw_input_contents(request.raw_input_contents(0));
    check_refused(infer(*edge.stub, request), "inputs");
  }
  SECTION("no tensor") {
    request.clear_inputs();
    request.clear_raw_input_contents();
    check_refused(infer(*edge.stub, request), "inputs");
  }
  SECTION("an invalid route") {
    (*request.mutable_parameters())["scission_route"].set_string_param("cloud1");
    check_refused(infer(*edge.stub, request), "scission_route");
  }
  SECTION("a route that is a number") {
    (*request.mutable_parameters())["scission_route"].set_int64_param(3);
    check_refused(infer(*edge.stub, request), "scission_route");
  }
  SECTION("an unknown system") {
    (*request.mutable_parameters())["scission_route"].set_string_param("moon/net");
    check_refused(infer(*edge.stub, request), "moon", StatusCode::FAILED_PRECONDITION);
  }
  const Inferred after = infer(*edge.stub, float_request("net", {1, 2, 3, 4}));
  REQUIRE(after.status.ok());
  CHECK(after.numbers() == Floats{2, 3, 4, 5});
}

TEST_CASE("A segment of a backend that the worker lacks is refused before its file is sent") {
  WorkerOptions options = worker_options("edge1");
  options.backends = {"Oak", "Ash"};
  const RunningWorker edge(std::move(options));
  Segment segment = small_segment();
  segment.backend = "Elm";
  const auto deployment = fake_deployment(edge.folder, "net", "add 1", segment);
  const grpc::Status refused = RunningWorker::upload(*edge.control, deployment, "");
  CHECK(refused.error_code() == StatusCode::UNIMPLEMENTED);
  CHECK(refused.error_message().find("this worker has no backend Elm, only Oak and Ash; install") !=
        std::string::npos);
  for (const char* known : {"Ash", ""}) {  // old clients name none
    segment.backend = known;
    CHECK(edge.deploy("net", "add 1", segment).ok());
  }
}

TEST_CASE("A refusal names the system that it comes from") {
  const RunningWorker edge("edge1");
  CHECK(infer(*edge.stub, float_request("net", {1})).failed == "edge1");
}

TEST_CASE("Bytes that are no message are refused") {
  const RunningWorker edge("edge1");
  grpc::GenericStub stub(edge.channel);
  const grpc::Slice noise(std::string(100, '\xff'));
  const grpc::ByteBuffer request(&noise, 1);
  grpc::ByteBuffer response;
  const auto call = context();
  std::promise<grpc::Status> status;
  stub.UnaryCall(call.get(), "/inference.GRPCInferenceService/ModelInfer", {}, &request, &response,
                 [&](grpc::Status came) { status.set_value(std::move(came)); });
  CHECK(status.get_future().get().error_code() == StatusCode::INVALID_ARGUMENT);
  CHECK(infer(*edge.stub, float_request("net", {1})).status.error_code() == StatusCode::NOT_FOUND);
}

TEST_CASE("A model that throws is INTERNAL, one that does not take such tensors is not") {
  const RunningWorker edge("edge1");
  REQUIRE(edge.deploy("broken", "throw").ok());
  REQUIRE(edge.deploy("picky", "mismatch").ok());
  check_refused(infer(*edge.stub, float_request("broken", {1})), "out", StatusCode::INTERNAL);
  check_refused(infer(*edge.stub, float_request("picky", {1})), "such tensors");
}
