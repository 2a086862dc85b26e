#include "runtime/wire/status.hpp"

#include "runtime/wire/one_line.hpp"

namespace scission::runtime {
namespace {

grpc::StatusCode code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::mismatch:
      return grpc::StatusCode::INVALID_ARGUMENT;
    case ErrorCode::infeasible:
      return grpc::StatusCode::FAILED_PRECONDITION;
    case ErrorCode::not_found:
      return grpc::StatusCode::NOT_FOUND;
    case ErrorCode::damaged:
      return grpc::StatusCode::DATA_LOSS;
    case ErrorCode::unsupported:
      return grpc::StatusCode::UNIMPLEMENTED;
    case ErrorCode::io:
      break;
  }
  return grpc::StatusCode::INTERNAL;
}

}  // namespace

grpc::Status make_status(grpc::StatusCode code, std::string_view message) {
  // Metadata may be 8 KiB in all where the other end leaves gRPC's default, and bytes that are no
  // letters take three there.
  return {code, one_line(message.substr(0, message.find('\n')))};
}

grpc::Status status_of(const Error& error) {
  return make_status(code_of(error.code()), error.what());
}

grpc::Status internal_status(std::string_view message) {
  return make_status(grpc::StatusCode::INTERNAL, message);
}

}  // namespace scission::runtime
