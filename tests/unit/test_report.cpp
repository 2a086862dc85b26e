#include <cstdlib>
#include <filesystem>

#include "gnuplot.hpp"
#include "plan_chart.hpp"
#include "scission/error.hpp"
#include "scission/file.hpp"
#include "scission/report.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

using namespace scission;
using scission::testing::Scratch;

namespace {

namespace fs = std::filesystem;

// device runs blocks 0 and 1, 250 kB cross, cloud runs block 2.
//
//   layers   0   1-6        7-9
//   ms       0   200  ░     10
PartitionProblem two_systems() {
  PartitionProblem problem;
  problem.model = "small";
  problem.platforms = {"device", "edge", "cloud"};
  problem.systems = {{"it's_a \"pi\"", "device"}, {"vm(GPU)", "cloud"}};
  problem.blocks = {{0, 0, 600'000}, {1, 6, 250'000}, {7, 9, 4'000}};
  problem.block_s = {{0, 0.2, 0.4}, {0, 0.005, 0.01}};
  problem.links.assign(4, Link{100, 8});
  return problem;
}

const Plan split{0, {{0, 0, 1}, {1, 2, 2}}};
const Plan all_on_device{0, {{0, 0, 2}}};
const Plan all_in_cloud{0, {{1, 0, 2}}};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string script_of(const PartitionProblem& problem, const Plan& plan) {
  return plan_chart_script(problem, plan, 150'000, "picture");
}

/// PATH as it was, at the end.
struct WithoutPath {
  std::string before = std::getenv("PATH");
  WithoutPath() { setenv("PATH", "/nowhere", 1); }
  ~WithoutPath() { setenv("PATH", before.c_str(), 1); }
};

bool has_gnuplot() { return std::system("gnuplot --version >/dev/null 2>&1") == 0; }

}  // namespace

TEST_CASE("a plan's script holds every block's time, and every transfer's with its size") {
  const std::string script = script_of(two_systems(), split);
  CHECK(contains(script, "\n0 0 \"0\"\n1 200 \"1-6\"\n"));
  CHECK(contains(script, "\n3 10 \"7-9\"\n"));
  CHECK(contains(script, "\n2 350 \"250 kB\"\n"));
}

TEST_CASE("a plan's picture is titled with model, latency and traffic") {
  CHECK(contains(script_of(two_systems(), split),
                 "set title 'small: latency 560 ms, traffic 250 kB'"));
}

TEST_CASE("a plan's legend names the systems by platform, and quotes cannot break out of it") {
  const std::string script = script_of(two_systems(), split);
  CHECK(contains(script, "title 'Device: it''s_a \"pi\", 200 ms'"));
  CHECK(contains(script, "title 'Cloud: vm(GPU), 10.0 ms'"));
  CHECK(contains(script, "title 'Transfers, 350 ms'"));
}

TEST_CASE("a platform keeps its colour from plan to plan") {
  const auto colour = [](const std::string& script) {
    const auto at = script.find("'Cloud");
    return script.substr(script.rfind("rgb", at), 13);
  };
  CHECK(colour(script_of(two_systems(), split)) == colour(script_of(two_systems(), all_in_cloud)));
}

TEST_CASE("a plan that stays where the input is has no transfers in its picture") {
  CHECK_FALSE(contains(script_of(two_systems(), all_on_device), "Transfers"));
}

TEST_CASE("a plan that sends the input away begins with that transfer") {
  CHECK(contains(script_of(two_systems(), all_in_cloud), "\n0 250 \"150 kB\"\n"));
}

TEST_CASE("the log axis begins at a decade under the least time above 0") {
  CHECK(contains(script_of(two_systems(), split), "floor = 1\n"));
}

TEST_CASE("of more blocks than a picture has room for, every n-th is labelled") {
  PartitionProblem problem = two_systems();
  problem.blocks.clear();
  for (int i = 0; i < 400; ++i) problem.blocks.push_back({i, i, 1});
  problem.block_s.assign(2, std::vector<double>(400, 0.001));
  const std::string script = script_of(problem, Plan{0, {{0, 0, 399}}});
  CHECK(contains(script, "size 2400,"));
  CHECK(contains(script, "'3' 3"));
  CHECK_FALSE(contains(script, "'1' 1,"));
}

TEST_CASE("gnuplot is handed text as it stands, on one line") {
  CHECK(gnuplot_quote("a_b `ls` \\n") == "'a_b `ls` \\n'");
  CHECK(gnuplot_quote("it's") == "'it''s'");
  CHECK(gnuplot_quote("two\nlines") == "'two lines'");
}

TEST_CASE("drawing a plan leaves a PNG, an SVG and the script, and nothing else") {
  if (!has_gnuplot()) return;
  const Scratch folder;
  const fs::path below = folder.path() / "new" / "folder";
  for (const Plan& plan : {split, all_on_device, all_in_cloud}) {
    draw_plan(two_systems(), plan, 150'000, below, "small-0.56s");
  }
  CHECK(read_file(below / "small-0.56s.png").substr(1, 3) == "PNG");
  CHECK(contains(read_file(below / "small-0.56s.svg"), "</svg>"));
  CHECK(contains(read_file(below / "small-0.56s.svg"), "vm(GPU)"));
  CHECK(contains(read_file(below / "small-0.56s.gp"), "set output 'small-0.56s.png'"));
  CHECK(std::distance(fs::directory_iterator(below), {}) == 3);
}

TEST_CASE("a plan in which nothing takes time can be drawn") {
  if (!has_gnuplot()) return;
  const Scratch folder;
  PartitionProblem problem = two_systems();
  problem.block_s.assign(2, {0, 0, 0});
  draw_plan(problem, all_on_device, 150'000, folder.path(), "nothing");
  CHECK(fs::file_size(folder.path() / "nothing.png") > 1000);
}

TEST_CASE("without gnuplot the error says what to install, and no file is left") {
  const Scratch folder;
  const WithoutPath nothing_found;
  try {
    draw_plan(two_systems(), split, 150'000, folder.path(), "small");
    FAIL("drawn without gnuplot");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::unsupported);
    CHECK(contains(error.message(), "gnuplot-nox"));
  }
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("a script that gnuplot cannot run is an error in gnuplot's words") {
  if (!has_gnuplot()) return;
  const Scratch folder;
  write_file_atomically(folder.path() / "bad.gp", "plat sin(x)\n");
  try {
    run_gnuplot(folder.path() / "bad.gp");
    FAIL("gnuplot took nonsense");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::io);
    CHECK(contains(error.message(), "invalid command"));
  }
}

TEST_CASE("a picture's name is a plain file name") {
  for (const char* stem : {"", "../up", "|command", ".hidden", "two\nlines"}) {
    CHECK_THROWS_AS(draw_plan(two_systems(), split, 150'000, ".", stem), Error);
  }
}
