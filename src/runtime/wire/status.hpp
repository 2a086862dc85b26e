// What goes wrong in a worker, as gRPC's status.
#pragma once

#include <grpcpp/support/status.h>

#include <exception>
#include <string_view>
#include <utility>

#include "scission/base/error.hpp"

namespace scission::runtime {

/// The error as a status. Its message is what(), one line of it, shortened to what metadata takes.
grpc::Status status_of(const Error& error);

/// INTERNAL for what no caller is to blame for.
grpc::Status internal_status(std::string_view message);

/// The message's first line, at most 500 bytes of it.
grpc::Status make_status(grpc::StatusCode code, std::string_view message);

/// What the call returns, a grpc::Status, or what it throws as one: nothing passes.
template <typename Call>
grpc::Status guarded(Call&& call) noexcept {
  try {
    return std::forward<Call>(call)();
  } catch (const Error& error) {
    return status_of(error);
  } catch (const std::exception& error) {
    return internal_status(error.what());
  } catch (...) {
    return internal_status("an unknown failure");
  }
}

}  // namespace scission::runtime
