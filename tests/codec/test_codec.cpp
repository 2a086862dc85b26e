#include "scission/codec.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <thread>

#include "support/catch.hpp"
#include "support/error_of.hpp"

namespace scission {
namespace {

constexpr std::int64_t no_limit = std::int64_t{1} << 40;
constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

using Shape = std::vector<std::int64_t>;

Tensor tensor_of(const std::vector<float>& values, Shape shape) {
  std::string bytes(values.size() * sizeof(float), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return {"x", "float32", std::move(shape), to_shared_bytes(std::move(bytes))};
}

Tensor row(const std::vector<float>& values) {
  return tensor_of(values, {static_cast<std::int64_t>(values.size())});
}

std::vector<float> values_of(const SharedBytes& bytes) {
  std::vector<float> values(bytes.size / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), bytes.data, bytes.size);
  return values;
}

const Codec& codec(const std::string& name) {
  const Codec* found = find_codec(name);
  REQUIRE(found != nullptr);
  return *found;
}

SharedBytes round_trip(const Codec& codec, const Tensor& tensor) {
  return codec.decode(codec.encode(tensor).view(), tensor.dtype, tensor.shape);
}

std::vector<float> round_trip(const std::string& name, const Tensor& tensor) {
  return values_of(round_trip(codec(name), tensor));
}

std::vector<const Codec*> codecs_that_take(const std::string& dtype, bool is_lossless) {
  std::vector<const Codec*> some;
  for (const Codec* one : parse_codecs("all,zstd-1,zstd-fast,int8+zstd-9")) {
    if (one->takes(dtype) && one->is_lossless() == is_lossless) some.push_back(one);
  }
  REQUIRE(!some.empty());
  return some;
}

const std::vector<Shape> shapes{{},           {0},           {1},          {7},       {3, 0, 5},
                                {2, 3, 5, 7}, {1, 16, 9, 9}, {1000},       {4, 1, 5}, {1, 64, 31},
                                {5, 8},       {32, 3},       {2, 100, 17}, {1, 1, 1}};

std::size_t count_of(const Shape& shape) { return tensor_bytes("float32", shape) / sizeof(float); }

Tensor random_tensor(std::mt19937& random, const Shape& shape, double scale = 3) {
  std::normal_distribution<double> normal(0.5, scale);
  std::vector<float> values(count_of(shape));
  for (float& value : values) value = std::max(0.F, static_cast<float>(normal(random)));
  return tensor_of(values, shape);
}

/// The least and the largest value of each channel, as the codec takes them.
double widest_range(const Tensor& tensor, bool is_per_channel, std::size_t element) {
  const std::vector<float> values = values_of(tensor.bytes);
  std::size_t channels = 1;
  std::size_t run = values.size();
  if (is_per_channel && tensor.shape.size() > 1) {
    channels = static_cast<std::size_t>(tensor.shape[1]);
    run = values.size() / static_cast<std::size_t>(tensor.shape[0]) / channels;
    if (values.size() / channels < 16) return widest_range(tensor, false, element);
  }
  const std::size_t channel = element / run % channels;
  float least = infinity;
  float most = -infinity;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i / run % channels != channel) continue;
    least = std::min(least, values[i]);
    most = std::max(most, values[i]);
  }
  return static_cast<double>(most) - least;
}

}  // namespace

TEST_CASE("The built-in codecs are there from the start, with a byte coder behind the lossy ones") {
  const std::vector<std::string> names = codec_names();
  CHECK(std::is_sorted(names.begin(), names.end()));
  for (const std::string lossy : {"fp16", "bf16", "int8", "int8c", "int8p", "int4", "int4c"}) {
    for (const std::string& name : {lossy, lossy + "+zstd", lossy + "+lz4"}) {
      CHECK(codec(name).name() == name);
      CHECK_FALSE(codec(name).is_lossless());
      CHECK(std::count(names.begin(), names.end(), name) == 1);
    }
  }
  for (const std::string lossless : {"zstd", "lz4", "jpeg"}) {
    CHECK(codec(lossless).name() == lossless);
    CHECK(codec(lossless).is_lossless());
  }
}

TEST_CASE("A level of zstd is part of its codec's name") {
  CHECK(find_codec("zstd-1") == find_codec("zstd-1"));
  CHECK(codec("fp16+zstd-19").name() == "fp16+zstd-19");
  CHECK(codec("zstd-fast").is_lossless());
  for (const char* name : {"zstd-0", "zstd-20", "zstd-", "zstd-01", "zstd-x", "int9+zstd-1"}) {
    CHECK(find_codec(name) == nullptr);
  }
}

TEST_CASE("A list of codecs is read in its order, without raw and without repetitions") {
  const std::vector<const Codec*> some = parse_codecs("raw, fp16,int8+zstd,fp16");
  CHECK(some == std::vector<const Codec*>{find_codec("fp16"), find_codec("int8+zstd")});
  CHECK(parse_codecs("raw").empty());
  CHECK(parse_codecs("all").size() == codec_names().size());
  CHECK_ERROR(parse_codecs("fp16,fp17"), ErrorCode::invalid_argument, "'fp17'; choose from: bf16,");
  CHECK_ERROR(parse_codecs(""), ErrorCode::invalid_argument, "''");
}

TEST_CASE("Lossless codecs give every type's bytes back, NaN payloads among them") {
  std::mt19937 random(1);
  for (const char* dtype : {"bool", "uint8", "int16", "bfloat16", "float16", "float32", "int32",
                            "float64", "int64", "complex64", "complex128"}) {
    for (const Codec* one : codecs_that_take(dtype, true)) {
      for (const Shape& shape : shapes) {
        std::string bytes(tensor_bytes(dtype, shape), '\0');
        const int zeros = static_cast<int>(random() % 3);
        for (char& byte : bytes)
          byte = random() % 3 < static_cast<unsigned>(zeros) ? '\0' : static_cast<char>(random());
        const Tensor tensor{"x", dtype, shape, to_shared_bytes(bytes)};
        INFO(one->name() << " of " << dtype);
        CHECK((round_trip(*one, tensor).view() == bytes));
      }
    }
  }
}

TEST_CASE("Zeros are left out, -0 and what only has zero bytes are not") {
  std::mt19937 random(9);
  for (const unsigned zeros_in_eight : {0U, 1U, 2U, 5U, 8U}) {
    for (const std::size_t count : {1U, 7U, 8U, 9U, 1000U}) {
      std::vector<float> values(count);
      for (float& value : values) {
        value = std::bit_cast<float>(static_cast<std::uint32_t>(random()) & 0xff00ff00U);
        if (random() % 8 < zeros_in_eight) value = 0;
        if (random() % 8 == 0) value = -0.F;
      }
      for (const char* name : {"zstd", "lz4", "zstd-fast"}) {
        CHECK((round_trip(codec(name), row(values)).view() == row(values).bytes.view()));
      }
    }
  }
  const Tensor sparse = random_tensor(random, {1, 8, 64, 64});
  const std::string frame(codec("lz4").encode(sparse).view());
  CHECK(static_cast<unsigned char>(frame[1]) == (0x80 | 4));
  CHECK(frame.size() < sparse.bytes.size * 6 / 10);
}

TEST_CASE(
    "Types without a fixed element size are not taken, nor others than float32 by lossy codecs") {
  CHECK_FALSE(codec("zstd").takes("bytes"));
  for (const char* dtype : {"float16", "float64", "uint8", "int64", "complex64"}) {
    CHECK_FALSE(codec("int8").takes(dtype));
    CHECK_FALSE(codec("fp16+zstd").takes(dtype));
  }
  const Tensor integers{"x", "uint8", {3}, to_shared_bytes("abc")};
  CHECK_ERROR(codec("int8").encode(integers), ErrorCode::unsupported, "float32, not uint8");
}

TEST_CASE("fp16 rounds to nearest even, down to its subnormal numbers") {
  CHECK(round_trip("fp16", row({1.0F, -2.5F, 65504.F, 6.1035156e-5F, 5.9604645e-8F})) ==
        std::vector<float>{1.0F, -2.5F, 65504.F, 6.1035156e-5F, 5.9604645e-8F});
  // Half a step above 1 and above the next number.
  CHECK(round_trip("fp16", row({1 + 1 / 2048.F, 1 + 3 / 2048.F})) ==
        std::vector<float>{1.F, 1 + 4 / 2048.F});
  // 2⁻²⁵ is halfway to the smallest number, and rounds to 0; what is more rounds up.
  CHECK(round_trip("fp16", row({std::ldexp(1.F, -25), std::ldexp(1.1F, -25), 65519.9F})) ==
        std::vector<float>{0.F, std::ldexp(1.F, -24), 65504.F});
}

TEST_CASE("Every fp16 number and every bf16 number comes back as it was") {
  for (const bool is_bf16 : {false, true}) {
    std::vector<float> numbers;
    for (std::uint32_t half = 0; half < 65536; ++half) {
      const int exponent = static_cast<int>(half >> 10 & 31);
      const float fraction = static_cast<float>(half & 1023);
      const float size =
          exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
      const float fp16 = (half & 0x8000) != 0 ? -size : size;
      const float number = is_bf16 ? std::bit_cast<float>(half << 16) : fp16;
      if (is_bf16 ? std::isfinite(number) : exponent != 31) numbers.push_back(number);
    }
    CHECK(round_trip(is_bf16 ? "bf16" : "fp16", row(numbers)) == numbers);
  }
}

TEST_CASE("fp16 and bf16 keep infinities, NaN and the sign of zero") {
  for (const char* name : {"fp16", "bf16", "fp16+zstd", "bf16+lz4"}) {
    const std::vector<float> back =
        round_trip(name, row({infinity, -infinity, not_a_number, std::bit_cast<float>(0x7f800001U),
                              -0.F, 0.F, std::bit_cast<float>(0xff800001U)}));
    CHECK(back[0] == infinity);
    CHECK(back[1] == -infinity);
    CHECK(std::isnan(back[2]));
    CHECK(std::isnan(back[3]));
    CHECK(std::signbit(back[4]));
    CHECK_FALSE(std::signbit(back[5]));
    CHECK(std::isnan(back[6]));
    CHECK(std::signbit(back[6]));
  }
}

TEST_CASE("A finite number that a 16-bit format would make infinite is refused") {
  CHECK_ERROR(codec("fp16").encode(row({1, 65520})), ErrorCode::unsupported, "fp16");
  CHECK_ERROR(codec("fp16").encode(row({-1e20F})), ErrorCode::unsupported, "fp16");
  CHECK_ERROR(codec("bf16").encode(row({std::numeric_limits<float>::max()})),
              ErrorCode::unsupported, "bf16");
  CHECK(std::isfinite(round_trip("bf16", row({3.38e38F}))[0]));
}

TEST_CASE("The 16-bit formats are off by half a unit in the last place at most") {
  std::mt19937 random(2);
  for (const Shape& shape : shapes) {
    const Tensor tensor = random_tensor(random, shape);
    const std::vector<float> before = values_of(tensor.bytes);
    for (const auto& [name, bits] : std::map<std::string, int>{{"fp16", 11}, {"bf16", 8}}) {
      const std::vector<float> after = round_trip(name, tensor);
      for (std::size_t i = 0; i < before.size(); ++i) {
        const double bound =
            std::max<double>(std::ldexp(std::abs(before[i]), -bits), std::ldexp(1., -25));
        REQUIRE(std::abs(after[i] - static_cast<double>(before[i])) <= bound);
      }
    }
  }
}

TEST_CASE("Quantisers are off by half a step at most") {
  std::mt19937 random(3);
  for (const auto& [name, levels] :
       std::map<std::string, int>{{"int8", 255}, {"int8c", 255}, {"int4", 15}, {"int4c", 15}}) {
    for (const Shape& shape : shapes) {
      for (const double scale : {1e-30, 1e-3, 3., 1e30}) {
        const Tensor tensor = random_tensor(random, shape, scale);
        const std::vector<float> before = values_of(tensor.bytes);
        const std::vector<float> after = round_trip(name, tensor);
        INFO(name << " of " << before.size());
        REQUIRE(after.size() == before.size());
        for (std::size_t i = 0; i < before.size(); i += 1 + before.size() / 50) {
          const double step = widest_range(tensor, name.back() == 'c', i) / levels;
          const double rounding = std::ldexp(std::abs(after[i]), -24);
          REQUIRE(std::abs(after[i] - static_cast<double>(before[i])) <=
                  step * 0.5000001 + rounding);
        }
      }
    }
  }
}

TEST_CASE("Ranges as wide as float32 and as narrow as one of its steps are quantised") {
  constexpr float most = std::numeric_limits<float>::max();
  CHECK(round_trip("int8", row({-most, most, most})) == std::vector<float>{-most, most, most});
  const float next = std::nextafter(1e6F, infinity);
  CHECK(round_trip("int8", row({1e6F, next, 1e6F})) == std::vector<float>{1e6F, next, 1e6F});
  const float tiny = std::numeric_limits<float>::denorm_min();
  CHECK(round_trip("int4", row({0, tiny, -tiny})) == std::vector<float>{0, tiny, -tiny});
}

TEST_CASE("A tensor of one value comes back exactly, as do scalars and empty tensors") {
  for (const Codec* one : codecs_that_take("float32", false)) {
    if (one->name().find("int") == std::string::npos) continue;
    INFO(one->name());
    for (const float value : {0.1F, -0.F, 3e38F, -7e-40F}) {
      for (const Shape& shape : shapes) {
        const std::vector<float> values(count_of(shape), value);
        const Tensor tensor = tensor_of(values, shape);
        CHECK((round_trip(*one, tensor).view() == tensor.bytes.view()));
      }
    }
  }
}

TEST_CASE("Each channel has a range of its own in int8c, and none is 0 in a small channel") {
  const std::vector<float> small(40, 1e-3F);
  std::vector<float> values(80, 1000.F);
  std::copy(small.begin(), small.end(), values.begin());
  values[0] = 0;
  const Tensor tensor = tensor_of(values, {1, 2, 8, 5});
  CHECK(round_trip("int8c", tensor) == values);
  CHECK(round_trip("int8", tensor) != values);
  // Two batches: runs of a channel are apart.
  std::vector<float> batches(128);
  for (std::size_t i = 0; i < batches.size(); ++i) batches[i] = i / 32 % 2 == 0 ? 5.F : -8.F;
  CHECK(round_trip("int4c", tensor_of(batches, {2, 2, 32})) == batches);
}

TEST_CASE("int8p saturates what is beyond its percentiles, in the same way each time") {
  std::vector<float> values(200000);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = std::sin(static_cast<float>(i) * 0.37F);
  }
  values[777] = 1e6F;
  values[1777] = -1e6F;
  const Tensor tensor = row(values);
  const std::vector<float> after = round_trip("int8p", tensor);
  CHECK(after[777] < 1.1F);
  CHECK(after[1777] > -1.1F);
  CHECK(codec("int8p").encode(tensor).view() == codec("int8p").encode(tensor).view());
  values[777] = not_a_number;
  CHECK_ERROR(codec("int8p").encode(row(values)), ErrorCode::unsupported, "int8p");
}

TEST_CASE("Quantisers refuse infinities and NaN") {
  for (const float value : {infinity, -infinity, not_a_number, -not_a_number}) {
    for (const char* name : {"int8", "int8c", "int8p", "int4", "int4c", "int8+zstd"}) {
      CHECK_ERROR(codec(name).encode(row({1, value, 2})), ErrorCode::unsupported, "NaN");
    }
  }
}

TEST_CASE("What was coded once is not changed by coding it again") {
  std::mt19937 random(4);
  for (const Codec* one : codecs_that_take("float32", false)) {
    for (const Shape& shape : shapes) {
      for (const double scale : {1e-30, 3.}) {
        const Tensor tensor = random_tensor(random, shape, scale);
        const Tensor once{"x", "float32", shape, round_trip(*one, tensor)};
        INFO(one->name());
        CHECK((round_trip(*one, once).view() == once.bytes.view()));
      }
    }
  }
}

TEST_CASE("A chain gives what its lossy codec gives") {
  std::mt19937 random(5);
  for (const Shape& shape : shapes) {
    const Tensor tensor = random_tensor(random, shape);
    for (const std::string lossy : {"fp16", "bf16", "int8", "int8c", "int8p", "int4", "int4c"}) {
      CHECK(round_trip(lossy + "+zstd", tensor) == round_trip(lossy, tensor));
      CHECK(round_trip(lossy + "+lz4", tensor) == round_trip(lossy, tensor));
    }
  }
}

TEST_CASE("A tensor that its codec cannot take, code or shorten crosses as it is") {
  const std::vector<float> values(1000, 2.F);
  const Tensor tensor = row(values);
  const CodedTensor coded = encode_tensor(codec("int8"), tensor);
  CHECK(coded.codec == "int8");
  CHECK(coded.tensor.dtype == "uint8");
  CHECK(coded.tensor.name == "x");
  CHECK(coded.tensor.shape == Shape{static_cast<std::int64_t>(coded.tensor.bytes.size)});
  CHECK(coded.dtype == "float32");
  CHECK(coded.shape == Shape{1000});
  CHECK(decode_tensor(coded, 4000).bytes.view() == tensor.bytes.view());

  const std::string noise = "\x7f\x13\xe9";
  for (const Tensor& other : {Tensor{"x", "uint8", {3}, to_shared_bytes(noise)},
                              row({not_a_number}), row({1.5F}), row({})}) {
    for (const char* name : {"int8", "int8+zstd", "lz4"}) {
      const CodedTensor same = encode_tensor(codec(name), other);
      CHECK(same.codec.empty());
      CHECK(same.dtype == other.dtype);
      CHECK(decode_tensor(same, 100).bytes.view() == other.bytes.view());
    }
  }
}

TEST_CASE("A decoded tensor is refused by its limit, its codec's name and its type") {
  CodedTensor coded = encode_tensor(codec("zstd"), row(std::vector<float>(1000)));
  CHECK_ERROR(decode_tensor(coded, 3999), ErrorCode::invalid_argument, "tensor x: would have 4000");
  CHECK_ERROR(decode_tensor(coded, -1), ErrorCode::invalid_argument, "limit");
  CHECK(reinterpret_cast<std::uintptr_t>(decode_tensor(coded, 4000).bytes.data) % 64 == 0);
  CodedTensor other = coded;
  other.codec = "zstd4";
  CHECK_ERROR(decode_tensor(other, no_limit), ErrorCode::unsupported, "no codec 'zstd4' here");
  other = coded;
  other.tensor.dtype = "int8";
  CHECK_ERROR(decode_tensor(other, no_limit), ErrorCode::damaged, "tensor x: ");
  other = coded;
  other.tensor.shape = {1, other.tensor.shape[0]};
  CHECK_ERROR(decode_tensor(other, no_limit), ErrorCode::damaged, "one dimension of uint8");
  other = coded;
  other.shape = {-1000};
  CHECK_ERROR(decode_tensor(other, no_limit), ErrorCode::invalid_argument, "below 0");
}

TEST_CASE("A frame of another shape, type or version is damaged") {
  const Tensor tensor = random_tensor(*std::make_unique<std::mt19937>(6), {1, 4, 25});
  for (const Codec* one : parse_codecs("all")) {
    if (!one->takes("float32")) continue;
    INFO(one->name());
    const std::string frame(one->encode(tensor).view());
    const auto decode = [&](const std::string& bytes, const std::string& dtype,
                            const Shape& shape) { return one->decode(bytes, dtype, shape); };
    CHECK_ERROR(decode(frame, "float32", {1, 4, 24}), ErrorCode::damaged, "");
    CHECK_ERROR(decode(frame, "float32", {1, 4, 1000000000}), ErrorCode::damaged, "");
    CHECK_ERROR(decode("", "float32", {1, 4, 25}), ErrorCode::damaged, "");
    CHECK_ERROR(decode(frame + '\0', "float32", {1, 4, 25}), ErrorCode::damaged, "");
    std::string newer = frame;
    newer[0] = 2;
    CHECK_ERROR(decode(newer, "float32", {1, 4, 25}), ErrorCode::damaged, "start");
    if (one->is_lossless())
      CHECK_ERROR(decode(frame, "float16", {1, 8, 25}), ErrorCode::damaged, "");
  }
}

TEST_CASE(
    "Any start of a frame and any change of its bits decodes to the right size or is damaged") {
  std::mt19937 random(7);
  for (const Codec* one : codecs_that_take("float32", false)) {
    for (const Shape& shape : {Shape{1, 5, 30}, Shape{3}, Shape{0}}) {
      const std::string frame(one->encode(random_tensor(random, shape)).view());
      const auto check = [&](const std::string& bytes) {
        try {
          const std::size_t size = one->decode(bytes, "float32", shape).size;
          REQUIRE(size == tensor_bytes("float32", shape));
        } catch (const Error& error) {
          REQUIRE(error.code() == ErrorCode::damaged);
        }
      };
      for (std::size_t size = 0; size < frame.size(); ++size) {
        CHECK_ERROR(one->decode(frame.substr(0, size), "float32", shape), ErrorCode::damaged, "");
      }
      for (int round = 0; round < 300; ++round) {
        std::string changed = frame;
        const std::size_t bit = random() % (frame.size() * 8);
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
        check(changed);
      }
    }
  }
}

namespace {

/// Keeps every second value.
class HalfOfThem final : public Codec {
 public:
  std::string name() const override { return "half-of-them"; }
  bool is_lossless() const override { return false; }
  bool takes(std::string_view dtype) const override { return dtype == "uint8"; }
  SharedBytes encode(const Tensor& tensor) const override {
    return {tensor.bytes.owner, tensor.bytes.data, tensor.bytes.size / 2};
  }
  SharedBytes decode(std::string_view bytes, const std::string&, const Shape&) const override {
    return to_shared_bytes(std::string(bytes));
  }
};

class NamedCodec final : public Codec {
 public:
  explicit NamedCodec(std::string name) : name_(std::move(name)) {}
  std::string name() const override { return name_; }
  bool is_lossless() const override { return true; }
  bool takes(std::string_view) const override { return false; }
  SharedBytes encode(const Tensor& tensor) const override { return tensor.bytes; }
  SharedBytes decode(std::string_view bytes, const std::string&, const Shape&) const override {
    return to_shared_bytes(std::string(bytes));
  }

 private:
  std::string name_;
};

}  // namespace

TEST_CASE("A codec of one's own is found by its name, and what it decodes wrongly is damaged") {
  register_codec(std::make_unique<HalfOfThem>());
  const Tensor tensor{"x", "uint8", {4}, to_shared_bytes("abcd")};
  const CodedTensor coded = encode_tensor(codec("half-of-them"), tensor);
  CHECK(coded.tensor.bytes.size == 2);
  CHECK_ERROR(decode_tensor(coded, no_limit), ErrorCode::damaged, "tensor x: decodes to 2 bytes");
}

TEST_CASE("A codec's name is not taken, not reserved, and has letters, digits, - and + only") {
  for (const char* name : {"", "a b", "a,b", "é", "raw", "all", "int8", "zstd-3", "int8+zstd-3"}) {
    INFO(name);
    CHECK_ERROR(register_codec(std::make_unique<NamedCodec>(name)), ErrorCode::invalid_argument,
                "name");
  }
  CHECK_ERROR(register_codec(nullptr), ErrorCode::invalid_argument, "name");
}

TEST_CASE("Threads share the codecs") {
  const Tensor tensor = random_tensor(*std::make_unique<std::mt19937>(8), {1, 8, 100});
  const std::vector<float> expected = round_trip("int8c+zstd", tensor);
  std::vector<int> right(4, 0);
  std::vector<std::thread> threads;
  for (int& count : right) {
    threads.emplace_back([&tensor, &expected, &count] {
      for (int level = 1; level <= 9; ++level) {
        const Codec* one = find_codec("int8c+zstd-" + std::to_string(level));
        if (one != nullptr && values_of(round_trip(*one, tensor)) == expected) ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(right == std::vector<int>(4, 9));
}

}  // namespace scission
