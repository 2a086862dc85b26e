#include "runtime/wire/byte_buffers.hpp"

#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace scission::runtime {
namespace {

using Owner = std::shared_ptr<const void>;

constexpr std::align_val_t alignment{64};

}  // namespace

TensorBlock allocate_block(std::size_t bytes) {
  void* const memory = ::operator new(bytes, alignment);
  Owner owner(memory, [](const void* p) { ::operator delete(const_cast<void*>(p), alignment); });
  char* const data = static_cast<char*>(memory);
  return {{std::move(owner), data, bytes}, data};
}

grpc::Slice make_slice(const SharedBytes& bytes) {
  auto owner = std::make_unique<Owner>(bytes.owner);
  const auto release = [](void* released) { delete static_cast<Owner*>(released); };
  // gRPC's type is not const, but slices are never written to.
  grpc::Slice slice(const_cast<char*>(bytes.data), bytes.size, release, owner.get());
  (void)owner.release();
  return slice;
}

grpc::ByteBuffer payload_message(int field, std::size_t bytes) {
  constexpr std::size_t slice_bytes = std::size_t{1} << 20;
  static const grpc::Slice payload = make_slice(to_shared_bytes(std::string(slice_bytes, 'p')));
  std::string prefix;
  append_prefix(field, bytes, prefix);
  std::vector<grpc::Slice> slices{grpc::Slice(prefix)};
  for (; bytes >= slice_bytes; bytes -= slice_bytes) slices.push_back(payload);
  if (bytes > 0) slices.push_back(payload.sub(0, bytes));
  return {slices.data(), slices.size()};
}

}  // namespace scission::runtime
