#include "runtime/worker/deploy.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "runtime/wire/segment_text.hpp"
#include "runtime/wire/status.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

constexpr std::size_t longest_manifest = std::size_t{16} << 20;

Error wrong_request(const std::string& message) {
  return {ErrorCode::invalid_argument, message, "deployment"};
}

v1::DeployHeader read_header(DeployStream& parts) {
  v1::DeployPart part;
  if (!parts.Read(&part) || !part.has_header()) throw wrong_request("does not begin with a header");
  if (part.header().segment().size() > longest_manifest) {
    throw wrong_request(fmt::format("its manifest has more than {} bytes", longest_manifest));
  }
  return std::move(*part.mutable_header());
}

NamedSegment read_segment(const v1::DeployHeader& header) {
  try {
    return {header.model(), parse_segment(header.segment(), "segment")};
  } catch (const Error& error) {
    throw Error(ErrorCode::invalid_argument, error.message(), error.place());
  }
}

const std::string& piece_of(const v1::DeployPart& part) {
  if (!part.has_piece()) throw wrong_request("a header comes among the pieces");
  return part.piece();
}

// Nobody waits for it who has ended the call.
void acknowledge(DeployStream& parts, std::int64_t bytes) {
  v1::DeployProgress progress;
  progress.set_bytes(bytes);
  (void)parts.Write(progress);
}

grpc::Status receive(SegmentStore& store, const NamedSegment& model, std::int64_t offset,
                     DeployStream& parts) {
  const auto upload = store.upload(model.segment);
  if (!upload) {
    return {grpc::StatusCode::ABORTED, "somebody else uploads the same file; try again later"};
  }
  if (offset != upload->bytes()) {
    return {grpc::StatusCode::FAILED_PRECONDITION,
            fmt::format("the upload goes on at byte {}, not {}", upload->bytes(), offset)};
  }
  acknowledge(parts, offset);
  for (v1::DeployPart part; parts.Read(&part);) {
    upload->append(piece_of(part));
    acknowledge(parts, upload->bytes());
  }
  if (upload->bytes() < model.segment.bytes) {
    return {grpc::StatusCode::ABORTED, fmt::format("{} of {} bytes have come; send the others",
                                                   upload->bytes(), model.segment.bytes)};
  }
  store.finish(*upload);
  return grpc::Status::OK;
}

}  // namespace

grpc::Status deploy(Models& models, DeployStream& parts,
                    const std::function<void(const std::string&)>& tell) {
  const v1::DeployHeader header = read_header(parts);
  const NamedSegment model = read_segment(header);
  models.check(model);
  if (!models.store().has(model.segment.sha256)) {
    grpc::Status status = receive(models.store(), model, header.offset(), parts);
    if (!status.ok()) return status;
  }
  models.serve(model);
  tell(fmt::format("serves {}, {} bytes", model.model, model.segment.bytes));
  return grpc::Status::OK;
}

}  // namespace scission::runtime
