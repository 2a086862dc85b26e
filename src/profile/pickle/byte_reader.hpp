// The bytes of a pickle, one after the other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "scission/base/error.hpp"

namespace scission::pickle {

/// An unsigned number of at most 8 bytes, the lowest first.
std::uint64_t little_endian(std::string_view bytes);

/// The number whose 8 bytes these are, the lowest first.
double little_endian_double(std::string_view bytes);
double big_endian_double(std::string_view bytes);

/// Hands out a pickle piece by piece, as views. Throws Error(damaged, place) when it ends too
/// early. Refers to the bytes and to `place`.
class ByteReader {
 public:
  ByteReader(std::string_view bytes, const std::string& place) : bytes_(bytes), place_(place) {}

  std::string_view take(std::size_t count);
  std::uint64_t take_number(std::size_t count) { return little_endian(take(count)); }
  std::string_view take_line();  ///< without the newline that ends it

  std::size_t size() const { return bytes_.size(); }
  std::size_t left() const { return bytes_.size() - at_; }

  /// Throws Error(code, place) that names the byte where reading stands.
  [[noreturn]] void fail(const std::string& fault, ErrorCode code = ErrorCode::damaged) const;

 private:
  std::string_view bytes_;
  const std::string& place_;
  std::size_t at_ = 0;
};

}  // namespace scission::pickle
