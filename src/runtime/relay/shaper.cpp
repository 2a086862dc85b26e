#include "runtime/relay/shaper.hpp"

#include <algorithm>
#include <cmath>

#include "scission/base/units.hpp"

namespace scission::runtime {
namespace {

constexpr double piece_s = 1e-3;
constexpr double least_piece = 1448;  // a TCP segment's on an Ethernet
constexpr double most_piece = 16384;
constexpr std::size_t unlimited_piece = 65536;
constexpr std::size_t buffer_bytes = 256U << 10;
constexpr std::size_t unlimited_capacity = 16U << 20;

std::chrono::nanoseconds from_seconds(double seconds) {
  return std::chrono::nanoseconds(std::llround(seconds * 1e9));
}

double bytes_per_s(const Shape& shape) { return shape.megabits_per_s * bytes_per_megabit; }

}  // namespace

void Shaper::reshape(Shape shape) { shape_ = shape; }

std::size_t Shaper::piece_bytes() const {
  if (shape_.megabits_per_s <= 0) return unlimited_piece;
  const double piece = std::clamp(bytes_per_s(shape_) * piece_s, least_piece, most_piece);
  return static_cast<std::size_t>(piece);
}

std::size_t Shaper::capacity() const {
  if (shape_.megabits_per_s <= 0) return unlimited_capacity;
  const double held = bytes_per_s(shape_) * shape_.delay_ms / milliseconds_per_second;
  return buffer_bytes + static_cast<std::size_t>(std::min(held, 1e9));
}

Shaper::Time Shaper::put(Time now, Time arrived, std::size_t bytes) {
  free_at_ = std::max({free_at_, arrived, now - lookahead});
  if (shape_.megabits_per_s > 0) {
    free_at_ += from_seconds(static_cast<double>(bytes) / bytes_per_s(shape_));
  }
  return free_at_ + delay();
}

Shaper::Time Shaper::end(Time now) const { return std::max(free_at_, now) + delay(); }

std::chrono::nanoseconds Shaper::delay() const {
  return from_seconds(shape_.delay_ms / milliseconds_per_second);
}

}  // namespace scission::runtime
