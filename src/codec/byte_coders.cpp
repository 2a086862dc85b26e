// zstd and lz4 behind a byte shuffle.
#include <fmt/format.h>
#include <lz4.h>
#include <zstd.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "base/require.hpp"
#include "base/text.hpp"
#include "codec/coders.hpp"
#include "codec/shuffle.hpp"

namespace scission {
namespace {

// Version, size of an element with a flag, and with that flag the number of elements that are 0.
constexpr std::size_t byte_header = 2;
constexpr unsigned without_zeros = 0x80;
constexpr int default_zstd_level = 3;
constexpr int max_zstd_level = 19;
constexpr std::size_t max_kept_context = std::size_t{16} << 20;
constexpr int fast_zstd_level = -1;  // zstd --fast

/// The compressor behind the shuffle.
class Compressor : public ByteCoder {
 public:
  CodecBuffer compress(std::string_view bytes, std::size_t element) const final {
    if (bytes.size() > max_bytes()) {
      throw Error(ErrorCode::unsupported,
                  fmt::format("{} compresses at most {} bytes at once", name(), max_bytes()));
    }
    // Bytes need no shuffling.
    const auto shuffled = element > 1 ? std::optional(shuffle_bytes(bytes, element)) : std::nullopt;
    if (shuffled) bytes = shuffled->bytes.view();
    const bool has_mask = shuffled && shuffled->zeros;
    const std::size_t header = byte_header + (has_mask ? sizeof(std::uint64_t) : 0);
    CodecBuffer frame(header + bound(bytes.size()));
    frame.data()[0] = frame_version;
    frame.data()[1] = static_cast<char>(element | (has_mask ? without_zeros : 0));
    if (has_mask) store_element(frame.data() + byte_header, 0, std::uint64_t{*shuffled->zeros});
    frame.shrink(header + pack(bytes, frame.data() + header, frame.size() - header));
    return frame;
  }

  CodecBuffer decompress(std::string_view frame, std::size_t element,
                         std::size_t bytes) const final {
    const std::optional<std::size_t> zeros = read_header(frame, element);
    const std::size_t size = shuffled_size(bytes, element, zeros);
    if (size > max_bytes() || !may_hold(frame, size)) throw_wrong_size();
    ShuffledBytes shuffled{CodecBuffer(size), zeros};
    if (!unpack(frame, shuffled.bytes)) throw_wrong_size();
    return unshuffle_bytes(std::move(shuffled), element, bytes);
  }

 protected:
  virtual std::size_t max_bytes() const = 0;
  virtual std::size_t bound(std::size_t bytes) const = 0;
  /// Number of bytes written to `out`.
  virtual std::size_t pack(std::string_view bytes, char* out, std::size_t capacity) const = 0;
  /// Whether the frame, by its size and what it states, can decode to `bytes` bytes.
  virtual bool may_hold(std::string_view frame, std::size_t bytes) const = 0;
  /// False unless it fills `out` exactly.
  virtual bool unpack(std::string_view frame, const CodecBuffer& out) const = 0;

 private:
  // Removes it from the frame. The number of elements that are 0, where zeros are left out.
  std::optional<std::size_t> read_header(std::string_view& frame, std::size_t element) const {
    if (frame.size() <= byte_header || frame[0] != frame_version ||
        (static_cast<unsigned char>(frame[1]) & ~without_zeros) != element) {
      throw_damaged(fmt::format("does not start as {} of that type does", name()));
    }
    const bool has_mask = (static_cast<unsigned char>(frame[1]) & without_zeros) != 0;
    frame.remove_prefix(byte_header);
    if (!has_mask) return std::nullopt;
    if (frame.size() <= sizeof(std::uint64_t)) throw_wrong_size();
    const auto zeros = load_element<std::uint64_t>(frame.data(), 0);
    frame.remove_prefix(sizeof(std::uint64_t));
    return zeros;
  }

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
    // Its tables are a few megabytes, which are not allocated for each tensor.
    thread_local std::unique_ptr<ZSTD_CCtx, ZstdFree> context;
    if (!context) context.reset(ZSTD_createCCtx());
    if (!context) throw std::bad_alloc();
    const std::size_t size =
        ZSTD_compressCCtx(context.get(), out, capacity, bytes.data(), bytes.size(), level_);
    // Those of high levels are a hundred.
    if (ZSTD_sizeof_CCtx(context.get()) > max_kept_context) context.reset();
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
  if (name == "zstd-fast") return std::make_shared<Zstd>(std::string(name), fast_zstd_level);
  if (!name.starts_with(prefix)) return nullptr;
  const std::optional<int> level = text::to_int(name.substr(prefix.size()));
  if (!level || *level < 1 || *level > max_zstd_level || fmt::format("zstd-{}", *level) != name) {
    return nullptr;
  }
  return std::make_shared<Zstd>(std::string(name), *level);
}

}  // namespace scission
