#include "runtime/worker/stress_stream.hpp"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace scission::runtime {
namespace {

using Clock = std::chrono::steady_clock;

// Those who want the stress say so every second.
constexpr auto longest_silence = std::chrono::seconds(10);
constexpr auto look = std::chrono::milliseconds(50);

struct Taken {
  std::atomic_flag& flag;
  ~Taken() { flag.clear(); }
};

}  // namespace

/// Hears what the caller says: one message, and all others once it is told to go on.
class StressStreams::Listener {
 public:
  explicit Listener(Stream& stream) : stream_(stream), thread_([this] { listen(); }) {}

  /// After the stream has ended or was cancelled, or before going on.
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
  void go_on() {
    const std::lock_guard lock(mutex_);
    goes_on_ = true;
    changed_.notify_all();
  }
  bool has_ended() const { return has_ended_; }
  bool is_silent() const {
    const Clock::time_point last{Clock::duration(last_.load())};
    return Clock::now() - last > longest_silence;
  }

 private:
  void listen() {
    if (hear()) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return goes_on_ || is_over_; });
      if (!goes_on_) return;
      lock.unlock();
      while (hear()) {
      }
    }
    has_ended_ = true;
  }

  bool hear() {
    v1::StressRequest message;
    if (!stream_.Read(&message)) return false;
    last_ = Clock::now().time_since_epoch().count();
    const std::lock_guard lock(mutex_);
    if (!first_) first_ = message;
    return true;
  }

  Stream& stream_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<v1::StressRequest> first_;
  bool goes_on_ = false;
  bool is_over_ = false;
  std::atomic<Clock::rep> last_ = Clock::now().time_since_epoch().count();
  std::atomic<bool> has_ended_ = false;
  std::thread thread_;  // last: it uses the others
};

grpc::Status StressStreams::serve(grpc::ServerContext& context, Stream& stream) {
  if (is_taken_.test_and_set()) {
    return {grpc::StatusCode::RESOURCE_EXHAUSTED, "is under somebody's stress already"};
  }
  const Taken taken{is_taken_};
  Listener listener(stream);
  grpc::Status status =
      wait_while(context, listener, [&] { return !listener.first().has_value(); });
  if (!status.ok()) context.TryCancel();  // what a Read() waits in ends with the stream only
  if (!status.ok()) return status;
  const auto first = listener.first();
  if (!first) return {grpc::StatusCode::INVALID_ARGUMENT, "no level was told"};
  return hold(context, stream, listener, {first->cpu_percent(), first->memory_percent()});
}

// Silence and a worker that goes down end it, before the first message too.
grpc::Status StressStreams::wait_while(const grpc::ServerContext& context, const Listener& listener,
                                       const std::function<bool()>& lasts) const {
  while (lasts() && !listener.has_ended() && !context.IsCancelled()) {
    if (listener.is_silent()) {
      return {grpc::StatusCode::DEADLINE_EXCEEDED, "nobody wants the stress any more"};
    }
    if (!is_open_()) return {grpc::StatusCode::UNAVAILABLE, "the worker is shutting down"};
    std::this_thread::sleep_for(look);
  }
  return grpc::Status::OK;
}

grpc::Status StressStreams::hold(grpc::ServerContext& context, Stream& stream, Listener& listener,
                                 const StressLevel& level) {
  Stress stress(level);
  tell_(fmt::format("stress on: {}", to_string(level)));
  v1::StressResponse response;
  response.set_is_on(true);
  stream.Write(response);
  listener.go_on();
  const auto is_on = [&] { return !level.is_any() || stress.is_on(); };
  grpc::Status status = wait_while(context, listener, is_on);
  const bool was_wanted = !listener.has_ended() && !context.IsCancelled();
  if (status.ok() && was_wanted && !is_on()) {
    status = {grpc::StatusCode::ABORTED, "stress-ng has ended of itself"};
  }
  stress.stop();
  if (!status.ok()) {
    // The caller may be waiting to be heard: only cancelling ends that, and takes the status
    // along.
    response.set_is_on(false);
    response.set_reason(status.error_message());
    stream.Write(response);
    context.TryCancel();
  }
  tell_(fmt::format("stress off, nothing of it is left{}{}", status.ok() ? "" : ": ",
                    status.error_message()));
  return status;
}

}  // namespace scission::runtime
