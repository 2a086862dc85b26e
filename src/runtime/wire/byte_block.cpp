#include "runtime/wire/byte_block.hpp"

#include <memory>
#include <new>

namespace scission::runtime {
namespace {

constexpr std::align_val_t alignment{64};

}  // namespace

ByteBlock make_block(std::size_t size) {
  void* const memory = ::operator new(size, alignment);
  std::shared_ptr<const void> owner(
      memory, [](const void* p) { ::operator delete(const_cast<void*>(p), alignment); });
  char* const data = static_cast<char*>(memory);
  return {{std::move(owner), data, size}, data};
}

}  // namespace scission::runtime
