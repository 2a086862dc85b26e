#include "runtime/wire/status.hpp"
#include "support/catch.hpp"

using namespace scission::runtime;

namespace {

CallFailure passing() {
  CallFailure failure;
  failure.is_transient = true;
  return failure;
}

RetryOptions patient(int retries) {
  RetryOptions options;
  options.deadline_s = 100;
  options.retries = retries;
  options.backoff_s = 0.02;
  return options;
}

}  // namespace

TEST_CASE("Each wait is twice the one before, a quarter more or less, up to a second") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    double expected_s = 0.02;
    for (int attempts = 1; attempts <= 10; ++attempts, expected_s *= 2) {
      const auto wait_s = wait_before_retry(patient(10), passing(), attempts, 0, seed);
      REQUIRE(wait_s.has_value());
      CHECK(*wait_s >= 0.75 * std::min(expected_s, 1.0));
      CHECK(*wait_s <= 1.25 * std::min(expected_s, 1.0));
    }
  }
}

TEST_CASE("Requests that failed together wait for different times") {
  CHECK(wait_before_retry(patient(3), passing(), 1, 0, 1) !=
        wait_before_retry(patient(3), passing(), 1, 0, 2));
}

TEST_CASE("There are no more retries than asked for") {
  CHECK(wait_before_retry(patient(3), passing(), 3, 0, 1).has_value());
  CHECK_FALSE(wait_before_retry(patient(3), passing(), 4, 0, 1).has_value());
  CHECK_FALSE(wait_before_retry(patient(0), passing(), 1, 0, 1).has_value());
}

TEST_CASE("A server that says when is asked again then, as often as the deadline allows") {
  CallFailure refused = passing();
  refused.retry_after_s = 8;
  for (int attempts = 1; attempts <= 10; ++attempts) {
    const auto wait_s = wait_before_retry(patient(3), refused, attempts, 80, 1);
    REQUIRE(wait_s.has_value());
    CHECK(*wait_s >= 8);
    CHECK(*wait_s <= 10);
  }
  CHECK_FALSE(wait_before_retry(patient(3), refused, 1, 92, 1).has_value());
}

TEST_CASE("What is refused is not sent again") {
  CallFailure refused;
  CHECK_FALSE(wait_before_retry(patient(3), refused, 1, 0, 1).has_value());
}

TEST_CASE("Nothing is sent again after the deadline") {
  CHECK(wait_before_retry(patient(3), passing(), 1, 99, 1).has_value());
  CHECK_FALSE(wait_before_retry(patient(3), passing(), 1, 99.999, 1).has_value());
}

TEST_CASE("A machine without memory is lost for the request, a full queue is not") {
  const grpc::Status memory = guarded([]() -> grpc::Status { throw std::bad_alloc(); });
  CHECK(memory.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  const CallFailure failure = failure_of(memory, "box:8001", "box");
  CHECK(failure.is_transient);
  CHECK_FALSE(failure.is_busy);
  CHECK(failure.is_loss());
  CHECK(failure.message.find("not enough free memory") != std::string::npos);
  CHECK_FALSE(
      failure_of({grpc::StatusCode::RESOURCE_EXHAUSTED, "32 requests wait"}, "box:8001", "box")
          .is_loss());
}
