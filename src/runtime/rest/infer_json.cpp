#include "runtime/rest/infer_json.hpp"

#include <fmt/format.h>
#include <grpcpp/support/slice.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "base/require.hpp"
#include "inference.pb.h"
#include "runtime/wire/channel.hpp"
#include "runtime/wire/infer_codec.hpp"
#include "runtime/wire/message_fields.hpp"
#include "runtime/wire/status.hpp"
#include "runtime/wire/tensor_codec.hpp"

namespace scission::runtime {
namespace {

using nlohmann::json;

// --- The types of tensors in JSON ---

/// Writes a number in the tensor's encoding; false when it does not fit the type.
using WriteElement = bool (*)(const json& value, char* to);
/// Appends `count` elements as JSON; false on a number that JSON does not have.
using AppendElements = bool (*)(const char* from, std::size_t count, std::string& to);

template <typename Element>
bool write_integer(const json& value, char* to) {
  using Range = std::numeric_limits<Element>;
  Element element = 0;
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(Range::max())) return false;
    element = static_cast<Element>(number);
  } else if (value.is_number_integer()) {
    const auto number = value.get<std::int64_t>();
    if constexpr (std::is_unsigned_v<Element>) return false;  // it is negative
    if (number < static_cast<std::int64_t>(Range::min())) return false;
    element = static_cast<Element>(number);
  } else {
    return false;
  }
  std::memcpy(to, &element, sizeof element);
  return true;
}

template <typename Element>
bool write_float(const json& value, char* to) {
  if (!value.is_number()) return false;
  const auto element = static_cast<Element>(value.get<double>());
  std::memcpy(to, &element, sizeof element);
  return std::isfinite(element);
}

bool write_flag(const json& value, char* to) {
  const bool is_bit = value.is_number_unsigned() && value.get<std::uint64_t>() <= 1;
  if (!value.is_boolean() && !is_bit) return false;
  *to = static_cast<char>(is_bit ? value.get<std::uint64_t>() : value.get<bool>());
  return true;
}

template <typename Element>
bool append_numbers(const char* from, std::size_t count, std::string& to) {
  for (std::size_t i = 0; i < count; ++i) {
    Element element;
    std::memcpy(&element, from + i * sizeof element, sizeof element);
    if constexpr (std::is_floating_point_v<Element>) {
      if (!std::isfinite(element)) return false;
    }
    if (i > 0) to += ',';
    if (std::is_floating_point_v<Element> && element == 0 &&
        std::signbit(static_cast<double>(element))) {
      to += "-0.0";  // "-0" is an integer to most parsers, and loses its sign
      continue;
    }
    fmt::format_to(std::back_inserter(to), "{}", element);
  }
  return true;
}

bool append_flags(const char* from, std::size_t count, std::string& to) {
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) to += ',';
    to += from[i] != 0 ? "true" : "false";
  }
  return true;
}

struct JsonType {
  std::string_view dtype;
  WriteElement write;
  AppendElements append;
};

constexpr std::array<JsonType, 11> json_types{
    {{"bool", write_flag, append_flags},
     {"uint8", write_integer<std::uint8_t>, append_numbers<std::uint8_t>},
     {"uint16", write_integer<std::uint16_t>, append_numbers<std::uint16_t>},
     {"uint32", write_integer<std::uint32_t>, append_numbers<std::uint32_t>},
     {"uint64", write_integer<std::uint64_t>, append_numbers<std::uint64_t>},
     {"int8", write_integer<std::int8_t>, append_numbers<std::int8_t>},
     {"int16", write_integer<std::int16_t>, append_numbers<std::int16_t>},
     {"int32", write_integer<std::int32_t>, append_numbers<std::int32_t>},
     {"int64", write_integer<std::int64_t>, append_numbers<std::int64_t>},
     {"float32", write_float<float>, append_numbers<float>},
     {"float64", write_float<double>, append_numbers<double>}}};

/// `advice` is what to do with a type that JSON does not have.
const JsonType& json_type(const std::string& dtype, std::string_view advice) {
  const auto* const found = std::find_if(json_types.begin(), json_types.end(),
                                         [&](const JsonType& t) { return t.dtype == dtype; });
  if (found != json_types.end()) return *found;
  throw Error(ErrorCode::unsupported,
              fmt::format("{} has no form in JSON; {}", protocol_type(dtype), advice));
}

// --- Parsing ---

constexpr int max_depth = 64;

/// Takes the elements of the inputs' "data" out of a JSON text while it is parsed, so that they are
/// never all in memory as JSON. A callback of nlohmann's parser.
class DataFilter {
 public:
  /// What `take` gets: an element, or where an array of them begins or ends. The level of an array
  /// is 0 for the data, that of an element the one of its array (-1: it is the data).
  using Event = json::parse_event_t;
  using Take = std::function<void(std::size_t input, Event event, int level, const json& element)>;

  explicit DataFilter(Take take) : take_(std::move(take)) {}

  bool operator()(int depth, json::parse_event_t event, const json& value) {
    if (depth > max_depth) throw_invalid_argument("is nested too deep", "JSON");
    if (is_data_) return filter_data(depth, event, value);
    if (event == json::parse_event_t::key) read_key(depth, value);
    if (event == json::parse_event_t::object_end && depth == 2 && is_inputs_) {
      ++input_;
      has_data_ = false;
    }
    return true;
  }

 private:
  static constexpr int data_depth = 3;

  void read_key(int depth, const json& key) {
    if (depth == 1) {
      is_inputs_ = key == "inputs";
      if (is_inputs_ && std::exchange(has_inputs_, true)) {
        throw_invalid_argument("occurs twice", "inputs");
      }
    }
    if (depth != data_depth || !is_inputs_ || key != "data") return;
    if (std::exchange(has_data_, true)) {
      throw_invalid_argument("has data twice", fmt::format("input {}", input_));
    }
    is_data_ = true;
  }

  bool filter_data(int depth, json::parse_event_t event, const json& value) {
    const bool is_end = depth <= data_depth && (event == json::parse_event_t::array_end ||
                                                event == json::parse_event_t::value);
    if (event == json::parse_event_t::object_start) {
      throw_invalid_argument("has data that are no numbers", fmt::format("input {}", input_));
    }
    const bool is_element = event == json::parse_event_t::value;
    take_(input_, event, depth - data_depth - (is_element ? 1 : 0), value);
    if (is_end) is_data_ = false;
    // The array itself stays, empty, so that its presence is known.
    return event == json::parse_event_t::array_start || (is_end && depth == data_depth);
  }

  const Take take_;
  bool has_inputs_ = false;
  bool is_inputs_ = false;
  bool is_data_ = false;   ///< within the data of an input
  bool has_data_ = false;  ///< the current input
  std::size_t input_ = 0;
};

/// The text without the elements of its inputs' data, which `take` gets.
json parse_filtered(std::string_view text, DataFilter::Take take) {
  if (text.find('\0') != std::string_view::npos) throw_invalid_argument("has a NUL byte", "JSON");
  DataFilter filter(std::move(take));
  try {
    return json::parse(text.begin(), text.end(), std::ref(filter));
  } catch (const json::exception& error) {
    const std::string_view message = error.what();
    const std::size_t begin = message.find("] ");  // behind nlohmann's number of the error
    throw_invalid_argument(
        sanitise_line(begin == message.npos ? message : message.substr(begin + 2)), "JSON");
  }
}

const json& member(const json& object, const char* name, bool (json::*is_type)() const noexcept,
                   std::string_view type) {
  const auto found = object.find(name);
  if (found == object.end()) throw_invalid_argument("is missing", name);
  if (!((*found).*is_type)()) throw_invalid_argument(fmt::format("must be {}", type), name);
  return *found;
}

std::string string_member(const json& object, const char* name) {
  return member(object, name, &json::is_string, "a string").get<std::string>();
}

using Parameters = google::protobuf::Map<std::string, inference::InferParameter>;

void set_parameter(inference::InferParameter& to, const std::string& name, const json& value) {
  if (value.is_boolean()) return to.set_bool_param(value.get<bool>());
  if (value.is_string()) return to.set_string_param(value.get<std::string>());
  if (value.is_number_float()) return to.set_double_param(value.get<double>());
  if (!value.is_number_integer()) {
    throw_invalid_argument("must be a boolean, a number or a string", "parameter " + name);
  }
  constexpr auto max_signed = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > max_signed) {
    return to.set_uint64_param(value.get<std::uint64_t>());
  }
  to.set_int64_param(value.get<std::int64_t>());
}

/// The parameters of a request or a tensor, without those named in `taken`, which are about HTTP.
void copy_parameters(const json& object, std::initializer_list<std::string_view> taken,
                     Parameters& to) {
  const auto found = object.find("parameters");
  if (found == object.end()) return;
  if (!found->is_object()) throw_invalid_argument("must be an object", "parameters");
  for (const auto& [name, value] : found->items()) {
    if (std::find(taken.begin(), taken.end(), name) != taken.end()) continue;
    set_parameter(to[name], name, value);
  }
}

/// A boolean parameter; nothing if it is absent.
std::optional<bool> flag_of(const json& object, const char* name) {
  const auto parameters = object.find("parameters");
  if (parameters == object.end() || !parameters->contains(name)) return std::nullopt;
  return member(*parameters, name, &json::is_boolean, "true or false").get<bool>();
}

/// Calls `read` with each object of the array; errors get the tensor's name as place.
template <typename Read>
void for_each_tensor(const json& array, const char* name, Read read) {
  if (!array.is_array()) throw_invalid_argument("must be an array", name);
  for (const json& tensor : array) {
    if (!tensor.is_object()) throw_invalid_argument("must be an array of objects", name);
    const std::string tensor_name = string_member(tensor, "name");
    try {
      read(tensor, tensor_name);
    } catch (const Error& error) {
      throw_invalid_argument(sanitise_line(error.what()), "tensor " + sanitise_line(tensor_name));
    }
  }
}

/// Whether nested data are arrays of the shape's sizes, or else flat.
class Nesting {
 public:
  Nesting() = default;
  explicit Nesting(std::vector<std::int64_t> shape) : shape_(std::move(shape)) {}

  /// Throw Error(invalid_argument) with the array as place, such as "data[1]".
  void open(int level) {
    if (level > 0) {
      if (counts_.back() > 0 && !is_nested_) refuse("has an array behind a number", level - 1);
      is_nested_ = true;
      ++counts_.back();
      if (level >= static_cast<int>(shape_.size()))
        refuse("is nested deeper than its shape", level);
    }
    counts_.push_back(0);
  }
  void add(int level) {
    if (level < 0) return;
    if (is_nested_ && level + 1 != static_cast<int>(shape_.size())) {
      refuse("has a number where the shape has an array", level);
    }
    ++counts_.back();
    if (!is_nested_ || counts_.back() <= shape_.back()) return;
    refuse(fmt::format("has more than {} elements, as the shape has", shape_.back()), level);
  }
  void close(int level) {
    const std::int64_t count = counts_.back();
    counts_.pop_back();
    const auto index = static_cast<std::size_t>(level);
    if (!is_nested_ || count == shape_.at(index)) return;
    refuse(fmt::format("has {} elements; the shape has {}", count, shape_[index]), level);
  }

 private:
  [[noreturn]] void refuse(const std::string& message, int level) const {
    std::string place = "data";
    for (std::size_t i = 0; i < std::min(static_cast<std::size_t>(level), counts_.size()); ++i) {
      place += fmt::format("[{}]", counts_[i] - 1);
    }
    throw_invalid_argument(message, place);
  }

  std::vector<std::int64_t> shape_;
  std::vector<std::int64_t> counts_;  ///< of elements, of the arrays that are open
  bool is_nested_ = false;
};

/// Memory for one tensor, and how far it is written.
struct InputBlock {
  SharedBytes bytes;
  const JsonType* type = nullptr;  ///< null: its bytes came behind the JSON
  char* to = nullptr;
  std::size_t element_size = 0;
  std::size_t left = 0;  ///< elements that are not written yet
  Nesting nesting = {};
};

class QueryEncoder {
 public:
  QueryEncoder(const InferQuery& query, const MessageLimits& limits, OutputFormat& format)
      : query_(query), limits_(limits), format_(format) {
    const std::size_t json_bytes = query.json_bytes.value_or(query.body.size);
    if (json_bytes > query.body.size) {
      throw_invalid_argument("is larger than the body", "Inference-Header-Content-Length");
    }
    text_ = query.body.view().substr(0, json_bytes);
    binary_begin_ = json_bytes;
  }

  grpc::ByteBuffer encode() {
    bool has_json_data = false;
    const json root = parse_filtered(text_, [&](auto&&...) { has_json_data = true; });
    read_root(root);
    if (binary_begin_ < query_.body.size) {
      throw_invalid_argument(fmt::format("{} bytes follow the tensors of the request",
                                         query_.body.size - binary_begin_));
    }
    if (has_json_data) {
      parse_filtered(text_, [&](std::size_t input, DataFilter::Event event, int level,
                                const json& value) { take(input, event, level, value); });
    }
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (inputs_[i].left == 0) continue;
      throw_invalid_argument(
          fmt::format("the data lack {} of the shape's elements", inputs_[i].left), place(i));
    }
    return join();
  }

 private:
  std::string place(std::size_t input) const {
    return "tensor " + sanitise_line(header_.inputs(static_cast<int>(input)).name());
  }

  void read_root(const json& root) {
    if (!root.is_object()) throw_invalid_argument("must be an object", "JSON");
    header_.set_model_name(query_.model);
    header_.set_model_version(query_.version);
    if (root.contains("id")) header_.set_id(string_member(root, "id"));
    copy_parameters(root, {"binary_data_output", answer_codec_parameter},
                    *header_.mutable_parameters());
    format_.is_binary = flag_of(root, "binary_data_output").value_or(false);
    const json& inputs = member(root, "inputs", &json::is_array, "an array");
    if (inputs.size() > static_cast<std::size_t>(limits_.tensors)) {
      throw_invalid_argument(fmt::format("has more tensors than the limit of {}", limits_.tensors));
    }
    for_each_tensor(inputs, "inputs",
                    [&](const json& input, const std::string& name) { read_input(input, name); });
    if (!root.contains("outputs")) return;
    for_each_tensor(root["outputs"], "outputs", [&](const json& output, const std::string& name) {
      auto* const field = header_.add_outputs();
      field->set_name(name);
      copy_parameters(output, {"binary_data"}, *field->mutable_parameters());
      format_.is_binary_by_name[name] = flag_of(output, "binary_data").value_or(format_.is_binary);
    });
  }

  void read_input(const json& input, const std::string& name) {
    auto* const field = header_.add_inputs();
    field->set_name(name);
    field->set_datatype(string_member(input, "datatype"));
    std::vector<std::int64_t> shape;
    for (const json& size : member(input, "shape", &json::is_array, "an array")) {
      std::array<char, sizeof(std::int64_t)> bytes{};
      if (!write_integer<std::int64_t>(size, bytes.data())) {
        throw_invalid_argument("must be an array of integers", "shape");
      }
      shape.push_back(size.get<std::int64_t>());
    }
    field->mutable_shape()->Add(shape.begin(), shape.end());
    copy_parameters(input, {"binary_data_size"}, *field->mutable_parameters());
    inputs_.push_back(input.contains("data") ? json_block(input, field->datatype(), shape)
                                             : binary_block(input));
  }

  static bool has_binary_data(const json& input) {
    const auto parameters = input.find("parameters");
    return parameters != input.end() && parameters->contains("binary_data_size");
  }

  InputBlock json_block(const json& input, const std::string& datatype,
                        const std::vector<std::int64_t>& shape) {
    if (has_binary_data(input)) throw_invalid_argument("has both data and binary_data_size");
    InputBlock block;
    const std::string dtype = dtype_of(datatype);
    block.type = &json_type(dtype, "send it as binary data");
    block.element_size = element_bytes(dtype);
    const std::size_t bytes = tensor_bytes(dtype, shape);
    count(bytes);
    TensorBlock memory = allocate_block(bytes);
    block.bytes = std::move(memory.bytes);
    block.to = memory.data;
    block.left = bytes / block.element_size;
    block.nesting = Nesting(shape);
    return block;
  }

  /// Before the memory is allocated; an element takes at least two bytes of the text.
  void count(std::size_t bytes) {
    if (bytes > static_cast<std::size_t>(limits_.tensor_bytes)) {
      throw_invalid_argument(
          fmt::format("has {} bytes; the limit is {}", bytes, limits_.tensor_bytes));
    }
    if (bytes / 8 > text_.size()) throw_invalid_argument("the data have too few elements");
    total_bytes_ += bytes;
    if (total_bytes_ <= static_cast<std::size_t>(limits_.bytes)) return;
    throw_invalid_argument(
        fmt::format("the tensors together have more bytes than the limit of {}", limits_.bytes));
  }

  InputBlock binary_block(const json& input) {
    if (!has_binary_data(input)) throw_invalid_argument("has neither data nor binary_data_size");
    const json& size = input["parameters"]["binary_data_size"];
    if (!size.is_number_unsigned()) throw_invalid_argument("must be a size", "binary_data_size");
    const auto bytes = size.get<std::uint64_t>();
    const std::size_t left = query_.body.size - binary_begin_;
    if (bytes > left) {
      throw_invalid_argument(
          fmt::format("has {} bytes; only {} follow in the request", bytes, left));
    }
    InputBlock block;
    block.bytes = {query_.body.owner, query_.body.data + binary_begin_,
                   static_cast<std::size_t>(bytes)};
    binary_begin_ += static_cast<std::size_t>(bytes);
    return block;
  }

  void take(std::size_t input, DataFilter::Event event, int level, const json& value) {
    Nesting& nesting = inputs_.at(input).nesting;
    try {
      if (event == DataFilter::Event::array_start) return nesting.open(level);
      if (event == DataFilter::Event::array_end) return nesting.close(level);
      nesting.add(level);
    } catch (const Error& error) {
      throw_invalid_argument(error.what(), place(input));
    }
    write(input, value);
  }

  void write(std::size_t input, const json& value) {
    InputBlock& block = inputs_.at(input);
    if (block.left == 0) {
      throw_invalid_argument("the data have more elements than the shape", place(input));
    }
    if (!block.type->write(value, block.to)) {
      throw_invalid_argument(fmt::format("an element is no {}, or out of its range",
                                         protocol_type(std::string(block.type->dtype))),
                             place(input));
    }
    block.to += block.element_size;
    --block.left;
  }

  grpc::ByteBuffer join() const {
    std::string head = header_.SerializeAsString();
    std::vector<grpc::Slice> slices;
    for (const InputBlock& input : inputs_) {
      append_prefix(inference::ModelInferRequest::kRawInputContentsFieldNumber, input.bytes.size,
                    head);
      if (input.bytes.size == 0) continue;
      slices.emplace_back(head);
      head.clear();
      slices.push_back(make_slice(input.bytes));
    }
    if (!head.empty()) slices.emplace_back(head);
    return {slices.data(), slices.size()};
  }

  const InferQuery& query_;
  const MessageLimits& limits_;
  OutputFormat& format_;
  std::string_view text_;
  std::size_t binary_begin_ = 0;  ///< in the body: what is not an input's yet
  std::size_t total_bytes_ = 0;
  inference::ModelInferRequest header_;
  std::vector<InputBlock> inputs_;
};

// --- Answers ---

std::string quoted(const std::string& text) {
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

void append_data(const Tensor& tensor, std::string& to) {
  const JsonType& type = json_type(tensor.dtype, "ask for it with binary_data");
  to += R"(,"data":[)";
  const std::size_t count = tensor.bytes.size / element_bytes(tensor.dtype);
  if (!type.append(tensor.bytes.data, count, to)) {
    throw Error(ErrorCode::unsupported,
                "has numbers that JSON has not (infinite or NaN); ask for it with binary_data");
  }
  to += ']';
}

void append_output(const Tensor& tensor, bool is_binary, std::string& to) {
  fmt::format_to(std::back_inserter(to), R"({{"name":{},"datatype":"{}","shape":[{}])",
                 quoted(tensor.name), protocol_type(tensor.dtype), fmt::join(tensor.shape, ","));
  if (is_binary) {
    fmt::format_to(std::back_inserter(to), R"(,"parameters":{{"binary_data_size":{}}})",
                   tensor.bytes.size);
  } else {
    try {
      append_data(tensor, to);
    } catch (const Error& error) {
      throw Error(error.code(), error.message(), "tensor " + sanitise_line(tensor.name));
    }
  }
  to += '}';
}

}  // namespace

bool OutputFormat::is_binary_output(const std::string& name) const {
  const auto found = is_binary_by_name.find(name);
  return found == is_binary_by_name.end() ? is_binary : found->second;
}

grpc::ByteBuffer encode_query(const InferQuery& query, const MessageLimits& limits,
                              OutputFormat& format) {
  return QueryEncoder(query, limits, format).encode();
}

InferBody format_answer(const grpc::ByteBuffer& response, const OutputFormat& format) {
  const InferMessage message = decode_response(response, answer_limits());
  InferBody body;
  body.bytes = fmt::format(R"({{"model_name":{},"model_version":{})", quoted(message.model),
                           quoted(message.version));
  if (!message.id.empty()) body.bytes += fmt::format(R"(,"id":{})", quoted(message.id));
  body.bytes += R"(,"outputs":[)";
  for (const Tensor& tensor : message.tensors) {
    if (&tensor != &message.tensors.front()) body.bytes += ',';
    append_output(tensor, format.is_binary_output(tensor.name), body.bytes);
  }
  body.bytes += "]}";
  const std::size_t json_bytes = body.bytes.size();
  for (const Tensor& tensor : message.tensors) {
    if (!format.is_binary_output(tensor.name)) continue;
    body.bytes.append(tensor.bytes.view());
    body.json_bytes = json_bytes;
  }
  return body;
}

}  // namespace scission::runtime
