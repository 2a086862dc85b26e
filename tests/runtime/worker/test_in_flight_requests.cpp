// Admission of requests.
#include "runtime/worker/in_flight_requests.hpp"

#include <memory>
#include <vector>

#include "support/catch.hpp"

using grpc::StatusCode;
using scission::runtime::Cancellable;
using scission::runtime::InFlightRequests;

namespace {

struct Unanswered : Cancellable {
  void cancel(const grpc::Status&) override {}
};

/// A request that is admitted or refused.
struct Request {
  explicit Request(InFlightRequests& in_flight) : status(in_flight.admit(request, slot)) {}

  std::shared_ptr<Cancellable> request = std::make_shared<Unanswered>();
  InFlightRequests::Slot slot;
  grpc::Status status;
};

}  // namespace

TEST_CASE("A request whose answer is being sent makes room for another, up to a limit") {
  InFlightRequests in_flight(1);
  std::vector<std::unique_ptr<Request>> answered;
  for (int i = 0; i < 4; ++i) {
    answered.push_back(std::make_unique<Request>(in_flight));
    REQUIRE(answered.back()->status.ok());
    CHECK(Request(in_flight).status.error_code() == StatusCode::RESOURCE_EXHAUSTED);
    answered.back()->slot.mark_responding();
  }
  CHECK(Request(in_flight).status.error_code() == StatusCode::RESOURCE_EXHAUSTED);
  CHECK(in_flight.count() == 4);
  answered.pop_back();
  CHECK(Request(in_flight).status.ok());
}

TEST_CASE("A forwarded request makes room for its own next visit") {
  InFlightRequests in_flight(1);
  Request first(in_flight);
  first.slot.mark_forwarded();
  CHECK(Request(in_flight).status.ok());
  CHECK(in_flight.forwarding_status().ok());
  std::vector<std::unique_ptr<Request>> others;
  for (int i = 0; i < 3; ++i) {
    others.push_back(std::make_unique<Request>(in_flight));
    others.back()->slot.mark_forwarded();
  }
  CHECK(in_flight.forwarding_status().error_code() == StatusCode::RESOURCE_EXHAUSTED);
  first.slot.mark_responding();
  CHECK(in_flight.forwarding_status().ok());
}
