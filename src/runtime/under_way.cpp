#include "runtime/under_way.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace scission::runtime {

UnderWay::Place::~Place() {
  if (owner_ != nullptr) owner_->leave(request_);
}

void UnderWay::Place::hand_on() { owner_->hand_on(request_); }

grpc::Status UnderWay::enter(const std::shared_ptr<Endable>& request, Place& place) {
  const std::lock_guard lock(mutex_);
  if (!is_open_) return {grpc::StatusCode::UNAVAILABLE, "the worker is shutting down"};
  if (static_cast<int>(requests_.size()) - handed_on_ >= most_) {
    return {grpc::StatusCode::RESOURCE_EXHAUSTED,
            fmt::format("the worker has {} requests already; try again later", most_)};
  }
  requests_[request.get()] = {request, false};
  place.owner_ = this;
  place.request_ = request.get();
  return grpc::Status::OK;
}

grpc::Status UnderWay::check_onward() const {
  const std::lock_guard lock(mutex_);
  const int most = most_handed_on_for_each_ * most_;
  if (handed_on_ < most) return grpc::Status::OK;
  return {grpc::StatusCode::RESOURCE_EXHAUSTED,
          fmt::format("the worker has handed on {} requests that are not answered; try again later",
                      most)};
}

void UnderWay::hand_on(const Endable* request) {
  const std::lock_guard lock(mutex_);
  Entry& entry = requests_.at(request);
  if (!std::exchange(entry.is_handed_on, true)) ++handed_on_;
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
    for (const auto& [key, entry] : requests_) requests.push_back(entry.request.lock());
  }
  for (const auto& request : requests) {
    if (request) request->end(status);
  }
}

void UnderWay::leave(const Endable* request) {
  const std::lock_guard lock(mutex_);
  const auto found = requests_.find(request);
  handed_on_ -= found->second.is_handed_on ? 1 : 0;
  requests_.erase(found);
  if (requests_.empty()) emptied_.notify_all();
}

}  // namespace scission::runtime
