// What can go wrong, said once: every failure of the library is a scission::Error.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "scission/base/export.hpp"

namespace scission {

/// What kind of failure it was; the tools turn it into their exit code.
enum class ErrorCode {
  invalid_argument,  ///< the caller asked for something that cannot be meant
  infeasible,        ///< well formed, but nothing can satisfy it
  not_found,         ///< a file that is not there
  damaged,           ///< a file that is there but does not hold what it should
  mismatch,          ///< things that do not fit together, or a check that failed
  unsupported,       ///< well formed, but outside what this build can do
  io,                ///< reading, writing or starting another program failed
};

/// The only exception the library throws on purpose.
///
/// `message` is one line for a person and names the way out; `place` says where (a file and
/// line, an option, a layer) and may be empty. what() is "place: message".
class SCISSION_EXPORT Error : public std::runtime_error {
 public:
  /// what() is put together from both.
  Error(ErrorCode code, std::string message, std::string place = {});

  ErrorCode code() const noexcept { return code_; }                 ///< the kind of failure
  const std::string& message() const noexcept { return message_; }  ///< without the place
  const std::string& place() const noexcept { return place_; }      ///< may be empty

 private:
  ErrorCode code_;
  std::string message_;
  std::string place_;
};

/// The exit code of a tool that ends with this error: 2 for invalid_argument, 3 for infeasible, 1
/// otherwise.
SCISSION_EXPORT int exit_code(ErrorCode code) noexcept;

}  // namespace scission
