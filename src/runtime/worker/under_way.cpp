#include "runtime/worker/under_way.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace scission::runtime {

UnderWay::Place::~Place() {
  if (owner_ != nullptr) owner_->leave(request_);
}

void UnderWay::Place::hand_on() { owner_->pass_to(request_, Phase::handed_on); }

void UnderWay::Place::answer() {
  if (owner_ != nullptr) owner_->pass_to(request_, Phase::answered);
}

grpc::Status UnderWay::enter(const std::shared_ptr<Endable>& request, Place& place) {
  const std::lock_guard lock(mutex_);
  if (!is_open_) return {grpc::StatusCode::UNAVAILABLE, "the worker is shutting down"};
  if (count_of(Phase::here) >= most_ ||
      count_of(Phase::answered) >= most_elsewhere_for_each * most_) {
    return {grpc::StatusCode::RESOURCE_EXHAUSTED,
            fmt::format("the worker has {} requests already; try again later", most_)};
  }
  requests_[request.get()] = {request, Phase::here};
  ++count_of(Phase::here);
  place.owner_ = this;
  place.request_ = request.get();
  return grpc::Status::OK;
}

grpc::Status UnderWay::check_onward() const {
  const std::lock_guard lock(mutex_);
  const int most = most_elsewhere_for_each * most_;
  if (count_of(Phase::handed_on) < most) return grpc::Status::OK;
  return {grpc::StatusCode::RESOURCE_EXHAUSTED,
          fmt::format("the worker has handed on {} requests that are not answered; try again later",
                      most)};
}

void UnderWay::pass_to(const Endable* request, Phase phase) {
  const std::lock_guard lock(mutex_);
  Entry& entry = requests_.at(request);
  --count_of(entry.phase);
  entry.phase = phase;
  ++count_of(phase);
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
  --count_of(found->second.phase);
  requests_.erase(found);
  if (requests_.empty()) emptied_.notify_all();
}

}  // namespace scission::runtime
