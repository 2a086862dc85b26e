// Requests and answers of inference as HTTP carries them: JSON, with tensors' bytes behind it where
// the binary tensor data extension is used; and as the messages of ModelInfer.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "scission/model.hpp"
#include "scission/runtime/wire/wire.hpp"

namespace scission::runtime {

/// Which outputs a request wants as bytes.
struct OutputFormat {
  bool is_binary = false;  ///< of outputs that are not named
  std::map<std::string, bool> is_binary_by_name;

  bool is_binary_output(const std::string& name) const;
};

/// A request for inference.
struct InferQuery {
  std::string model;
  std::string version;
  SharedBytes body;  ///< JSON, and tensors' bytes behind it
  /// Size of the JSON, from the header Inference-Header-Content-Length; nothing: all of the body.
  std::optional<std::size_t> json_bytes;
};

/// The query as a serialised ModelInferRequest, with raw contents only, that refers to the body
/// where it has tensors' bytes. Tensors in JSON are written to memory once, after their sizes were
/// checked. Two passes over the JSON: O(bytes). Throws Error(invalid_argument | unsupported) as
/// decode_request() does, and on text that is not JSON or nested more than 64 deep.
grpc::ByteBuffer encode_query(const InferQuery& query, const MessageLimits& limits,
                              OutputFormat& format);

/// The body of an answer.
struct InferBody {
  std::string bytes;
  std::size_t json_bytes = 0;  ///< of the JSON, if tensors' bytes follow; 0: all of it is JSON
};

/// The answer to a query, from a serialised ModelInferResponse. Numbers in JSON are the shortest
/// that read back as the same bits. Throws Error(unsupported) for FP16, BF16, infinities and NaN,
/// which JSON does not have, and as decode_response().
InferBody format_answer(const grpc::ByteBuffer& response, const OutputFormat& format);

}  // namespace scission::runtime
