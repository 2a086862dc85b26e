#include "scission/base.hpp"

#include <utility>

namespace scission {
Error::Error(ErrorCode code, std::string message, std::string place)
    : std::runtime_error(place.empty() ? message : place + ": " + message),
      code_(code),
      message_(std::move(message)),
      place_(std::move(place)) {}

}  // namespace scission
