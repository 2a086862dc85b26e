#include "runtime/rest/infer_json.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "runtime/fake_stage.hpp"
#include "runtime/wire/infer_codec.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

InferMessage message_of(const std::string& body, std::size_t json_bytes = 0,
                        const MessageLimits& limits = {}) {
  InferQuery query{.model = "net", .version = "", .body = to_shared_bytes(body), .json_bytes = {}};
  if (json_bytes > 0) query.json_bytes = json_bytes;
  OutputFormat format;
  return decode_request(encode_query(query, limits, format), limits);
}

std::string input(const std::string& datatype, const std::string& shape, const std::string& data) {
  return R"({"inputs":[{"name":"x","shape":)" + shape + R"(,"datatype":")" + datatype +
         R"(","data":)" + data + "}]}";
}

template <typename Number>
std::vector<Number> numbers_of(const Tensor& tensor) {
  std::vector<Number> numbers(tensor.bytes.size / sizeof(Number));
  if (!numbers.empty()) std::memcpy(numbers.data(), tensor.bytes.data, tensor.bytes.size);
  return numbers;
}

std::string answer_of(const std::vector<Tensor>& tensors, const OutputFormat& format = {}) {
  InferMessage message;
  message.model = "net";
  message.version = "1";
  message.tensors = tensors;
  return format_answer(encode_response(message), format).bytes;
}

}  // namespace

TEST_CASE("Tensors in JSON may be flat or nested, and their keys in any order") {
  const auto flat = message_of(input("FP32", "[2,2]", "[1,2.5,-3,4e0]"));
  CHECK(numbers_of<float>(flat.tensors.at(0)) == std::vector<float>{1, 2.5F, -3, 4});
  const auto nested = message_of(input("INT64", "[2,2]", "[[1,2],[-9223372036854775808,4]]"));
  CHECK(numbers_of<std::int64_t>(nested.tensors.at(0)).at(2) ==
        std::numeric_limits<std::int64_t>::min());
  const auto reversed = message_of(
      R"({"id":"7","inputs":[{"data":[true,false],"datatype":"BOOL","shape":[2],"name":"a"},)"
      R"({"data":[255],"shape":[1],"name":"b","datatype":"UINT8","parameters":{"data":1}}],)"
      R"("parameters":{"timeout":5}})");
  CHECK(reversed.id == "7");
  CHECK(std::get<std::int64_t>(reversed.parameters.at("timeout")) == 5);
  CHECK(numbers_of<char>(reversed.tensors.at(0)) == std::vector<char>{1, 0});
  CHECK(numbers_of<std::uint8_t>(reversed.tensors.at(1)) == std::vector<std::uint8_t>{255});
}

TEST_CASE("Nested data that are not of the shape are refused with their place") {
  const auto refused = [](const std::string& shape, const std::string& data,
                          const std::string& part) {
    CAPTURE(data);
    CHECK_ERROR(message_of(input("FP32", shape, data)), ErrorCode::invalid_argument, part);
  };
  refused("[2,2]", "[[1,2,3],[4]]", "data[0]: has more than 2 elements");
  refused("[2,2]", "[[1,2],[3]]", "data[1]: has 1 elements");
  refused("[2,2]", "[[1,2],3,4]", "has a number where the shape has an array");
  refused("[2,2]", "[1,[2,3],4]", "has an array behind a number");
  refused("[2,2]", "[[[1,2]],[3,4]]", "data[0][0]: is nested deeper than its shape");
  refused("[1,2,2]", "[[[1,2],[3,4,5]]]", "data[0][1]: has more than 2 elements");
  refused("[1,2]", "[[1,2],[]]", "data[1]: has 0 elements");
  refused("[2,2]", "[[1,2]]", "data: has 1 elements; the shape has 2");
  CHECK(message_of(input("FP32", "[1,2,2]", "[[[1,2],[3,4]]]")).tensors.size() == 1);
  CHECK(message_of(input("FP32", "[2,0]", "[[],[]]")).tensors.size() == 1);
  CHECK(message_of(input("FP32", "[0]", "[]")).tensors.size() == 1);
}

TEST_CASE("Binary tensors are taken from behind the JSON, in the order of the inputs") {
  const std::string json =
      R"({"inputs":[{"name":"x","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}},)"
      R"({"name":"y","shape":[2],"datatype":"INT16","data":[7,8]},)"
      R"({"name":"z","shape":[0],"datatype":"FP16","parameters":{"binary_data_size":0}}]})";
  const float number = 0.1F;
  const std::string bytes(reinterpret_cast<const char*>(&number), sizeof number);
  const auto message = message_of(json + bytes, json.size());
  CHECK(message.tensors.at(0).bytes.view() == bytes);
  CHECK(numbers_of<std::int16_t>(message.tensors.at(1)) == std::vector<std::int16_t>{7, 8});
  CHECK(message.tensors.at(2).bytes.size == 0);
  CHECK_ERROR(message_of(json + bytes + "!", json.size()), ErrorCode::invalid_argument,
              "1 bytes follow");
  CHECK_ERROR(message_of(json + "abc", json.size()), ErrorCode::invalid_argument, "only 3 follow");
  CHECK_ERROR(message_of(json, 5000), ErrorCode::invalid_argument, "larger than the body");
}

TEST_CASE("Requests in JSON that state no tensor exactly are refused with the place") {
  const auto refused = [](const std::string& body, const std::string& part) {
    CAPTURE(body);
    CHECK_ERROR(message_of(body), ErrorCode::invalid_argument, part);
  };
  refused("", "JSON");
  refused("{\"inputs\":[", "JSON");
  refused("[]", "must be an object");
  refused("{}", "inputs: is missing");
  refused(R"({"inputs":{}})", "must be an array");
  refused(R"({"inputs":[[]]})", "array of objects");
  refused(R"({"inputs":[],"inputs":[]})", "occurs twice");
  refused(input("FP32", "[4]", "[1,2,3]"), "lack 1");
  refused(input("FP32", "[2]", "[1,2,3]"), "more elements");
  refused(input("FP32", "[1]", "5,\"data\":[1]"), "twice");
  refused(input("FP32", "[1]", "[\"1\"]"), "no FP32");
  refused(input("FP32", "[1]", "[null]"), "no FP32");
  refused(input("FP32", "[1]", "[1e39]"), "out of its range");
  refused(input("FP32", "[1]", "{}"), "no numbers");
  refused(input("UINT8", "[1]", "[256]"), "UINT8");
  refused(input("UINT8", "[1]", "[-1]"), "UINT8");
  refused(input("INT32", "[1]", "[1.5]"), "INT32");
  refused(input("FP16", "[1]", "[1]"), "binary data");
  refused(input("BYTES", "[1]", "[\"a\"]"), "'BYTES' is not supported");
  refused(input("FP32", "[-1]", "[1]"), "tensor x");
  refused(input("FP32", "[\"1\"]", "[1]"), "integers");
  refused(input("FP32", "[1]", std::string(100, '[') + std::string(100, ']')), "nested too deep");
  refused(R"({"inputs":[{"name":"x","shape":[1],"datatype":"FP32"}]})", "neither data nor");
  refused(R"({"parameters":{"a":[1]},"inputs":[]})", "parameter a");
}

TEST_CASE("Tensors in shared memory are refused in JSON as over gRPC") {
  CHECK_ERROR(message_of(R"({"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1],)"
                         R"("parameters":{"shared_memory_region":"r"}}]})"),
              ErrorCode::unsupported, "shared memory");
}

TEST_CASE("A shape in JSON whose data cannot follow is refused before memory is allocated") {
  CHECK_ERROR(message_of(input("FP32", "[60000000]", "[1]")), ErrorCode::invalid_argument,
              "too few elements");
  MessageLimits limits;
  limits.tensor_bytes = 8;
  CHECK_ERROR(message_of(input("FP32", "[3]", "[1,2,3]"), 0, limits), ErrorCode::invalid_argument,
              "the limit is 8");
  limits.tensor_bytes = 1000;
  limits.tensors = 0;
  CHECK_ERROR(message_of(input("FP32", "[1]", "[1]"), 0, limits), ErrorCode::invalid_argument,
              "limit of 0");
}

TEST_CASE("Numbers in an answer's JSON read back as the same bits") {
  const std::vector<float> numbers{0.1F, 1.0F / 3, 1e-42F, 3.4e38F, -0.0F, 16777216};
  const std::string text = answer_of({float_tensor("y", numbers, {2, 3})});
  const std::string head =
      R"({"model_name":"net","model_version":"1","outputs":[{"name":"y","datatype":"FP32",)"
      R"("shape":[2,3],"data":[)";
  REQUIRE(text.substr(0, head.size()) == head);
  const std::string data = text.substr(head.size(), text.size() - head.size() - 4);
  const auto back = message_of(input("FP32", "[2,3]", "[" + data + "]"));
  CHECK(back.tensors.at(0).bytes.view() == float_tensor("y", numbers).bytes.view());
}

TEST_CASE("What JSON does not have is refused in it, and sent as binary data") {
  const Tensor half{"h", "float16", {1}, to_shared_bytes("ab")};
  CHECK_ERROR(answer_of({half}), ErrorCode::unsupported, "FP16");
  const Tensor endless = float_tensor("y", {INFINITY});
  CHECK_ERROR(answer_of({endless}), ErrorCode::unsupported, "binary_data");
  OutputFormat format;
  format.is_binary_by_name["h"] = true;
  format.is_binary_by_name["b"] = false;
  const Tensor flag{"b", "bool", {1}, to_shared_bytes(std::string(1, '\1'))};
  CHECK(answer_of({half, flag}, format) ==
        R"({"model_name":"net","model_version":"1","outputs":[{"name":"h","datatype":"FP16",)"
        R"("shape":[1],"parameters":{"binary_data_size":2}},{"name":"b","datatype":"BOOL",)"
        R"("shape":[1],"data":[true]}]}ab)");
}
