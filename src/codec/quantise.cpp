// Affine quantisation: value = lowest + code · (highest − lowest) / levels, one range for the
// tensor or for each channel.
#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "codec/coders.hpp"
#include "scission/base.hpp"

namespace scission {
namespace {

constexpr std::size_t quantised_header = 6;   // version, bits, uint32 number of ranges
constexpr std::size_t range_bytes = 8;        // float32 lowest and highest
constexpr std::size_t min_channel_size = 16;  // smaller channels do not pay for their range
constexpr std::size_t sample_size = 1 << 16;
constexpr std::size_t tail_share = 1000;  // int8p leaves 1 value in 1,000 outside, at each end

/// Runs of `run` values; run r belongs to range r % ranges.
struct RangeLayout {
  std::size_t ranges = 1;
  std::size_t runs = 1;
  std::size_t run = 0;

  std::size_t count() const { return runs * run; }
};

RangeLayout layout_of(const std::vector<std::int64_t>& shape, bool is_per_channel) {
  const std::size_t count = tensor_bytes("float32", shape) / sizeof(float);
  if (!is_per_channel || shape.size() < 2 || count == 0) return {1, 1, count};
  const auto channels = static_cast<std::size_t>(shape[1]);
  const std::size_t runs = static_cast<std::size_t>(shape[0]) * channels;
  if (channels > std::numeric_limits<std::uint32_t>::max() || count / channels < min_channel_size) {
    return {1, 1, count};
  }
  return {channels, runs, count / runs};
}

/// Lowest and highest value as keys(): integers in the order of the floats.
struct KeyRange {
  std::int32_t lowest = std::numeric_limits<std::int32_t>::max();
  std::int32_t highest = std::numeric_limits<std::int32_t>::min();
};

std::int32_t flip(std::int32_t bits) { return bits ^ ((bits >> 31) & 0x7fffffff); }

std::int32_t key_at(const char* values, std::size_t index) {
  return flip(load_element<std::int32_t>(values, index));
}

float value_of(std::int32_t key) { return std::bit_cast<float>(flip(key)); }

// Integers, because compilers vectorise their minimum and maximum.
void widen_range(const char* values, std::size_t count, KeyRange& range) {
  std::int32_t lowest = range.lowest;
  std::int32_t highest = range.highest;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int32_t key = key_at(values, i);
    lowest = key < lowest ? key : lowest;
    highest = key > highest ? key : highest;
  }
  range = {lowest, highest};
}

// The lowest and the highest but one in 1,000 of the values, or of a fixed sample of many.
KeyRange percentile_range(const char* values, std::size_t count) {
  const std::size_t stride = (count + sample_size - 1) / sample_size;
  std::vector<std::int32_t> keys;
  keys.reserve(count / stride + 1);
  std::uint64_t random = 1;
  for (std::size_t begin = 0; begin < count; begin += stride) {
    random = random * 6364136223846793005U + 1442695040888963407U;
    const std::size_t within = (random >> 33) % std::min(stride, count - begin);
    keys.push_back(key_at(values, begin + within));
  }
  const auto tail = static_cast<std::ptrdiff_t>((keys.size() - 1) / tail_share);
  const auto last = keys.end() - 1 - tail;
  std::nth_element(keys.begin(), keys.begin() + tail, keys.end());
  const std::int32_t lowest = keys[static_cast<std::size_t>(tail)];
  std::nth_element(keys.begin(), last, keys.end());
  return {lowest, *last};
}

void quantise_run(const char* __restrict values, std::size_t count, double lowest,
                  double codes_per_unit, double levels, char* __restrict codes) {
  for (std::size_t i = 0; i < count; ++i) {
    const double code =
        (static_cast<double>(load_element<float>(values, i)) - lowest) * codes_per_unit + 0.5;
    const double not_below = code < 0 ? 0 : code;
    const double inside = not_below > levels ? levels : not_below;
    codes[i] = static_cast<char>(static_cast<std::int32_t>(inside));
  }
}

void restore_run(const char* __restrict codes, std::size_t count, float lowest, float highest,
                 std::int32_t levels, char* __restrict values) {
  if (lowest == highest) {
    for (std::size_t i = 0; i < count; ++i) store_element(values, i, lowest);
    return;
  }
  const double start = lowest;
  const double step = (static_cast<double>(highest) - start) / levels;
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = static_cast<std::int32_t>(static_cast<unsigned char>(codes[i]));
    const auto between = static_cast<float>(start + step * code);
    store_element(values, i, code == levels ? highest : between);
  }
}

// Two 4-bit codes a byte, the first in the low half.
void pack_nibbles(const std::vector<char>& codes, char* out) {
  const std::size_t pairs = codes.size() / 2;
  for (std::size_t i = 0; i < pairs; ++i) {
    out[i] = static_cast<char>(codes[2 * i] | (codes[2 * i + 1] << 4));
  }
  if (codes.size() % 2 != 0) out[pairs] = codes.back();
}

void unpack_nibbles(const char* packed, std::vector<char>& codes) {
  const std::size_t pairs = codes.size() / 2;
  for (std::size_t i = 0; i < pairs; ++i) {
    codes[2 * i] = static_cast<char>(packed[i] & 15);
    codes[2 * i + 1] = static_cast<char>((packed[i] >> 4) & 15);
  }
  if (codes.size() % 2 != 0) codes.back() = static_cast<char>(packed[pairs] & 15);
}

struct QuantiserOptions {
  const char* name;
  int bits;
  bool is_per_channel = false;
  bool has_percentiles = false;
};

class Quantiser final : public ValueCoder {
 public:
  explicit Quantiser(QuantiserOptions options)
      : options_(options), levels_((1 << options.bits) - 1) {}

  std::string name() const override { return options_.name; }
  std::size_t coded_bytes(const std::vector<std::int64_t>& shape) const override {
    const RangeLayout layout = layout_of(shape, options_.is_per_channel);
    return codes_at(layout) + (is_packed() ? (layout.count() + 1) / 2 : layout.count());
  }
  std::size_t element_bytes() const override { return 1; }

  void encode(const char* values, const std::vector<std::int64_t>& shape,
              char* frame) const override {
    const RangeLayout layout = layout_of(shape, options_.is_per_channel);
    frame[0] = frame_version;
    frame[1] = static_cast<char>(options_.bits);
    store_element(frame + 2, 0, static_cast<std::uint32_t>(layout.ranges));
    write_ranges(values, layout, frame + quantised_header);
    if (!is_packed()) {
      quantise(values, layout, frame + quantised_header, frame + codes_at(layout));
      return;
    }
    std::vector<char> codes(layout.count());
    quantise(values, layout, frame + quantised_header, codes.data());
    pack_nibbles(codes, frame + codes_at(layout));
  }

  void decode(const char* frame, const std::vector<std::int64_t>& shape,
              char* values) const override {
    const RangeLayout layout = layout_of(shape, options_.is_per_channel);
    if (frame[0] != frame_version || frame[1] != options_.bits ||
        load_element<std::uint32_t>(frame + 2, 0) != layout.ranges) {
      throw Error(ErrorCode::damaged, "does not start as " + name() + " of that shape does");
    }
    require_ranges(frame + quantised_header, layout.ranges);
    if (!is_packed()) {
      restore(frame + codes_at(layout), layout, frame + quantised_header, values);
      return;
    }
    std::vector<char> codes(layout.count());
    unpack_nibbles(frame + codes_at(layout), codes);
    restore(codes.data(), layout, frame + quantised_header, values);
  }

 private:
  bool is_packed() const { return options_.bits == 4; }

  static std::size_t codes_at(const RangeLayout& layout) {
    return quantised_header + layout.ranges * range_bytes;
  }

  void write_ranges(const char* values, const RangeLayout& layout, char* out) const {
    std::vector<KeyRange> ranges(layout.ranges);
    for (std::size_t r = 0; r < layout.runs; ++r) {
      widen_range(values + r * layout.run * sizeof(float), layout.run, ranges[r % layout.ranges]);
    }
    if (layout.count() == 0) ranges.assign(1, {0, 0});
    constexpr auto infinity = std::numeric_limits<float>::infinity();
    const auto infinite = std::bit_cast<std::int32_t>(infinity);
    const std::int32_t negative = flip(std::bit_cast<std::int32_t>(-infinity));
    for (const KeyRange& range : ranges) {
      if (range.lowest > negative && range.highest < infinite) continue;
      throw Error(ErrorCode::unsupported,
                  name() + " codes finite numbers, and there is an infinity or NaN");
    }
    if (options_.has_percentiles && layout.count() > 0) {
      ranges.front() = percentile_range(values, layout.count());
    }
    for (std::size_t i = 0; i < layout.ranges; ++i) {
      store_element(out, 2 * i, value_of(ranges[i].lowest));
      store_element(out, 2 * i + 1, value_of(ranges[i].highest));
    }
  }

  static void require_ranges(const char* ranges, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto lowest = load_element<float>(ranges, 2 * i);
      const auto highest = load_element<float>(ranges, 2 * i + 1);
      constexpr float largest = std::numeric_limits<float>::max();
      if (lowest >= -largest && lowest <= highest && highest <= largest) continue;
      throw Error(ErrorCode::damaged, "has a range that is not one");
    }
  }

  void quantise(const char* values, const RangeLayout& layout, const char* ranges,
                char* codes) const {
    for (std::size_t r = 0; r < layout.runs; ++r) {
      const double lowest = load_element<float>(ranges, 2 * (r % layout.ranges));
      const double highest = load_element<float>(ranges, 2 * (r % layout.ranges) + 1);
      const double codes_per_unit = highest > lowest ? levels_ / (highest - lowest) : 0;
      quantise_run(values + r * layout.run * sizeof(float), layout.run, lowest, codes_per_unit,
                   levels_, codes + r * layout.run);
    }
  }

  void restore(const char* codes, const RangeLayout& layout, const char* ranges,
               char* values) const {
    for (std::size_t r = 0; r < layout.runs; ++r) {
      const auto lowest = load_element<float>(ranges, 2 * (r % layout.ranges));
      const auto highest = load_element<float>(ranges, 2 * (r % layout.ranges) + 1);
      restore_run(codes + r * layout.run, layout.run, lowest, highest, levels_,
                  values + r * layout.run * sizeof(float));
    }
  }

  QuantiserOptions options_;
  int levels_;
};

}  // namespace

std::vector<std::shared_ptr<const ValueCoder>> quantisers() {
  std::vector<std::shared_ptr<const ValueCoder>> all;
  for (const QuantiserOptions& options : {
           QuantiserOptions{.name = "int8", .bits = 8},
           QuantiserOptions{.name = "int8c", .bits = 8, .is_per_channel = true},
           QuantiserOptions{.name = "int8p", .bits = 8, .has_percentiles = true},
           QuantiserOptions{.name = "int4", .bits = 4},
           QuantiserOptions{.name = "int4c", .bits = 4, .is_per_channel = true},
       }) {
    all.push_back(std::make_shared<Quantiser>(options));
  }
  return all;
}

}  // namespace scission
