#include "runtime/worker/control_streams.hpp"

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/require.hpp"
#include "base/seconds.hpp"
#include "runtime/wire/message_fields.hpp"
#include "runtime/wire/status.hpp"

namespace scission::runtime {
namespace {

constexpr std::size_t max_manifest_bytes = std::size_t{16} << 20;
constexpr std::string_view try_again = "; try again later";

[[noreturn]] void refuse_deployment(const std::string& message) {
  throw_invalid_argument(message, "deployment");
}

/// Cuts a call off when its other end lets it wait for longer than a limit.
class StallLimit {
 public:
  StallLimit(grpc::ServerContext& context, TimerThread& timer, double limit_s)
      : state_(std::make_shared<State>()) {
    state_->context = &context;
    state_->limit_s = limit_s;
    watch(state_, timer, limit_s);
  }
  ~StallLimit() {
    const std::lock_guard lock(state_->mutex);
    state_->context = nullptr;
  }
  StallLimit(const StallLimit&) = delete;
  StallLimit& operator=(const StallLimit&) = delete;

  /// Calls `step`, which waits for the other end.
  template <typename Step>
  bool wait_for(Step step) {
    set_waiting(std::chrono::steady_clock::now());
    const bool result = step();
    set_waiting(std::nullopt);
    return result;
  }

  bool is_exceeded() const {
    const std::lock_guard lock(state_->mutex);
    return state_->is_exceeded;
  }

 private:
  using Time = std::chrono::steady_clock::time_point;

  /// Shared with the timer, which may be late.
  struct State {
    std::mutex mutex;
    grpc::ServerContext* context = nullptr;  // null: the call has ended
    double limit_s = 0;
    std::optional<Time> waiting_since;
    bool is_exceeded = false;

    /// Seconds until the limit; nullopt: the call has ended, or is cut off now.
    std::optional<double> check() {
      const std::lock_guard lock(mutex);
      if (context == nullptr) return std::nullopt;
      const double left_s = waiting_since ? limit_s - seconds_since(*waiting_since) : limit_s;
      if (left_s > 0) return left_s;
      is_exceeded = true;
      context->TryCancel();
      return std::nullopt;
    }
  };

  static void watch(const std::shared_ptr<State>& state, TimerThread& timer, double delay_s) {
    timer.after(delay_s, [state, &timer] {
      if (const auto left_s = state->check()) watch(state, timer, *left_s);
    });
  }

  void set_waiting(std::optional<Time> since) {
    const std::lock_guard lock(state_->mutex);
    state_->waiting_since = since;
  }

  const std::shared_ptr<State> state_;
};

/// A deployment's stream.
class DeployParts {
 public:
  DeployParts(DeployStream& stream, StallLimit& limit) : stream_(stream), limit_(limit) {}

  bool read(v1::DeployPart& part) {
    return limit_.wait_for([&] { return stream_.Read(&part); });
  }

  // A failed write means that the caller has ended the call, and reads no acknowledgements.
  void acknowledge(std::int64_t bytes) {
    v1::DeployProgress progress;
    progress.set_bytes(bytes);
    limit_.wait_for([&] { return stream_.Write(progress); });
  }

 private:
  DeployStream& stream_;
  StallLimit& limit_;
};

v1::DeployHeader read_header(DeployParts& parts) {
  v1::DeployPart part;
  if (!parts.read(part) || !part.has_header()) {
    refuse_deployment("does not begin with a header");
  }
  if (part.header().segment().size() > max_manifest_bytes) {
    refuse_deployment(fmt::format("its manifest has more than {} bytes", max_manifest_bytes));
  }
  return std::move(*part.mutable_header());
}

NamedSegment read_segment(const v1::DeployHeader& header) {
  try {
    return {header.model(), parse_segment(header.segment(), "segment"), header.lease(),
            header.is_whole(), header.any_batch()};
  } catch (const Error& error) {
    throw_invalid_argument(error.message(), error.place());
  }
}

const std::string& piece_of(const v1::DeployPart& part) {
  if (!part.has_piece()) refuse_deployment("has a second header among the pieces");
  return part.piece();
}

/// Refuses a deployment for now: Client::deploy() tries again soon. Not a failure of either end.
grpc::Status not_yet(const std::string& reason) {
  return {grpc::StatusCode::ABORTED, fmt::format("{}{}", reason, try_again)};
}

grpc::Status receive_file(SegmentStore& store, const NamedSegment& model, std::int64_t offset,
                          DeployParts& parts) {
  const auto upload = store.upload(model.segment);
  if (!upload) return not_yet("another caller uploads the same file");
  if (offset != upload->bytes()) {
    return not_yet(fmt::format("the upload resumes at byte {}, not {}", upload->bytes(), offset));
  }
  parts.acknowledge(offset);
  for (v1::DeployPart part; parts.read(part);) {
    upload->append(piece_of(part));
    parts.acknowledge(upload->bytes());
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

struct Counted {
  explicit Counted(std::atomic<int>& count) : counter(count), number(++count) {}
  ~Counted() { --counter; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

  std::atomic<int>& counter;
  const int number;  ///< from 1
};

grpc::Status receive_deployment(WorkerContext& worker, DeployParts& parts) {
  Models& models = worker.models;
  const v1::DeployHeader header = read_header(parts);
  const NamedSegment model = read_segment(header);
  worker.leases.require_held(model.lease);
  models.validate(model);
  require_memory(model.segment.bytes);
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

}  // namespace

grpc::Status Deployments::receive(grpc::ServerContext& context, DeployStream& stream) {
  const Counted counted(count_);
  if (counted.number > worker_.limits.deployments) {
    return not_yet(
        fmt::format("{} deployments are under way, the limit", worker_.limits.deployments));
  }
  StallLimit limit(context, worker_.timer, worker_.limits.stall_s);
  DeployParts parts(stream, limit);
  grpc::Status status = guarded([&] { return receive_deployment(worker_, parts); });
  if (limit.is_exceeded()) {
    status = {grpc::StatusCode::DEADLINE_EXCEEDED,
              fmt::format("the caller was silent for {} s", worker_.limits.stall_s)};
  }
  const bool has_failed = !status.ok() && !status.error_message().ends_with(try_again);
  if (has_failed) worker_.warn("a deployment failed: " + status.error_message());
  return status;
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
