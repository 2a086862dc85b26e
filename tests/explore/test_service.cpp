// The explorer over HTTP, without sockets.
#include "explore/example.hpp"
#include "scission/base.hpp"

using namespace scission;
using namespace scission::testing;
using Json = nlohmann::json;

namespace {

constexpr int port = 8100;

ExploreService service() { return ExploreService(example_explorer(), "secret"); }

ExploreRequest question(const std::string& body = "{}") {
  return {"POST", "/secret/answer", "127.0.0.1:8100", "application/json", body};
}

void check_refused(const ExploreReply& reply, int status, const std::string& part) {
  CHECK(reply.status == status);
  CHECK(reply.content_type == "application/json");
  CHECK(contains(Json::parse(reply.body).at("error"), part));
}

}  // namespace

TEST_CASE("a service replies with the page and with answers") {
  const ExploreService one = service();
  const ExploreReply page = one.reply({"GET", "/secret/", "localhost:8100", "", ""}, port);
  CHECK(page.status == 200);
  CHECK(page.content_type == "text/html; charset=utf-8");
  CHECK(page.body.starts_with("<!DOCTYPE html>"));
  const ExploreReply answer = one.reply(question(), port);
  CHECK(answer.status == 200);
  CHECK(Json::parse(answer.body).at("plans").size() == 5);
}

TEST_CASE("a service refuses requests without its token") {
  const ExploreService one = service();
  for (const char* path : {"", "/", "/answer", "//", "/secre/", "/secrets/", "/SECRET/", "secret/",
                           "/x/secret/", "/?secret", "/secret2/answer"}) {
    CAPTURE(path);
    check_refused(one.reply({"GET", path, "127.0.0.1:8100", "", ""}, port), 403, "token");
  }
  CHECK_THROWS_AS(ExploreService(example_explorer(), ""), Error);
}

TEST_CASE("a service refuses requests for another host, as DNS rebinding sends") {
  const ExploreService one = service();
  for (const char* host : {"", "127.0.0.1", "127.0.0.1:81", "evil.example:8100", "localhost",
                           "127.0.0.1:8100.evil.example", "[::1]:8100"}) {
    ExploreRequest request = question();
    request.host = host;
    CAPTURE(host);
    check_refused(one.reply(request, port), 403, "Host");
  }
}

TEST_CASE("a service refuses other paths and methods and bodies") {
  const ExploreService one = service();
  ExploreRequest request = question();
  request.path = "/secret/other";
  check_refused(one.reply(request, port), 404, "no such page");
  request = question();
  request.method = "GET";
  check_refused(one.reply(request, port), 405, "POST");
  request = question();
  request.path = "/secret/";
  check_refused(one.reply(request, port), 405, "GET");
  request = question();
  request.content_type = "text/plain";
  check_refused(one.reply(request, port), 415, "application/json");
  check_refused(one.reply(question(std::string(70'000, ' ')), port), 413, "65536");
}

TEST_CASE("a service refuses an invalid question and replies to the next one") {
  const ExploreService one = service();
  check_refused(one.reply(question("{"), port), 400, "question");
  check_refused(one.reply(question(R"({"limits": {"latency_s": NaN}})"), port), 400, "question");
  check_refused(one.reply(question("\xff\xfe"), port), 400, "question");
  check_refused(one.reply(question("{\"\xff\": 1}"), port), 400, "question");
  CHECK(one.reply(question(), port).status == 200);
}

TEST_CASE("a content type may have parameters") {
  ExploreRequest request = question();
  request.content_type = "application/json;charset=UTF-8";
  CHECK(service().reply(request, port).status == 200);
}
