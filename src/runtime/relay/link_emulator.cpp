#include "runtime/relay/link_emulator.hpp"

#include <algorithm>
#include <cmath>

#include "scission/base/units.hpp"

namespace scission::runtime {
namespace {

constexpr double piece_s = 1e-3;
constexpr double min_piece_bytes = 1448;  // payload of a TCP segment on Ethernet
constexpr double max_piece_bytes = 16384;
constexpr std::size_t unlimited_piece_bytes = 65536;
constexpr std::size_t buffer_bytes = 256U << 10;
constexpr std::size_t unlimited_capacity_bytes = 16U << 20;

std::chrono::nanoseconds from_seconds(double seconds) {
  return std::chrono::nanoseconds(std::llround(seconds * 1e9));
}

double bytes_per_s(const LinkShape& shape) { return shape.megabits_per_s * bytes_per_megabit; }

}  // namespace

void LinkEmulator::reshape(LinkShape shape) { shape_ = shape; }

std::size_t LinkEmulator::piece_bytes() const {
  if (shape_.megabits_per_s <= 0) return unlimited_piece_bytes;
  const double piece = std::clamp(bytes_per_s(shape_) * piece_s, min_piece_bytes, max_piece_bytes);
  return static_cast<std::size_t>(piece);
}

std::size_t LinkEmulator::capacity() const {
  if (shape_.megabits_per_s <= 0) return unlimited_capacity_bytes;
  const double in_flight = bytes_per_s(shape_) * shape_.delay_ms / milliseconds_per_second;
  return buffer_bytes + static_cast<std::size_t>(std::min(in_flight, 1e9));
}

LinkEmulator::Time LinkEmulator::send(Time now, Time arrived, std::size_t bytes) {
  free_at_ = std::max({free_at_, arrived, now - lookahead});
  if (shape_.megabits_per_s > 0) {
    free_at_ += from_seconds(static_cast<double>(bytes) / bytes_per_s(shape_));
  }
  return free_at_ + delay();
}

LinkEmulator::Time LinkEmulator::send_end(Time now) const {
  return std::max(free_at_, now) + delay();
}

std::chrono::nanoseconds LinkEmulator::delay() const {
  return from_seconds(shape_.delay_ms / milliseconds_per_second);
}

}  // namespace scission::runtime
