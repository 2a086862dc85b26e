#include "runtime/worker/control_streams.hpp"

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/require.hpp"
#include "runtime/wire/message_fields.hpp"

namespace scission::runtime {
namespace {

constexpr std::size_t max_manifest_bytes = std::size_t{16} << 20;

[[noreturn]] void refuse_deployment(const std::string& message) {
  throw_invalid_argument(message, "deployment");
}

v1::DeployHeader read_header(DeployStream& parts) {
  v1::DeployPart part;
  if (!parts.Read(&part) || !part.has_header()) {
    refuse_deployment("does not begin with a header");
  }
  if (part.header().segment().size() > max_manifest_bytes) {
    refuse_deployment(fmt::format("its manifest has more than {} bytes", max_manifest_bytes));
  }
  return std::move(*part.mutable_header());
}

NamedSegment read_segment(const v1::DeployHeader& header) {
  try {
    return {header.model(), parse_segment(header.segment(), "segment"), header.lease()};
  } catch (const Error& error) {
    throw_invalid_argument(error.message(), error.place());
  }
}

const std::string& piece_of(const v1::DeployPart& part) {
  if (!part.has_piece()) refuse_deployment("has a second header among the pieces");
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

using Clock = std::chrono::steady_clock;

// Callers send a keep-alive message every second.
constexpr auto max_silence = std::chrono::seconds(10);
constexpr auto poll_interval = std::chrono::milliseconds(50);

struct Taken {
  std::atomic_flag& flag;
  ~Taken() { flag.clear(); }
};

}  // namespace

grpc::Status receive_deployment(WorkerContext& worker, DeployStream& parts) {
  Models& models = worker.models;
  const v1::DeployHeader header = read_header(parts);
  const NamedSegment model = read_segment(header);
  worker.leases.require_held(model.lease);
  models.validate(model);
  if (!models.store().has(model.segment.sha256)) {
    grpc::Status status = receive_file(models.store(), model, header.offset(), parts);
    if (!status.ok()) return status;
  }
  models.serve(model);
  if (!worker.leases.is_held(
          model.lease)) {  // it ended meanwhile, when the model was not there yet
    models.drop(model.model);
    worker.leases.require_held(model.lease);
  }
  worker.log(fmt::format("serves {}, {} bytes", model.model, model.segment.bytes));
  return grpc::Status::OK;
}

/// Reads the caller's messages: the first one, and the others after resume().
class StressStreams::Listener {
 public:
  explicit Listener(Stream& stream) : stream_(stream), thread_([this] { listen(); }) {}

  /// Only after the stream has ended or was cancelled, or before resume().
  ~Listener() {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::optional<v1::StressRequest> first() const {
    const std::lock_guard lock(mutex_);
    return first_;
  }
  void resume() {
    const std::lock_guard lock(mutex_);
    is_resumed_ = true;
    changed_.notify_all();
  }
  bool has_ended() const { return has_ended_; }
  bool is_silent() const {
    const Clock::time_point last{Clock::duration(last_message_.load())};
    return Clock::now() - last > max_silence;
  }

 private:
  void listen() {
    if (read_one()) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return is_resumed_ || is_over_; });
      if (!is_resumed_) return;
      lock.unlock();
      while (read_one()) {
      }
    }
    has_ended_ = true;
  }

  bool read_one() {
    v1::StressRequest message;
    if (!stream_.Read(&message)) return false;
    last_message_ = Clock::now().time_since_epoch().count();
    const std::lock_guard lock(mutex_);
    if (!first_) first_ = message;
    return true;
  }

  Stream& stream_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<v1::StressRequest> first_;
  bool is_resumed_ = false;
  bool is_over_ = false;
  std::atomic<Clock::rep> last_message_ = Clock::now().time_since_epoch().count();
  std::atomic<bool> has_ended_ = false;
  std::thread thread_;  // last: it uses the others
};

grpc::Status StressStreams::serve(grpc::ServerContext& context, Stream& stream) {
  if (is_taken_.test_and_set()) {
    return {grpc::StatusCode::RESOURCE_EXHAUSTED, "is already under stress by another caller"};
  }
  const Taken taken{is_taken_};
  Listener listener(stream);
  grpc::Status status =
      wait_while(context, listener, [&] { return !listener.first().has_value(); });
  if (!status.ok()) context.TryCancel();  // only the end of the stream ends a blocking Read()
  if (!status.ok()) return status;
  const auto first = listener.first();
  if (!first) return {grpc::StatusCode::INVALID_ARGUMENT, "no stress level was sent"};
  return hold(context, stream, listener, {first->cpu_percent(), first->memory_percent()});
}

// Ends on silence and on shutdown, before the first message too.
grpc::Status StressStreams::wait_while(const grpc::ServerContext& context, const Listener& listener,
                                       const std::function<bool()>& lasts) const {
  while (lasts() && !listener.has_ended() && !context.IsCancelled()) {
    if (listener.is_silent()) {
      return {grpc::StatusCode::DEADLINE_EXCEEDED, "no keep-alive message from the caller"};
    }
    if (!is_open_()) return {grpc::StatusCode::UNAVAILABLE, "the worker is shutting down"};
    std::this_thread::sleep_for(poll_interval);
  }
  return grpc::Status::OK;
}

grpc::Status StressStreams::hold(grpc::ServerContext& context, Stream& stream, Listener& listener,
                                 const StressLevel& level) {
  Stress stress(level);
  log_(fmt::format("stress on: {}", to_string(level)));
  v1::StressResponse response;
  response.set_is_on(true);
  stream.Write(response);
  listener.resume();
  const auto is_on = [&] { return !level.is_any() || stress.is_on(); };
  grpc::Status status = wait_while(context, listener, is_on);
  const bool was_wanted = !listener.has_ended() && !context.IsCancelled();
  if (status.ok() && was_wanted && !is_on()) {
    status = {grpc::StatusCode::ABORTED, "stress-ng ended unexpectedly"};
  }
  stress.stop();
  if (!status.ok()) {
    // The caller may be blocked in a write: only cancelling ends that, and it carries the status.
    response.set_is_on(false);
    response.set_reason(status.error_message());
    stream.Write(response);
    context.TryCancel();
  }
  log_(fmt::format("stress off, no process left{}{}", status.ok() ? "" : ": ",
                   status.error_message()));
  return status;
}

}  // namespace scission::runtime
