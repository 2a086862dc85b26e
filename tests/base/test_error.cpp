#include "scission/base.hpp"
#include "support/catch.hpp"

using namespace scission;

TEST_CASE("an error says where and what, and keeps both apart") {
  const Error error(ErrorCode::damaged, "must be a number", "net.csv:3");
  CHECK(std::string(error.what()) == "net.csv:3: must be a number");
  CHECK(error.message() == "must be a number");
  CHECK(error.place() == "net.csv:3");
  CHECK(error.code() == ErrorCode::damaged);
}

TEST_CASE("an error without a place is its message alone") {
  CHECK(std::string(Error(ErrorCode::io, "the disk is full").what()) == "the disk is full");
}
