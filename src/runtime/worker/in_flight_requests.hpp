// The requests that a worker has accepted and not finished.
#pragma once

#include <grpcpp/support/status.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>

namespace scission::runtime {

/// A request that can be ended from outside.
class Cancellable {
 public:
  virtual ~Cancellable() = default;

  /// Answers the request with the status unless it has been answered. Callable on any thread.
  virtual void cancel(const grpc::Status& status) = 0;
};

/// Admission control: tracks requests from acceptance to the end of their lifetime, and refuses
/// those above a limit. A request that was forwarded to the next system no longer counts against
/// the limit (it may come back as its own next visit), nor does one whose answer is being sent; of
/// either kind, four times the limit are admitted. Thread-safe.
class InFlightRequests {
 public:
  /// A request's admission, returned by its destructor.
  class Slot {
   public:
    Slot() = default;
    ~Slot();
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

    void mark_forwarded();   ///< its tensors are sent to the next system
    void mark_responding();  ///< its answer is about to be sent; no effect if not admitted

   private:
    friend class InFlightRequests;
    InFlightRequests* owner_ = nullptr;
    const Cancellable* request_ = nullptr;
  };

  explicit InFlightRequests(int limit) : limit_(limit) {}

  /// OK if the request was admitted, RESOURCE_EXHAUSTED at the limit, UNAVAILABLE once closed.
  grpc::Status admit(const std::shared_ptr<Cancellable>& request, Slot& slot);

  /// RESOURCE_EXHAUSTED when no further request may be forwarded at present.
  grpc::Status forwarding_status() const;

  void close();
  bool is_open() const;
  int count() const;

  /// False if requests are left at `deadline`.
  bool wait_until_empty(std::chrono::steady_clock::time_point deadline);
  void wait_until_empty();

  /// Cancels all requests that are in flight.
  void cancel_all(const grpc::Status& status);

 private:
  enum class Phase { local, forwarded, responding };
  struct Entry {
    std::weak_ptr<Cancellable> request;
    Phase phase = Phase::local;
  };

  void set_phase(const Cancellable* request, Phase phase);
  void remove(const Cancellable* request);
  int& count_of(Phase phase) { return counts_[static_cast<std::size_t>(phase)]; }
  int count_of(Phase phase) const { return counts_[static_cast<std::size_t>(phase)]; }
  int remote_limit() const { return 4 * limit_; }  ///< of forwarded, and of responding, requests

  const int limit_;
  mutable std::mutex mutex_;
  std::condition_variable emptied_;
  std::map<const Cancellable*, Entry> requests_;
  std::array<int, 3> counts_ = {};  ///< of requests, by phase
  bool is_open_ = true;
};

}  // namespace scission::runtime
