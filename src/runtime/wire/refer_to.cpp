#include "runtime/wire/refer_to.hpp"

#include <memory>

namespace scission::runtime {
namespace {

using Owner = std::shared_ptr<const void>;

void release(void* owner) { delete static_cast<Owner*>(owner); }

}  // namespace

grpc::Slice refer_to(const SharedBytes& bytes) {
  auto owner = std::make_unique<Owner>(bytes.owner);
  // Slices are not written to; gRPC's type does not say so.
  grpc::Slice slice(const_cast<char*>(bytes.data), bytes.size, release, owner.get());
  (void)owner.release();
  return slice;
}

}  // namespace scission::runtime
