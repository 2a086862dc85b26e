// Bytes in an order that compresses: those that are 0 as bits, the others by their place in their
// element.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "codec/coders.hpp"

namespace scission {

/// The elements' first bytes, then their second bytes, …, as Blosc's shuffle orders them. Behind a
/// mask, if `zeros` is set: a bit for each element, from the lowest of a byte, that is set where
/// the element is not 0; only these elements follow.
struct ShuffledBytes {
  CodecBuffer bytes;
  std::optional<std::size_t> zeros;  ///< number of elements that are 0 and left out
};

/// Leaves zeros out where at least one element in eight is 0. `element` is 1, 2, 4, 8 or 16 bytes
/// and divides the size. O(bytes).
ShuffledBytes shuffle_bytes(std::string_view bytes, std::size_t element);

/// Size of the shuffled bytes of `size` bytes. Throws Error(damaged) for a number of zeros with
/// which shuffle_bytes() would not leave them out.
std::size_t shuffled_size(std::size_t size, std::size_t element, std::optional<std::size_t> zeros);

/// The `size` bytes that became `shuffled`, which has shuffled_size(). Throws Error(damaged) if the
/// mask has another number of bits set.
CodecBuffer unshuffle_bytes(ShuffledBytes shuffled, std::size_t element, std::size_t size);

}  // namespace scission
