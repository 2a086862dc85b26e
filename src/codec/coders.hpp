// The steps that the built-in codecs are chains of: one that makes float32 values shorter, and one
// that makes bytes fewer.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "scission/codec.hpp"

namespace scission {

static_assert(std::endian::native == std::endian::little, "frames are written as memory is");

/// The version that every frame starts with.
constexpr char frame_version = 1;

/// Element `index` of an array that need not be aligned.
template <typename T>
T load_element(const char* array, std::size_t index) {
  T value;
  std::memcpy(&value, array + index * sizeof(T), sizeof(T));
  return value;
}

template <typename T>
void store_element(char* array, std::size_t index, T value) {
  std::memcpy(array + index * sizeof(T), &value, sizeof(T));
}

/// Memory to write to, not initialised; aligned as tensors of the backends are, so that kernels run
/// as fast on what was decoded.
class CodecBuffer {
 public:
  explicit CodecBuffer(std::size_t bytes)
      : memory_(static_cast<char*>(::operator new(bytes, alignment)), Free()), size_(bytes) {}

  char* data() const { return memory_.get(); }
  std::size_t size() const { return size_; }
  void shrink(std::size_t bytes) { size_ = bytes; }
  std::string_view view() const { return {data(), size_}; }
  SharedBytes share() const { return {memory_, data(), size_}; }

 private:
  static constexpr std::align_val_t alignment{64};
  struct Free {
    void operator()(char* memory) const { ::operator delete(memory, alignment); }
  };
  std::shared_ptr<char> memory_;
  std::size_t size_;
};

/// Codes float32 values in a number of bytes that depends on the shape alone.
class ValueCoder {
 public:
  virtual ~ValueCoder() = default;
  virtual std::string name() const = 0;
  virtual std::size_t coded_bytes(const std::vector<std::int64_t>& shape) const = 0;
  /// Size of the elements of a frame, by which a byte coder behind it shuffles.
  virtual std::size_t element_bytes() const = 0;
  /// Writes coded_bytes(shape). `values` need not be aligned.
  /// Throws Error(unsupported) for values that it cannot code.
  virtual void encode(const char* values, const std::vector<std::int64_t>& shape,
                      char* frame) const = 0;
  /// Reads coded_bytes(shape), writes the values. Throws Error(damaged).
  virtual void decode(const char* frame, const std::vector<std::int64_t>& shape,
                      char* values) const = 0;
};

/// Compresses bytes, shuffled by element, without loss.
class ByteCoder {
 public:
  virtual ~ByteCoder() = default;
  virtual std::string name() const = 0;
  /// Throws Error(unsupported) for more bytes than it can compress at once.
  virtual CodecBuffer compress(std::string_view bytes, std::size_t element_bytes) const = 0;
  /// Throws Error(damaged) unless `frame` holds exactly `bytes` bytes; checks that before it
  /// allocates them.
  virtual CodecBuffer decompress(std::string_view frame, std::size_t element_bytes,
                                 std::size_t bytes) const = 0;
};

/// fp16, bf16.
std::vector<std::shared_ptr<const ValueCoder>> half_coders();
/// int8, int8c, int8p, int4, int4c.
std::vector<std::shared_ptr<const ValueCoder>> quantisers();
/// "zstd", "zstd-fast", "zstd-1" … "zstd-19", "lz4"; nullptr for other names.
std::shared_ptr<const ByteCoder> make_byte_coder(std::string_view name);

/// "jpeg", which codes files: scission/codec.hpp.
std::unique_ptr<const Codec> make_jpeg_codec();
std::unique_ptr<const Codec> make_lossless_codec(std::shared_ptr<const ByteCoder> bytes);
/// `bytes` may be nullptr.
std::unique_ptr<const Codec> make_lossy_codec(std::shared_ptr<const ValueCoder> values,
                                              std::shared_ptr<const ByteCoder> bytes);

}  // namespace scission
