#include "runtime/wire/call_errors.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "runtime/wire/one_line.hpp"

namespace scission::runtime {
namespace {

using grpc::StatusCode;

std::string reason(const grpc::Status& status) {
  const std::string said = one_line(status.error_message());
  return said.empty() ? fmt::format("gRPC status {}", static_cast<int>(status.error_code())) : said;
}

// What gRPC's words for an end that is not there mean to who gave its address; "" of others.
std::string_view meaning_of(const std::string& said) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> meanings{{
      {"Connection refused", "nobody listens there; is a worker running, on that port?"},
      {"DNS resolution failed", "there is no machine of that name"},
      {"not in peer certificate", "its certificate is for other names, and needs this one too"},
      {"Socket closed", "it hung up: it may want TLS (--tls-ca, --tls-cert, --tls-key)"},
  }};
  for (const auto& [words, meaning] : meanings) {
    if (said.find(words) != std::string::npos) return meaning;
  }
  return {};
}

std::string unavailable(const grpc::Status& status) {
  const std::string said = reason(status);
  const std::string_view meaning = meaning_of(said);
  if (meaning.empty()) return fmt::format("cannot be reached or is shutting down ({})", said);
  return fmt::format("cannot be reached: {}", meaning);
}

std::string message_of(const grpc::Status& status) {
  switch (status.error_code()) {
    case StatusCode::DEADLINE_EXCEEDED:
      return fmt::format("did not answer before the deadline ({})", reason(status));
    case StatusCode::UNAVAILABLE:
      return unavailable(status);
    case StatusCode::UNIMPLEMENTED:
      return fmt::format("does not offer this call ({})", reason(status));
    case StatusCode::CANCELLED:
      return fmt::format("the call was cut off ({})", reason(status));
    default:
      return reason(status);
  }
}

// gRPC says so of a message above the limit of either end, which stays as large.
bool is_too_large(const grpc::Status& status) {
  return status.error_message().find("larger than max") != std::string::npos;
}

ErrorCode code_of(StatusCode code) {
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

}  // namespace

CallFailure failure_of(const grpc::Status& status, const std::string& address, std::string system) {
  const StatusCode code = status.error_code();
  CallFailure failure;
  failure.message = fmt::format("{}: {}", address, message_of(status));
  failure.system = std::move(system);
  failure.is_busy = code == StatusCode::RESOURCE_EXHAUSTED && !is_too_large(status);
  failure.is_transient = failure.is_busy || code == StatusCode::UNAVAILABLE ||
                         code == StatusCode::DEADLINE_EXCEEDED || code == StatusCode::ABORTED;
  failure.is_undeployed = code == StatusCode::NOT_FOUND || code == StatusCode::FAILED_PRECONDITION;
  return failure;
}

Error error_of(const grpc::Status& status, const std::string& address) {
  return {code_of(status.error_code()), message_of(status), address};
}

void require_ok(const grpc::Status& status, const std::string& address) {
  if (!status.ok()) throw error_of(status, address);
}

}  // namespace scission::runtime
