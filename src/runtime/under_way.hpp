// The requests that a worker has taken on.
#pragma once

#include <grpcpp/support/status.h>

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
/// number. Thread-safe.
class UnderWay {
 public:
  /// A request's place, given back by its destructor.
  class Place {
   public:
    Place() = default;
    ~Place();
    Place(Place&& other) noexcept;
    Place& operator=(Place&& other) noexcept;

   private:
    friend class UnderWay;
    UnderWay* owner_ = nullptr;
    const Endable* request_ = nullptr;
  };

  explicit UnderWay(int most) : most_(most) {}

  /// Gives the request a place: OK, RESOURCE_EXHAUSTED when there is none left, UNAVAILABLE once
  /// closed.
  grpc::Status enter(const std::shared_ptr<Endable>& request, Place& place);

  void close();
  bool is_open() const;
  int count() const;

  /// False when there are some left at `latest`.
  bool wait_until_empty(std::chrono::steady_clock::time_point latest);
  void wait_until_empty();

  /// Ends all that are there.
  void end_all(const grpc::Status& status);

 private:
  void leave(const Endable* request);

  const int most_;
  mutable std::mutex mutex_;
  std::condition_variable emptied_;
  std::map<const Endable*, std::weak_ptr<Endable>> requests_;
  bool is_open_ = true;
};

}  // namespace scission::runtime
