#include "runtime/wire/padding.hpp"

#include <string>
#include <vector>

#include "runtime/wire/refer_to.hpp"
#include "runtime/wire/wire_text.hpp"

namespace scission::runtime {

grpc::ByteBuffer padded_message(int field, std::size_t bytes) {
  constexpr std::size_t most = std::size_t{1} << 20;
  static const grpc::Slice padding = refer_to(to_shared_bytes(std::string(most, 'p')));
  std::string prefix;
  append_prefix(field, bytes, prefix);
  std::vector<grpc::Slice> slices{grpc::Slice(prefix)};
  for (; bytes >= most; bytes -= most) slices.push_back(padding);
  if (bytes > 0) slices.push_back(padding.sub(0, bytes));
  return {slices.data(), slices.size()};
}

}  // namespace scission::runtime
