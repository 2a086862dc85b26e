#include "runtime/wire/status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.hpp"
#include "base/this_machine.hpp"

namespace scission::runtime {
namespace {

using grpc::StatusCode;

constexpr std::size_t max_line_bytes = 300;

StatusCode to_status_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::mismatch:
      return StatusCode::INVALID_ARGUMENT;
    case ErrorCode::infeasible:
      return StatusCode::FAILED_PRECONDITION;
    case ErrorCode::interrupted:
      return StatusCode::ABORTED;
    case ErrorCode::not_found:
      return StatusCode::NOT_FOUND;
    case ErrorCode::damaged:
      return StatusCode::DATA_LOSS;
    case ErrorCode::unsupported:
      return StatusCode::UNIMPLEMENTED;
    case ErrorCode::io:
      break;
  }
  return StatusCode::INTERNAL;
}

ErrorCode to_error_code(StatusCode code) {
  switch (code) {
    case StatusCode::UNAVAILABLE:
    case StatusCode::DEADLINE_EXCEEDED:
    case StatusCode::CANCELLED:
    case StatusCode::ABORTED:
    case StatusCode::INTERNAL:
    case StatusCode::RESOURCE_EXHAUSTED:
      return ErrorCode::io;
    case StatusCode::NOT_FOUND:
      return ErrorCode::not_found;
    case StatusCode::UNIMPLEMENTED:
      return ErrorCode::unsupported;
    case StatusCode::DATA_LOSS:
      return ErrorCode::damaged;
    default:
      return ErrorCode::mismatch;
  }
}

std::string reason_of(const grpc::Status& status) {
  const std::string reason = sanitise_line(status.error_message());
  if (!reason.empty()) return reason;
  return fmt::format("gRPC status {}", static_cast<int>(status.error_code()));
}

/// An explanation of gRPC's reasons for UNAVAILABLE; "" of those without one.
std::string_view explanation_of(const std::string& reason) {
  constexpr std::string_view no_way = "no network leads there; is the address right?";
  constexpr std::string_view silent =
      "nothing answers; is the address right, the machine on, and the port open in its firewall?";
  constexpr std::string_view ended = "it ended the connection; was the worker stopped or killed?";
  constexpr std::array<std::pair<std::string_view, std::string_view>, 13> explanations{{
      {"Connection refused", "nothing listens there; is a worker running on that port?"},
      {"DNS resolution failed", "there is no machine of that name"},
      {"No route to host", no_way},
      {"Network is unreachable", no_way},
      {"timed out", silent},
      {"Timeout occurred", silent},
      {"Connection reset", ended},
      {"Broken pipe", ended},
      {"http1.x", "it speaks HTTP/1.1, not gRPC; is that the port of --http?"},
      {"certificate verify failed",
       "its certificate has expired, or another authority than that of --tls-ca signed it"},
      {"wrong version number",
       "it does not speak TLS: start it with --tls-cert and --tls-key, or leave out this end's "
       "--tls options"},
      {"not in peer certificate", "its certificate is issued for other names; add this one"},
      {"Socket closed",
       "it closed the connection; was the worker stopped, or does it need TLS (--tls-ca, "
       "--tls-cert, --tls-key)?"},
  }};
  for (const auto& [words, explanation] : explanations) {
    if (reason.find(words) != std::string::npos) return explanation;
  }
  return {};
}

std::string unavailable_message(const grpc::Status& status) {
  const std::string reason = reason_of(status);
  const std::string_view explanation = explanation_of(reason);
  if (explanation.empty()) return fmt::format("cannot be reached or is shutting down ({})", reason);
  return fmt::format("cannot be reached: {}", explanation);
}

std::string late_message(const grpc::Status& status) {
  const std::string reason = reason_of(status);
  const bool is_of_grpc = reason.find("Deadline") != std::string::npos;
  return is_of_grpc ? "did not answer before the deadline; is its machine on, and not overloaded?"
                    : fmt::format("did not answer before the deadline ({})", reason);
}

/// gRPC's words for the answer of a web server or proxy, which has no status of gRPC.
bool is_of_web_server(const grpc::Status& status) {
  return status.error_message().find("Received http2 header with status") != std::string::npos;
}

std::string message_of(const grpc::Status& status) {
  if (is_of_web_server(status)) return "is a web server and no worker; is the address right?";
  switch (status.error_code()) {
    case StatusCode::DEADLINE_EXCEEDED:
      return late_message(status);
    case StatusCode::UNAVAILABLE:
      return unavailable_message(status);
    case StatusCode::UNIMPLEMENTED:
      return fmt::format("does not support this ({})", reason_of(status));
    case StatusCode::CANCELLED:
      return fmt::format("the call was cut off ({})", reason_of(status));
    default:
      return reason_of(status);
  }
}

// gRPC's refusal of a message above either end's limit: repeating it would not help.
bool is_too_large(const grpc::Status& status) {
  return status.error_message().find("larger than max") != std::string::npos;
}

constexpr std::string_view out_of_memory = "this machine has not enough free memory for it";

bool is_out_of_memory(const grpc::Status& status) {
  return status.error_message().find(out_of_memory) != std::string::npos;
}

constexpr double max_backoff_s = 1;
constexpr double min_jitter = 0.75;

// 0.75 to 1.25, from the seed by splitmix64's finaliser.
double jitter(std::uint64_t seed) {
  seed += 0x9E3779B97F4A7C15U;
  seed = (seed ^ (seed >> 30U)) * 0xBF58476D1CE4E5B9U;
  seed = (seed ^ (seed >> 27U)) * 0x94D049BB133111EBU;
  seed ^= seed >> 31U;
  return min_jitter + 0.5 * std::ldexp(static_cast<double>(seed >> 11U), -53);
}

}  // namespace

OutOfMemory::OutOfMemory(std::int64_t needed_bytes, std::int64_t free_bytes)
    : message_(fmt::format("{}: {} MB are needed, {} MB are free", out_of_memory,
                           needed_bytes / 1'000'000, free_bytes / 1'000'000)) {}

void require_memory(std::int64_t bytes) {
  constexpr std::int64_t worthwhile_bytes = std::int64_t{64} << 20;
  if (bytes < worthwhile_bytes) return;
  const std::int64_t free_bytes = available_memory_bytes();
  if (free_bytes > 0 && bytes > free_bytes) throw OutOfMemory(bytes, free_bytes);
}

grpc::Status out_of_memory_status(const std::bad_alloc& error) {
  const bool is_explained = dynamic_cast<const OutOfMemory*>(&error) != nullptr;
  return {StatusCode::RESOURCE_EXHAUSTED, is_explained ? error.what() : std::string(out_of_memory)};
}

std::string sanitise_line(std::string_view text) {
  std::size_t length = std::min(text.size(), max_line_bytes);
  // Do not cut a UTF-8 sequence apart.
  while (length < text.size() && length > 0 && text::is_continuation(text[length])) --length;
  std::string line(text.substr(0, length));
  std::replace_if(line.begin(), line.end(), text::is_control, ' ');
  if (length < text.size()) line += "…";
  return line;
}

// Metadata may be limited to gRPC's default of 8 KiB at the other end, and a byte that is not
// printable ASCII takes three there; hence the short line.
grpc::Status make_status(StatusCode code, std::string_view message) {
  return {code, sanitise_line(message.substr(0, message.find('\n')))};
}

grpc::Status status_of(const Error& error) {
  return make_status(to_status_code(error.code()), error.what());
}

grpc::Status internal_status(std::string_view message) {
  return make_status(StatusCode::INTERNAL, message);
}

std::string unavailable_reason(const grpc::Status& status) {
  const std::string reason = reason_of(status);
  const std::string_view explanation = explanation_of(reason);
  return explanation.empty() ? reason : std::string(explanation);
}

// A worker that reports an UNAVAILABLE system has been reached itself. What one says that has sent
// health checks names both.
CallFailure failure_of(const grpc::Status& status, const std::string& address, std::string system,
                       std::string observer) {
  const StatusCode code = status.error_code();
  const bool is_reported = code == StatusCode::UNAVAILABLE && !system.empty();
  CallFailure failure;
  failure.message = is_reported ? reason_of(status) : message_of(status);
  if (observer.empty()) failure.message = fmt::format("{}: {}", address, failure.message);
  failure.system = std::move(system);
  failure.is_stalled = !observer.empty();
  failure.observer = std::move(observer);
  const bool is_exhausted = code == StatusCode::RESOURCE_EXHAUSTED && !is_too_large(status);
  failure.is_busy = is_exhausted && !is_out_of_memory(status);
  failure.is_transient = is_exhausted || code == StatusCode::UNAVAILABLE ||
                         code == StatusCode::DEADLINE_EXCEEDED || code == StatusCode::ABORTED;
  failure.is_undeployed = code == StatusCode::NOT_FOUND || code == StatusCode::FAILED_PRECONDITION;
  return failure;
}

Error error_of(const grpc::Status& status, const std::string& address) {
  return {to_error_code(status.error_code()), message_of(status), address};
}

void require_ok(const grpc::Status& status, const std::string& address) {
  if (!status.ok()) throw error_of(status, address);
}

std::optional<double> wait_before_retry(const RetryOptions& options, const CallFailure& failure,
                                        int attempts, double elapsed_s, std::uint64_t seed) {
  const bool is_asked = failure.retry_after_s > 0;
  if (!failure.is_transient || (attempts > options.retries && !is_asked)) return std::nullopt;
  const double backoff_s = std::ldexp(options.backoff_s, std::min(attempts - 1, 30));
  const double factor = jitter(seed + static_cast<std::uint64_t>(attempts));
  const double wait_s = is_asked ? failure.retry_after_s * (1 + (factor - min_jitter) / 2)
                                 : std::min(backoff_s, max_backoff_s) * factor;
  if (elapsed_s + wait_s >= options.deadline_s) return std::nullopt;
  return wait_s;
}

}  // namespace scission::runtime
