#include "runtime/wire/compressed_message.hpp"

#include <grpcpp/support/slice.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <new>
#include <vector>

#include "base/require.hpp"

namespace scission::runtime {
namespace {

using Slices = std::vector<grpc::Slice>;

constexpr std::size_t chunk_bytes = std::size_t{64} << 10;

Slices slices_of(const grpc::ByteBuffer& message) {
  Slices slices;
  if (!message.Dump(&slices).ok()) throw_invalid_argument("cannot be read", "message");
  return slices;
}

// A protocol buffer that begins with 0x1f has a wire type that does not exist; 0x78 is field 15,
// which no message of the protocol has.
bool is_compressed(const Slices& slices) {
  std::array<unsigned, 2> begin{};
  std::size_t known = 0;
  for (const grpc::Slice& slice : slices) {
    for (std::size_t i = 0; i < slice.size() && known < 2; ++i) begin[known++] = slice.begin()[i];
  }
  const bool is_gzip = begin[0] == 0x1f && begin[1] == 0x8b;
  const bool is_zlib = begin[0] == 0x78 && (begin[0] * 256 + begin[1]) % 31 == 0;
  return is_gzip || is_zlib;
}

/// Inflates slice by slice.
class Inflater {
 public:
  explicit Inflater(std::int64_t max_bytes) : left_bytes_(max_bytes) {
    constexpr int zlib_or_gzip = 15 + 32;
    if (inflateInit2(&stream_, zlib_or_gzip) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  void add(const grpc::Slice& slice) {
    stream_.next_in = const_cast<Bytef*>(slice.begin());  // zlib does not write there
    stream_.avail_in = static_cast<uInt>(slice.size());
    while (stream_.avail_in > 0) {
      if (has_ended_) throw_invalid_argument("has bytes behind its end", "compressed message");
      inflate_chunk();
    }
  }

  grpc::ByteBuffer take() {
    while (!has_ended_) inflate_chunk();
    return {chunks_.data(), chunks_.size()};
  }

 private:
  // One byte above the limit tells a message that is too large.
  void inflate_chunk() {
    const auto size =
        static_cast<std::size_t>(std::min(static_cast<std::int64_t>(chunk_bytes), left_bytes_ + 1));
    const grpc::Slice chunk(size);
    stream_.next_out = const_cast<Bytef*>(chunk.begin());
    stream_.avail_out = static_cast<uInt>(size);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    const std::size_t made = size - stream_.avail_out;
    chunks_.push_back(chunk.sub(0, made));
    left_bytes_ -= static_cast<std::int64_t>(made);
    if (left_bytes_ < 0) {
      throw_invalid_argument("has more bytes, decompressed, than a message may (--max-message)",
                             "compressed message");
    }
    has_ended_ = result == Z_STREAM_END;
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    if (result != Z_OK && !has_ended_) throw_invalid_argument("is damaged", "compressed message");
  }

  z_stream stream_{};
  Slices chunks_;
  std::int64_t left_bytes_;
  bool has_ended_ = false;
};

}  // namespace

grpc::ByteBuffer decompressed(grpc::ByteBuffer message, std::int64_t max_bytes) {
  const Slices slices = slices_of(message);
  if (!is_compressed(slices)) return message;
  Inflater inflater(max_bytes);
  for (const grpc::Slice& slice : slices) inflater.add(slice);
  return inflater.take();
}

}  // namespace scission::runtime
