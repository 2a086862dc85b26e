// The explorer over HTTP, without sockets.
#include <filesystem>
#include <fstream>

#include "explore/example.hpp"
#include "scission/base.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

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

namespace {

/// A service that follows a file.
struct Following {
  Json ask(const std::string& body) const {
    ExploreRequest request = question(body);
    request.path = "/secret/events";
    const ExploreReply reply = service.reply(request, port);
    CAPTURE(reply.body);
    REQUIRE(reply.status == 200);
    return Json::parse(reply.body);
  }
  /// What is new after the reply.
  Json ask_after(const Json& reply) const {
    return ask(Json{{"after", reply.at("next")}, {"file", reply.at("file")}}.dump());
  }
  void append(const std::string& text) const { std::ofstream(file, std::ios::app) << text; }

  Scratch folder;
  std::filesystem::path file = folder.path() / "run.jsonl";
  ExploreService service{example_explorer(), "secret", file};
};

const std::string first_line = R"({"event":"start","unix_s":1})"
                               "\n";

}  // namespace

TEST_CASE("a service replies with the whole lines that were appended to the followed file") {
  const Following one;
  Json reply = one.ask("{}");
  CHECK(reply.at("events").empty());  // there is no file yet
  one.append(first_line + "{\"event\":\"se");
  reply = one.ask_after(reply);
  CHECK(reply.at("events") == Json::array({{{"event", "start"}, {"unix_s", 1}}}));
  CHECK(reply.at("next") == first_line.size());
  CHECK(one.ask_after(reply).at("events").empty());
  one.append("nt\"}\nno JSON\n[1]\n{\"event\":\"\xff\"}\n\n{\"event\":\"end\"}\n");
  reply = one.ask_after(reply);
  CHECK(reply.at("events") == Json::array({{{"event", "sent"}}, {{"event", "end"}}}));
  CHECK(reply.at("damaged") == 3);
  CHECK(reply.at("restarted") == false);
}

TEST_CASE("a service starts again with a followed file that is shorter or of another run") {
  const Following one;
  one.append(first_line + first_line);
  const Json reply = one.ask("{}");
  std::filesystem::resize_file(one.file, first_line.size());
  const Json shorter = one.ask_after(reply);
  CHECK(shorter.at("restarted") == true);
  CHECK(shorter.at("events").size() == 1);
  std::filesystem::remove(one.file);
  CHECK(one.ask_after(shorter).at("restarted") == true);
  one.append("{\"event\":\"start\",\"unix_s\":2}\n{}\n{}\n");
  const Json other = one.ask_after(shorter);
  CHECK(other.at("restarted") == true);
  CHECK(other.at("events").size() == 3);
}

TEST_CASE("a service replies with a bounded part of the followed file") {
  const Following one;
  one.append(first_line);
  const std::string line = "{\"event\":\"" + std::string(99'990, 'x') + "\"}\n";
  for (int i = 0; i < 5; ++i) one.append(line);
  Json reply = one.ask("{}");
  std::size_t events = reply.at("events").size();
  CHECK(events == 3);
  CHECK(reply.at("more") == true);
  while (reply.at("more") == true) events += (reply = one.ask_after(reply)).at("events").size();
  CHECK(events == 6);
}

TEST_CASE("a long event comes whole, and a line of any length is one") {
  const Following one;
  const std::string text(5 * ExploreService::max_events_bytes / 2, 'x');
  one.append(first_line + "{\"event\":\"" + text);
  Json reply = one.ask("{}");
  CHECK(reply.at("events").size() == 1);
  reply = one.ask_after(reply);
  CHECK(reply.at("events").empty());  // it is not whole
  CHECK(reply.at("next") == first_line.size());
  one.append("\"}\n{}\n");
  reply = one.ask_after(reply);
  CHECK(reply.at("events").at(0).at("event") == text);
  while (reply.at("more") == true) reply = one.ask_after(reply);

  const std::string longest(std::size_t{17} << 20, 'x');
  one.append(longest);
  const Json before = reply;
  reply = one.ask_after(before);
  CHECK(reply.at("next") == before.at("next"));
  CHECK(reply.at("damaged") == 0);
  one.append("\n{}\n");
  reply = one.ask_after(reply);
  CHECK(reply.at("damaged") == 1);
  CHECK(reply.at("more") == true);
  CHECK(one.ask_after(reply).at("events").size() == 1);
}

TEST_CASE("a service refuses invalid questions for events, and all without a followed file") {
  const Following one;
  ExploreRequest request = question(R"({"after": -1})");
  request.path = "/secret/events";
  check_refused(one.service.reply(request, port), 400, "question");
  request.body = R"({"since": 1})";
  check_refused(one.service.reply(request, port), 400, "after");
  std::filesystem::create_directory(one.file);
  request.body = "{}";
  check_refused(one.service.reply(request, port), 500, "run.jsonl");
  CHECK_ERROR(ExploreService(example_explorer(), "secret", one.file), ErrorCode::invalid_argument,
              "run.jsonl: is not a file");
  check_refused(service().reply(request, port), 404, "no such page");
  CHECK_FALSE(contains(service().reply({"GET", "/secret/", "localhost:8100", "", ""}, port).body,
                       "\"follow\":"));
  CHECK(contains(one.service.reply({"GET", "/secret/", "localhost:8100", "", ""}, port).body,
                 R"("follow":"run.jsonl")"));
}
