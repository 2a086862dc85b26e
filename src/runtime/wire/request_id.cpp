#include "runtime/wire/request_id.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <random>

namespace scission::runtime {

std::string make_request_id() {
  static const std::uint32_t process = std::random_device()();
  static std::atomic<std::uint64_t> count = 0;
  return fmt::format("{:08x}-{}", process, ++count);
}

}  // namespace scission::runtime
