#include <grpcpp/support/slice.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "inference.pb.h"
#include "runtime/wire/infer_codec.hpp"
#include "runtime/wire/message_fields.hpp"
#include "runtime/wire/status.hpp"
#include "runtime/wire/tensor_codec.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::runtime;
using inference::ModelInferRequest;
using inference::ModelInferResponse;

namespace {

using Shape = std::vector<std::int64_t>;

const std::vector<std::string> dtypes{"bool",    "uint8",   "uint16",  "uint32", "uint64",
                                      "int8",    "int16",   "int32",   "int64",  "float16",
                                      "float32", "float64", "bfloat16"};

std::string random_bytes(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

Tensor tensor(const std::string& name, const std::string& dtype, const Shape& shape) {
  return {name, dtype, shape, to_shared_bytes(random_bytes(tensor_bytes(dtype, shape), 7))};
}

InferMessage message_of(std::vector<Tensor> tensors) {
  InferMessage message;
  message.model = "m";
  message.id = "i";
  message.tensors = std::move(tensors);
  return message;
}

template <typename Value>
Tensor tensor_of(const std::string& dtype, const std::vector<Value>& values) {
  std::string bytes(values.size() * sizeof(Value), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return {
      "x", dtype, {static_cast<std::int64_t>(values.size())}, to_shared_bytes(std::move(bytes))};
}

std::vector<grpc::Slice> slices_of(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  REQUIRE(buffer.Dump(&slices).ok());
  return slices;
}

std::string text_of(const grpc::ByteBuffer& buffer) {
  std::string text;
  for (const grpc::Slice& slice : slices_of(buffer)) {
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return text;
}

/// The bytes as a network might deliver them, in pieces of at most `piece`.
grpc::ByteBuffer buffer_of(const std::string& text, std::size_t piece = 1 << 14) {
  std::vector<grpc::Slice> slices;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    slices.emplace_back(text.substr(at, piece));
  }
  return {slices.data(), slices.size()};
}

InferMessage decode(const ModelInferRequest& request, const MessageLimits& limits = {}) {
  return decode_request(buffer_of(request.SerializeAsString()), limits);
}

InferMessage decode(const ModelInferResponse& response) {
  return decode_response(buffer_of(response.SerializeAsString()), {});
}

ModelInferRequest::InferInputTensor* add_input(ModelInferRequest& request, const std::string& type,
                                               const Shape& shape, const std::string& name = "x") {
  auto* input = request.add_inputs();
  input->set_name(name);
  input->set_datatype(type);
  input->mutable_shape()->Add(shape.begin(), shape.end());
  return input;
}

ModelInferRequest raw_request(const std::string& type, const Shape& shape, std::size_t bytes) {
  ModelInferRequest request;
  add_input(request, type, shape);
  request.add_raw_input_contents(std::string(bytes, 'r'));
  return request;
}

void check_equal(const Tensor& a, const Tensor& b) {
  CHECK(a.name == b.name);
  CHECK(a.dtype == b.dtype);
  CHECK(a.shape == b.shape);
  CHECK((a.bytes.view() == b.bytes.view()));
}

/// A request with typed contents that `fill` puts in.
template <typename Fill>
InferMessage typed(const std::string& type, std::int64_t count, Fill fill) {
  ModelInferRequest request;
  fill(*add_input(request, type, {count})->mutable_contents());
  return decode(request);
}

}  // namespace

TEST_CASE("Requests of every type come back as they were, in pieces of any size") {
  InferMessage message;
  message.model = "net-01";
  message.version = "2";
  message.id = "request 7";
  message.wanted_outputs = {"y", "z"};
  message.parameters = {{"flag", true},
                        {"number", std::int64_t{-5}},
                        {"large", std::numeric_limits<std::uint64_t>::max()},
                        {"ratio", 0.25},
                        {route_parameter, std::string("a/b")}};
  for (const std::string& dtype : dtypes) message.tensors.push_back(tensor(dtype, dtype, {2, 3}));
  message.tensors.push_back(tensor("scalar", "float32", {}));
  message.tensors.push_back(tensor("none", "float32", {4, 0}));
  const std::string text = text_of(encode_request(message));
  for (const std::size_t piece : {1, 7, 100, 1 << 20}) {
    CAPTURE(piece);
    const InferMessage back = decode_request(buffer_of(text, piece), {});
    CHECK(back.model == message.model);
    CHECK(back.version == message.version);
    CHECK(back.id == message.id);
    CHECK(back.wanted_outputs == message.wanted_outputs);
    CHECK((back.parameters == message.parameters));
    REQUIRE(back.tensors.size() == message.tensors.size());
    for (std::size_t i = 0; i < back.tensors.size(); ++i) {
      check_equal(back.tensors[i], message.tensors[i]);
    }
  }
}

TEST_CASE("What is encoded is what protobuf reads, and the other way round") {
  const InferMessage message = message_of({tensor("x", "bfloat16", {3})});
  ModelInferRequest request;
  REQUIRE(request.ParseFromString(text_of(encode_request(message))));
  CHECK(request.inputs(0).datatype() == "BF16");
  CHECK((request.raw_input_contents(0) == message.tensors[0].bytes.view()));
  ModelInferResponse response;
  REQUIRE(response.ParseFromString(text_of(encode_response(message))));
  CHECK(response.outputs(0).name() == "x");
  CHECK((response.raw_output_contents(0) == message.tensors[0].bytes.view()));
  check_equal(decode(request).tensors.at(0), message.tensors[0]);
  check_equal(decode(response).tensors.at(0), message.tensors[0]);
}

TEST_CASE("Encoding refers to a tensor's bytes and keeps them alive") {
  InferMessage message = message_of({tensor("x", "float32", {64, 64})});
  const char* const data = message.tensors[0].bytes.data;
  const std::weak_ptr<const void> owner = message.tensors[0].bytes.owner;
  grpc::ByteBuffer buffer = encode_request(message);
  message.tensors.clear();
  CHECK_FALSE(owner.expired());
  {
    const std::vector<grpc::Slice> slices = slices_of(buffer);
    CHECK(std::any_of(slices.begin(), slices.end(), [&](const grpc::Slice& slice) {
      return reinterpret_cast<const char*>(slice.begin()) == data && slice.size() == 64 * 64 * 4;
    }));
  }
  buffer.Clear();
  CHECK(owner.expired());
}

TEST_CASE("Decoded tensors are aligned as backends align their own") {
  InferMessage message;
  for (int i = 1; i < 8; ++i) {
    message.tensors.push_back(tensor(std::to_string(i), "float64", {i}));
  }
  for (const Tensor& t : decode_request(encode_request(message), {}).tensors) {
    CHECK(reinterpret_cast<std::uintptr_t>(t.bytes.data) % 64 == 0);
  }
}

TEST_CASE("Typed contents become the tensor's bytes") {
  const auto check = [](const InferMessage& message, const Tensor& expected) {
    check_equal(message.tensors.at(0), expected);
  };
  using Contents = inference::InferTensorContents;
  check(typed("BOOL", 3, [](Contents& c) { c.mutable_bool_contents()->Resize(3, true); }),
        tensor_of<char>("bool", {1, 1, 1}));
  const auto ints = [](Contents& c) {
    for (const int value : {-128, 0, 127}) c.add_int_contents(value);
  };
  check(typed("INT8", 3, ints), tensor_of<std::int8_t>("int8", {-128, 0, 127}));
  check(typed("INT16", 3, ints), tensor_of<std::int16_t>("int16", {-128, 0, 127}));
  check(typed("INT32", 3, ints), tensor_of<std::int32_t>("int32", {-128, 0, 127}));
  const auto uints = [](Contents& c) {
    for (const unsigned value : {0U, 255U}) c.add_uint_contents(value);
  };
  check(typed("UINT8", 2, uints), tensor_of<std::uint8_t>("uint8", {0, 255}));
  check(typed("UINT16", 2, uints), tensor_of<std::uint16_t>("uint16", {0, 255}));
  check(typed("UINT32", 2, uints), tensor_of<std::uint32_t>("uint32", {0, 255}));
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  check(
      typed("INT64", 2, [](Contents& c) { c.add_int64_contents(least), c.add_int64_contents(9); }),
      tensor_of<std::int64_t>("int64", {least, 9}));
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  check(typed("UINT64", 1, [](Contents& c) { c.add_uint64_contents(most); }),
        tensor_of<std::uint64_t>("uint64", {most}));
  check(typed("FP32", 2, [](Contents& c) { c.add_fp32_contents(-0.5F), c.add_fp32_contents(3); }),
        tensor_of<float>("float32", {-0.5F, 3}));
  check(typed("FP64", 1, [](Contents& c) { c.add_fp64_contents(1e300); }),
        tensor_of<double>("float64", {1e300}));
  check(typed("FP64", 0, [](Contents&) {}), tensor_of<double>("float64", {}));
}

TEST_CASE("Typed contents of a foreign server's answer are read too") {
  ModelInferResponse response;
  response.set_model_name("m");
  for (const char* name : {"y", "z"}) {
    auto* output = response.add_outputs();
    output->set_name(name);
    output->set_datatype("FP32");
    output->add_shape(1);
    output->mutable_contents()->add_fp32_contents(2.5F);
  }
  const InferMessage message = decode(response);
  REQUIRE(message.tensors.size() == 2);
  CHECK((message.tensors[1].bytes.view() == tensor_of<float>("float32", {2.5F}).bytes.view()));
}

TEST_CASE("Typed elements one field each, as old writers have them, are read") {
  ModelInferRequest request;
  add_input(request, "INT32", {2});
  // inputs { contents { int_contents: 1 } contents { int_contents: -1 } }, nothing packed
  std::string input = request.inputs(0).SerializeAsString();
  input += std::string("\x2A\x02\x10\x01", 4);
  input += std::string("\x2A\x0B\x10\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 13);
  const std::string text = "\x2A" + std::string(1, static_cast<char>(input.size())) + input;
  const InferMessage message = decode_request(buffer_of(text, 3), {});
  check_equal(message.tensors.at(0), tensor_of<std::int32_t>("int32", {1, -1}));
}

TEST_CASE("Typed contents that do not fit their type are refused") {
  using Contents = inference::InferTensorContents;
  const auto refused = [](const std::string& type, std::int64_t count, auto fill,
                          const char* part) {
    CAPTURE(type, count);
    CHECK_ERROR(typed(type, count, fill), ErrorCode::invalid_argument, part);
    CHECK_ERROR(typed(type, count, fill), ErrorCode::invalid_argument, "tensor x");
  };
  refused(
      "INT8", 1, [](Contents& c) { c.add_int_contents(128); }, "out of the range of INT8");
  refused(
      "INT8", 1, [](Contents& c) { c.add_int_contents(-129); }, "out of the range of INT8");
  refused(
      "INT16", 1, [](Contents& c) { c.add_int_contents(40000); }, "out of the range of INT16");
  refused(
      "UINT8", 1, [](Contents& c) { c.add_uint_contents(256); }, "out of the range of UINT8");
  refused(
      "UINT16", 1, [](Contents& c) { c.add_uint_contents(65536); }, "out of the range of UINT16");
  refused(
      "FP16", 1, [](Contents& c) { c.add_fp32_contents(1); }, "raw");
  refused(
      "BF16", 1, [](Contents& c) { c.add_fp32_contents(1); }, "raw");
  refused(
      "BYTES", 1, [](Contents& c) { c.add_bytes_contents("a"); }, "BYTES");
  refused(
      "FP32", 1, [](Contents& c) { c.add_fp64_contents(1); }, "fp32_contents");
  refused(
      "FP32", 2, [](Contents& c) { c.add_fp32_contents(1); }, "lack 1");
  refused(
      "FP32", 1, [](Contents& c) { c.mutable_fp32_contents()->Resize(2, 0); }, "more");
  refused(
      "FP32", 9, [](Contents& c) { c.add_fp32_contents(1); }, "too few");
  refused(
      "INT64", std::int64_t{1} << 40, [](Contents& c) { c.add_int64_contents(1); }, "the limit");
  const auto both = [](Contents& c) { c.add_fp32_contents(1), c.add_bool_contents(true); };
  refused("FP32", 1, both, "fp32_contents");
}

TEST_CASE("Shapes and bytes that do not fit each other are refused") {
  const auto refused = [](const ModelInferRequest& request, const char* part) {
    CAPTURE(request.ShortDebugString());
    CHECK_ERROR(decode(request), ErrorCode::invalid_argument, part);
  };
  refused(raw_request("FP32", {2, 2}, 15), "has 15 bytes where its type and shape need 16");
  refused(raw_request("FP32", {2, 2}, 17), "tensor x");
  refused(raw_request("FP32", {-1}, 4), "dimension -1");
  refused(raw_request("FP32", {-2, -2}, 16), "dimension -2");
  refused(raw_request("FP32", {std::numeric_limits<std::int64_t>::max(), 8}, 4),
          "exceeds 2^62 bytes");
  refused(raw_request("FP32", {std::int64_t{1} << 31, std::int64_t{1} << 31}, 4),
          "exceeds 2^62 bytes");
  // The backends multiply the dimensions of an empty tensor too.
  refused(raw_request("FP32", {std::int64_t{1} << 32, std::int64_t{1} << 31, 0}, 4),
          "exceeds 2^62 bytes");
  refused(raw_request("FP32", {std::int64_t{1} << 32, 0}, 4), "need 0");
  refused(raw_request("FLOAT", {1}, 4), "FLOAT");
  refused(raw_request("BYTES", {1}, 4), "BYTES");
  refused(raw_request("", {1}, 4), "tensor x");
  refused(raw_request("evil\nline", {1}, 4), "evil line");
}

TEST_CASE("Raw contents for all tensors or for none") {
  ModelInferRequest lacking = raw_request("UINT8", {1}, 1);
  add_input(lacking, "UINT8", {1}, "y");
  CHECK_ERROR(decode(lacking), ErrorCode::invalid_argument, "raw contents for 1");
  ModelInferRequest excess = raw_request("UINT8", {1}, 1);
  excess.add_raw_input_contents("b");
  CHECK_ERROR(decode(excess), ErrorCode::invalid_argument, "raw contents for 2");
  ModelInferRequest both = raw_request("UINT8", {1}, 1);
  both.mutable_inputs(0)->mutable_contents()->add_uint_contents(1);
  CHECK_ERROR(decode(both), ErrorCode::invalid_argument, "beside the raw");
  ModelInferRequest neither;
  add_input(neither, "UINT8", {1});
  CHECK_ERROR(decode(neither), ErrorCode::invalid_argument, "tensor x");
}

TEST_CASE("Two tensors of one name are refused") {
  ModelInferRequest request = raw_request("UINT8", {1}, 1);
  add_input(request, "UINT8", {1});
  request.add_raw_input_contents("b");
  CHECK_ERROR(decode(request), ErrorCode::invalid_argument, "tensor x: occurs twice");
  for (auto& input : *request.mutable_inputs()) input.clear_name();  // they go by their order
  CHECK(decode(request).tensors.size() == 2);
}

TEST_CASE("What is above the limits is refused") {
  const ModelInferRequest request = raw_request("UINT8", {100}, 100);
  const auto length = static_cast<std::int64_t>(request.ByteSizeLong());
  CHECK_NOTHROW(decode(request, {.bytes = length, .tensor_bytes = 100, .tensors = 1}));
  CHECK_ERROR(decode(request, {.bytes = length - 1}), ErrorCode::invalid_argument, "the limit is");
  CHECK_ERROR(decode(request, {.tensor_bytes = 99}), ErrorCode::invalid_argument, "99");
  CHECK_ERROR(decode(request, {.tensors = 0}), ErrorCode::invalid_argument, "more tensors");
  ModelInferRequest many;
  for (int i = 0; i < 257; ++i) add_input(many, "UINT8", {0}, std::to_string(i));
  CHECK_ERROR(decode(many), ErrorCode::invalid_argument, "more tensors than the limit of 256");
  ModelInferRequest raws;
  for (int i = 0; i < 257; ++i) raws.add_raw_input_contents("");
  CHECK_ERROR(decode(raws), ErrorCode::invalid_argument, "more tensors than the limit of 256");
}

TEST_CASE("Typed tensors are held against the limits before there is memory for them") {
  ModelInferRequest request;
  auto* contents = add_input(request, "INT64", {100})->mutable_contents();
  contents->mutable_int64_contents()->Resize(100, 1);
  CHECK_NOTHROW(decode(request, {.tensor_bytes = 800}));
  CHECK_ERROR(decode(request, {.tensor_bytes = 799}), ErrorCode::invalid_argument, "800");
  const auto length = static_cast<std::int64_t>(request.ByteSizeLong());
  CHECK_ERROR(decode(request, {.bytes = length}), ErrorCode::invalid_argument, "together");
}

TEST_CASE("A header that would grow large in memory is refused") {
  ModelInferRequest request = raw_request("UINT8", {1}, 1);
  request.set_id(std::string(2 << 20, 'i'));
  CHECK_ERROR(decode(request), ErrorCode::invalid_argument, "other than tensors");
  request.clear_id();
  request.mutable_inputs(0)->mutable_shape()->Resize(2 << 20, 1);
  CHECK_ERROR(decode(request), ErrorCode::invalid_argument, "other than tensors");
}

TEST_CASE("Raw contents that say they are longer than the message are refused") {
  const std::string header = raw_request("UINT8", {1}, 1).SerializeAsString();
  // A length of 200 MiB where three bytes follow: no such block is ever taken.
  CHECK_ERROR(decode_request(buffer_of(header + "\x3A\x80\x80\x80\x64" + "abc"), {}),
              ErrorCode::invalid_argument, "is truncated");
  CHECK_ERROR(
      decode_request(buffer_of(header + "\x3A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"), {}),
      ErrorCode::invalid_argument, "is truncated");
}

TEST_CASE("A message cut off anywhere is refused or lacks what was cut") {
  const InferMessage message =
      message_of({tensor("x", "float32", {2, 2}), tensor("y", "uint8", {3})});
  const std::string text = text_of(encode_request(message));
  for (std::size_t length = 1; length < text.size(); ++length) {
    CAPTURE(length);
    const auto error = scission::testing::error_of(
        [&] { (void)decode_request(buffer_of(text.substr(0, length), 5), {}); });
    // A cut between fields before the first tensor leaves a message without tensors.
    if (length > 6) REQUIRE(error.has_value());
    if (error) CHECK(error->code() == ErrorCode::invalid_argument);
  }
}

TEST_CASE("Groups, field number 0 and text that is not UTF-8 are refused") {
  for (const std::string& text : {std::string("\x0B\x0C"), std::string("\x00\x01", 2),
                                  std::string("\x0A\x02\xC3\x28"), std::string("\x0A")}) {
    CHECK_ERROR(decode_request(buffer_of(text), {}), ErrorCode::invalid_argument, "not a message");
  }
}

TEST_CASE("Fields of a later protocol are passed over") {
  const ModelInferRequest request = raw_request("UINT8", {1}, 1);
  const std::string later = request.SerializeAsString() + std::string("\xFA\x01\x03xyz", 6) +
                            std::string("\xF8\x01\x7F", 3) + std::string("\xF5\x01zzzz", 6) +
                            std::string("\xF1\x01zzzzzzzz", 10);
  CHECK(decode_request(buffer_of(later), {}).tensors.size() == 1);
}

TEST_CASE("Messages with any bytes changed are messages or errors, never anything else") {
  InferMessage message = message_of({tensor("x", "float32", {2, 2}), tensor("y", "int64", {1})});
  message.parameters = {{"p", std::int64_t{1}}};
  ModelInferRequest with_types;
  add_input(with_types, "INT32", {3})->mutable_contents()->mutable_int_contents()->Resize(3, -7);
  const std::vector<std::string> texts{text_of(encode_request(message)),
                                       with_types.SerializeAsString()};
  std::mt19937 random(1);
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text = texts[random() % 2];
    for (unsigned change = random() % 4 + 1; change > 0; --change) {
      text[random() % text.size()] = static_cast<char>(random());
    }
    const auto request = scission::testing::error_of(
        [&] { (void)decode_request(buffer_of(text, random() % 9 + 1), {}); });
    const auto response =
        scission::testing::error_of([&] { (void)decode_response(buffer_of(text), {}); });
    for (const auto& error : {request, response}) {
      if (error && error->code() != ErrorCode::invalid_argument) FAIL(error->what());
      refused += error ? 1 : 0;
    }
  }
  CHECK(refused > 1000);
}

TEST_CASE("Types have the protocol's names") {
  for (const std::string& dtype : dtypes) CHECK(dtype_of(protocol_type(dtype)) == dtype);
  CHECK(protocol_type("float32") == "FP32");
  CHECK(protocol_type("bfloat16") == "BF16");
  CHECK_ERROR(protocol_type("complex64"), ErrorCode::unsupported, "complex64");
  CHECK_ERROR(dtype_of("BYTES"), ErrorCode::unsupported, "BYTES");
}

TEST_CASE("Text of others becomes one line of a bearable length") {
  CHECK(sanitise_line("a\nb\tc\x01") == "a b c ");
  const std::string line = sanitise_line("x" + std::string(400, '\xC3'));
  CHECK(line.size() < 310);
  std::string letters;
  for (int i = 0; i < 200; ++i) letters += "ü";
  CHECK(sanitise_line("x" + letters) == "x" + letters.substr(0, 298) + "…");
}

TEST_CASE("Shared memory and class labels are refused, not left out without a word") {
  ModelInferRequest shared = raw_request("FP32", {1}, 4);
  (*shared.mutable_inputs(0)->mutable_parameters())["shared_memory_region"].set_string_param("r");
  CHECK_ERROR(decode(shared), ErrorCode::unsupported, "tensor x: shared memory");
  ModelInferRequest labels = raw_request("FP32", {1}, 4);
  auto* const output = labels.add_outputs();
  output->set_name("y");
  (*output->mutable_parameters())["classification"].set_int64_param(3);
  CHECK_ERROR(decode(labels), ErrorCode::unsupported, "tensor y: class labels");
  ModelInferRequest other = raw_request("FP32", {1}, 4);
  (*other.mutable_inputs(0)->mutable_parameters())["anything"].set_int64_param(3);
  CHECK(decode(other).tensors.size() == 1);
}
