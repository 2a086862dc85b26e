// Sending a segment's file.
//
// Copies: each piece of up to 1 MiB from the file into the message, and by protobuf into gRPC's
// slice.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <thread>
#include <utility>

#include "base/seconds.hpp"
#include "runtime/client/client_impl.hpp"
#include "runtime/client/upload_pace.hpp"
#include "runtime/wire/segment_text.hpp"

namespace scission::runtime {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t piece_bytes = 256 << 10;
constexpr std::int64_t window_bytes = 16 << 20;  // on their way, of an upload that may have it all

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
      : deployment_(deployment),
        total_(deployment.segment.bytes),
        file_(deployment.file, std::ios::binary) {
    context_.set_deadline(deadline_in(deadline_s));
    stream_ = stub.Deploy(&context_);
  }

  grpc::Status run(std::int64_t offset, const UploadOptions& options) {
    offset_ = offset;
    file_.seekg(offset);
    const auto start = Clock::now();
    bool goes_on = stream_->Write(header_of(deployment_, offset));
    if (offset_ < total_) goes_on = goes_on && await(offset_);
    UploadPace pace(seconds_since(start));
    while (goes_on && offset_ < total_) {
      const double share = options.share ? options.share() : 1;
      goes_on = share < 1 ? send_paced(pace, share) : send(piece_bytes, window_bytes);
      if (goes_on && options.on_progress) options.on_progress(offset_, total_);
    }
    return finish();
  }

  ~Upload() {
    if (is_finished_) return;
    context_.TryCancel();
    (void)stream_->Finish();
  }
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

 private:
  /// Sends up to so many bytes more; at most `most_on_way` are on their way then. False when the
  /// worker has ended the call; finish() says why.
  bool send(std::int64_t bytes, std::int64_t most_on_way) {
    bytes = std::min(bytes, total_ - offset_);
    std::string& piece = *part_.mutable_piece();
    piece.resize(static_cast<std::size_t>(bytes));
    if (!file_.read(piece.data(), bytes)) {
      throw Error(ErrorCode::io, "cannot be read to its end", deployment_.file.string());
    }
    offset_ += bytes;
    return stream_->Write(part_) && await(offset_ - most_on_way);
  }

  bool send_paced(UploadPace& pace, double share) {
    const std::int64_t before = offset_;
    const auto begin = Clock::now();
    const bool is_taken = send(pace.piece_bytes(), 0);
    const double pause_s = pace.pause_after(offset_ - before, seconds_since(begin), share);
    if (is_taken && offset_ < total_) {
      std::this_thread::sleep_for(std::chrono::duration<double>(pause_s));
    }
    return is_taken;
  }

  /// Until the worker has so many bytes.
  bool await(std::int64_t bytes) {
    while (progress_.bytes() < bytes || !is_answered_) {
      if (!stream_->Read(&progress_)) return false;
      is_answered_ = true;
    }
    return true;
  }

  grpc::Status finish() {
    stream_->WritesDone();
    while (stream_->Read(&progress_)) {
    }
    is_finished_ = true;
    return stream_->Finish();
  }

  const Deployment& deployment_;
  const std::int64_t total_;
  std::int64_t offset_ = 0;
  std::ifstream file_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::DeployPart, v1::DeployProgress>> stream_;
  v1::DeployPart part_;
  v1::DeployProgress progress_;
  bool is_answered_ = false;
  bool is_finished_ = false;
};

}  // namespace

void Client::deploy(const Deployment& deployment, double deadline_s, const UploadOptions& options) {
  require_size(deployment);
  v1::UploadStateRequest request;
  request.set_sha256(deployment.segment.sha256);
  const auto state =
      impl_->call(*impl_->control_stub, &v1::Control::Stub::UploadState, request, deadline_s);
  const std::int64_t total = deployment.segment.bytes;
  const std::int64_t offset =
      state.is_complete() ? total : std::clamp<std::int64_t>(state.bytes(), 0, total);
  Upload upload(deployment, *impl_->control_stub, deadline_s);
  const grpc::Status status = upload.run(offset, options);
  // The worker says DATA_LOSS when the file does not have the segment's checksum.
  const bool is_damaged = status.error_code() == grpc::StatusCode::DATA_LOSS;
  require_ok(status, is_damaged ? deployment.file.string() : impl_->address);
}

}  // namespace scission::runtime
