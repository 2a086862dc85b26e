#include <string>
#include <vector>

#include "runtime/wire/message_fields.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::runtime;

TEST_CASE("A route with any names is decoded as it was encoded") {
  const std::vector<RouteStop> route{{"edge 1", "net/01;x"}, {"Wolke-ü", "100%"}};
  const std::string text = encode_route(route);
  CHECK(text == "edge%201/net%2F01%3Bx;Wolke-%C3%BC/100%25");
  const std::vector<RouteStop> back = decode_route(text);
  REQUIRE(back.size() == 2);
  CHECK(back[0].system == "edge 1");
  CHECK(back[0].model == "net/01;x");
  CHECK(back[1].system == "Wolke-ü");
  CHECK(back[1].model == "100%");
  CHECK(encode_route({}).empty());
  CHECK(decode_route("").empty());
}

TEST_CASE("An invalid route is refused with the parameter's name") {
  for (const char* text :
       {"edge", "/m", "edge/", "a/b;", ";a/b", "a/b;;c/d", "a/%4", "a/%zz", "a/b c", "a/b/c"}) {
    CAPTURE(text);
    CHECK_ERROR(decode_route(text), ErrorCode::invalid_argument, "scission_route");
  }
}

TEST_CASE("A route of more than 64 stops is refused") {
  std::string text = "a/b";
  for (int i = 0; i < 63; ++i) text += ";a/b";
  CHECK(decode_route(text).size() == 64);
  CHECK_ERROR(decode_route(text + ";a/b"), ErrorCode::invalid_argument, "64");
}
