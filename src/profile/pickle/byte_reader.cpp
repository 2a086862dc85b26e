#include "profile/pickle/byte_reader.hpp"

#include <fmt/format.h>

#include <bit>

namespace scission::pickle {

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  int shift = 0;
  for (const char byte : bytes) {
    number |= std::uint64_t{static_cast<std::uint8_t>(byte)} << shift;
    shift += 8;
  }
  return number;
}

double little_endian_double(std::string_view bytes) {
  return std::bit_cast<double>(little_endian(bytes));
}

double big_endian_double(std::string_view bytes) {
  return little_endian_double(std::string(bytes.rbegin(), bytes.rend()));
}

std::string_view ByteReader::take(std::size_t count) {
  if (count > left()) fail("ends too early");
  const std::string_view taken = bytes_.substr(at_, count);
  at_ += count;
  return taken;
}

std::string_view ByteReader::take_line() {
  const std::size_t end = bytes_.find('\n', at_);
  if (end == std::string_view::npos) fail("ends too early");
  const std::string_view line = take(end - at_);
  take(1);
  return line;
}

void ByteReader::fail(const std::string& fault, ErrorCode code) const {
  throw Error(code, fmt::format("{} (byte {} of the pickle)", fault, at_), place_);
}

}  // namespace scission::pickle
