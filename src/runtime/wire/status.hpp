// Errors of calls: a server's errors to gRPC's status, a status to the caller's errors, and when to
// repeat a failed call.
#pragma once

#include <grpcpp/support/status.h>

#include <cstdint>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "scission/base.hpp"
#include "scission/runtime/wire/wire.hpp"

namespace scission::runtime {

/// Text from the other end of a connection as part of one line: control characters become spaces,
/// and at most about 300 bytes are kept.
std::string sanitise_line(std::string_view text);

/// The error as a status; its message is the first line of what(), sanitised.
grpc::Status status_of(const Error& error);

/// INTERNAL: a failure that is not the caller's fault.
grpc::Status internal_status(std::string_view message);

/// Thrown instead of beginning an allocation for which this machine's free memory is not enough.
class OutOfMemory : public std::bad_alloc {
 public:
  OutOfMemory(std::int64_t needed_bytes, std::int64_t free_bytes);
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::string message_;
};

/// Throws OutOfMemory when `bytes` are more than this machine's free memory. Sizes below 64 MiB are
/// not checked, as asking the system takes 50 µs.
void require_memory(std::int64_t bytes);

/// RESOURCE_EXHAUSTED: the machine lacks memory, so that another one may do.
grpc::Status out_of_memory_status(const std::bad_alloc& error);

/// With the message's first line, sanitised.
grpc::Status make_status(grpc::StatusCode code, std::string_view message);

/// The call's result, a grpc::Status, or its exception as a status. Lets no exception pass.
template <typename Call>
grpc::Status guarded(Call&& call) noexcept {
  try {
    return std::forward<Call>(call)();
  } catch (const Error& error) {
    return status_of(error);
  } catch (const std::bad_alloc& error) {
    return out_of_memory_status(error);
  } catch (const std::exception& error) {
    return internal_status(error.what());
  } catch (...) {
    return internal_status("an unknown failure");
  }
}

/// What is known of the cause of an UNAVAILABLE call: an explanation, or gRPC's reason.
std::string unavailable_reason(const grpc::Status& status);

/// Why an inference failed; `system` and `observer` as a worker reported them, or empty.
CallFailure failure_of(const grpc::Status& status, const std::string& address, std::string system,
                       std::string observer = {});

/// The error of a blocking call, with the address as place: Error(io) when the server is
/// unreachable, late, or cut the call off, Error(unsupported) when it does not offer the call,
/// Error(damaged) when data did not arrive as announced, Error(mismatch) on other refusals.
Error error_of(const grpc::Status& status, const std::string& address);

/// Throws error_of() unless the status is OK.
void require_ok(const grpc::Status& status, const std::string& address);

/// How often a failed call is repeated. See PipelineOptions.
struct RetryOptions {
  double deadline_s = 10;  ///< of the call, including all attempts
  int retries = 3;         ///< attempts after the first one
  double backoff_s = 0.02;
};

/// Seconds to wait before the next attempt after `attempts` failed ones, `elapsed_s` after the
/// first one began; nullopt when the failure is not transient, or retries or time are used up.
/// Exponential backoff up to a second, with a jitter of a quarter by `seed`, so that requests that
/// failed together are not repeated together. Where the server says when to repeat the call, the
/// wait is that long or up to a quarter longer, and only the time limits the attempts.
std::optional<double> wait_before_retry(const RetryOptions& options, const CallFailure& failure,
                                        int attempts, double elapsed_s, std::uint64_t seed);

}  // namespace scission::runtime
