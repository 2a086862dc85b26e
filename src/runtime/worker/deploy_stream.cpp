#include "runtime/worker/deploy_stream.hpp"

#include <fmt/format.h>

#include <utility>

#include "runtime/wire/message_fields.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

constexpr std::size_t max_manifest_bytes = std::size_t{16} << 20;

Error invalid_deployment(const std::string& message) {
  return {ErrorCode::invalid_argument, message, "deployment"};
}

v1::DeployHeader read_header(DeployStream& parts) {
  v1::DeployPart part;
  if (!parts.Read(&part) || !part.has_header()) {
    throw invalid_deployment("does not begin with a header");
  }
  if (part.header().segment().size() > max_manifest_bytes) {
    throw invalid_deployment(
        fmt::format("its manifest has more than {} bytes", max_manifest_bytes));
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
  if (!part.has_piece()) throw invalid_deployment("has a second header among the pieces");
  return part.piece();
}

// A failed write means that the caller has ended the call, and reads no acknowledgements.
void acknowledge(DeployStream& parts, std::int64_t bytes) {
  v1::DeployProgress progress;
  progress.set_bytes(bytes);
  (void)parts.Write(progress);
}

grpc::Status receive_file(SegmentStore& store, const NamedSegment& model, std::int64_t offset,
                          DeployStream& parts) {
  const auto upload = store.upload(model.segment);
  if (!upload) {
    return {grpc::StatusCode::ABORTED, "another caller uploads the same file; try again later"};
  }
  if (offset != upload->bytes()) {
    return {grpc::StatusCode::FAILED_PRECONDITION,
            fmt::format("the upload resumes at byte {}, not {}", upload->bytes(), offset)};
  }
  acknowledge(parts, offset);
  for (v1::DeployPart part; parts.Read(&part);) {
    upload->append(piece_of(part));
    acknowledge(parts, upload->bytes());
  }
  if (upload->bytes() < model.segment.bytes) {
    return {grpc::StatusCode::ABORTED, fmt::format("{} of {} bytes were received; send the rest",
                                                   upload->bytes(), model.segment.bytes)};
  }
  store.finish(*upload);
  return grpc::Status::OK;
}

}  // namespace

grpc::Status receive_deployment(Models& models, DeployStream& parts,
                                const std::function<void(const std::string&)>& log) {
  const v1::DeployHeader header = read_header(parts);
  const NamedSegment model = read_segment(header);
  models.validate(model);
  if (!models.store().has(model.segment.sha256)) {
    grpc::Status status = receive_file(models.store(), model, header.offset(), parts);
    if (!status.ok()) return status;
  }
  models.serve(model);
  log(fmt::format("serves {}, {} bytes", model.model, model.segment.bytes));
  return grpc::Status::OK;
}

}  // namespace scission::runtime
