#include "runtime/client/remote_stress.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "runtime/client/client_impl.hpp"

namespace scission::runtime {
namespace {

using Stream = grpc::ClientReaderWriter<v1::StressRequest, v1::StressResponse>;

v1::StressRequest request_of(const StressLevel& level) {
  v1::StressRequest request;
  request.set_cpu_percent(level.cpu_percent);
  request.set_memory_percent(level.memory_percent);
  return request;
}

}  // namespace

/// The stream, a thread that sends a keep-alive message every second, and a thread that reads the
/// worker's messages.
class RemoteStress::Impl {
 public:
  Impl(const Client::Impl& worker, const StressLevel& level, double deadline_s)
      : address_(worker.address) {
    const Watchdog late(context_, deadline_s);
    stream_ = worker.control_stub->Stress(&context_);
    v1::StressResponse response;
    if (!stream_->Write(request_of(level)) || !stream_->Read(&response)) {
      const grpc::Status status = stream_->Finish();
      require_ok(status, address_);
      throw Error(ErrorCode::io, "ended the stress before it began", address_);
    }
    reader_ = std::thread([this] { read_messages(); });
    keep_alive_ = std::thread([this] { send_keep_alives(); });
  }

  ~Impl() {
    context_.TryCancel();
    join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  bool is_on() const { return is_on_; }

  void stop() {
    constexpr double max_stop_s = 40;  // longer than a worker's Stress waits before it gives up
    {
      const std::lock_guard lock(mutex_);
      is_wanted_ = false;
      changed_.notify_all();
    }
    keep_alive_.join();
    const Watchdog late(context_, max_stop_s);
    stream_->WritesDone();
    reader_.join();
    const grpc::Status status = stream_->Finish();
    if (!reason_.empty()) throw Error(ErrorCode::io, reason_, address_);
    require_ok(status, address_);
  }

 private:
  /// Cancels the call unless destroyed within a number of seconds.
  class Watchdog {
   public:
    Watchdog(grpc::ClientContext& context, double max_s)
        : thread_([this, &context, max_s] {
            std::unique_lock lock(mutex_);
            const std::chrono::duration<double> timeout(max_s);
            if (!over_.wait_for(lock, timeout, [this] { return is_over_; })) context.TryCancel();
          }) {}
    ~Watchdog() {
      {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
      }
      over_.notify_all();
      thread_.join();
    }
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

   private:
    std::mutex mutex_;
    std::condition_variable over_;
    bool is_over_ = false;
    std::thread thread_;
  };

  void read_messages() {
    v1::StressResponse more;
    while (stream_->Read(&more)) {
      if (!more.is_on()) reason_ = more.reason();
    }
    is_on_ = false;
  }

  void send_keep_alives() {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, std::chrono::seconds(1), [this] { return !is_wanted_; })) {
      if (!stream_->Write(v1::StressRequest())) return;
    }
  }

  void join() {
    {
      const std::lock_guard lock(mutex_);
      is_wanted_ = false;
      changed_.notify_all();
    }
    if (keep_alive_.joinable()) keep_alive_.join();
    if (reader_.joinable()) reader_.join();
  }

  const std::string address_;
  grpc::ClientContext context_;
  std::unique_ptr<Stream> stream_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_wanted_ = true;
  std::atomic<bool> is_on_ = true;
  std::string reason_;  ///< why the worker ended it; the reader's until it is joined
  std::thread reader_;
  std::thread keep_alive_;
};

RemoteStress::RemoteStress(const Client& worker, const StressLevel& level, double deadline_s) {
  validate_stress(level);
  impl_ = std::make_unique<Impl>(*worker.impl_, level, deadline_s);
}

RemoteStress::~RemoteStress() {
  try {
    stop();
  } catch (const Error&) {
    // The worker is unreachable, and ends the stress on its own.
  }
}

bool RemoteStress::is_on() const { return impl_ && impl_->is_on(); }

void RemoteStress::stop() {
  if (!impl_) return;
  const std::unique_ptr<Impl> ending = std::move(impl_);
  ending->stop();
}

}  // namespace scission::runtime
