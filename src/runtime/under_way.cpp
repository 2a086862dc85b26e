#include "runtime/under_way.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace scission::runtime {

UnderWay::Place::~Place() {
  if (owner_ != nullptr) owner_->leave(request_);
}

UnderWay::Place::Place(Place&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), request_(other.request_) {}

UnderWay::Place& UnderWay::Place::operator=(Place&& other) noexcept {
  std::swap(owner_, other.owner_);
  std::swap(request_, other.request_);
  return *this;
}

grpc::Status UnderWay::enter(const std::shared_ptr<Endable>& request, Place& place) {
  const std::lock_guard lock(mutex_);
  if (!is_open_) return {grpc::StatusCode::UNAVAILABLE, "the worker is shutting down"};
  if (requests_.size() >= static_cast<std::size_t>(most_)) {
    return {grpc::StatusCode::RESOURCE_EXHAUSTED,
            fmt::format("the worker has {} requests already; try again later", most_)};
  }
  requests_.emplace(request.get(), request);
  place.owner_ = this;
  place.request_ = request.get();
  return grpc::Status::OK;
}

void UnderWay::close() {
  const std::lock_guard lock(mutex_);
  is_open_ = false;
}

bool UnderWay::is_open() const {
  const std::lock_guard lock(mutex_);
  return is_open_;
}

int UnderWay::count() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(requests_.size());
}

bool UnderWay::wait_until_empty(std::chrono::steady_clock::time_point latest) {
  std::unique_lock lock(mutex_);
  return emptied_.wait_until(lock, latest, [&] { return requests_.empty(); });
}

void UnderWay::wait_until_empty() {
  std::unique_lock lock(mutex_);
  emptied_.wait(lock, [&] { return requests_.empty(); });
}

void UnderWay::end_all(const grpc::Status& status) {
  std::vector<std::shared_ptr<Endable>> requests;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, request] : requests_) requests.push_back(request.lock());
  }
  for (const auto& request : requests) {
    if (request) request->end(status);
  }
}

void UnderWay::leave(const Endable* request) {
  const std::lock_guard lock(mutex_);
  requests_.erase(request);
  if (requests_.empty()) emptied_.notify_all();
}

}  // namespace scission::runtime
