// The structure of a JPEG file, checked before stb decodes it: stb trusts what it states about
// tables and sampling, and the file may come from another machine.
#include "inputs/jpeg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <vector>

#include "base/require.hpp"

namespace scission {
namespace {

/// Walks the segments in the order in which a decoder meets them.
class JpegStructure {
 public:
  explicit JpegStructure(std::string_view bytes) : bytes_(bytes) {}

  void validate() {
    at_ = 2;  // behind the start of the image
    for (int marker = next_marker(); marker != end_of_image; marker = next_marker()) {
      const std::size_t size = word(at_);
      if (size < 2 || size > bytes_.size() - at_) fail("is cut short");
      if (marker == huffman_tables) read_huffman_tables(at_ + 2, at_ + size);
      if (marker == quantisation_tables) read_quantisation_tables(at_ + 2, at_ + size);
      if (is_frame(marker)) validate_frame(marker, at_ + 2, size - 2);
      if (marker == start_of_scan) validate_scan(at_ + 2, size - 2);
      at_ += size;
      if (marker == start_of_scan) skip_scan();
    }
    if (!has_frame_) fail("has no size");
    if (bytes_.size() < pixels_ / max_pixels_per_byte) fail("is too short for its size");
  }

 private:
  // Each block of 8 x 8 pixels has at least one bit.
  static constexpr std::size_t max_pixels_per_byte = 512;
  // Programs write about 10 for a progressive picture. Each one costs a pass over all blocks.
  static constexpr int max_scans = 32;
  static constexpr int huffman_tables = 0xc4;
  static constexpr int progressive_frame = 0xc2;
  static constexpr int end_of_image = 0xd9;
  static constexpr int start_of_scan = 0xda;
  static constexpr int quantisation_tables = 0xdb;
  static constexpr std::size_t ac_class = 0x10;

  [[noreturn]] static void fail(const char* what) {
    throw_damaged(fmt::format("is no valid JPEG picture: it {}", what));
  }

  std::size_t byte(std::size_t at) const {
    if (at >= bytes_.size()) fail("is cut short");
    return static_cast<unsigned char>(bytes_[at]);
  }

  std::size_t word(std::size_t at) const { return byte(at) << 8 | byte(at + 1); }

  static bool is_frame(int marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != huffman_tables && marker != 0xc8 &&
           marker != 0xcc;
  }

  // The file may lack its end.
  int next_marker() {
    if (at_ == bytes_.size() && scans_ > 0) return end_of_image;
    if (byte(at_) != 0xff) fail("has bytes between its segments");
    while (byte(at_) == 0xff) ++at_;
    return static_cast<int>(byte(at_++));
  }

  // Up to the next marker that is neither an escaped 0xff nor a restart.
  void skip_scan() {
    if (++scans_ > max_scans) fail("has more than 32 scans");
    while (at_ + 1 < bytes_.size()) {
      const std::size_t next = byte(at_ + 1);
      const bool is_data =
          byte(at_) != 0xff || next == 0 || next == 0xff || (next >= 0xd0 && next <= 0xd7);
      if (!is_data) return;
      ++at_;
    }
    at_ = bytes_.size();
  }

  // A table has its class and number, the numbers of its codes of 1 to 16 bits, and as many values.
  void read_huffman_tables(std::size_t at, std::size_t end) {
    while (at < end) {
      const std::size_t table = byte(at);
      if (table % ac_class > 3 || table > (ac_class | 3)) fail("has a Huffman table of no number");
      std::size_t values = 0;
      for (std::size_t bits = 1; bits <= 16; ++bits) values += byte(at + bits);
      if (values > 256) fail("has a Huffman table of more than 256 codes");
      has_huffman_table_.set(table);
      at += 17 + values;
    }
    if (at != end) fail("has a Huffman table that exceeds its segment");
  }

  // A table has its precision and number, and 64 values of 8 or 16 bits.
  void read_quantisation_tables(std::size_t at, std::size_t end) {
    while (at < end) {
      const std::size_t table = byte(at) & 15;
      if (table > 3) fail("has a quantisation table of no number");
      has_quantisation_table_.set(table);
      at += byte(at) >> 4 == 0 ? 65 : 129;
    }
    if (at != end) fail("has a quantisation table that exceeds its segment");
  }

  // A scan has its components, each with the Huffman tables that it is coded by, and what it holds
  // of them: coefficients from one to another, at first or refined (ITU-T T.81, B.2.3).
  void validate_scan(std::size_t at, std::size_t size) const {
    if (!has_frame_) fail("has no size");
    const std::size_t components = byte(at);
    if (size != 4 + 2 * components) fail("has a scan of another size than it states");
    const std::size_t first = byte(at + 1 + 2 * components);
    const bool is_refined = byte(at + 3 + 2 * components) >> 4 != 0;
    const bool has_dc = !is_progressive_ || (first == 0 && !is_refined);
    const bool has_ac = !is_progressive_ || first != 0;
    for (std::size_t i = 0; i < components; ++i) {
      const std::size_t tables = byte(at + 2 + 2 * i);
      if ((has_dc && !has_table(tables >> 4)) || (has_ac && !has_table(ac_class | (tables & 15)))) {
        fail("lacks a Huffman table");
      }
    }
    for (const std::size_t table : quantisation_) {
      if (table > 3 || !has_quantisation_table_[table]) fail("lacks a quantisation table");
    }
  }

  bool has_table(std::size_t huffman_table) const { return has_huffman_table_[huffman_table]; }

  void validate_frame(int marker, std::size_t at, std::size_t size) {
    if (has_frame_) fail("has two sizes");
    has_frame_ = true;
    is_progressive_ = marker == progressive_frame;
    const std::size_t components = byte(at + 5);
    if (size != 6 + 3 * components) fail("has components of another number than it states");
    const std::size_t height = word(at + 1);
    const std::size_t width = word(at + 3);
    if (height == 0 || width == 0) fail("has no size");
    if (static_cast<double>(width) * static_cast<double>(height) > max_jpeg_pixels) {
      throw Error(ErrorCode::unsupported,
                  fmt::format("has {} x {} pixels, and the limit is {} million", width, height,
                              max_jpeg_pixels / 1e6));
    }
    pixels_ = width * height;
    for (std::size_t i = 0; i < components; ++i) quantisation_.push_back(byte(at + 8 + 3 * i));
    validate_sampling(at + 6, components);
  }

  // Components are sampled by factors that divide the largest.
  void validate_sampling(std::size_t at, std::size_t components) const {
    std::size_t widest = 1;
    std::size_t highest = 1;
    for (std::size_t i = 0; i < components; ++i) {
      widest = std::max(widest, byte(at + 3 * i + 1) >> 4);
      highest = std::max(highest, byte(at + 3 * i + 1) & 15);
    }
    for (std::size_t i = 0; i < components; ++i) {
      const std::size_t across = byte(at + 3 * i + 1) >> 4;
      const std::size_t down = byte(at + 3 * i + 1) & 15;
      const bool is_valid = across != 0 && down != 0 && widest % across == 0 && highest % down == 0;
      if (!is_valid) fail("samples its components in a way that no decoder here supports");
    }
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  bool has_frame_ = false;
  bool is_progressive_ = false;
  std::bitset<32> has_huffman_table_;  // by class and number
  std::bitset<4> has_quantisation_table_;
  std::vector<std::size_t> quantisation_;  // the table of each component
  int scans_ = 0;
  std::size_t pixels_ = 0;
};

}  // namespace

void require_jpeg(std::string_view bytes) {
  if (!bytes.starts_with("\xff\xd8\xff")) {
    throw Error(ErrorCode::unsupported, "is not a JPEG picture");
  }
  if (bytes.size() > max_jpeg_bytes) {
    throw Error(ErrorCode::unsupported,
                fmt::format("has {} bytes, and the limit is {}", bytes.size(), max_jpeg_bytes));
  }
  JpegStructure(bytes).validate();
}

}  // namespace scission
