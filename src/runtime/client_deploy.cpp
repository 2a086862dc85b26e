// Sending a segment's file.
//
// Copies: each piece of 256 KiB from the file into the message, and by protobuf into gRPC's slice.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "runtime/client_impl.hpp"
#include "runtime/segment_text.hpp"

namespace scission::runtime {
namespace {

using Progress = std::function<void(std::int64_t sent, std::int64_t total)>;

constexpr std::int64_t piece_bytes = 256 << 10;

void require_size(const Deployment& deployment) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(deployment.file, error);
  if (error) {
    throw Error(
        error == std::errc::no_such_file_or_directory ? ErrorCode::not_found : ErrorCode::io,
        "cannot be read: " + error.message(), deployment.file.string());
  }
  if (bytes == static_cast<std::uintmax_t>(deployment.segment.bytes)) return;
  throw Error(ErrorCode::damaged,
              fmt::format("has {} bytes, the segment {}: split the model again", bytes,
                          deployment.segment.bytes),
              deployment.file.string());
}

v1::DeployPart header_of(const Deployment& deployment, std::int64_t offset) {
  v1::DeployPart part;
  v1::DeployHeader& header = *part.mutable_header();
  header.set_model(deployment.model);
  header.set_segment(format_segment(deployment.segment));
  header.set_offset(offset);
  return part;
}

/// One upload, from `offset` to the file's end.
class Upload {
 public:
  Upload(const Deployment& deployment, v1::Control::Stub& stub, double deadline_s)
      : deployment_(deployment), file_(deployment.file, std::ios::binary) {
    context_.set_deadline(deadline_in(deadline_s));
    writer_ = stub.Deploy(&context_, &response_);
  }

  grpc::Status run(std::int64_t offset, const Progress& on_progress) {
    const std::int64_t total = deployment_.segment.bytes;
    file_.seekg(offset);
    bool is_taken = writer_->Write(header_of(deployment_, offset));
    while (is_taken && offset < total) {
      const std::int64_t bytes = std::min(piece_bytes, total - offset);
      is_taken = send(bytes);
      offset += bytes;
      if (is_taken && on_progress) on_progress(offset, total);
    }
    // A write that is not taken means that the worker has ended the call; Finish() says why.
    writer_->WritesDone();
    is_finished_ = true;
    return writer_->Finish();
  }

  ~Upload() {
    if (is_finished_) return;
    context_.TryCancel();
    (void)writer_->Finish();
  }
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

 private:
  bool send(std::int64_t bytes) {
    std::string& piece = *part_.mutable_piece();
    piece.resize(static_cast<std::size_t>(bytes));
    if (!file_.read(piece.data(), bytes)) {
      throw Error(ErrorCode::io, "cannot be read to its end", deployment_.file.string());
    }
    return writer_->Write(part_);
  }

  const Deployment& deployment_;
  std::ifstream file_;
  grpc::ClientContext context_;
  v1::DeployResponse response_;
  std::unique_ptr<grpc::ClientWriter<v1::DeployPart>> writer_;
  v1::DeployPart part_;
  bool is_finished_ = false;
};

}  // namespace

void Client::deploy(const Deployment& deployment, double deadline_s, const Progress& on_progress) {
  require_size(deployment);
  v1::UploadStateRequest request;
  request.set_sha256(deployment.segment.sha256);
  const auto state =
      impl_->call(*impl_->control_stub, &v1::Control::Stub::UploadState, request, deadline_s);
  const std::int64_t total = deployment.segment.bytes;
  const std::int64_t offset =
      state.is_complete() ? total : std::clamp<std::int64_t>(state.bytes(), 0, total);
  Upload upload(deployment, *impl_->control_stub, deadline_s);
  const grpc::Status status = upload.run(offset, on_progress);
  // The worker says DATA_LOSS when the file does not have the segment's checksum.
  const bool is_damaged = status.error_code() == grpc::StatusCode::DATA_LOSS;
  require_ok(status, is_damaged ? deployment.file.string() : impl_->address);
}

}  // namespace scission::runtime
