// Messages of a stated size, to measure links with.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>

namespace scission::runtime {

/// A message whose field of bytes, of that number, has so many. All such messages share one
/// mebibyte, however many and large they are.
grpc::ByteBuffer padded_message(int field, std::size_t bytes);

}  // namespace scission::runtime
