// The requests that a worker has taken on.
#include "runtime/worker/in_flight_requests.hpp"

#include <memory>
#include <vector>

#include "support/catch.hpp"

using grpc::StatusCode;
using scission::runtime::Cancellable;
using scission::runtime::InFlightRequests;

namespace {

struct Nothing : Cancellable {
  void cancel(const grpc::Status&) override {}
};

/// A request that is taken on, or refused.
struct Taken {
  explicit Taken(InFlightRequests& in_flight) : status(in_flight.admit(request, slot)) {}

  std::shared_ptr<Cancellable> request = std::make_shared<Nothing>();
  InFlightRequests::Slot slot;
  grpc::Status status;
};

}  // namespace

TEST_CASE("A request whose answer is on its way makes room for another, within bounds") {
  InFlightRequests in_flight(1);
  std::vector<std::unique_ptr<Taken>> answered;
  for (int i = 0; i < 4; ++i) {
    answered.push_back(std::make_unique<Taken>(in_flight));
    REQUIRE(answered.back()->status.ok());
    CHECK(Taken(in_flight).status.error_code() == StatusCode::RESOURCE_EXHAUSTED);
    answered.back()->slot.mark_responding();
  }
  CHECK(Taken(in_flight).status.error_code() == StatusCode::RESOURCE_EXHAUSTED);
  CHECK(in_flight.count() == 4);
  answered.pop_back();
  CHECK(Taken(in_flight).status.ok());
}

TEST_CASE("A request that was handed on makes room for its own next visit") {
  InFlightRequests in_flight(1);
  Taken first(in_flight);
  first.slot.mark_forwarded();
  CHECK(Taken(in_flight).status.ok());
  CHECK(in_flight.check_forwarding().ok());
  std::vector<std::unique_ptr<Taken>> others;
  for (int i = 0; i < 3; ++i) {
    others.push_back(std::make_unique<Taken>(in_flight));
    others.back()->slot.mark_forwarded();
  }
  CHECK(in_flight.check_forwarding().error_code() == StatusCode::RESOURCE_EXHAUSTED);
  first.slot.mark_responding();
  CHECK(in_flight.check_forwarding().ok());
}
