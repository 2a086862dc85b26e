// The page, with and without a program behind it.
#include <cmath>

#include "explore/example.hpp"

using namespace scission;
using namespace scission::testing;
using Json = nlohmann::json;

namespace {

/// What the page knows from the beginning.
Json setup_of(const std::string& page) {
  const std::string opening = R"(<script type="application/json" id="setup">)";
  const std::size_t begin = page.find(opening) + opening.size();
  return Json::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

}  // namespace

TEST_CASE("a page is complete and refers to nothing elsewhere") {
  const std::string page = example_explorer().page();
  CHECK(page.starts_with("<!DOCTYPE html>"));
  CHECK(page.ends_with("</html>\n"));
  CHECK(contains(page, "<title>vgg19 – Scission explorer</title>"));
  CHECK_FALSE(contains(page, "{{"));
  CHECK_FALSE(contains(page, " src="));
  CHECK_FALSE(contains(page, "@import"));
  CHECK(occurrences(page, "http") ==
        occurrences(page, "http-equiv") + occurrences(page, "http://www.w3.org/2000/svg"));
}

TEST_CASE("a page knows the model and the first answer") {
  const Json setup = setup_of(example_explorer().page());
  CHECK(setup.at("model") == "vgg19");
  CHECK(setup.at("blocks").size() == 26);
  CHECK(setup.at("seconds").size() == 3);
  CHECK(setup.at("sliders").size() == 9);
  CHECK(setup.at("metrics") == Json({"latency", "period", "traffic"}));
  CHECK(setup.at("answer").at("plans").size() == 5);
  CHECK_FALSE(setup.contains("grid"));
}

TEST_CASE("energy is a metric of a page where the systems' powers are known") {
  PartitionProblem problem = example_problem();
  for (System& system : problem.systems) system.power_w = 10;
  const Json setup = setup_of(example_explorer(problem).page());
  CHECK(setup.at("metrics") == Json({"latency", "period", "traffic", "energy"}));
}

TEST_CASE("names in a page are text and end no element") {
  PartitionProblem problem = example_problem();
  problem.model = "</script><b>";
  problem.systems[0].name = "<!--</script>";
  const std::string page = example_explorer(problem).page();
  CHECK(occurrences(page, "</script>") == 2);
  CHECK_FALSE(contains(page, "<!--"));
  CHECK(contains(page, "<title>&lt;/script>&lt;b>"));
  CHECK(setup_of(page).at("systems").at(0).at("name") == "<!--</script>");
}

TEST_CASE("a page of precomputed answers has the best plans of every point of its grid") {
  const Explorer explorer = example_explorer();
  const std::string page = explorer.grid_page({.max_points = 700});
  const Json setup = setup_of(page);
  const Json& grid = setup.at("grid");
  CHECK(page.size() < 1'000'000);
  REQUIRE(grid.at("axes").size() == 4);
  std::size_t count = 1;
  for (const Json& axis : grid.at("axes")) {
    CHECK(axis.at("levels").size() == 5);
    count *= axis.at("levels").size();
  }
  REQUIRE(grid.at("points").size() == count);

  // A few points, searched again.
  for (std::size_t point = 0; point < count; point += 41) {
    Json question = {{"links", Json::array()},
                     {"slowdowns", Json::array()},
                     {"ranges", false},
                     {"result_count", 3}};
    std::size_t rest = point;
    for (std::size_t i = 4; i-- > 0;) {
      const Json& axis = grid["axes"][i];
      const Json& value = axis["levels"][rest % 5];
      rest /= 5;
      const auto name = [&](const char* key) {
        return setup["systems"][axis[key].get<std::size_t>()]["name"];
      };
      if (axis["knob"] == "slowdown") {
        question["slowdowns"].push_back({{"system", name("from")}, {"factor", value}});
      } else {
        const PartitionProblem problem = example_problem();
        const double ping_ms = problem.link(axis["from"], axis["to"])->ping_ms;
        question["links"].push_back({{"from", name("from")},
                                     {"to", name("to")},
                                     {"ping_ms", ping_ms},
                                     {"megabits_per_s", value}});
      }
    }
    CAPTURE(question.dump());
    const Json answer = Json::parse(explorer.answer(question.dump()));
    const Json& plans = answer.at("plans");
    const int doubts = grid["verdicts"].get<std::string>().at(point) - '0';
    const auto has = [&](const char* field, const char* words) {
      return contains(answer.at(field), words);
    };
    CHECK(((doubts & 1) != 0) == has("verdict", ", cannot be told apart from all on"));
    CHECK(((doubts & 2) != 0) == has("verdict", "; next best cannot be told apart"));
    CHECK(((doubts & 4) != 0) == (has("note", "and 3 cannot") || has("note", "1 to ")));
    for (std::size_t rank = 0; rank < 3; ++rank) {
      const std::size_t index = grid["points"][point][rank];
      CHECK(grid["plans"][index]["text"] == plans[rank]["text"]);
    }
  }
}

TEST_CASE("a grid has no more points than it may have") {
  const Json setup = setup_of(example_explorer().grid_page({.max_points = 60}));
  CHECK(setup.at("grid").at("points").size() <= 60);
  CHECK(setup.at("grid").at("axes").size() == 2);
}
