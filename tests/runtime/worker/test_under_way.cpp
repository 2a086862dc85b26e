// The requests that a worker has taken on.
#include "runtime/worker/under_way.hpp"

#include <memory>
#include <vector>

#include "support/catch.hpp"

using grpc::StatusCode;
using scission::runtime::Endable;
using scission::runtime::UnderWay;

namespace {

struct Nothing : Endable {
  void end(const grpc::Status&) override {}
};

/// A request that is taken on, or refused.
struct Taken {
  explicit Taken(UnderWay& under_way) : status(under_way.enter(request, place)) {}

  std::shared_ptr<Endable> request = std::make_shared<Nothing>();
  UnderWay::Place place;
  grpc::Status status;
};

}  // namespace

TEST_CASE("A request whose answer is on its way makes room for another, within bounds") {
  UnderWay under_way(1);
  std::vector<std::unique_ptr<Taken>> answered;
  for (int i = 0; i < 4; ++i) {
    answered.push_back(std::make_unique<Taken>(under_way));
    REQUIRE(answered.back()->status.ok());
    CHECK(Taken(under_way).status.error_code() == StatusCode::RESOURCE_EXHAUSTED);
    answered.back()->place.answer();
  }
  CHECK(Taken(under_way).status.error_code() == StatusCode::RESOURCE_EXHAUSTED);
  CHECK(under_way.count() == 4);
  answered.pop_back();
  CHECK(Taken(under_way).status.ok());
}

TEST_CASE("A request that was handed on makes room for its own next visit") {
  UnderWay under_way(1);
  Taken first(under_way);
  first.place.hand_on();
  CHECK(Taken(under_way).status.ok());
  CHECK(under_way.check_onward().ok());
  std::vector<std::unique_ptr<Taken>> others;
  for (int i = 0; i < 3; ++i) {
    others.push_back(std::make_unique<Taken>(under_way));
    others.back()->place.hand_on();
  }
  CHECK(under_way.check_onward().error_code() == StatusCode::RESOURCE_EXHAUSTED);
  first.place.answer();
  CHECK(under_way.check_onward().ok());
}
