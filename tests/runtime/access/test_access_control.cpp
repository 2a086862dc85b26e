#include "runtime/access/access_control.hpp"

#include <string>

#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

using grpc::StatusCode;

const std::string alice_token = "alice-0123456789abcdef";
const std::string bob_token = "bob-0123456789abcdef";

std::string clients_file(const Scratch& folder) {
  return folder
      .file("clients", "# who may\n\nalice " + alice_token + "\r\n\tbob   " + bob_token +
                           "\nalice another-0123456789abcdef")
      .string();
}

std::string name_of(AccessControl& access, const Credentials& credentials) {
  Caller caller;
  const grpc::Status status = access.authenticate(credentials, caller);
  return status.ok() ? caller.name + (caller.is_limited ? "" : " unlimited")
                     : std::to_string(status.error_code());
}

const std::string unauthenticated = std::to_string(StatusCode::UNAUTHENTICATED);

}  // namespace

TEST_CASE("A client is known by any of its tokens, and by nothing like them") {
  const Scratch folder;
  AccessControl access({.token_file = clients_file(folder), .certificates = {}});
  const auto name = [&](const std::string& header) { return name_of(access, {header}); };
  CHECK(name("Bearer " + alice_token) == "alice");
  CHECK(name("bearer  " + bob_token) == "bob");
  CHECK(name("Bearer another-0123456789abcdef") == "alice");
  for (const std::string& header :
       {std::string(), std::string("Bearer"), std::string("Bearer "), "Basic " + alice_token,
        alice_token, "Bearer " + alice_token + "x", "Bearer " + alice_token.substr(1)}) {
    CAPTURE(header);
    CHECK(name(header) == unauthenticated);
  }
  CHECK(access.unauthenticated() == 7);
}

TEST_CASE("A named certificate may infer only, another one of the authority may deploy as well") {
  AccessControl access({.token_file = {}, .certificates = {"phone"}});
  CHECK(name_of(access, {"", {"x", "phone"}}) == "phone");
  CHECK(name_of(access, {"", {"operator"}}) == "operator unlimited");
  CHECK(name_of(access, {}) == unauthenticated);
  CHECK_FALSE(access.may_deploy({"x", "phone"}));
  CHECK(access.may_deploy({"operator"}));
}

TEST_CASE("Without clients everybody may infer") {
  AccessControl access({});
  CHECK_FALSE(access.is_restricted());
  CHECK(name_of(access, {}) == " unlimited");
  AccessControl::Ticket ticket;
  CHECK(access.admit({}, ticket).ok());
  CHECK(access.totals().empty());
}

TEST_CASE("A client's rate is limited over time, in bursts of up to a second's requests") {
  const Scratch folder;
  AccessControl access(
      {.token_file = clients_file(folder), .certificates = {}, .requests_per_s = 2});
  const AccessControl::Clock::time_point start{std::chrono::hours(1)};
  const auto code_at = [&](const std::string& client, double seconds) {
    AccessControl::Ticket ticket;
    const auto passed = std::chrono::duration_cast<AccessControl::Clock::duration>(
        std::chrono::duration<double>(seconds));
    return access.admit({client, true}, ticket, start + passed).error_code();
  };
  CHECK(code_at("alice", 0) == StatusCode::OK);
  CHECK(code_at("alice", 0.1) == StatusCode::OK);
  CHECK(code_at("alice", 0.2) == StatusCode::RESOURCE_EXHAUSTED);
  CHECK(code_at("bob", 0.2) == StatusCode::OK);
  CHECK(code_at("alice", 0.6) == StatusCode::OK);
  CHECK(code_at("alice", 0.7) == StatusCode::RESOURCE_EXHAUSTED);
  CHECK(code_at("alice", 100) == StatusCode::OK);
  CHECK(code_at("alice", 100) == StatusCode::OK);
  CHECK(code_at("alice", 100) == StatusCode::RESOURCE_EXHAUSTED);
  const ClientTotals totals = access.totals().at("alice");
  CHECK(totals.admitted == 5);
  CHECK(totals.above_rate == 3);
}

TEST_CASE("A slow rate says after which time another attempt is worthwhile") {
  AccessControl access({.token_file = {}, .certificates = {"phone"}, .requests_per_s = 0.1});
  const AccessControl::Clock::time_point now{std::chrono::hours(1)};
  AccessControl::Ticket first;
  AccessControl::Ticket second;
  CHECK(access.admit({"phone", true}, first, now).ok());
  const grpc::Status status = access.admit({"phone", true}, second, now);
  CHECK(status.error_details() == "10");
  AccessControl fast({.token_file = {}, .certificates = {"phone"}, .requests_per_s = 3});
  for (int i = 0; i < 3; ++i) CHECK(fast.admit({"phone", true}, first, now).ok());
  CHECK(fast.admit({"phone", true}, second, now).error_details() == "0.334");
  CHECK(status.error_message().find("client phone") != std::string::npos);
}

TEST_CASE("A client's requests under way are limited until they end") {
  AccessControl access({.token_file = {}, .certificates = {"phone"}, .requests = 1});
  AccessControl::Ticket second;
  {
    AccessControl::Ticket first;
    CHECK(access.admit({"phone", true}, first).ok());
    CHECK(access.admit({"phone", true}, second).error_code() == StatusCode::RESOURCE_EXHAUSTED);
    AccessControl::Ticket of_operator;
    CHECK(access.admit({"operator", false}, of_operator).ok());
  }
  CHECK(access.admit({"phone", true}, second).ok());
  second.release();
  CHECK(access.admit({"phone", true}, second).ok());
  CHECK(access.totals().at("phone").above_requests == 1);
}

TEST_CASE(
    "A damaged file of clients is refused with its line, and reloading keeps the earlier one") {
  const Scratch folder;
  const auto refused = [&](const std::string& text, const std::string& part) {
    CAPTURE(text);
    CHECK_ERROR(AccessControl({.token_file = folder.file("bad", text), .certificates = {}}),
                ErrorCode::damaged, part);
  };
  refused("alice", "bad:1");
  refused("# x\nalice 0123456789abcdef more\n", "bad:2");
  refused("alice short\n", "16 or more characters");
  refused("alice 0123456789abcde!\n", "16 or more characters");
  refused("alice 0123456789abcdef\nbob 0123456789abcdef\n", "the same token as alice");
  refused("# nobody\n", "contains no client");
  refused("al\x1bice 0123456789abcdef\n", "control characters");
  refused("al\xffice 0123456789abcdef\n", "valid UTF-8");
  CHECK_ERROR(AccessControl({.token_file = folder.path(), .certificates = {}}), ErrorCode::io,
              "is not a regular file");
  CHECK_ERROR(AccessControl({.token_file = {}, .certificates = {"a\nb"}}),
              ErrorCode::invalid_argument, "control characters");
  CHECK_ERROR(AccessControl({.token_file = "/nowhere/clients", .certificates = {}}),
              ErrorCode::not_found, "/nowhere/clients");
  CHECK_ERROR(AccessControl({.token_file = {}, .certificates = {}, .requests = 1}),
              ErrorCode::invalid_argument, "neither tokens nor certificates");

  AccessControl access({.token_file = clients_file(folder), .certificates = {}});
  folder.file("clients", "alice");
  CHECK_ERROR(access.reload(), ErrorCode::damaged, "clients:1");
  CHECK(name_of(access, {"Bearer " + alice_token}) == "alice");
  folder.file("clients", "carol " + alice_token + "\n");
  access.reload();
  CHECK(name_of(access, {"Bearer " + alice_token}) == "carol");
  CHECK(name_of(access, {"Bearer " + bob_token}) == unauthenticated);
  folder.file("clients", "\xef\xbb\xbfmarked " + bob_token + "\n");
  access.reload();
  CHECK(name_of(access, {"Bearer " + bob_token}) == "marked");
}

TEST_CASE("A sealed caller is opened by the same worker only") {
  AccessControl access({.token_file = {}, .certificates = {"phone"}});
  const AccessControl other({.token_file = {}, .certificates = {"phone"}});
  const std::string sealed = access.seal({"phone", true});
  Caller caller;
  REQUIRE(access.open(sealed, caller));
  CHECK(caller.name == "phone");
  CHECK(caller.is_limited);
  CHECK_FALSE(other.open(sealed, caller));
  CHECK_FALSE(access.open("", caller));
  CHECK_FALSE(access.open(sealed.substr(1), caller));
}
