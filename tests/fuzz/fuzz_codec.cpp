// Any bytes at all decode to a tensor of the size that was asked for, or are an Error. An input is
// the codec's name, a line feed, a byte that chooses the shape, and the bytes to decode.
#include <malloc.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base.hpp"
#include "scission/codec.hpp"

namespace {

constexpr std::int64_t max_bytes = 1 << 16;

scission::CodedTensor coded_tensor(std::string_view input, std::size_t name_size) {
  static const std::array<std::vector<std::int64_t>, 4> shapes{{{1, 3, 8, 8}, {}, {7}, {2, 5, 0}}};
  scission::CodedTensor coded;
  coded.codec = std::string(input.substr(0, name_size));
  input.remove_prefix(name_size + 1);
  const auto choice = static_cast<unsigned char>(input.front());
  coded.shape = shapes[choice % shapes.size()];
  coded.dtype = choice < 128 ? "float32" : "int64";
  input.remove_prefix(1);
  coded.tensor = {"x",
                  "uint8",
                  {static_cast<std::int64_t>(input.size())},
                  scission::to_shared_bytes(std::string(input))};
  return coded;
}

/// The tensor, decoded while memory that is allocated starts as one byte and then as another: what
/// comes out depends on the input alone.
scission::Tensor decode(const scission::CodedTensor& coded) {
  mallopt(M_PERTURB, 0x5a);
  const scission::Tensor tensor = scission::decode_tensor(coded, max_bytes);
  mallopt(M_PERTURB, 0xa5);
  const scission::Tensor again = scission::decode_tensor(coded, max_bytes);
  if (tensor.bytes.view() != again.bytes.view()) std::abort();
  return tensor;
}

/// What was decoded is coded and decoded again by its codec.
void check(const scission::CodedTensor& coded) {
  const scission::Tensor tensor = decode(coded);
  if (tensor.bytes.size != scission::tensor_bytes(coded.dtype, coded.shape)) std::abort();
  const scission::CodedTensor again =
      scission::encode_tensor(*scission::find_codec(coded.codec), tensor);
  if (scission::decode_tensor(again, max_bytes).bytes.size != tensor.bytes.size) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t name_size = input.find('\n');
  if (name_size == std::string_view::npos || name_size == 0 || name_size + 2 > size) return 0;
  try {
    check(coded_tensor(input, name_size));
  } catch (const scission::Error&) {
  }
  return 0;
}
