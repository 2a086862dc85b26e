// Tensors that codecs have coded, in messages.
#include "runtime/wire/coded_tensors.hpp"

#include <grpcpp/support/slice.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "inference.pb.h"
#include "runtime/fake_stage.hpp"
#include "runtime/wire/infer_codec.hpp"
#include "runtime/wire/message_fields.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;
using inference::ModelInferRequest;

namespace {

/// Numbers whose codes are smaller than themselves.
Tensor smooth_tensor(std::int64_t count = 4096) {
  std::vector<float> numbers;
  for (std::int64_t i = 0; i < count; ++i) {
    numbers.push_back(std::max(0.0F, std::sin(static_cast<float>(i) / 100)));
  }
  return float_tensor("x", numbers, {1, 8, count / 8});
}

InferMessage coded_message(std::vector<Tensor> tensors, const std::string& codec) {
  InferMessage message;
  message.model = "m";
  message.tensors = std::move(tensors);
  message.codec = codec;
  return message;
}

std::string bytes_of(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  REQUIRE(buffer.Dump(&slices).ok());
  std::string text;
  for (const grpc::Slice& slice : slices) {
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return text;
}

ModelInferRequest parsed(const grpc::ByteBuffer& buffer) {
  ModelInferRequest request;
  REQUIRE(request.ParseFromString(bytes_of(buffer)));
  return request;
}

InferMessage decoded(const ModelInferRequest& request, const MessageLimits& limits = {}) {
  const grpc::Slice slice(request.SerializeAsString());
  return decode_request({&slice, 1}, limits);
}

/// A request with one tensor coded by zstd.
ModelInferRequest coded_request() {
  return parsed(encode_request(coded_message({smooth_tensor()}, "zstd")));
}

void set_text(ModelInferRequest& request, const char* parameter, const std::string& text) {
  (*request.mutable_inputs(0)->mutable_parameters())[parameter].set_string_param(text);
}

double largest_difference(const Tensor& a, const Tensor& b) {
  const std::vector<float> left = floats_of(a);
  const std::vector<float> right = floats_of(b);
  REQUIRE(left.size() == right.size());
  double largest = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(left[i]) - right[i]));
  }
  return largest;
}

}  // namespace

TEST_CASE("A coded tensor crosses as UINT8 of one dimension that says what it decodes to") {
  CodingStats figures;
  const Tensor tensor = smooth_tensor();
  const ModelInferRequest request =
      parsed(encode_request(coded_message({tensor}, "zstd"), &figures));
  REQUIRE(request.inputs_size() == 1);
  const auto& input = request.inputs(0);
  CHECK(input.name() == "x");
  CHECK(input.datatype() == "UINT8");
  REQUIRE(input.shape_size() == 1);
  CHECK(input.shape(0) == static_cast<std::int64_t>(request.raw_input_contents(0).size()));
  CHECK(request.raw_input_contents(0).size() < tensor.bytes.size);
  CHECK(input.parameters().at("scission_codec").string_param() == "zstd");
  CHECK(input.parameters().at("scission_dtype").string_param() == "FP32");
  CHECK(input.parameters().at("scission_shape").string_param() == "1,8,512");
  CHECK(figures.coded == 1);
  CHECK(figures.raw == 0);
  CHECK(figures.bytes == tensor.bytes.size);
}

TEST_CASE("Every codec's tensors arrive in requests and in answers, exactly where it is lossless") {
  const Tensor tensor = smooth_tensor();
  for (const std::string& name : codec_names()) {
    if (name.rfind("jpeg", 0) == 0) continue;  // of pictures' files only
    CAPTURE(name);
    const InferMessage message = coded_message({tensor}, name);
    CodingStats figures;
    for (const InferMessage& back : {decode_request(encode_request(message, &figures), {}),
                                     decode_response(encode_response(message, &figures), {})}) {
      REQUIRE(back.tensors.size() == 1);
      CHECK(back.tensors[0].name == "x");
      CHECK(back.tensors[0].dtype == "float32");
      CHECK(back.tensors[0].shape == tensor.shape);
      CHECK(back.decoding.coded == 1);
      CHECK(reinterpret_cast<std::uintptr_t>(back.tensors[0].bytes.data) % 64 == 0);
      const double difference = largest_difference(back.tensors[0], tensor);
      CHECK(difference <= (find_codec(name)->is_lossless() ? 0 : 0.1));
    }
    CHECK(figures.coded == 2);
  }
}

TEST_CASE("Tensors that a codec cannot code cross as they are, and are counted") {
  const Tensor infinite =
      float_tensor("x", std::vector<float>(100, std::numeric_limits<float>::infinity()));
  const Tensor integers{"i", "int64", {4}, to_shared_bytes(std::string(32, 'i'))};
  const Tensor empty = float_tensor("e", {}, {0});
  CodingStats figures;
  const ModelInferRequest request =
      parsed(encode_request(coded_message({infinite, integers, empty}, "int8"), &figures));
  CHECK(figures.coded == 0);
  CHECK(figures.raw ==
        1);  // integers are not what int8 is for, and there is nothing to an empty one
  const InferMessage back = decoded(request);
  CHECK((back.tensors.at(0).bytes.view() == infinite.bytes.view()));
  CHECK(back.tensors.at(0).dtype == "float32");
  CHECK(back.decoding.coded == 0);
}

TEST_CASE("A code that exists already is sent, where its codec is asked for") {
  const Tensor tensor = smooth_tensor();
  InferMessage message = coded_message({tensor}, "jpeg");
  CodedTensor ready{"jpeg", {"", "uint8", {4}, to_shared_bytes("JPEG")}, "float32", tensor.shape};
  message.ready = {ready};
  CodingStats figures;
  const ModelInferRequest request = parsed(encode_request(message, &figures));
  CHECK(request.inputs(0).name() == "x");
  CHECK(request.raw_input_contents(0) == "JPEG");
  CHECK(request.inputs(0).parameters().at("scission_codec").string_param() == "jpeg");
  CHECK(figures.coded == 1);
  message.ready[0].codec = "zstd";
  CHECK(parsed(encode_request(message, &figures)).raw_input_contents(0).size() ==
        tensor.bytes.size);
  CHECK(figures.raw == 1);  // jpeg codes no tensor
}

TEST_CASE("A codec that is not registered leaves all tensors as they are") {
  CodingStats figures;
  const ModelInferRequest request =
      parsed(encode_request(coded_message({smooth_tensor()}, "no-such"), &figures));
  CHECK(request.inputs(0).datatype() == "FP32");
  CHECK(figures.raw == 1);
}

TEST_CASE("A coded tensor that is cut short anywhere is refused by its name") {
  for (const char* codec : {"zstd", "lz4", "int8", "fp16", "int8+zstd"}) {
    CAPTURE(codec);
    const ModelInferRequest whole =
        parsed(encode_request(coded_message({smooth_tensor(256)}, codec)));
    const std::string bytes = whole.raw_input_contents(0);
    for (std::size_t length = 0; length < bytes.size(); length += 7) {
      ModelInferRequest request = whole;
      request.set_raw_input_contents(0, bytes.substr(0, length));
      request.mutable_inputs(0)->set_shape(0, static_cast<std::int64_t>(length));
      CHECK_ERROR(decoded(request), ErrorCode::invalid_argument, "tensor x");
    }
    ModelInferRequest longer = whole;
    longer.set_raw_input_contents(0, bytes + "more");
    longer.mutable_inputs(0)->set_shape(0, static_cast<std::int64_t>(bytes.size() + 4));
    CHECK_ERROR(decoded(longer), ErrorCode::invalid_argument, "tensor x");
  }
}

TEST_CASE("A coded tensor that decodes to another size than it says is refused") {
  ModelInferRequest request = coded_request();
  set_text(request, "scission_shape", "1,4095");
  CHECK_ERROR(decoded(request), ErrorCode::invalid_argument, "tensor x");
  set_text(request, "scission_shape", "1,4096,2");
  CHECK_ERROR(decoded(request), ErrorCode::invalid_argument, "tensor x");
}

TEST_CASE("An unknown codec is refused by its name, and so is one that the limits leave out") {
  ModelInferRequest request = coded_request();
  MessageLimits limits;
  limits.codecs = {"fp16"};
  CHECK_ERROR(decoded(request, limits), ErrorCode::unsupported, "'zstd'");
  limits.codecs->push_back("zstd");
  CHECK(decoded(request, limits).tensors.at(0).dtype == "float32");
  set_text(request, "scission_codec", "cubic\n");
  CHECK_ERROR(decoded(request), ErrorCode::unsupported, "'cubic");
}

TEST_CASE(
    "A coded tensor of more bytes than a message may have is refused before they are allocated") {
  ModelInferRequest request = coded_request();
  MessageLimits limits;
  limits.tensor_bytes = 4096 * 4;
  CHECK(decoded(request, limits).tensors.size() == 1);
  limits.tensor_bytes = 4096 * 4 - 1;
  CHECK_ERROR(decoded(request, limits), ErrorCode::invalid_argument, "the limit is 16383");
  limits = {};
  limits.bytes = 4096 * 4 - 1;  // the coded bytes are fewer
  CHECK_ERROR(decoded(request, limits), ErrorCode::invalid_argument, "the limit of 16383");
  set_text(request, "scission_shape", "1000000000000");
  CHECK_ERROR(decoded(request), ErrorCode::invalid_argument, "4000000000000 bytes");
}

TEST_CASE("A tensor's coding must be said completely and in numbers") {
  for (const char* shape :
       {"1,,4096", "1,4096,", ",", "x", "1 4096", "-1,4096", "1,99999999999999999999"}) {
    CAPTURE(shape);
    ModelInferRequest request = coded_request();
    set_text(request, "scission_shape", shape);
    CHECK_ERROR(decoded(request), ErrorCode::invalid_argument, "tensor x");
  }
  ModelInferRequest request = coded_request();
  request.mutable_inputs(0)->mutable_parameters()->erase("scission_dtype");
  CHECK_ERROR(decoded(request), ErrorCode::invalid_argument, "scission_dtype");
  request = coded_request();
  (*request.mutable_inputs(0)->mutable_parameters())["scission_codec"].set_int64_param(1);
  CHECK_ERROR(decoded(request), ErrorCode::invalid_argument, "scission_codec");
  request = coded_request();
  request.mutable_inputs(0)->set_datatype("INT8");
  CHECK_ERROR(decoded(request), ErrorCode::invalid_argument, "UINT8");
}

TEST_CASE("Who has a codec has all of its levels") {
  CHECK(codec_without_level("zstd-19") == "zstd");
  CHECK(codec_without_level("int8+zstd-1") == "int8+zstd");
  for (const char* name : {"zstd", "fp16", "int8", "own-", "-1", ""}) {
    CHECK(codec_without_level(name) == name);
  }
  MessageLimits limits;
  limits.codecs = {"zstd"};
  CHECK(usable_codec("zstd-1", limits) != nullptr);
  CHECK(usable_codec("lz4", limits) == nullptr);
}

TEST_CASE("Codecs of a route are its last names, so that a worker may pass them on unread") {
  std::vector<RouteStop> route{{"a", "m", "int8+zstd"}, {"b", "m", ""}, {"c", "m", "fp16"}};
  const std::string text = encode_codecs(route);
  CHECK(text == "int8+zstd;;fp16");
  for (RouteStop& stop : route) stop.codec.clear();
  CHECK(encode_codecs(route).empty());
  decode_codecs(text, route);
  CHECK(route[0].codec == "int8+zstd");
  CHECK(route[1].codec.empty());
  CHECK(route[2].codec == "fp16");
  std::vector<RouteStop> rest{{"c", "m", ""}};
  decode_codecs(text, rest);
  CHECK(rest[0].codec == "fp16");
}

TEST_CASE("Other text than codecs of a route is refused") {
  std::vector<RouteStop> route{{"a", "m", ""}, {"b", "m", ""}};
  CHECK_ERROR(decode_codecs("fp16", route), ErrorCode::invalid_argument, "fewer names");
  CHECK_ERROR(decode_codecs("fp16;in/8", route), ErrorCode::invalid_argument, "separated by ';'");
  CHECK_ERROR(decode_codecs(std::string(100, ';'), route), ErrorCode::invalid_argument,
              "more than 64");
}
