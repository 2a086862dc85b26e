// A codec of one's own: behind a ReLU half of the values are 0, so a bit for each value says
// whether it is 0, and only the others follow. Registered once, it is found by its name like the
// built-in ones.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "scission/scission.hpp"

namespace {

class NonZeros final : public scission::Codec {
 public:
  std::string name() const override { return "nonzeros"; }
  bool is_lossless() const override { return true; }
  bool takes(std::string_view dtype) const override {
    return dtype == "int32" || dtype == "float32";
  }

  scission::SharedBytes encode(const scission::Tensor& tensor) const override {
    scission::validate_tensor(tensor);
    const std::size_t count = tensor.bytes.size / value_bytes;
    std::string bytes((count + 7) / 8, '\0');
    for (std::size_t i = 0; i < count; ++i) {
      const char* value = tensor.bytes.data + i * value_bytes;
      if (std::memcmp(value, zero, value_bytes) == 0) continue;
      bytes[i / 8] = static_cast<char>(bytes[i / 8] | 1 << i % 8);
      bytes.append(value, value_bytes);
    }
    return scission::to_shared_bytes(std::move(bytes));
  }

  // The bytes come from another machine, so everything that they state is checked.
  scission::SharedBytes decode(std::string_view bytes, const std::string& dtype,
                               const std::vector<std::int64_t>& shape) const override {
    const std::size_t count = scission::tensor_bytes(dtype, shape) / value_bytes;
    const std::size_t bits = (count + 7) / 8;
    if (bytes.size() < bits) fail();
    std::string values(count * value_bytes, '\0');
    std::string_view rest = bytes.substr(bits);
    for (std::size_t i = 0; i < count; ++i) {
      if ((bytes[i / 8] >> i % 8 & 1) == 0) continue;
      if (rest.size() < value_bytes) fail();
      std::memcpy(values.data() + i * value_bytes, rest.data(), value_bytes);
      rest.remove_prefix(value_bytes);
    }
    if (!rest.empty()) fail();
    return scission::to_shared_bytes(std::move(values));
  }

 private:
  static constexpr std::size_t value_bytes = 4;
  static constexpr char zero[value_bytes] = {};

  [[noreturn]] static void fail() {
    throw scission::Error(scission::ErrorCode::damaged, "is not a nonzeros code of that shape");
  }
};

/// What is behind a ReLU, for want of a model.
scission::Tensor activations() {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::string bytes(64 * 56 * 56 * sizeof(float), '\0');
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(float)) {
    const float value = std::max(0.F, normal(random));
    std::memcpy(bytes.data() + at, &value, sizeof value);
  }
  return {"activations", "float32", {1, 64, 56, 56}, scission::to_shared_bytes(std::move(bytes))};
}

}  // namespace

int main() {
  try {
    scission::register_codec(std::make_unique<NonZeros>());
    const scission::Tensor tensor = activations();
    for (const scission::Codec* codec : scission::parse_codecs("nonzeros,lz4,zstd,int8+zstd")) {
      const scission::CodedTensor sent = scission::encode_tensor(*codec, tensor);
      const scission::Tensor received = scission::decode_tensor(sent, 1 << 20);
      const bool is_same = received.bytes.view() == tensor.bytes.view();
      std::cout << codec->name() << ": " << sent.tensor.bytes.size << " of " << tensor.bytes.size
                << " bytes, " << (is_same ? "the same" : "rounded") << '\n';
      if (is_same != codec->is_lossless()) return 1;
    }
  } catch (const scission::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
