#include "runtime/worker/next_hop.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/wire/status.hpp"

namespace scission::runtime {

std::chrono::system_clock::time_point next_deadline(
    std::chrono::system_clock::time_point deadline) {
  if (deadline == std::chrono::system_clock::time_point::max()) return deadline;
  constexpr auto most = std::chrono::system_clock::duration(std::chrono::milliseconds(20));
  const auto left = deadline - std::chrono::system_clock::now();
  return deadline - std::clamp(left / 20, std::chrono::system_clock::duration::zero(), most);
}

grpc::Status handed_on(const grpc::Status& status, const std::string& system) {
  const bool went_down = status.error_code() == grpc::StatusCode::CANCELLED;
  return make_status(went_down ? grpc::StatusCode::UNAVAILABLE : status.error_code(),
                     fmt::format("system {}: {}", system, status.error_message()));
}

}  // namespace scission::runtime
