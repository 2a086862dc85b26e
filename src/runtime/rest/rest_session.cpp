#include "runtime/rest/rest_session.hpp"

#include <fmt/format.h>
#include <grpcpp/support/status.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <future>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/require.hpp"
#include "inference.grpc.pb.h"
#include "runtime/rest/infer_json.hpp"
#include "runtime/wire/channel.hpp"
#include "runtime/wire/status.hpp"
#include "runtime/wire/tensor_codec.hpp"

namespace scission::runtime {
namespace {

using nlohmann::json;

constexpr const char* json_type_name = "application/json";
constexpr const char* json_length_header = "Inference-Header-Content-Length";

int http_status(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return 200;
    case grpc::StatusCode::NOT_FOUND:
      return 404;
    case grpc::StatusCode::UNAUTHENTICATED:
      return 401;
    case grpc::StatusCode::PERMISSION_DENIED:
      return 403;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return status.error_message().find("larger than max") == std::string::npos ? 429 : 413;
    case grpc::StatusCode::UNIMPLEMENTED:
      return 501;
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::CANCELLED:
      return 503;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return 504;
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::FAILED_PRECONDITION:
      return 400;
    default:
      return 500;
  }
}

void set_json(httplib::Response& response, int status, const json& body) {
  response.status = status;
  response.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  response.set_header("Content-Type", json_type_name);
}

void set_error(httplib::Response& response, int status, const std::string& message) {
  set_json(response, status, {{"error", message}});
}

void set_error(httplib::Response& response, const grpc::Status& status) {
  const int code = http_status(status);
  if (code == 401) response.set_header("WWW-Authenticate", "Bearer");
  if (code == 429 || code == 503) {
    // HTTP has whole seconds.
    const double wait_s = std::strtod(status.error_details().c_str(), nullptr);
    response.set_header("Retry-After", fmt::format("{:.0f}", std::ceil(std::max(wait_s, 1.0))));
  }
  set_error(response, code, status.error_message());
}

int hex_digit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return -1;
}

/// Whether the texts differ in upper and lower case only; `b` is in lower case.
bool is_same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char got, char wanted) {
    return wanted == (got >= 'A' && got <= 'Z' ? static_cast<char>(got - 'A' + 'a') : got);
  });
}

std::string decode_percent(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_code = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                         hex_digit(text[i + 2]) >= 0;
    plain +=
        is_code ? static_cast<char>(16 * hex_digit(text[i + 1]) + hex_digit(text[i + 2])) : text[i];
    if (is_code) i += 2;
  }
  return plain;
}

/// Whether the text has neither control characters nor bytes that are not UTF-8.
bool is_plain(const std::string& text) {
  const bool has_control = std::any_of(text.begin(), text.end(), [](char letter) {
    const auto code = static_cast<unsigned char>(letter);
    return code < 0x20 || code == 0x7f;
  });
  if (has_control) return false;
  try {
    static_cast<void>(json(text).dump());
    return true;
  } catch (const json::type_error&) {  // not UTF-8
    return false;
  }
}

/// The path of a request's target, which may be a whole URL, as proxies send it.
std::string_view path_of(std::string_view target) {
  target = target.substr(0, target.find('?'));
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!is_same(target.substr(0, scheme.size()), scheme)) continue;
    const std::size_t slash = target.find('/', scheme.size());
    return slash == target.npos ? "/" : target.substr(slash);
  }
  return target;
}

/// The words between the slashes of a path, decoded; of "/v2/models/a%2Fb": v2, models, a/b.
std::vector<std::string> words_of(std::string_view target) {
  std::vector<std::string> words;
  while (!target.empty()) {
    target.remove_prefix(1);
    const std::size_t end = std::min(target.find('/'), target.size());
    words.push_back(decode_percent(target.substr(0, end)));
    target.remove_prefix(end);
  }
  if (!words.empty() && words.back().empty()) words.pop_back();
  return words;
}

/// The whole text as a number.
std::optional<std::size_t> size_of(std::string_view text) {
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return size;
}

bool is_control_but_tab(char letter) {
  const auto code = static_cast<unsigned char>(letter);
  return (code < 0x20 && code != '\t') || code == 0x7f;
}

/// Of the name of a header, as RFC 9110 has it.
bool is_token(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(letter) != std::string_view::npos;
}

/// Without the blanks around it.
std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

/// Whether there are three words with one space between each.
bool is_request_line(std::string_view line) {
  return std::count(line.begin(), line.end(), ' ') == 2 && line.find('\t') == line.npos &&
         line.find("  ") == line.npos && !line.starts_with(' ') && !line.ends_with(' ');
}

/// Why other readers of a head may understand it differently: httplib passes over lines that it
/// does not understand. Empty: they may not.
std::string fault_of_head(std::string_view head) {
  int lengths = 0;
  for (bool is_first = true; !head.empty(); is_first = false) {
    const std::size_t end = head.find("\r\n");
    if (end == head.npos) return "a line of the head does not end with CR LF";
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 2);
    if (std::any_of(line.begin(), line.end(), is_control_but_tab)) {
      return "the head has a control character";
    }
    if (is_first) {
      if (!is_request_line(line)) return "the request line is not 'METHOD TARGET VERSION'";
      continue;
    }
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    if (colon == line.npos || name.empty() || !std::all_of(name.begin(), name.end(), is_token)) {
      return "a line of the head is not of the form 'name: value'";
    }
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (is_same(name, "content-length") && (++lengths > 1 || !size_of(value))) {
      return "Content-Length must be one number";
    }
    if (is_same(name, "transfer-encoding") && value.empty()) return "Transfer-Encoding is empty";
  }
  return {};
}

/// Whether a line behind the first one is longer than httplib reads. Lines end with CRLF: older
/// versions of it end them with LF alone, too.
bool has_long_line(std::string_view head) {
  constexpr std::size_t max_length = 8192;
  std::size_t begin = head.find("\r\n");
  while (begin != head.npos) {
    const std::size_t end = std::min(head.find("\r\n", begin + 2), head.size());
    if (end - begin > max_length) return true;
    begin = end < head.size() ? end : head.npos;
  }
  return false;
}

std::chrono::system_clock::time_point soon() {
  return std::chrono::system_clock::now() + std::chrono::seconds(10);
}

/// A call that is answered at once, for a sealed caller.
template <typename Answer, typename Call>
Answer ask(const std::string& caller, Call call) {
  grpc::ClientContext context;
  if (!caller.empty()) context.AddMetadata(caller_metadata, caller);
  context.set_deadline(soon());
  Answer answer;
  const grpc::Status status = call(&context, &answer);
  if (!status.ok()) throw status;
  return answer;
}

template <typename Tensors>
json describe(const Tensors& tensors) {
  json list = json::array();
  for (const auto& tensor : tensors) {
    list.push_back(
        {{"name", tensor.name()},
         {"datatype", tensor.datatype()},
         {"shape", std::vector<std::int64_t>(tensor.shape().begin(), tensor.shape().end())}});
  }
  return list;
}

/// The answer of ModelInfer; the call is cancelled when the other end of the connection goes.
RawAnswer call_infer(const std::shared_ptr<grpc::Channel>& channel, const grpc::ByteBuffer& request,
                     const std::string& caller, const HttpConnection& connection) {
  constexpr auto pause = std::chrono::milliseconds(200);
  RawCall call(channel, infer_method);
  if (!caller.empty()) call.add_metadata(caller_metadata, caller);
  std::promise<RawAnswer> promise;
  std::future<RawAnswer> answer = promise.get_future();
  call.start(request, std::chrono::system_clock::time_point::max(),
             [&](RawAnswer raw) { promise.set_value(std::move(raw)); });
  while (answer.wait_for(pause) != std::future_status::ready) {
    if (connection.is_abandoned()) call.cancel();
  }
  return answer.get();
}

}  // namespace

RestSession::RestSession(HttpConnection& connection, std::shared_ptr<grpc::Channel> channel,
                         const RestOptions& options, RestTotals& totals)
    : connection_(connection), channel_(std::move(channel)), options_(options), totals_(totals) {
  set_keep_alive_timeout(static_cast<time_t>(options.patience.idle_s));
  set_keep_alive_max_count(1'000'000);
  set_pre_routing_handler([this](const Request& request, Response& response) {
    answer(request, response);
    return HandlerResponse::Handled;
  });
  set_expect_100_continue_handler([this](const Request& request, Response& response) {
    if (refusal_ == 0) return 100;
    answer(request, response);
    return response.status;
  });
  HandlerWithResponse complete = [this](const Request& /*request*/, Response& response) {
    complete_error(response);
    return HandlerResponse::Handled;
  };
  set_error_handler(std::move(complete));
}

// Where the body of a request would have to be read by guesswork, the connection ends.
void RestSession::refuse(int status, std::string message) {
  if (refusal_ != 0) return;
  refusal_ = status;
  refusal_message_ = std::move(message);
  is_ending_ = true;
}

void RestSession::examine(Request& request) {
  has_head_ = true;
  refusal_ = 0;
  body_bytes_ = 0;
  is_first_ = false;
  request.ranges.clear();
  request.headers.erase("Accept-Encoding");  // otherwise httplib would compress the answer
  const std::size_t lengths = request.get_header_value_count("Content-Length");
  const auto length = size_of(request.get_header_value("Content-Length"));
  if (std::string fault = fault_of_head(connection_.head()); !fault.empty()) {
    refuse(400, std::move(fault));
  } else if (request.version == "HTTP/1.1" && request.get_header_value_count("Host") != 1) {
    refuse(400, "the request needs one Host");
  } else if (request.get_header_value_count(json_length_header) > 1) {
    refuse(400, fmt::format("{} must be one number", json_length_header));
  } else if (request.has_header("Expect") &&
             !is_same(request.get_header_value("Expect"), "100-continue")) {
    refuse(417, "only 100-continue can be expected");
  } else if (request.has_header("Transfer-Encoding")) {
    refuse(411, "send the body in one piece, with its Content-Length");
  } else if (lengths > 1 || (lengths == 1 && !length)) {
    refuse(400, "Content-Length must be one number");
  } else if (request.has_header("Content-Encoding") &&
             request.get_header_value("Content-Encoding") != "identity") {
    refuse(415, "send the body without compression");
  } else if (length && *length > static_cast<std::size_t>(options_.limits.bytes)) {
    refuse(413, fmt::format("the message has {} bytes; the limit is {}", *length,
                            options_.limits.bytes));
  } else if (request.method == "POST" && lengths == 0) {
    refuse(411, "the request needs a Content-Length");
  } else if (request.method != "POST" && length.value_or(0) > 0) {
    refuse(400, fmt::format("{} takes no body", request.method));
  } else {
    body_bytes_ = length.value_or(0);
    connection_.begin_body(body_bytes_);
  }
  if (!is_ending_) return;
  request.headers.erase("Connection");
  request.set_header("Connection", "close");  // httplib tells the other end
}

void RestSession::answer(const Request& request, Response& response) {
  if (refusal_ != 0) return set_error(response, refusal_, refusal_message_);
  try {
    route(request, response);
  } catch (const grpc::Status& status) {
    set_error(response, status);
  } catch (const Error& error) {
    const bool is_late = connection_.is_late();
    is_late ? set_error(response, 408, "the body did not arrive in time")
            : set_error(response, status_of(error));
  } catch (const std::bad_alloc& error) {
    set_error(response, out_of_memory_status(error));
  } catch (const std::exception& error) {
    set_error(response, internal_status(error.what()));
  }
  if (body_bytes_ == 0) return;  // read
  is_ending_ = true;
  response.set_header("Connection", "close");
}

/// Throws grpc::Status(UNAUTHENTICATED) unless the caller may infer.
void RestSession::identify(const Request& request) {
  caller_ = {};
  sealed_.clear();
  if (options_.access == nullptr || !options_.access->is_restricted()) return;
  const grpc::Status status =
      options_.access->authenticate({.authorization = request.get_header_value("Authorization"),
                                     .certificate = connection_.certificate_names()},
                                    caller_);
  if (!status.ok()) throw status;
  sealed_ = options_.access->seal(caller_);
}

/// Counts the request of a caller that is known, before its body is read; the service behind does
/// not count it again. Throws grpc::Status(RESOURCE_EXHAUSTED) above a limit of the caller.
void RestSession::admit(AccessControl::Ticket& ticket) {
  if (sealed_.empty()) return;
  const grpc::Status status = options_.access->admit(caller_, ticket);
  if (!status.ok()) throw status;
  caller_.is_admitted = true;
  sealed_ = options_.access->seal(caller_);
}

void RestSession::route(const Request& request, Response& response) {
  const std::string path(path_of(request.target));
  const std::vector<std::string> words = words_of(path);
  const auto stub = inference::GRPCInferenceService::NewStub(channel_);
  const bool is_get = request.method == "GET" || request.method == "HEAD";
  if (!std::all_of(words.begin(), words.end(), is_plain)) {
    return set_error(response, 404, "there is no path with control characters or without UTF-8");
  }
  if (words.size() > 2 && words[0] == "v2" && words[1] == "models") {
    identify(request);
    route_model(words, response, request);
  } else if (!is_get) {
    set_error(response, 405,
              fmt::format("{} is not offered for {}", request.method, sanitise_line(path)));
  } else if (words == std::vector<std::string>{"v2"}) {
    const auto server = ask<inference::ServerMetadataResponse>(
        "", [&](auto* context, auto* to) { return stub->ServerMetadata(context, {}, to); });
    set_json(response, 200,
             {{"name", server.name()},
              {"version", server.version()},
              {"extensions", json::array({"binary_tensor_data"})}});
  } else if (words == std::vector<std::string>{"v2", "health", "live"}) {
    set_json(response, 200, {{"live", true}});
  } else if (words == std::vector<std::string>{"v2", "health", "ready"}) {
    const bool is_ready = ask<inference::ServerReadyResponse>("", [&](auto* context, auto* to) {
                            return stub->ServerReady(context, {}, to);
                          }).ready();
    set_json(response, is_ready ? 200 : 503, {{"ready", is_ready}});
  } else if (words == std::vector<std::string>{"metrics"} && options_.metrics) {
    identify(request);
    response.status = 200;
    response.body = options_.metrics();
    response.set_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  } else {
    set_error(response, 404, fmt::format("there is no {}; see /v2", sanitise_line(path)));
  }
}

// /v2/models/NAME[/versions/V][/ready|/infer]
void RestSession::route_model(const std::vector<std::string>& words, Response& response,
                              const Request& request) {
  const std::string& model = words[2];
  const bool has_version = words.size() > 4 && words[3] == "versions";
  const std::string version = has_version ? words[4] : "";
  const std::vector<std::string> rest(words.begin() + (has_version ? 5 : 3), words.end());
  const std::string action = rest.empty() ? "" : rest.front();
  if (rest.size() > 1 || (action != "" && action != "ready" && action != "infer")) {
    return set_error(response, 404,
                     "there is no such path; a model has /ready, /infer and /versions/1");
  }
  const std::string_view method = action == "infer" ? "POST" : "GET";
  if (request.method != method && !(request.method == "HEAD" && method == "GET")) {
    response.set_header("Allow", std::string(method));
    return set_error(response, 405, fmt::format("only {} is offered here", method));
  }
  if (action == "infer") return infer(model, version, request, response);
  const auto stub = inference::GRPCInferenceService::NewStub(channel_);
  if (action == "ready") {
    inference::ModelReadyRequest query;
    query.set_name(model);
    query.set_version(version);
    const bool is_ready = ask<inference::ModelReadyResponse>(sealed_, [&](auto* context, auto* to) {
                            return stub->ModelReady(context, query, to);
                          }).ready();
    return set_json(response, is_ready ? 200 : 503, {{"name", model}, {"ready", is_ready}});
  }
  inference::ModelMetadataRequest query;
  query.set_name(model);
  query.set_version(version);
  const auto found = ask<inference::ModelMetadataResponse>(
      sealed_, [&](auto* context, auto* to) { return stub->ModelMetadata(context, query, to); });
  set_json(
      response, 200,
      {{"name", found.name()},
       {"versions", std::vector<std::string>(found.versions().begin(), found.versions().end())},
       {"platform", found.platform()},
       {"inputs", describe(found.inputs())},
       {"outputs", describe(found.outputs())}});
}

void RestSession::infer(const std::string& model, const std::string& version,
                        const Request& request, Response& response) {
  InferQuery query{.model = model, .version = version, .body = {}, .json_bytes = {}};
  if (request.has_header(json_length_header)) {
    query.json_bytes = size_of(request.get_header_value(json_length_header));
    if (!query.json_bytes) throw_invalid_argument("must be a number", json_length_header);
  }
  AccessControl::Ticket ticket;
  admit(ticket);
  const RestTotals::Share share = totals_.take_body(body_bytes_, caller_.name);
  TensorBlock body = allocate_block(body_bytes_);
  if (!connection_.read_all(body.data, body_bytes_)) {
    throw_invalid_argument("the body is shorter than its Content-Length");
  }
  body_bytes_ = 0;
  query.body = std::move(body.bytes);
  OutputFormat format;
  const grpc::ByteBuffer message = encode_query(query, options_.limits, format);
  query.body = {};  // the message keeps what it needs
  is_called_ = true;
  const RawAnswer answer = call_infer(channel_, message, sealed_, connection_);
  if (!answer.status.ok()) {
    throw grpc::Status(answer.status.error_code(), answer.status.error_message(),
                       answer.retry_after);
  }
  InferBody made = format_answer(answer.message, format);
  response.status = 200;
  response.body = std::move(made.bytes);
  if (made.json_bytes > 0) {
    response.set_header(json_length_header, std::to_string(made.json_bytes));
  }
  response.set_header("Content-Type",
                      made.json_bytes > 0 ? "application/octet-stream" : json_type_name);
}

// Errors of httplib itself have no text yet.
void RestSession::complete_error(Response& response) {
  if (!has_head_) {
    is_ending_ = true;
    response.set_header("Connection", "close");
    const bool is_long = connection_.is_head_too_large() || has_long_line(connection_.head());
    if (is_long || response.status == 414) response.status = 431;
    if (connection_.is_late()) response.status = 408;
  }
  if (!is_called_) totals_.count_refusal(response.status);
  if (!response.body.empty()) return;
  const bool is_late = response.status == 408;
  set_error(response, response.status,
            is_late ? "the request did not arrive in time"
            : response.status == 431
                ? "the head is too large: 64 KiB, and 8 KiB a line, are the limits"
                : "is not a request of HTTP/1.1");
}

void RestSession::run() {
  if (!connection_.handshake()) return;
  is_ending_ = false;
  while (!is_ending_ && connection_.wait_for_request(is_first_)) {
    connection_.begin_head();
    has_head_ = false;
    is_called_ = false;
    bool is_closed = false;
    if (!process(connection_, is_closed) || is_closed) break;
  }
  if (is_ending_) connection_.linger();
}

}  // namespace scission::runtime
