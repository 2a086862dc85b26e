// Deployment: sending a segment's file. Each piece of up to 1 MiB is copied twice: from the file
// into the message, and by protobuf into gRPC's slice.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <system_error>
#include <thread>
#include <utility>

#include "base/seconds.hpp"
#include "runtime/client/client_impl.hpp"
#include "runtime/client/deadlines.hpp"
#include "runtime/client/link_use.hpp"
#include "runtime/threads/threads.hpp"
#include "runtime/wire/message_fields.hpp"
#include "runtime/wire/stall_watch.hpp"

namespace scission::runtime {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t piece_bytes = 256 << 10;
constexpr std::int64_t min_piece_bytes = 4 << 10;
constexpr std::int64_t max_piece_bytes = 1 << 20;
constexpr double min_on_link_s = 0.003;
constexpr double max_pause_s = 1;                // a single late answer may have other reasons
constexpr std::int64_t window_bytes = 16 << 20;  // unacknowledged bytes of an unpaced upload

void validate_size(const Deployment& deployment) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(deployment.file, error);
  if (error) {
    throw Error(
        error == std::errc::no_such_file_or_directory ? ErrorCode::not_found : ErrorCode::io,
        "cannot be read: " + error.message(), deployment.file.string());
  }
  if (bytes == static_cast<std::uintmax_t>(deployment.segment.bytes)) return;
  throw Error(ErrorCode::damaged,
              fmt::format("has {} bytes, but the segment has {}: split the model again", bytes,
                          deployment.segment.bytes),
              deployment.file.string());
}

v1::DeployPart header_of(const Deployment& deployment, const std::string& lease,
                         std::int64_t offset) {
  v1::DeployPart part;
  v1::DeployHeader& header = *part.mutable_header();
  header.set_model(deployment.model);
  header.set_segment(format_segment(deployment.segment));
  header.set_offset(offset);
  header.set_lease(lease);
  header.set_is_whole(deployment.is_whole);
  header.set_any_batch(deployment.any_batch);
  return part;
}

/// Calls a function when a worker has stopped answering.
class UploadWatch {
 public:
  UploadWatch(HealthCheck check, double stall_s, std::function<void()> on_stalled)
      : watch_({std::move(check)}, stall_s), on_stalled_(std::move(on_stalled)) {
    if (watch_.is_on()) step_later();
  }
  ~UploadWatch() { is_ending_ = true; }
  UploadWatch(const UploadWatch&) = delete;
  UploadWatch& operator=(const UploadWatch&) = delete;

  bool has_stalled() const { return has_stalled_; }

 private:
  void step_later() {
    timer_.after(watch_.tick_s(), [this, last = Clock::now()] {
      if (is_ending_) return;
      if (watch_.step(seconds_since(last)).empty()) return step_later();
      has_stalled_ = true;
      on_stalled_();
    });
  }

  StallWatch watch_;
  std::function<void()> on_stalled_;
  std::atomic<bool> is_ending_ = false;
  std::atomic<bool> has_stalled_ = false;
  TimerThread timer_;  // last: it uses the other members
};

/// One upload, from `offset` to the file's end.
class Upload {
 public:
  Upload(const Deployment& deployment, const std::string& lease, v1::Control::Stub& stub,
         double deadline_s)
      : deployment_(deployment),
        lease_(lease),
        total_(deployment.segment.bytes),
        file_(deployment.file, std::ios::binary) {
    context_.set_deadline(deadline_in(deadline_s));
    stream_ = stub.Deploy(&context_);
  }

  /// Callable on any thread: run() soon returns CANCELLED.
  void cancel() { context_.TryCancel(); }

  grpc::Status run(std::int64_t offset, const UploadOptions& options) {
    offset_ = offset;
    file_.seekg(offset);
    const auto start = Clock::now();
    bool is_open = stream_->Write(header_of(deployment_, lease_, offset));
    if (offset_ < total_) is_open = is_open && await(offset_);
    UploadPacer pace(seconds_since(start));
    while (is_open && offset_ < total_) {
      const double share = options.share ? options.share() : 1;
      is_open = share < 1 ? send_paced(pace, share) : send_piece(piece_bytes, window_bytes);
      if (is_open) report(options);
    }
    return finish(options);
  }

  ~Upload() {
    if (is_finished_) return;
    context_.TryCancel();
    (void)stream_->Finish();
  }
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

 private:
  /// Sends up to `bytes` more, and waits until at most `max_unacknowledged` bytes are in flight.
  /// False when the worker has ended the call; finish() returns its status.
  bool send_piece(std::int64_t bytes, std::int64_t max_unacknowledged) {
    bytes = std::min(bytes, total_ - offset_);
    std::string& piece = *part_.mutable_piece();
    piece.resize(static_cast<std::size_t>(bytes));
    if (!file_.read(piece.data(), bytes)) {
      throw Error(ErrorCode::io, "cannot be read to its end", deployment_.file.string());
    }
    offset_ += bytes;
    return stream_->Write(part_) && await(offset_ - max_unacknowledged);
  }

  bool send_paced(UploadPacer& pace, double share) {
    const std::int64_t before = offset_;
    const auto begin = Clock::now();
    const bool is_accepted = send_piece(pace.piece_bytes(), 0);
    const double pause_s = pace.pause_after(offset_ - before, seconds_since(begin), share);
    if (is_accepted && offset_ < total_) {
      std::this_thread::sleep_for(std::chrono::duration<double>(pause_s));
    }
    return is_accepted;
  }

  /// Waits until the worker has acknowledged `bytes`.
  bool await(std::int64_t bytes) {
    while (progress_.bytes() < bytes || !is_answered_) {
      if (!stream_->Read(&progress_)) return false;
      is_answered_ = true;
    }
    return true;
  }

  /// What the worker has acknowledged: what is only sent may still be on the way for long.
  void report(const UploadOptions& options) const {
    if (options.on_progress) options.on_progress(progress_.bytes(), total_);
  }

  grpc::Status finish(const UploadOptions& options) {
    stream_->WritesDone();
    while (stream_->Read(&progress_)) report(options);
    is_finished_ = true;
    return stream_->Finish();
  }

  const Deployment& deployment_;
  const std::string& lease_;
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

// The link is idle while an acknowledgement returns: the longer that takes, the larger the pieces
// must be to reach the share.
double UploadPacer::pause_after(std::int64_t bytes, double seconds, double share) {
  answer_s_ = std::min(answer_s_, seconds);
  const double on_link_s = seconds - answer_s_;
  resize(bytes, on_link_s, std::max(min_on_link_s, answer_s_ * share / (1 - share)));
  return std::clamp(on_link_s / share - seconds, 0.0, max_pause_s);
}

void UploadPacer::resize(std::int64_t bytes, double on_link_s, double wanted_s) {
  if (bytes < piece_bytes_) return;  // the last piece of the file
  const double longer = on_link_s > wanted_s / 2 ? std::max(0.5, wanted_s / on_link_s) : 2;
  const double wanted = static_cast<double>(bytes) * longer;
  piece_bytes_ = std::clamp(static_cast<std::int64_t>(wanted), min_piece_bytes, max_piece_bytes);
}

void Client::deploy(const Deployment& deployment, double deadline_s, const UploadOptions& options) {
  constexpr auto pause = std::chrono::milliseconds(100);
  validate_size(deployment);
  const auto start = Clock::now();
  const auto left_s = [&] { return deadline_s - seconds_since(start); };
  const auto attempt = [&] {
    v1::UploadStateRequest request;
    request.set_sha256(deployment.segment.sha256);
    const auto state = impl_->call(*impl_->control_stub, &v1::Control::Stub::UploadState, request,
                                   std::min(left_s(), short_call_deadline_s));
    const std::int64_t total = deployment.segment.bytes;
    const std::int64_t offset =
        state.is_complete() ? total : std::clamp<std::int64_t>(state.bytes(), 0, total);
    Upload upload(deployment, impl_->lease, *impl_->control_stub, left_s());
    const HealthCheck check{"", [this](double within_s, std::function<void(bool)> done) {
                              check_health(within_s, std::move(done));
                            }};
    const UploadWatch watch(check, options.stall_timeout_s, [&] { upload.cancel(); });
    const grpc::Status status = upload.run(offset, options);
    if (!watch.has_stalled() || status.ok()) return status;
    throw Error(ErrorCode::io,
                fmt::format("answered no health check for {:g} s", options.stall_timeout_s),
                impl_->address);
  };
  grpc::Status status = attempt();
  // ABORTED: another client sends the file just now.
  while (status.error_code() == grpc::StatusCode::ABORTED && left_s() > 0) {
    std::this_thread::sleep_for(pause);
    status = attempt();
  }
  // DATA_LOSS: the file does not have the segment's checksum.
  const bool is_damaged = status.error_code() == grpc::StatusCode::DATA_LOSS;
  require_ok(status, is_damaged ? deployment.file.string() : impl_->address);
}

}  // namespace scission::runtime
