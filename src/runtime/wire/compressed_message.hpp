// Messages that a client of gRPC compresses.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <cstdint>

namespace scission::runtime {

/// The message as it was before the client compressed it, by gzip or deflate; any other message
/// unchanged. gRPC's own decompression, which a worker turns off, has no limit. gRPC does not hand
/// over how a message is encoded, so its first two bytes decide: no message of the protocol begins
/// as gzip and zlib do. Throws Error(invalid_argument) on a message that would have more than
/// `max_bytes`, of which no more are decompressed, and on one that is damaged. O(bytes).
grpc::ByteBuffer decompressed(grpc::ByteBuffer message, std::int64_t max_bytes);

}  // namespace scission::runtime
