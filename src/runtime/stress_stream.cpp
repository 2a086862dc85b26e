#include "runtime/stress_stream.hpp"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "scission/stress.hpp"

namespace scission::runtime {
namespace {

using Clock = std::chrono::steady_clock;

// Those who want the stress say so every second.
constexpr auto longest_silence = std::chrono::seconds(10);
constexpr auto look = std::chrono::milliseconds(50);

/// Hears what the caller says after the first message.
class Listener {
 public:
  explicit Listener(StressStreams::Stream& stream)
      : thread_([this, &stream] {
          v1::StressRequest more;
          while (stream.Read(&more)) last_ = Clock::now().time_since_epoch().count();
          has_ended_ = true;
        }) {}

  /// After the stream has ended or was cancelled.
  ~Listener() { thread_.join(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  bool has_ended() const { return has_ended_; }
  bool is_silent() const {
    const Clock::time_point last{Clock::duration(last_.load())};
    return Clock::now() - last > longest_silence;
  }

 private:
  std::atomic<Clock::rep> last_ = Clock::now().time_since_epoch().count();
  std::atomic<bool> has_ended_ = false;
  std::thread thread_;  // last: it uses the others
};

struct Taken {
  std::atomic_flag& flag;
  ~Taken() { flag.clear(); }
};

}  // namespace

grpc::Status StressStreams::serve(grpc::ServerContext& context, Stream& stream) {
  if (is_taken_.test_and_set()) {
    return {grpc::StatusCode::RESOURCE_EXHAUSTED, "is under somebody's stress already"};
  }
  const Taken taken{is_taken_};
  return hold(context, stream);
}

grpc::Status StressStreams::hold(grpc::ServerContext& context, Stream& stream) {
  v1::StressRequest first;
  if (!stream.Read(&first)) return {grpc::StatusCode::INVALID_ARGUMENT, "no level was told"};
  const StressLevel level{first.cpu_percent(), first.memory_percent()};
  Stress stress(level);
  tell_(fmt::format("stress on: {}", to_string(level)));
  v1::StressResponse response;
  response.set_is_on(true);
  stream.Write(response);
  grpc::Status status;
  {
    const Listener listener(stream);
    while (!listener.has_ended() && !context.IsCancelled() && status.ok()) {
      if (level.is_any() && !stress.is_on()) {
        status = {grpc::StatusCode::ABORTED, "stress-ng has ended of itself"};
      } else if (listener.is_silent()) {
        status = {grpc::StatusCode::DEADLINE_EXCEEDED, "nobody wants the stress any more"};
      } else if (!is_open_()) {
        status = {grpc::StatusCode::UNAVAILABLE, "the worker is shutting down"};
      } else {
        std::this_thread::sleep_for(look);
      }
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
  }
  tell_(fmt::format("stress off, nothing of it is left{}{}", status.ok() ? "" : ": ",
                    status.error_message()));
  return status;
}

}  // namespace scission::runtime
