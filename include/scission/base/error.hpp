// The exception that the library throws.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "scission/base/export.hpp"

namespace scission {

/// The kind of a failure.
enum class ErrorCode {
  invalid_argument,  ///< an argument is malformed or out of range
  infeasible,        ///< the request is well formed, but has no solution
  not_found,         ///< a file does not exist
  damaged,           ///< a file exists, but its contents are invalid
  mismatch,          ///< inputs that do not belong together, or a failed check
  unsupported,       ///< well formed, but not supported by this build
  io,                ///< reading, writing or starting another program failed
};

/// Every failure of the library. `message` is one line for a person and suggests a remedy; `place`
/// is a file and line, an option or a layer, and may be empty. what() is "place: message".
class SCISSION_EXPORT Error : public std::runtime_error {
 public:
  /// what() becomes "place: message", or the message alone without a place.
  Error(ErrorCode code, std::string message, std::string place = {});

  ErrorCode code() const noexcept { return code_; }                 ///< the kind of failure
  const std::string& message() const noexcept { return message_; }  ///< without the place
  const std::string& place() const noexcept { return place_; }      ///< may be empty

 private:
  ErrorCode code_;
  std::string message_;
  std::string place_;
};

}  // namespace scission
