#include "runtime/worker/in_flight_requests.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace scission::runtime {

InFlightRequests::Slot::~Slot() {
  if (owner_ != nullptr) owner_->remove(request_);
}

void InFlightRequests::Slot::mark_forwarded() { owner_->set_phase(request_, Phase::forwarded); }

void InFlightRequests::Slot::mark_responding() {
  if (owner_ != nullptr) owner_->set_phase(request_, Phase::responding);
}

grpc::Status InFlightRequests::admit(const std::shared_ptr<Cancellable>& request, Slot& slot) {
  const std::lock_guard lock(mutex_);
  if (!is_open_) return {grpc::StatusCode::UNAVAILABLE, "the worker is shutting down"};
  if (count_of(Phase::local) >= limit_ || count_of(Phase::responding) >= remote_limit()) {
    return {grpc::StatusCode::RESOURCE_EXHAUSTED,
            fmt::format("the worker has {} requests already; try again later", limit_)};
  }
  requests_[request.get()] = {request, Phase::local};
  ++count_of(Phase::local);
  slot.owner_ = this;
  slot.request_ = request.get();
  return grpc::Status::OK;
}

grpc::Status InFlightRequests::forwarding_status() const {
  const std::lock_guard lock(mutex_);
  if (count_of(Phase::forwarded) < remote_limit()) return grpc::Status::OK;
  return {grpc::StatusCode::RESOURCE_EXHAUSTED,
          fmt::format("the worker has forwarded {} requests that are not answered; try again later",
                      remote_limit())};
}

void InFlightRequests::set_phase(const Cancellable* request, Phase phase) {
  const std::lock_guard lock(mutex_);
  Entry& entry = requests_.at(request);
  --count_of(entry.phase);
  entry.phase = phase;
  ++count_of(phase);
}

void InFlightRequests::close() {
  const std::lock_guard lock(mutex_);
  is_open_ = false;
}

bool InFlightRequests::is_open() const {
  const std::lock_guard lock(mutex_);
  return is_open_;
}

int InFlightRequests::count() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(requests_.size());
}

bool InFlightRequests::wait_until_empty(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return emptied_.wait_until(lock, deadline, [&] { return requests_.empty(); });
}

void InFlightRequests::wait_until_empty() {
  std::unique_lock lock(mutex_);
  emptied_.wait(lock, [&] { return requests_.empty(); });
}

void InFlightRequests::cancel_all(const grpc::Status& status) {
  std::vector<std::shared_ptr<Cancellable>> requests;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, entry] : requests_) requests.push_back(entry.request.lock());
  }
  for (const auto& request : requests) {
    if (request) request->cancel(status);
  }
}

void InFlightRequests::remove(const Cancellable* request) {
  const std::lock_guard lock(mutex_);
  const auto found = requests_.find(request);
  --count_of(found->second.phase);
  requests_.erase(found);
  if (requests_.empty()) emptied_.notify_all();
}

}  // namespace scission::runtime
