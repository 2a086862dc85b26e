// The requests that a worker has taken on.
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
class Endable {
 public:
  virtual ~Endable() = default;

  /// Answers it with the status, unless it has been answered. From any thread.
  virtual void end(const grpc::Status& status) = 0;
};

/// Counts requests from being taken on to the end of their lives, and refuses those above a
/// number. One that has been handed on to the next system makes room for others, which may be its
/// own next visit, and so does one whose answer is on its way; of either kind there are no more
/// than four times as many. Thread-safe.
class UnderWay {
 public:
  /// A request's place, given back by its destructor.
  class Place {
   public:
    Place() = default;
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    /// The request's tensors are on their way, and it only waits for the answer.
    void hand_on();

    /// Its answer is about to be sent.
    void answer();

   private:
    friend class UnderWay;
    UnderWay* owner_ = nullptr;
    const Endable* request_ = nullptr;
  };

  explicit UnderWay(int most) : most_(most) {}

  /// Gives the request a place: OK, RESOURCE_EXHAUSTED when there is none left, UNAVAILABLE once
  /// closed.
  grpc::Status enter(const std::shared_ptr<Endable>& request, Place& place);

  /// RESOURCE_EXHAUSTED when no more requests may be handed on just now.
  grpc::Status check_onward() const;

  void close();
  bool is_open() const;
  int count() const;

  /// False when there are some left at `latest`.
  bool wait_until_empty(std::chrono::steady_clock::time_point latest);
  void wait_until_empty();

  /// Ends all that are there.
  void end_all(const grpc::Status& status);

 private:
  enum class Phase { here, handed_on, answered };
  struct Entry {
    std::weak_ptr<Endable> request;
    Phase phase = Phase::here;
  };

  void pass_to(const Endable* request, Phase phase);
  void leave(const Endable* request);
  int& count_of(Phase phase) { return counts_[static_cast<std::size_t>(phase)]; }
  int count_of(Phase phase) const { return counts_[static_cast<std::size_t>(phase)]; }

  static constexpr int most_elsewhere_for_each = 4;

  const int most_;
  mutable std::mutex mutex_;
  std::condition_variable emptied_;
  std::map<const Endable*, Entry> requests_;
  std::array<int, 3> counts_ = {};  ///< of them, by phase
  bool is_open_ = true;
};

}  // namespace scission::runtime
