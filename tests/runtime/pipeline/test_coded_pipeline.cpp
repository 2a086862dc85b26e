// Pipelines whose hops are coded.
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "runtime/fleet.hpp"
#include "runtime/foreign_server.hpp"
#include "runtime/wire/coded_tensors.hpp"
#include "scission/codec.hpp"
#include "scission/runtime/run/run_plans.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

constexpr std::int64_t width = 16384;

using WideStages = std::vector<std::pair<std::string, std::string>>;

Segment wide_segment() {
  Segment segment = small_segment();
  segment.inputs = {{"x", "float32", {1, 16, width / 16}}};
  segment.outputs = segment.inputs;
  return segment;
}

std::vector<float> smooth_numbers() {
  std::vector<float> numbers;
  for (std::int64_t i = 0; i < width; ++i) {
    numbers.push_back(std::max(0.0F, std::sin(static_cast<float>(i) / 100)));
  }
  return numbers;
}

Tensor wide_tensor(const std::vector<float>& numbers) {
  return float_tensor("x", numbers, {1, 16, width / 16});
}

std::vector<Tensor> wide_input() { return {wide_tensor(smooth_numbers())}; }

std::vector<StageAssignment> wide_assignments(const Fleet& fleet, const WideStages& stages) {
  std::vector<StageAssignment> assignments;
  for (const auto& [system, words] : stages) {
    const Deployment made = fake_deployment(fleet.folder, "unused", words, wide_segment());
    assignments.push_back({system, made.segment, made.file, {}});
  }
  return assignments;
}

std::shared_ptr<Pipeline> wide_pipeline(const Fleet& fleet, const WideStages& stages,
                                        const std::vector<std::string>& codecs) {
  DeployOptions deploying;
  deploying.load = fake_loader();
  PipelineOptions options;
  options.source = "here";
  auto pipeline = std::make_shared<Pipeline>(
      deploy_stages("net", wide_assignments(fleet, stages), fleet.clients, deploying), options);
  pipeline->set_codecs(codecs);
  return pipeline;
}

PipelineResult answered(Pipeline& pipeline, std::vector<Tensor> inputs = wide_input()) {
  PipelineResult result = pipeline.run(std::move(inputs));
  INFO("the failure: " << result.failure.message << " at " << result.failure.system);
  REQUIRE(result.is_answered);
  return result;
}

/// From the numbers of wide_input() plus `added`.
double difference_from(const PipelineResult& result, float added) {
  const std::vector<float> numbers = floats_of(result.outputs.at(0));
  const std::vector<float> expected = smooth_numbers();
  REQUIRE(numbers.size() == expected.size());
  double largest = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(numbers[i]) - expected[i] - added));
  }
  return largest;
}

double coded_bytes(const std::string& codec) {
  return static_cast<double>(encode_tensor(*find_codec(codec), wide_input()[0]).tensor.bytes.size);
}

double sum_of_parts(const std::vector<HopTiming>& hops) {
  double sum_s = 0;
  for (const HopTiming& hop : hops) {
    sum_s += hop.encode_s + hop.serialise_s + hop.transfer_s + hop.deserialise_s + hop.decode_s +
             hop.queue_s + hop.compute_s;
  }
  return sum_s;
}

WorkerOptions worker_without_codecs(const std::string& name) {
  WorkerOptions options = worker_options(name);
  options.limits.message.codecs.emplace();
  return options;
}

}  // namespace

TEST_CASE("Every codec codes every hop of a pipeline, and the messages have the coded sizes") {
  const Fleet fleet({"a", "b"});
  const auto pipeline = wide_pipeline(fleet, {{"a", "add 1"}, {"b", "add 2"}}, {});
  for (const std::string& codec : codec_names()) {
    if (codec.rfind("jpeg", 0) == 0) continue;  // of pictures' files only
    CAPTURE(codec);
    pipeline->set_codecs({codec, codec, codec});
    CHECK(pipeline->codecs() == std::vector<std::string>{codec, codec, codec});
    const PipelineResult result = answered(*pipeline);
    CHECK(difference_from(result, 3) <= (find_codec(codec)->is_lossless() ? 1e-6 : 0.6));
    REQUIRE(result.hops.size() == 2);
    for (const HopTiming& hop : result.hops) {
      CHECK(hop.codec == codec);
      CHECK(hop.encode_s > 0);
      CHECK(hop.decode_s > 0);
      CHECK(hop.raw_tensors == 0);
    }
    // What the second hop's tensor is depends on what the first one lost.
    constexpr double header_bytes = 400;
    const double expected = coded_bytes(codec);
    CHECK(static_cast<double>(result.hops[0].bytes) >= 0.98 * expected);
    CHECK(static_cast<double>(result.hops[0].bytes) <= 1.02 * expected + header_bytes);
    CHECK(result.hops[1].bytes < sizeof(float) * width);
    CHECK(sum_of_parts(result.hops) <= result.latency_s);
  }
}

TEST_CASE("Lossless codecs leave a pipeline's answers as they are, bit for bit") {
  const Fleet fleet({"a", "b"});
  const auto pipeline = wide_pipeline(fleet, {{"a", "add 1"}, {"b", "multiply 3"}}, {});
  const std::vector<float> expected = floats_of(answered(*pipeline).outputs.at(0));
  for (const char* codec : {"zstd", "lz4"}) {
    pipeline->set_codecs({codec, codec, codec});
    CHECK(floats_of(answered(*pipeline).outputs.at(0)) == expected);
  }
}

TEST_CASE("Codecs change between two requests without a deployment") {
  const Fleet fleet({"a", "b"});
  const auto pipeline = wide_pipeline(fleet, {{"a", "same"}, {"b", "same"}}, {});
  const auto hop_codecs = [&] {
    std::vector<std::string> codecs;
    for (const HopTiming& hop : answered(*pipeline).hops) codecs.push_back(hop.codec);
    return codecs;
  };
  const auto models = fleet.clients.at("a")->list(10);
  CHECK(hop_codecs() == std::vector<std::string>{"", ""});
  const std::size_t raw_bytes = answered(*pipeline).hops.at(1).bytes;
  pipeline->set_codecs({"raw", "fp16", "raw"});
  CHECK(hop_codecs() == std::vector<std::string>{"", "fp16"});
  CHECK(answered(*pipeline).hops.at(1).bytes < 0.6 * static_cast<double>(raw_bytes));
  pipeline->set_codecs({"zstd", "", ""});
  CHECK(hop_codecs() == std::vector<std::string>{"zstd", ""});
  pipeline->set_codecs({});
  CHECK(hop_codecs() == std::vector<std::string>{"", ""});
  CHECK(fleet.clients.at("a")->list(10).size() == models.size());
  CHECK_ERROR(pipeline->set_codecs({"fp16"}), ErrorCode::invalid_argument, "2 stages");
}

TEST_CASE("A worker states its codecs, and gets and sends tensors as they are without one") {
  Fleet fleet({"a", "c"});
  fleet.start(worker_without_codecs("b"));
  const std::vector<std::string> stated = fleet.clients.at("a")->server(10).codecs();
  CHECK(stated == codec_names());
  CHECK(fleet.clients.at("b")->server(10).codecs().empty());
  const auto pipeline = wide_pipeline(fleet, {{"a", "add 1"}, {"b", "add 1"}, {"c", "add 1"}},
                                      {"int8", "int8", "int8", "zstd"});
  CHECK(pipeline->codecs() == std::vector<std::string>{"int8", "", "", "zstd"});
  const PipelineResult result = answered(*pipeline);
  CHECK(difference_from(result, 3) < 0.1);
  CHECK(result.hops.at(0).codec == "int8");
  CHECK(result.hops.at(1).codec.empty());
  CHECK(result.hops.at(1).encode_s == 0);
}

TEST_CASE("A codec that the sender of a hop does not have is counted, and the tensor crosses") {
  Fleet fleet({"b"});
  fleet.start(worker_without_codecs("a"));
  (void)wide_pipeline(fleet, {{"a", "add 1"}, {"b", "add 1"}}, {});
  const auto assignments = wide_assignments(fleet, {{"a", "add 1"}, {"b", "add 1"}});
  InferRequest request;
  request.model = served_name("net", assignments[0].segment);
  request.inputs = wide_input();
  request.route = {{"b", served_name("net", assignments[1].segment), "fp16"}};
  const InferResult result = fleet.clients.at("a")->infer(request, 30);
  REQUIRE(std::holds_alternative<InferAnswer>(result));
  const auto& answer = std::get<InferAnswer>(result);
  REQUIRE(answer.stages.size() == 2);
  CHECK(answer.stages[0].raw_tensors == 1);
  CHECK(answer.stages[1].decode_s == 0);
}

TEST_CASE("Numbers that a codec cannot code cross as they are, and the hop counts them") {
  const Fleet fleet({"a", "b"});
  const auto pipeline =
      wide_pipeline(fleet, {{"a", "same"}, {"b", "same"}}, {"int8", "int8", "int8"});
  std::vector<float> numbers = smooth_numbers();
  numbers[5] = std::numeric_limits<float>::quiet_NaN();
  const PipelineResult result = answered(*pipeline, {wide_tensor(numbers)});
  const std::vector<float> back = floats_of(result.outputs.at(0));
  CHECK(std::isnan(back[5]));
  CHECK(back[6] == numbers[6]);
  REQUIRE(result.hops.size() == 2);
  CHECK(result.hops[0].raw_tensors == 1);
  CHECK(result.hops[1].raw_tensors == 2);  // with the answer
  CHECK(answered(*pipeline).hops[0].raw_tensors == 0);
}

TEST_CASE("Stages in this process send and receive coded tensors") {
  const Fleet fleet({"a"});
  const auto pipeline = wide_pipeline(fleet, {{"here", "add 1"}, {"a", "add 1"}, {"here", "add 1"}},
                                      {"fp16", "fp16", "fp16", "fp16"});
  CHECK(pipeline->codecs() == std::vector<std::string>{"", "fp16", "fp16", ""});
  const PipelineResult result = answered(*pipeline);
  CHECK(difference_from(result, 3) < 0.01);
  REQUIRE(result.hops.size() == 3);
  CHECK(result.hops[0].codec.empty());
  CHECK(result.hops[1].codec == "fp16");
  CHECK(result.hops[1].encode_s > 0);
  CHECK(result.hops[1].decode_s > 0);
  CHECK(sum_of_parts(result.hops) <= result.latency_s);
}

TEST_CASE("A foreign server is sent tensors as they are, whatever codec is asked for") {
  ForeignService service;
  const InProcessServer server(0, service);
  PipelineStage foreign;
  foreign.system = "f";
  foreign.model = "same";
  foreign.client = std::make_shared<Client>(server.address(), Security{});
  foreign.is_foreign = true;
  foreign.codecs = {"fp16"};
  Pipeline pipeline({foreign}, {});
  pipeline.set_codecs({"fp16", "fp16"});
  CHECK(pipeline.codecs() == std::vector<std::string>{"", ""});
  CHECK(difference_from(answered(pipeline), 0) == 0);
}

TEST_CASE("A worker answers a damaged coded tensor with INVALID_ARGUMENT, and the next request") {
  const RunningWorker worker("edge1");
  REQUIRE(worker.deploy("wide", "add 1", wide_segment()).ok());
  const CodedTensor coded = encode_tensor(*find_codec("int8+zstd"), wide_input()[0]);
  const auto request_with = [&](const std::string& codec, const std::string& bytes) {
    inference::ModelInferRequest request;
    request.set_model_name("wide");
    auto* const input = request.add_inputs();
    input->set_name("x");
    input->set_datatype("UINT8");
    input->add_shape(static_cast<std::int64_t>(bytes.size()));
    CodedTensor stated = coded;
    stated.codec = codec;
    add_coding(stated, *input->mutable_parameters());
    request.add_raw_input_contents(bytes);
    return request;
  };
  const std::string whole(coded.tensor.bytes.view());
  check_refused(infer(*worker.stub, request_with(coded.codec, whole.substr(0, whole.size() / 2))),
                "tensor x");
  check_refused(infer(*worker.stub, request_with(coded.codec, std::string(whole.size(), '\x7f'))),
                "tensor x");
  check_refused(infer(*worker.stub, request_with("no-such", whole)), "no-such",
                grpc::StatusCode::UNIMPLEMENTED);
  const Inferred inferred = infer(*worker.stub, request_with(coded.codec, whole));
  REQUIRE(inferred.status.ok());
  CHECK(inferred.response.outputs(0).datatype() == "FP32");  // no codec was asked for
  CHECK(inferred.response.outputs(0).parameters().empty());
}

TEST_CASE("An answer comes coded only where the request asks for it") {
  const RunningWorker worker("edge1");
  REQUIRE(worker.deploy("wide", "same", wide_segment()).ok());
  inference::ModelInferRequest request = float_request("wide", smooth_numbers());
  request.mutable_inputs(0)->clear_shape();
  for (const std::int64_t size : {std::int64_t{1}, std::int64_t{16}, width / 16}) {
    request.mutable_inputs(0)->add_shape(size);
  }
  (*request.mutable_parameters())["scission_answer_codec"].set_string_param("zstd");
  const Inferred inferred = infer(*worker.stub, request);
  REQUIRE(inferred.status.ok());
  const auto& output = inferred.response.outputs(0);
  CHECK(output.datatype() == "UINT8");
  CHECK(output.parameters().at("scission_codec").string_param() == "zstd");
  CHECK(output.parameters().at("scission_shape").string_param() == "1,16,1024");
  (*request.mutable_parameters())["scission_answer_codec"].set_string_param("no-such");
  CHECK(infer(*worker.stub, request).response.outputs(0).datatype() == "FP32");
  (*request.mutable_parameters())["scission_answer_codec"].set_bool_param(true);
  check_refused(infer(*worker.stub, request), "scission_answer_codec");
}

TEST_CASE("A segment that computes does not wait for a codec of another request") {
  const Fleet fleet({"a", "b"});
  const auto pipeline = wide_pipeline(fleet, {{"a", "same"}, {"b", "same"}}, {"", "int8+zstd", ""});
  Collected results;
  for (int i = 0; i < 8; ++i) pipeline->send(wide_input(), results.done());
  for (const PipelineResult& result : results.wait(8)) {
    CHECK(result.is_answered);
    CHECK(result.hops.at(1).codec == "int8+zstd");
  }
  CHECK(results.count() == 8);
}

namespace {

/// Stages on a and b, each hop by the codec, whose error is planned to be at most `error`.
RunnablePlan coded_plan(const Fleet& fleet, const std::string& codec, double error) {
  RunnablePlan plan;
  plan.plan.source = "here";
  plan.plan.latency_s = 1;
  plan.plan.error = error;
  TimelineItem hop{.is_transfer = true, .system = "here", .to = "a", .codec = codec};
  hop.encode_s = 0.25;
  hop.decode_s = 0.125;
  hop.seconds = 0.5;
  plan.plan.items = {hop, {.system = "a", .first_layer = 0, .last_layer = 0, .seconds = 0.1}};
  hop.system = "a";
  hop.to = "b";
  plan.plan.items.push_back(hop);
  plan.plan.items.push_back({.system = "b", .first_layer = 1, .last_layer = 1, .seconds = 0.1});
  plan.stages = wide_assignments(fleet, {{"a", "add 1"}, {"b", "add 1"}});
  return plan;
}

PlanRun run_of(const Fleet& fleet, const RunnablePlan& plan) {
  PlanDeploymentOptions options;
  options.model = "net";
  options.source = "here";
  for (const auto& [name, client] : fleet.clients) options.addresses[name] = client->address();
  PlanDeployment deployment(options);
  PlanRunOptions running;
  running.inputs = wide_input();
  running.load.count = 3;
  running.load.warmup = 0;
  running.tolerance = 1e-6;
  running.difference = [](const std::vector<Tensor>& outputs) {
    PipelineResult result;
    result.outputs = outputs;
    return difference_from(result, 2) / 3;
  };
  std::vector<PlanRun> runs;
  run_plans(deployment, {plan}, running, runs);
  return runs.at(0);
}

}  // namespace

TEST_CASE(
    "A run of a plan codes what the plan says, and compares the error with the plan's bound") {
  const Fleet fleet({"a", "b"});
  const std::vector<PlanRun> runs{run_of(fleet, coded_plan(fleet, "int8", 0.5))};
  CHECK(runs[0].is_lossy);
  CHECK(runs[0].checked == 3);
  CHECK(runs[0].difference > 1e-6);
  CHECK(find_fault(runs).empty());
  const std::string text = format_runs(runs, true);
  CHECK(contains(text, "encode"));
  CHECK(contains(text, "int8"));
  CHECK(contains(text, "3 answers compared: they differ from the whole model's by up to "));
  CHECK(contains(text, "the plan's codecs may make 0.5"));
  CHECK_FALSE(contains(text, "every answer"));
  const std::string json = format_runs_json("net", runs);
  CHECK(contains(json, "\"codec\": \"int8\""));
  CHECK(contains(json, "\"planned_encode_s\": 0.25"));
  CHECK(contains(json, "\"planned_transfer_s\": 0.125"));
  CHECK(contains(json, "\"error_bound\": 0.5"));
  CHECK(contains(json, "\"lossy\": true"));
}

TEST_CASE("An answer beyond the error that a plan's codecs may make is wrong") {
  const Fleet fleet({"a", "b"});
  const std::vector<PlanRun> runs{run_of(fleet, coded_plan(fleet, "int8", 1e-5))};
  CHECK(runs[0].wrong == 3);
  CHECK(contains(find_fault(runs), "and its codecs may make 1e-05"));
}

TEST_CASE("A lossless plan's answers are compared as those of a plan without codecs") {
  const Fleet fleet({"a", "b"});
  const std::vector<PlanRun> runs{run_of(fleet, coded_plan(fleet, "zstd", 0))};
  CHECK_FALSE(runs[0].is_lossy);
  CHECK(runs[0].wrong == 0);
  CHECK(contains(format_runs(runs, true), "every answer is the whole model's"));
  const std::vector<PlanRun> raw{run_of(fleet, coded_plan(fleet, "", 0))};
  CHECK_FALSE(contains(format_runs(raw, true), "encode"));
}

TEST_CASE("A codec for all hops replaces the plan's, whose error is then unknown") {
  const Fleet fleet({"a", "b"});
  RunnablePlan plan = coded_plan(fleet, "", 0);
  replace_codecs("fp16", plan.plan);
  CHECK(codecs_of(plan.plan) == std::vector<std::string>{"fp16", "fp16", ""});
  const std::vector<PlanRun> runs{run_of(fleet, plan)};
  CHECK(runs[0].summary.hops.at(1).codec == "fp16");
  CHECK(find_fault(runs).empty());
  CHECK(contains(format_runs(runs, true), "no measurement says how much they may"));
  CHECK(contains(format_runs_json("net", runs), "\"error_bound\": null"));
  replace_codecs("raw", plan.plan);
  CHECK(codecs_of(plan.plan).empty());
  CHECK(plan.plan.error == 0);
}
