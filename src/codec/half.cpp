// fp16 and bf16: the 16-bit floating-point formats, rounded to nearest even. Bit operations
// without branches, which compilers vectorise on every processor, so that all machines write the
// same bytes.
#include <array>
#include <string>

#include "codec/coders.hpp"
#include "scission/base.hpp"

namespace scission {
namespace {

constexpr std::size_t half_header = 2;  // version and 0, so that elements keep their alignment
constexpr std::uint32_t magnitude_bits = 0x7fffffff;
constexpr std::int32_t infinity_bits = 0x7f800000;

std::size_t count_of(const std::vector<std::int64_t>& shape) {
  return tensor_bytes("float32", shape) / sizeof(float);
}

std::uint32_t mask_of(bool is_set) { return 0U - std::uint32_t{is_set}; }

std::uint32_t choose(bool first, std::uint32_t a, std::uint32_t b) {
  return (a & mask_of(first)) | (b & ~mask_of(first));
}

struct Fp16 {
  static constexpr const char* name = "fp16";
  static constexpr std::int32_t first_too_large = 0x477ff000;  // 65520 rounds to infinity

  static std::uint16_t narrow(std::uint32_t bits) {
    constexpr std::int32_t smallest_normal = 0x38800000;  // 2⁻¹⁴
    constexpr std::uint32_t exponent_shift = 112U << 23;  // the bias is 127 there, 15 here
    constexpr float denormal_step = 0.5F;  // its last bit is worth 2⁻²⁴, as fp16's
    const std::uint32_t magnitude = bits & magnitude_bits;
    const auto size = static_cast<std::int32_t>(magnitude);
    const std::uint32_t normal =
        (magnitude - exponent_shift + 0xfff + ((magnitude >> 13) & 1)) >> 13;
    const std::uint32_t denormal =
        std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + denormal_step) -
        std::bit_cast<std::uint32_t>(denormal_step);
    const std::uint32_t special =
        0x7c00 | (mask_of(size > infinity_bits) & (0x200 | ((magnitude >> 13) & 0x3ff)));
    const std::uint32_t finite = choose(size < smallest_normal, denormal, normal);
    return static_cast<std::uint16_t>(choose(size >= infinity_bits, special, finite) |
                                      ((bits >> 16) & 0x8000));
  }

  static std::uint32_t widen(std::uint16_t half) {
    constexpr std::uint32_t exponent = 0x7c00U << 13;
    constexpr std::uint32_t exponent_shift = 112U << 23;
    constexpr std::uint32_t denormal_shift = 113U << 23;
    const std::uint32_t magnitude = (half & 0x7fffU) << 13;
    const std::uint32_t denormal = std::bit_cast<std::uint32_t>(
        std::bit_cast<float>(magnitude + denormal_shift) - std::bit_cast<float>(denormal_shift));
    const std::uint32_t finite =
        choose((magnitude & exponent) == 0, denormal, magnitude + exponent_shift);
    return choose((magnitude & exponent) == exponent, magnitude + 2 * exponent_shift, finite) |
           ((half & 0x8000U) << 16);
  }
};

struct Bf16 {
  static constexpr const char* name = "bf16";
  static constexpr std::int32_t first_too_large = 0x7f7f8000;

  static std::uint16_t narrow(std::uint32_t bits) {
    const auto size = static_cast<std::int32_t>(bits & magnitude_bits);
    const std::uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    return static_cast<std::uint16_t>(choose(size > infinity_bits, (bits >> 16) | 0x40, rounded));
  }

  static std::uint32_t widen(std::uint16_t half) { return std::uint32_t{half} << 16; }
};

template <typename Format>
class HalfCoder final : public ValueCoder {
 public:
  std::string name() const override { return Format::name; }
  std::size_t coded_bytes(const std::vector<std::int64_t>& shape) const override {
    return half_header + count_of(shape) * sizeof(std::uint16_t);
  }
  std::size_t element_bytes() const override { return sizeof(std::uint16_t); }

  void encode(const char* values, const std::vector<std::int64_t>& shape,
              char* frame) const override {
    frame[0] = frame_version;
    frame[1] = 0;
    if (narrow_all(values, count_of(shape), frame + half_header) == 0) return;
    throw Error(ErrorCode::unsupported, name() + " has no finite number as large as the largest");
  }

  void decode(const char* frame, const std::vector<std::int64_t>& shape,
              char* values) const override {
    if (frame[0] != frame_version || frame[1] != 0) {
      throw Error(ErrorCode::damaged, "does not start as " + name() + " does");
    }
    widen_all(frame + half_header, count_of(shape), values);
  }

 private:
  // Not 0 if a finite number became infinite.
  static std::uint32_t narrow_all(const char* __restrict values, std::size_t count,
                                  char* __restrict out) {
    std::uint32_t too_large = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto bits = load_element<std::uint32_t>(values, i);
      const auto size = static_cast<std::int32_t>(bits & magnitude_bits);
      too_large |= mask_of(size >= Format::first_too_large) & mask_of(size < infinity_bits);
      store_element(out, i, Format::narrow(bits));
    }
    return too_large;
  }

  static void widen_all(const char* __restrict halves, std::size_t count, char* __restrict out) {
    for (std::size_t i = 0; i < count; ++i) {
      store_element(out, i, Format::widen(load_element<std::uint16_t>(halves, i)));
    }
  }
};

}  // namespace

std::vector<std::shared_ptr<const ValueCoder>> half_coders() {
  return {std::make_shared<HalfCoder<Fp16>>(), std::make_shared<HalfCoder<Bf16>>()};
}

}  // namespace scission
