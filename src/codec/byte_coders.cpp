// zstd and lz4 behind a byte shuffle: the first bytes of all elements, then their second bytes, …
#include <fmt/format.h>
#include <lz4.h>
#include <zstd.h>

#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "base/require.hpp"
#include "base/text.hpp"
#include "codec/coders.hpp"

namespace scission {
namespace {

constexpr std::size_t byte_header = 2;  // version, size of an element
constexpr int default_zstd_level = 3;
constexpr int max_zstd_level = 19;

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

// `bytes` if elements are bytes.
CodecBuffer shuffled(std::string_view bytes, std::size_t element) {
  CodecBuffer out(bytes.size());
  const std::size_t count = bytes.size() / element;
  switch (element) {
    case 2:
      shuffle_elements<2>(bytes.data(), count, out.data());
      break;
    case 4:
      shuffle_elements<4>(bytes.data(), count, out.data());
      break;
    case 8:
      shuffle_elements<8>(bytes.data(), count, out.data());
      break;
    default:
      shuffle_elements<16>(bytes.data(), count, out.data());
  }
  return out;
}

CodecBuffer unshuffled(std::string_view bytes, std::size_t element) {
  CodecBuffer out(bytes.size());
  const std::size_t count = bytes.size() / element;
  switch (element) {
    case 2:
      restore_elements<2>(bytes.data(), count, out.data());
      break;
    case 4:
      restore_elements<4>(bytes.data(), count, out.data());
      break;
    case 8:
      restore_elements<8>(bytes.data(), count, out.data());
      break;
    default:
      restore_elements<16>(bytes.data(), count, out.data());
  }
  return out;
}

/// The compressor behind the shuffle.
class Compressor : public ByteCoder {
 public:
  CodecBuffer compress(std::string_view bytes, std::size_t element) const final {
    if (bytes.size() > max_bytes()) {
      throw Error(ErrorCode::unsupported,
                  fmt::format("{} compresses at most {} bytes at once", name(), max_bytes()));
    }
    std::optional<CodecBuffer> planes;
    if (element > 1) bytes = planes.emplace(shuffled(bytes, element)).view();
    CodecBuffer frame(byte_header + bound(bytes.size()));
    frame.data()[0] = frame_version;
    frame.data()[1] = static_cast<char>(element);
    frame.shrink(byte_header + pack(bytes, frame.data() + byte_header, frame.size() - byte_header));
    return frame;
  }

  CodecBuffer decompress(std::string_view frame, std::size_t element,
                         std::size_t bytes) const final {
    if (frame.size() <= byte_header || frame[0] != frame_version ||
        static_cast<unsigned char>(frame[1]) != element) {
      throw_damaged(fmt::format("does not start as {} of that type does", name()));
    }
    frame.remove_prefix(byte_header);
    if (bytes > max_bytes() || !may_hold(frame, bytes)) throw_wrong_size();
    CodecBuffer plain(bytes);
    if (!unpack(frame, plain)) throw_wrong_size();
    return element > 1 ? unshuffled(plain.view(), element) : plain;
  }

 protected:
  virtual std::size_t max_bytes() const = 0;
  virtual std::size_t bound(std::size_t bytes) const = 0;
  /// Number of bytes written to `out`.
  virtual std::size_t pack(std::string_view bytes, char* out, std::size_t capacity) const = 0;
  /// Whether the frame, by its size and what it states, can be of so many bytes.
  virtual bool may_hold(std::string_view frame, std::size_t bytes) const = 0;
  /// False unless it fills `out` exactly.
  virtual bool unpack(std::string_view frame, const CodecBuffer& out) const = 0;

 private:
  [[noreturn]] void throw_wrong_size() const {
    throw_damaged(name() + " is cut short or not of a tensor of that size");
  }
};

struct ZstdFree {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

class Zstd final : public Compressor {
 public:
  Zstd(std::string name, int level) : name_(std::move(name)), level_(level) {}
  std::string name() const override { return name_; }

 protected:
  std::size_t max_bytes() const override { return std::numeric_limits<std::int64_t>::max() / 2; }
  std::size_t bound(std::size_t bytes) const override { return ZSTD_compressBound(bytes); }

  std::size_t pack(std::string_view bytes, char* out, std::size_t capacity) const override {
    // Its tables are a megabyte, which is not allocated for each tensor.
    thread_local const std::unique_ptr<ZSTD_CCtx, ZstdFree> context(ZSTD_createCCtx());
    if (!context) throw std::bad_alloc();
    const std::size_t size =
        ZSTD_compressCCtx(context.get(), out, capacity, bytes.data(), bytes.size(), level_);
    if (ZSTD_isError(size) != 0) {
      throw Error(ErrorCode::unsupported, fmt::format("zstd: {}", ZSTD_getErrorName(size)));
    }
    return size;
  }

  bool may_hold(std::string_view frame, std::size_t bytes) const override {
    return ZSTD_getFrameContentSize(frame.data(), frame.size()) == bytes &&
           ZSTD_findFrameCompressedSize(frame.data(), frame.size()) == frame.size();
  }

  bool unpack(std::string_view frame, const CodecBuffer& out) const override {
    thread_local const std::unique_ptr<ZSTD_DCtx, ZstdFree> context(ZSTD_createDCtx());
    if (!context) throw std::bad_alloc();
    return ZSTD_decompressDCtx(context.get(), out.data(), out.size(), frame.data(), frame.size()) ==
           out.size();
  }

 private:
  std::string name_;
  int level_;
};

class Lz4 final : public Compressor {
 public:
  std::string name() const override { return "lz4"; }

 protected:
  std::size_t max_bytes() const override { return LZ4_MAX_INPUT_SIZE; }
  std::size_t bound(std::size_t bytes) const override {
    return static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(bytes)));
  }

  std::size_t pack(std::string_view bytes, char* out, std::size_t capacity) const override {
    return static_cast<std::size_t>(LZ4_compress_default(
        bytes.data(), out, static_cast<int>(bytes.size()), static_cast<int>(capacity)));
  }

  // A byte of LZ4 stands for at most 255.
  bool may_hold(std::string_view frame, std::size_t bytes) const override {
    return frame.size() <= bound(bytes) && bytes / 255 <= frame.size();
  }

  bool unpack(std::string_view frame, const CodecBuffer& out) const override {
    const int size = LZ4_decompress_safe(frame.data(), out.data(), static_cast<int>(frame.size()),
                                         static_cast<int>(out.size()));
    return size >= 0 && static_cast<std::size_t>(size) == out.size();
  }
};

}  // namespace

std::shared_ptr<const ByteCoder> make_byte_coder(std::string_view name) {
  constexpr std::string_view prefix = "zstd-";
  if (name == "lz4") return std::make_shared<Lz4>();
  if (name == "zstd") return std::make_shared<Zstd>("zstd", default_zstd_level);
  if (!name.starts_with(prefix)) return nullptr;
  const std::optional<int> level = text::to_int(name.substr(prefix.size()));
  if (!level || *level < 1 || *level > max_zstd_level || fmt::format("zstd-{}", *level) != name) {
    return nullptr;
  }
  return std::make_shared<Zstd>(std::string(name), *level);
}

}  // namespace scission
