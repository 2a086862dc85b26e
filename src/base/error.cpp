#include "scission/base/error.hpp"

#include <utility>

namespace scission {
namespace {

std::string with_place(const std::string& message, const std::string& place) {
  return place.empty() ? message : place + ": " + message;
}

}  // namespace

Error::Error(ErrorCode code, std::string message, std::string place)
    : std::runtime_error(with_place(message, place)),
      code_(code),
      message_(std::move(message)),
      place_(std::move(place)) {}

}  // namespace scission
