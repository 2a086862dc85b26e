#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/file.hpp"
#include "report/charts.hpp"
#include "report/label_placement.hpp"
#include "scission/base.hpp"
#include "scission/plan/plan.hpp"
#include "scission/report.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/programs.hpp"
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

std::string script_of(const PartitionProblem& problem, const Plan& plan) {
  return plan_chart(problem, plan, 150'000).script("picture");
}

// A device, two systems on the edge, a cloud; six layers, each a block of 10 ms and 100 kB.
PartitionProblem four_systems() {
  PartitionProblem problem;
  problem.model = "six";
  problem.platforms = {"device", "edge", "cloud"};
  problem.systems = {{"pi", "device"}, {"pc", "edge"}, {"nuc", "edge"}, {"vm", "cloud"}};
  for (int layer = 0; layer < 6; ++layer) problem.blocks.push_back({layer, layer, 100'000});
  problem.block_s.assign(4, std::vector<double>(6, 0.01));
  problem.links.assign(16, Link{10, 8});
  return problem;
}

// pi, pc, nuc, pi again, vm, and the output back on pi.
const Plan wandering{
    0, {{0, 0, 0}, {1, 1, 1}, {2, 2, 2}, {0, 3, 4}, {3, 5, 5}}, std::optional<int>(0)};

std::string colour_in_legend(const std::string& script, const std::string& system) {
  const auto at = script.find("'" + system);
  return script.substr(script.rfind("rgb", at) + 5, 7);
}

/// A front of so many plans: the device runs up to each layer, the cloud the rest.
ParetoFront front_of(const PartitionProblem& problem, int count) {
  ParetoFront front;
  for (int i = 0; i < count; ++i) {
    front.plans.push_back({0, {{0, 0, i}, {3, i + 1, problem.block_count() - 1}}});
  }
  return front;
}

std::vector<SensitivityRange> two_ranges() {
  return {{1, 10, Plan{0, {{0, 0, 5}}}, 4, 2, true}, {10, 100, wandering, 2, 0.5, true}};
}

std::string sensitivity_script(const std::vector<SensitivityRange>& ranges, double now) {
  return sensitivity_chart(four_systems(), {}, ranges, "bandwidth (Mbit/s)", now).script("picture");
}

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

TEST_CASE("a system that is visited again has one line in the legend, with all its time") {
  const std::string script = script_of(four_systems(), wandering);
  CHECK(occurrences(script, "title 'Device: pi, 30.0 ms'") == 1);
  CHECK(occurrences(script, "'Device: pi") == 1);
  CHECK(contains(script, "\n0 10 \"0\"\n6 10 \"3\"\n7 10 \"4\"\n\n\n"));
}

TEST_CASE("a plan's bars stand in the order in which things happen, the output's way last") {
  const std::string script = script_of(four_systems(), wandering);
  CHECK(contains(script,
                 "\n1 110 \"100 kB\"\n3 110 \"100 kB\"\n5 110 \"100 kB\"\n"
                 "8 110 \"100 kB\"\n10 110 \"100 kB\"\n"));
  CHECK(contains(script, "title 'Transfers, 550 ms'"));
  CHECK(contains(script, "latency 610 ms, traffic 500 kB"));
}

TEST_CASE("an output that already is where it must be has no bar") {
  const std::string script = script_of(four_systems(), Plan{0, {{0, 0, 5}}, 0});
  CHECK_FALSE(contains(script, "Transfers"));
}

TEST_CASE("two systems of a platform have different shades") {
  const std::string script = script_of(four_systems(), wandering);
  CHECK(colour_in_legend(script, "Edge: pc") == chart_colour(1));
  CHECK(colour_in_legend(script, "Edge: nuc") == shaded(chart_colour(1), 1));
  CHECK(colour_in_legend(script, "Edge: nuc") != colour_in_legend(script, "Edge: pc"));
  const Plan nuc_alone{0, {{2, 0, 5}}};
  CHECK(colour_in_legend(script_of(four_systems(), nuc_alone), "Edge: nuc") ==
        colour_in_legend(script, "Edge: nuc"));
}

TEST_CASE("shades go lighter and darker by turns, and begin anew") {
  CHECK(shaded("#808080", 0) == "#808080");
  CHECK(shaded("#808080", 1) == "#B9B9B9");
  CHECK(shaded("#808080", 2) == "#535353");
  CHECK(shaded("#0072B2", 5) == "#0072B2");
}

TEST_CASE("an axis has the unit of its largest value, and room beside its values") {
  const ChartAxis axis = axis_over({0.02, 0.3}, Metric::latency);
  CHECK(axis.title == "latency (ms)");
  CHECK_FALSE(axis.is_log);
  CHECK(axis.low < 20);
  CHECK(axis.high > 300);
  CHECK(axis.position(0.16) == Approx(0.5));
  CHECK(axis_over({0, 2'410'000}, Metric::traffic).title == "traffic (MB)");
  CHECK(axis_over({0, 0}, Metric::traffic).title == "traffic (B)");
  CHECK(axis_over({3, 4}, Metric::money).title == "money");
}

TEST_CASE("an axis is a log one where values are far apart and none is 0") {
  const ChartAxis axis = axis_over({0.01, 1, 100}, Metric::energy);
  CHECK(axis.is_log);
  CHECK(axis.position(1) == Approx(0.5));
  CHECK_FALSE(axis_over({0, 1, 100}, Metric::energy).is_log);
}

TEST_CASE("an axis of one value has a width") {
  for (const double value : {0.0, 5.0}) {
    const ChartAxis axis = axis_over({value, value * (1 + 1e-15)});
    CHECK(axis.high - axis.low > 0.1);
    CHECK(axis.position(value) == Approx(0.5));
  }
}

TEST_CASE("a route is told by its systems, or with their layers and the output's way") {
  const PartitionProblem problem = four_systems();
  const Plan two{0, {{0, 0, 0}, {3, 1, 5}}};
  CHECK(systems_of_route(problem, two) == "pi → vm");
  CHECK(layers_of_route(problem, two) == "pi 0 → vm 1-5");
  CHECK(systems_of_route(problem, wandering) == "pi → pc → … → vm");
  CHECK(layers_of_route(problem, wandering) == "pi 0 → pc 1 → nuc 2 → pi 3-4 → vm 5 → pi");
}

TEST_CASE("a front's script holds every plan's amounts and layers, in the axes' units") {
  const PartitionProblem problem = four_systems();
  const std::string script =
      pareto_chart(problem, {}, front_of(problem, 2), {Metric::latency, Metric::traffic})
          .script("picture");
  CHECK(contains(script, "set title 'six: 2 trade-offs of latency and traffic'"));
  CHECK(contains(script, "set xlabel 'latency (ms)'"));
  CHECK(contains(script, "set ylabel 'traffic (kB)'"));
  CHECK(contains(script,
                 "$data << END\n170 100 \"pi 0 → vm 1–5\"\n170 100 \"pi 0–1 → vm 2–5\"\nEND\n"));
  CHECK(contains(script, "set label 'pi 0 → vm 1–5' at"));
  CHECK_FALSE(contains(script, "palette"));
}

TEST_CASE("points of a front that look like an earlier one are left out") {
  using Points = std::vector<std::size_t>;
  CHECK(distinct_points({{1, 1.005, 2, 2}, {5, 5, 4, 4.03}}) == Points{0, 2});
  CHECK(distinct_points({{1, 1.02}, {5, 5}}) == Points{0, 1});
  CHECK(distinct_points({{0, 0, 1e-9}}) == Points{0, 2});
  CHECK(distinct_points({}).empty());
}

TEST_CASE("a third measure is the colour") {
  const PartitionProblem problem = four_systems();
  const std::string script = pareto_chart(problem, {}, front_of(problem, 1),
                                          {Metric::latency, Metric::traffic, Metric::period})
                                 .script("picture");
  CHECK(contains(script, "1 trade-off of latency, traffic and period'"));
  CHECK(contains(script, "set cblabel 'period (ms)'"));
  CHECK(contains(script, "\n170 100 100 \"pi 0 → vm 1–5\"\n"));
  CHECK(contains(script, "using 1:2:3 with points pt 7 ps 1 palette"));
}

TEST_CASE("labels cover neither each other nor a point, and stay in their area") {
  std::vector<Pixel> points;
  for (int i = 0; i < 60; ++i) points.push_back({100.0 + 10 * i, 500.0 - 7 * i});
  LabelPlacement places({{90, 50}, {800, 520}}, points);
  for (const Pixel point : points) places.place("a to b", {point});
  REQUIRE(places.labels().size() > 20);
  REQUIRE(places.labels().size() <= points.size());
  constexpr double width = 6 * 6;  // surely less than what is kept free for six letters
  constexpr double height = 14;
  std::vector<PixelBox> boxes;
  for (const PlacedLabel& label : places.labels()) {
    const double left = label.is_right_aligned ? label.anchor.x - width : label.anchor.x;
    boxes.push_back(
        {{left, label.anchor.y - height / 2}, {left + width, label.anchor.y + height / 2}});
  }
  const auto holds = [](const PixelBox& box, Pixel at) {
    return box.low.x < at.x && at.x < box.high.x && box.low.y < at.y && at.y < box.high.y;
  };
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    CHECK(boxes[i].low.x >= 90);
    CHECK(boxes[i].high.x <= 800);
    for (const Pixel point : points) CHECK_FALSE(holds(boxes[i], point));
    for (std::size_t j = 0; j < i; ++j) {
      const bool apart = boxes[i].high.x <= boxes[j].low.x || boxes[j].high.x <= boxes[i].low.x ||
                         boxes[i].high.y <= boxes[j].low.y || boxes[j].high.y <= boxes[i].low.y;
      CHECK(apart);
    }
  }
}

TEST_CASE("a label beside its point has no leader, one farther away has") {
  LabelPlacement places({{0, 0}, {400, 400}}, {{200, 200}});
  places.place("first", {{200, 200}});
  places.place("second", {{200, 200}});
  places.place("third", {{200, 200}});
  REQUIRE(places.labels().size() == 3);
  CHECK_FALSE(places.labels()[0].leader);
  CHECK_FALSE(places.labels()[0].is_right_aligned);
  CHECK(places.labels()[1].is_right_aligned);
  CHECK(places.labels()[2].leader);
}

TEST_CASE("labels of points near each other at the right edge stand above them") {
  const std::vector<Pixel> points{{260, 12}, {275, 9}, {290, 6}};
  LabelPlacement places({{0, 0}, {300, 400}}, points);
  for (const Pixel point : points) places.place(std::string(36, 'x'), {point});
  REQUIRE(places.labels().size() == 3);
  for (const PlacedLabel& label : places.labels()) {
    REQUIRE(label.leader);
    CHECK(label.leader->to.y > label.leader->from.y);
    CHECK(label.is_right_aligned);
  }
}

TEST_CASE("a label without a place is left out") {
  LabelPlacement places({{0, 0}, {30, 400}}, {{20, 200}});
  places.place("far too long for this", {{20, 200}});
  CHECK(places.labels().empty());
}

TEST_CASE("of many points over the same systems only some are labelled") {
  PartitionProblem problem = four_systems();
  problem.blocks.clear();
  for (int i = 0; i < 100; ++i) problem.blocks.push_back({i, i, 100'000 - 900 * i});
  problem.block_s.assign(4, std::vector<double>(100, 0.01));
  problem.block_s[3].assign(100, 0.001);
  const std::string script =
      pareto_chart(problem, {}, front_of(problem, 99), {Metric::latency, Metric::traffic})
          .script("picture");
  CHECK(occurrences(script, "set label") >= 1);
  CHECK(occurrences(script, "set label") < 10);
}

TEST_CASE("a sensitivity's script follows the plans' true curves between the breakpoints") {
  const std::string script = sensitivity_script(two_ranges(), 20);
  CHECK(contains(script, "$data << END\n1 4\n"));
  CHECK(contains(script, "\n10 2\n\n\n10 2\n"));
  // Half-way along a log axis: √10 and 2 s + 2 s × (1/√10 − 1/10) / (1 − 1/10).
  CHECK(contains(script, "\n3.16227766 2.48050615\n"));
  CHECK(contains(script, "set ylabel 'latency (s)'"));
}

TEST_CASE("a sensitivity's legend tells plans by their layers, breakpoints stand on top") {
  const std::string script = sensitivity_script(two_ranges(), 20);
  CHECK(contains(script, "set title 'six: 2 plans, each the best in its range'"));
  CHECK(contains(script, "title 'pi 0-5'"));
  CHECK(contains(script, "title 'pi 0 → pc 1 → nuc 2 → pi 3-4 → vm 5 → pi'"));
  CHECK(contains(script, "$breakpoints << END\n10 "));
  CHECK(
      contains(script, "set x2tics rotate by 90 left nomirror out scale 0.5 font ',10' ('10' 10)"));
  CHECK(contains(script, "set logscale x\n"));
  CHECK(contains(script, "title 'now: 20'"));
}

TEST_CASE("a present value outside the ranges is not drawn, nor breakpoints where there are none") {
  const std::string script = sensitivity_script({{1, 10, Plan{0, {{0, 0, 5}}}, 4, 2, false}}, 11);
  CHECK_FALSE(contains(script, "now:"));
  CHECK_FALSE(contains(script, "x2tics"));
  CHECK(contains(script, "one plan is the best throughout"));
  CHECK_FALSE(contains(script, "set logscale"));
}

TEST_CASE("a weighted objective has no unit") {
  Query query;
  query.objective = {1, 0, 0, 0.5, 0};
  const std::string script =
      sensitivity_chart(four_systems(), query, two_ranges(), "bandwidth", 20).script("picture");
  CHECK(contains(script, "set ylabel 'objective'"));
  CHECK(contains(script, "$data << END\n1 4\n"));
}

TEST_CASE("of very many plans the legend names the first and counts the others") {
  std::vector<SensitivityRange> ranges;
  for (int i = 0; i < 40; ++i) {
    ranges.push_back({1.0 + i, 2.0 + i, Plan{0, {{0, 0, i % 5}, {3, i % 5 + 1, 5}}}, 4, 2, true});
  }
  const std::string script = sensitivity_script(ranges, 100);
  CHECK(occurrences(script, "' title '") == 24);
  CHECK(contains(script, "title '… and 17 more plans'"));
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

TEST_CASE("a plan's picture shows its stages and transfers to scale above the blocks") {
  const PlanTimeline timeline = timeline_of(two_systems(), split, 150'000);
  const std::string script = plan_chart(two_systems(), split, 150'000).script("small");
  double left = 0.11;
  int number = 0;
  for (const TimelineItem& item : timeline.items) {
    const double right = left + 0.86 * item.seconds / timeline.latency_s;
    CHECK(contains(script, fmt::format("set object {} rectangle from screen {:.5f},0.84 to screen "
                                       "{:.5f},0.9",
                                       ++number, left, right)));
    left = right;
  }
  CHECK(number == 3);
}

TEST_CASE("gnuplot is handed text as it stands, on one line") {
  CHECK(gnuplot_quote("a_b `ls` \\n") == "'a_b `ls` \\n'");
  CHECK(gnuplot_quote("it's") == "'it''s'");
  CHECK(gnuplot_quote("two\nlines") == "'two lines'");
}

TEST_CASE("drawing a plan leaves a PNG, an SVG and the script, and nothing else") {
  if (!testing::has_gnuplot()) return;
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

TEST_CASE("the pictures of an answer are those of its plan, front and ranges") {
  if (!testing::has_gnuplot()) return;
  const Scratch folder;
  PartitionProblem problem = four_systems();
  problem.model = "net";
  QueryAnswer answer;
  answer.result.plans = {wandering};
  answer.result.plans[0].cost.latency_s = 0.564;
  answer.pareto = {{Metric::latency, Metric::traffic}, front_of(problem, 2)};
  answer.sensitivity.resize(2);  // the second one without ranges, as the time was over
  answer.sensitivity[0] = {.from = "pi", .to = "vm"};
  answer.sensitivity[0].ranges = two_ranges();
  const std::vector<std::string> stems = draw_answer(problem, {}, answer, folder.path());
  CHECK(stems == std::vector<std::string>{"net-0.56s", "net-pareto", "net-sensitivity-pi-vm"});
  CHECK(folder.count() == 6);  // without scripts
  draw_answer(problem, {}, answer, folder.path(), true);
  CHECK(folder.count() == 9);
}

TEST_CASE("fronts and sensitivities are drawn without a word from gnuplot") {
  if (!testing::has_gnuplot()) return;
  const Scratch folder;
  const PartitionProblem problem = four_systems();
  for (const int count : {1, 5}) {
    draw_pareto(problem, {}, front_of(problem, count), {Metric::latency, Metric::traffic},
                folder.path(), "two");
    draw_pareto(problem, {}, front_of(problem, count),
                {Metric::latency, Metric::period, Metric::traffic}, folder.path(), "three");
  }
  draw_sensitivity(problem, {}, two_ranges(), "it's bandwidth", 20, folder.path(), "many");
  draw_sensitivity(problem, {}, {two_ranges().front()}, "bandwidth", 200, folder.path(), "one");
  draw_plan(problem, wandering, 150'000, folder.path(), "wandering");
  for (const char* stem : {"two", "three", "many", "one", "wandering"}) {
    CHECK(fs::file_size(folder.path() / (std::string(stem) + ".png")) > 1000);
    CHECK(contains(read_file(folder.path() / (std::string(stem) + ".svg")), "</svg>"));
  }
  CHECK(folder.count() == 15);
  CHECK(contains(read_file(folder.path() / "many.svg"), "it's bandwidth"));
}

TEST_CASE("an empty front and no ranges at all are refused") {
  const PartitionProblem problem = four_systems();
  CHECK_ERROR(draw_pareto(problem, {}, {}, {Metric::latency, Metric::traffic}, ".", "empty"),
              ErrorCode::invalid_argument, "no plan");
  CHECK_ERROR(draw_sensitivity(problem, {}, {}, "bandwidth", 1, ".", "empty"),
              ErrorCode::invalid_argument, "no range");
}

TEST_CASE("a plan in which nothing takes time can be drawn") {
  if (!testing::has_gnuplot()) return;
  const Scratch folder;
  PartitionProblem problem = two_systems();
  problem.block_s.assign(2, {0, 0, 0});
  draw_plan(problem, all_on_device, 150'000, folder.path(), "nothing");
  CHECK(fs::file_size(folder.path() / "nothing.png") > 1000);
}

TEST_CASE("without gnuplot the error says what to install, and no file is left") {
  const Scratch folder;
  const testing::WithoutPath nothing_found;
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
  if (!testing::has_gnuplot()) return;
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
    CHECK_THROWS_AS(draw_sensitivity(four_systems(), {}, two_ranges(), "x", 1, ".", stem), Error);
    CHECK_THROWS_AS(draw_pareto(four_systems(), {}, front_of(four_systems(), 2),
                                {Metric::latency, Metric::traffic}, ".", stem),
                    Error);
  }
}

namespace {

/// A program of this name that comes first along PATH.
class Stub {
 public:
  Stub(const std::string& name, const std::string& body) {
    const fs::path file = folder_.file(name, "#!/bin/sh\n" + body);
    fs::permissions(file, fs::perms::owner_all);
    setenv("PATH", (folder_.path().string() + ":" + before_).c_str(), 1);
  }
  ~Stub() { setenv("PATH", before_.c_str(), 1); }

 private:
  Scratch folder_;
  std::string before_ = std::getenv("PATH");
};

// The stem of the script that gnuplot is called with.
const std::string stem_of_script = "stem=${2%.gp}\n";
const std::string whole_png = "printf 'PNG\\0\\0\\0\\0IEND\\256B`\\202' >$stem.png\n";

}  // namespace

TEST_CASE("a chart that gnuplot cut short is an error, and no file of it is left") {
  const Scratch folder;
  folder.file("small.svg", "old");
  {
    const Stub half("gnuplot", stem_of_script + whole_png + "printf '<svg><path' >$stem.svg\n");
    CHECK_ERROR(draw_plan(two_systems(), split, 150'000, folder.path(), "small"), ErrorCode::io,
                "small.svg: is cut short");
  }
  {
    const Stub half("gnuplot",
                    stem_of_script + "printf PNG >$stem.png\nprintf '<svg></svg>' >$stem.svg\n");
    CHECK_ERROR(draw_plan(two_systems(), split, 150'000, folder.path(), "small"), ErrorCode::io,
                "small.png: is cut short");
  }
  {
    const Stub nothing("gnuplot", "exit 0\n");
    CHECK_ERROR(draw_plan(two_systems(), split, 150'000, folder.path(), "small"), ErrorCode::io,
                "was not written");
  }
  CHECK(folder.count() == 1);
  CHECK(read_file(folder.path() / "small.svg") == "old");
  const Stub whole("gnuplot", stem_of_script + whole_png + "printf '<svg></svg>' >$stem.svg\n");
  draw_plan(two_systems(), split, 150'000, folder.path(), "small");
  CHECK(folder.count() == 3);
}

TEST_CASE("a gnuplot that fails is an error, whatever it has written") {
  const Scratch folder;
  const Stub failing("gnuplot", stem_of_script + whole_png +
                                    "printf '<svg></svg>' >$stem.svg\n"
                                    "echo 'no space left' >&2\nexit 1\n");
  CHECK_ERROR(draw_plan(two_systems(), split, 150'000, folder.path(), "small"), ErrorCode::io,
              "gnuplot: no space left");
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("on a full disk no chart is reported as written, and none is left") {
  if (!has_gnuplot()) SKIP_TEST("gnuplot is not there");
  const Scratch folder;
  const std::string mount =
      "mount -t tmpfs -o size=16k none " + folder.path().string() + " 2>/dev/null";
  if (geteuid() != 0 || std::system(mount.c_str()) != 0) {
    SKIP_TEST("only root can mount a small disk");
  }
  CHECK_ERROR(draw_plan(two_systems(), split, 150'000, folder.path(), "small"), ErrorCode::io, "");
  const bool is_empty = fs::is_empty(folder.path());
  CHECK(std::system(("umount " + folder.path().string()).c_str()) == 0);
  CHECK(is_empty);
}
