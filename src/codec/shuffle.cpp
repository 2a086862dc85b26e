// Shuffling bytes by element, with and without zeros.
#include "codec/shuffle.hpp"

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "base/require.hpp"

namespace scission {
namespace {

constexpr std::size_t min_zero_share = 8;  // 1 in 8, which pays for the mask several times

template <std::size_t size>
void shuffle_elements(const char* __restrict in, std::size_t count, char* __restrict out) {
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t byte = 0; byte < size; ++byte) out[byte * count + i] = in[size * i + byte];
  }
}

template <std::size_t size>
void restore_elements(const char* __restrict in, std::size_t count, char* __restrict out) {
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t byte = 0; byte < size; ++byte) out[size * i + byte] = in[byte * count + i];
  }
}

void shuffle_to(char* out, std::string_view bytes, std::size_t element) {
  const std::size_t count = bytes.size() / element;
  if (element == 1) std::memcpy(out, bytes.data(), bytes.size());
  if (element == 2) shuffle_elements<2>(bytes.data(), count, out);
  if (element == 4) shuffle_elements<4>(bytes.data(), count, out);
  if (element == 8) shuffle_elements<8>(bytes.data(), count, out);
  if (element == 16) shuffle_elements<16>(bytes.data(), count, out);
}

void restore_to(char* out, std::string_view bytes, std::size_t element) {
  const std::size_t count = bytes.size() / element;
  if (element == 1) std::memcpy(out, bytes.data(), bytes.size());
  if (element == 2) restore_elements<2>(bytes.data(), count, out);
  if (element == 4) restore_elements<4>(bytes.data(), count, out);
  if (element == 8) restore_elements<8>(bytes.data(), count, out);
  if (element == 16) restore_elements<16>(bytes.data(), count, out);
}

std::size_t mask_size(std::size_t count) { return (count + 7) / 8; }

bool leaves_zeros_out(std::size_t element, std::size_t count, std::size_t zeros) {
  const bool has_word = element == 2 || element == 4 || element == 8;
  return has_word && zeros > 0 && zeros <= count && zeros >= count / min_zero_share;
}

template <typename Word>
std::size_t count_zeros(std::string_view bytes) {
  std::size_t zeros = 0;
  const std::size_t count = bytes.size() / sizeof(Word);
  for (std::size_t i = 0; i < count; ++i) zeros += load_element<Word>(bytes.data(), i) == 0;
  return zeros;
}

// Writes every element, and the next one over it if it is 0.
template <typename Word>
void gather_nonzeros(std::string_view bytes, char* mask, char* out) {
  const std::size_t count = bytes.size() / sizeof(Word);
  std::size_t kept = 0;
  for (std::size_t begin = 0; begin < count; begin += 8) {
    unsigned bits = 0;
    for (std::size_t i = begin; i < count && i < begin + 8; ++i) {
      const auto value = load_element<Word>(bytes.data(), i);
      store_element(out, kept, value);
      kept += value != 0;
      bits |= static_cast<unsigned>(value != 0) << (i - begin);
    }
    mask[begin / 8] = static_cast<char>(bits);
  }
}

// `values` has a word more than the mask has bits.
template <typename Word>
void scatter_nonzeros(const std::string& mask, const char* values, std::size_t count, char* out) {
  std::size_t taken = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto is_set = static_cast<Word>(static_cast<unsigned char>(mask[i / 8]) >> i % 8 & 1);
    const auto value = load_element<Word>(values, taken);
    store_element(out, i, static_cast<Word>(value * is_set));
    taken += is_set;
  }
}

// Number of bits set; more than `count` if one behind the first `count` is.
std::size_t bits_of(std::string_view mask, std::size_t count) {
  std::size_t bits = 0;
  for (const char byte : mask) {
    bits += static_cast<std::size_t>(std::popcount(static_cast<unsigned char>(byte)));
  }
  const bool has_rest = count % 8 != 0 && static_cast<unsigned char>(mask.back()) >> count % 8 != 0;
  return has_rest ? count + 1 : bits;
}

template <typename Word>
ShuffledBytes shuffle_words(std::string_view bytes) {
  const std::size_t count = bytes.size() / sizeof(Word);
  const std::size_t zeros = count_zeros<Word>(bytes);
  if (!leaves_zeros_out(sizeof(Word), count, zeros)) {
    ShuffledBytes all{CodecBuffer(bytes.size()), std::nullopt};
    shuffle_to(all.bytes.data(), bytes, sizeof(Word));
    return all;
  }
  const std::size_t nonzeros = count - zeros;
  const CodecBuffer values((nonzeros + 1) * sizeof(Word));
  ShuffledBytes some{CodecBuffer(mask_size(count) + nonzeros * sizeof(Word)), zeros};
  gather_nonzeros<Word>(bytes, some.bytes.data(), values.data());
  shuffle_to(some.bytes.data() + mask_size(count), values.view().substr(0, nonzeros * sizeof(Word)),
             sizeof(Word));
  return some;
}

template <typename Word>
CodecBuffer unshuffle_words(ShuffledBytes shuffled, std::size_t size) {
  const std::size_t count = size / sizeof(Word);
  const std::size_t nonzeros = count - *shuffled.zeros;
  const std::string mask(shuffled.bytes.view().substr(0, mask_size(count)));
  if (bits_of(mask, count) != nonzeros) throw_damaged("its zeros are not where it states");
  const CodecBuffer values((nonzeros + 1) * sizeof(Word));
  store_element(values.data(), nonzeros, Word{0});
  restore_to(values.data(), shuffled.bytes.view().substr(mask.size()), sizeof(Word));
  shuffled.bytes = CodecBuffer(0);  // its memory is free before the result's is allocated
  CodecBuffer out(size);
  scatter_nonzeros<Word>(mask, values.data(), count, out.data());
  return out;
}

}  // namespace

ShuffledBytes shuffle_bytes(std::string_view bytes, std::size_t element) {
  if (element == 2) return shuffle_words<std::uint16_t>(bytes);
  if (element == 4) return shuffle_words<std::uint32_t>(bytes);
  if (element == 8) return shuffle_words<std::uint64_t>(bytes);
  ShuffledBytes all{CodecBuffer(bytes.size()), std::nullopt};
  shuffle_to(all.bytes.data(), bytes, element);
  return all;
}

std::size_t shuffled_size(std::size_t size, std::size_t element, std::optional<std::size_t> zeros) {
  if (!zeros) return size;
  const std::size_t count = size / element;
  if (!leaves_zeros_out(element, count, *zeros)) throw_damaged("states a wrong number of zeros");
  return mask_size(count) + (count - *zeros) * element;
}

CodecBuffer unshuffle_bytes(ShuffledBytes shuffled, std::size_t element, std::size_t size) {
  if (shuffled.zeros) {
    if (element == 2) return unshuffle_words<std::uint16_t>(std::move(shuffled), size);
    if (element == 4) return unshuffle_words<std::uint32_t>(std::move(shuffled), size);
    return unshuffle_words<std::uint64_t>(std::move(shuffled), size);
  }
  if (element == 1) return std::move(shuffled.bytes);
  CodecBuffer out(size);
  restore_to(out.data(), shuffled.bytes.view(), element);
  return out;
}

}  // namespace scission
