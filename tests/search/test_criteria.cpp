#include "scission/base.hpp"
#include "scission/search/search.hpp"
#include "support/catch.hpp"

using namespace scission;

TEST_CASE("criteria are layers, systems and whether the platform is used") {
  const Criteria criteria = parse_criteria(" 3, !10 ,device1,!cloud-2.local,!-1");
  CHECK(criteria.layers == std::vector<int>{3});
  CHECK(criteria.excluded_layers == std::vector<int>{10});
  CHECK(criteria.systems == std::vector<std::string>{"device1"});
  CHECK(criteria.excluded_systems == std::vector<std::string>{"cloud-2.local"});
  CHECK(criteria.is_used == true);
  CHECK(parse_criteria("-1").is_used == false);
}

TEST_CASE("a system whose name is all digits is named with an at sign") {
  CHECK(parse_criteria("2500").layers == std::vector<int>{2500});
  CHECK(parse_criteria("@2500").systems == std::vector<std::string>{"2500"});
  CHECK(parse_criteria("!@2500").excluded_systems == std::vector<std::string>{"2500"});
  CHECK(parse_criteria("6700k(GPU)").systems == std::vector<std::string>{"6700k(GPU)"});
}

TEST_CASE("naming a layer or a system, or demanding use, requires use") {
  CHECK(parse_criteria("3").requires_use());
  CHECK(parse_criteria("box").requires_use());
  CHECK(parse_criteria("!-1").requires_use());
  CHECK_FALSE(parse_criteria("!3,!box").requires_use());
  CHECK_FALSE(parse_criteria("-1").requires_use());
}

TEST_CASE("a criterion that cannot be read is quoted") {
  for (const std::string text : {"", "3,,4", "!", "@", "-", "-2", "99999999999", "-1,!-1"}) {
    INFO(text);
    CHECK_THROWS_AS(parse_criteria(text), Error);
  }
  CHECK_THROWS_WITH(parse_criteria("3,-2"), Catch::Matchers::StartsWith("criterion '-2' is below"));
}

TEST_CASE("a time limit is seconds or a share") {
  CHECK(parse_time_limit("0.8") == TimeLimit{0.8, false});
  CHECK(parse_time_limit(" 20 % ") == TimeLimit{0.2, true});
  CHECK(parse_time_limit("0") == TimeLimit{0, false});
  for (const std::string text : {"", "%", "-1", "101%", "fast", "1s", "nan", "inf"}) {
    INFO(text);
    CHECK_THROWS_AS(parse_time_limit(text), Error);
  }
}
