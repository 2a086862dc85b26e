#include <algorithm>
#include <cstdlib>
#include <string>

#include "report/html/gantt.hpp"
#include "report/html/html.hpp"
#include "report/html/parts.hpp"
#include "scission/report.hpp"
#include "scission/search/plan_io.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/programs.hpp"

using namespace scission;
using namespace scission::html_report;

namespace {

BlockTiming block_of(int first, int last, std::int64_t bytes, double seconds) {
  BlockTiming timing;
  timing.block = {first, last, bytes};
  timing.seconds = seconds;
  timing.layer_types = "Conv2D";
  return timing;
}

std::vector<BlockTiming> blocks_with(const std::vector<std::int64_t>& outputs) {
  std::vector<BlockTiming> blocks;
  for (int layer = 0; layer < static_cast<int>(outputs.size()); ++layer) {
    blocks.push_back(block_of(layer, layer, outputs[layer], 0.01));
  }
  return blocks;
}

SystemProfile system_of(const std::string& platform, const std::string& name, double factor) {
  ModelProfile model;
  model.model = "net";
  model.blocks = {block_of(0, 0, 1000, 0), block_of(1, 4, 2000, 0.1 * factor),
                  block_of(5, 5, 400, 0.2 * factor), block_of(6, 6, 40, 0.3 * factor)};
  SystemProfile system;
  system.platform = platform;
  system.name = name;
  system.models = {model};
  return system;
}

// pi computes layers 0 to 4 and sends them to vm.
StoredAnswer timelines_of(const std::string& model = "net") {
  const std::string plan = R"({"latency_s": 0.55, "compute_s": 0.15, "transfer_s": 0.4,
    "period_s": 0.4, "traffic_bytes": 2000, "energy_j": null, "money": null, "source": "pi",
    "destination": null,
    "stages": [{"system": "pi", "first_layer": 0, "last_layer": 4, "compute_s": 0.1},
               {"system": "vm", "first_layer": 5, "last_layer": 6, "compute_s": 0.05}],
    "hops": [{"from": "pi", "to": "vm", "bytes": 2000, "transfer_s": 0.4}]})";
  return parse_answer_json(R"({"format": "scission-plans", "version": 1, "model": ")" + model +
                               R"(", "input_bytes": 1000, "plans": [)" + plan + "]}",
                           "plan.json");
}

HtmlReport report_of(std::vector<SystemProfile> systems) {
  HtmlReport report;
  report.systems = std::move(systems);
  report.draws_pictures = false;
  return report;
}

std::string page_of_plan(StoredAnswer timelines) {
  HtmlReport report = report_of({system_of("device", "pi", 1), system_of("cloud", "vm", 0.1)});
  report.plans = {{"plan.json", std::move(timelines)}};
  return format_html_report(report);
}

// A plan that visits systems in turn, each stage and hop of these seconds.
PlanTimeline plan_over(const std::vector<std::string>& systems,
                       const std::vector<double>& seconds) {
  PlanTimeline plan;
  plan.source = systems.front();
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    TimelineItem item;
    item.is_transfer = i % 2 == 1;
    item.system = systems[i / 2 % systems.size()];
    item.to = systems[(i / 2 + 1) % systems.size()];
    item.first_layer = static_cast<int>(i);
    item.last_layer = static_cast<int>(i);
    item.bytes = 1e6;
    item.begin_s = plan.latency_s;
    item.seconds = seconds[i];
    plan.latency_s += seconds[i];
    plan.items.push_back(item);
  }
  return plan;
}

}  // namespace

TEST_CASE("text becomes markup only escaped") {
  CHECK(html::escaped("<script>alert('1 & \"2\"')</script>") ==
        "&lt;script&gt;alert(&#39;1 &amp; &quot;2&quot;&#39;)&lt;/script&gt;");
  CHECK(html::element("b", {{"title", "\"><i>"}}, "<i>").str() ==
        "<b title=\"&quot;&gt;&lt;i&gt;\">&lt;i&gt;</b>");
  CHECK(html::escaped("übergröße → 模型\n\t") == "übergröße → 模型\n\t");
}

TEST_CASE("control characters and what is not UTF-8 are replaced") {
  const std::string replacement = "\xEF\xBF\xBD";
  CHECK(html::escaped(std::string("a\0b\x1B", 4)) == "a" + replacement + "b" + replacement);
  CHECK(html::escaped("\xFF\xC3") == replacement + replacement);
  CHECK(html::escaped("\xC0\xBC") == replacement + replacement);  // overlong <
  CHECK(html::escaped("\xE0\x80\xBC") == replacement + replacement + replacement);
  CHECK(html::escaped("\xED\xA0\x80") == replacement + replacement + replacement);  // surrogate
  CHECK(html::escaped("\xF4\x90\x80\x80").size() == 4 * replacement.size());
  CHECK(html::escaped("\xF0\x9F\x98\x80") == "\xF0\x9F\x98\x80");
}

TEST_CASE("a cut matters when it sends less than the input and every cut before it") {
  using Cuts = std::vector<std::size_t>;
  const std::vector<BlockTiming> blocks = blocks_with({100, 300, 90, 90, 200, 50, 60, 10});
  CHECK(early_cuts(blocks, 100) == Cuts{2, 5});
  CHECK(early_cuts(blocks, 95) == Cuts{2, 5});
  CHECK(early_cuts(blocks, 60) == Cuts{5});
  CHECK(early_cuts(blocks, 5).empty());
  CHECK(early_cuts(blocks, std::nullopt) == Cuts{0, 2, 5});
  CHECK(early_cuts(blocks_with({7}), 100).empty());
  CHECK(share_of_time(blocks, 2) == Approx(0.25));
  CHECK(share_of_time(blocks_with({}), 0) == 0);
}

TEST_CASE("the input's size is layer 0's output or follows from the shape") {
  ModelProfile model;
  model.input_shape = {2, 3, 8, 8};
  CHECK(input_bytes(model, {block_of(0, 0, 640, 0), block_of(1, 1, 5, 0)}) == 640);
  CHECK(input_bytes(model, {block_of(0, 1, 640, 0)}) == 4 * 2 * 3 * 8 * 8);
  model.input_shape = {};
  CHECK_FALSE(input_bytes(model, {block_of(0, 1, 640, 0)}));
  model.input_shape = {1'000'000'000, 1'000'000'000, 1'000'000'000};
  CHECK_FALSE(input_bytes(model, {block_of(0, 1, 640, 0)}));
}

TEST_CASE("a plan's items follow each other in time") {
  const PlanTimeline plan = timelines_of().plans.at(0);
  REQUIRE(plan.items.size() == 3);
  CHECK(plan.systems() == std::vector<std::string>{"pi", "vm"});
  CHECK(plan.items[1].is_transfer);
  CHECK(plan.items[1].begin_s == Approx(0.1));
  CHECK(plan.items[2].begin_s == Approx(0.5));
  CHECK(plan.items[2].system == "vm");
  CHECK_FALSE(plan.energy_j);
}

TEST_CASE("a plan whose hops do not lead from stage to stage is damaged") {
  const auto parse = [](const std::string& source, const std::string& hops) {
    return parse_answer_json(
        R"({"format": "scission-plans", "version": 1, "model": "net", "input_bytes": 1, "plans": [
        {"latency_s": 1, "compute_s": 1, "transfer_s": 0, "period_s": 1, "traffic_bytes": 0,
         "source": ")" +
            source + R"(", "stages": [
         {"system": "pi", "first_layer": 0, "last_layer": 4, "compute_s": 1}], "hops": [)" +
            hops + "]}]}",
        "p.json");
  };
  CHECK(parse("pi", "").plans.at(0).items.size() == 1);
  CHECK_ERROR(parse("vm", ""), ErrorCode::damaged,
              "p.json: plans[0].hops: lacks the hop from vm to pi");
  CHECK_ERROR(parse("vm", R"({"from": "pi", "to": "vm", "bytes": 1, "transfer_s": 1})"),
              ErrorCode::damaged, "plans[0].hops[0]: must lead from vm to pi");
  CHECK_ERROR(parse("pi", R"({"from": "pi", "to": "vm", "bytes": 1, "transfer_s": 1})"),
              ErrorCode::damaged, "leads to no stage");
  CHECK_ERROR(parse_answer_json("{}", "p.json"), ErrorCode::damaged, "is not a plan");
}

TEST_CASE("a Gantt chart is to scale and in order with a lane a system") {
  const Gantt gantt = lay_out(timelines_of().plans.at(0), 1.1);
  REQUIRE(gantt.lanes.size() == 2);
  REQUIRE(gantt.bars.size() == 3);
  const double second = (gantt_right_px - gantt_left_px) / 1.1;
  CHECK(gantt.bars[0].x == Approx(gantt_left_px));
  CHECK(gantt.bars[0].width == Approx(0.1 * second));
  CHECK(gantt.bars[1].x == Approx(gantt_left_px + 0.1 * second));
  CHECK(gantt.bars[1].width == Approx(0.4 * second));
  CHECK(gantt.bars[2].x == Approx(gantt_left_px + 0.5 * second));
  CHECK(gantt.bars[0].lane == 0);
  CHECK(gantt.bars[1].lane == 0);
  CHECK(gantt.bars[1].lane_to == 1);
  CHECK(gantt.bars[2].lane == 1);
  CHECK(gantt.bars[1].label.text == "→ vm: 2.00 kB, 400 ms");
  CHECK(gantt.bars[2].label.text == "layers 5-6: 50.0 ms");
}

TEST_CASE("bars of a lane follow each other and labels never touch however narrow the bars") {
  std::vector<double> seconds;
  for (int i = 0; i < 41; ++i) seconds.push_back(i % 7 == 0 ? 1.0 : 0.001 * i);
  for (const double span_s : {0.0, 40.0}) {
    const Gantt gantt = lay_out(plan_over({"a", "b", "c"}, seconds), span_s);
    for (std::size_t i = 0; i < gantt.bars.size(); ++i) {
      const GanttBar& bar = gantt.bars[i];
      const GanttLane& lane = gantt.lanes[static_cast<std::size_t>(bar.lane)];
      CHECK(bar.x + bar.width <= gantt_right_px + 0.01);
      CHECK(bar.label.x >= gantt_left_px);
      CHECK(bar.label.x + bar.label.width <= gantt_width_px);
      CHECK(bar.y >= lane.y);
      CHECK(bar.label.y <= lane.y + lane.height);
      if (bar.label.is_inside) CHECK(bar.label.width < bar.width);
      for (std::size_t j = 0; j < i; ++j) {
        const GanttBar& other = gantt.bars[j];
        if (other.lane == bar.lane) CHECK(other.x + other.width <= bar.x + 1e-6);
        const bool apart = other.label.x + other.label.width <= bar.label.x ||
                           bar.label.x + bar.label.width <= other.label.x ||
                           std::abs(bar.label.y - other.label.y) >= 11;
        CHECK(apart);
      }
    }
  }
}

TEST_CASE("a plan in which nothing takes time can be laid out") {
  const Gantt gantt = lay_out(plan_over({"a", "b"}, {0, 0, 0}), 0);
  for (const GanttBar& bar : gantt.bars) CHECK(bar.x == gantt_left_px);
  CHECK(contains(draw(gantt, "x").str(), "</svg>"));
}

TEST_CASE("a page holds systems and models and plans") {
  const std::string page = page_of_plan(timelines_of());
  for (const char* part :
       {"<!DOCTYPE html>", "id=\"systems\"", "id=\"models\"", "id=\"model-1\"", "id=\"plans\"",
        "after layer 5", "4 blocks on 2 systems", "class=\"gantt\"", "→ vm: 2.00 kB, 400 ms",
        "×0.10", "pi 0-4 → vm 5-6"}) {
    INFO(part);
    CHECK(contains(page, part));
  }
  CHECK(occurrences(page, "class=\"early\"") == 3);  // side by side, and each system's own
  CHECK(page == page_of_plan(timelines_of()));
}

TEST_CASE("a page fetches nothing and runs nothing whatever the names are") {
  const std::string hostile = "<script src=\"http://x\">'&";
  SystemProfile system = system_of("device", hostile, 1);
  system.host.cpu = hostile;
  system.models[0].model = hostile;
  system.models[0].warnings = {hostile};
  for (BlockTiming& block : system.models[0].blocks) block.layer_types = hostile;
  HtmlReport report = report_of({system});
  report.title = hostile;
  report.date = hostile;
  const std::string page = format_html_report(report);
  CHECK_FALSE(contains(page, "<script"));
  CHECK_FALSE(contains(page, "src=\""));
  CHECK_FALSE(contains(page, "=\"http"));
  CHECK_FALSE(contains(page, "url(http"));
  CHECK(contains(page, "default-src &#39;none&#39;"));
  CHECK(contains(page, "&lt;script src=&quot;http://x&quot;&gt;&#39;&amp;"));
}

TEST_CASE("warnings stand at the top and with their model") {
  SystemProfile system = system_of("device", "pi", 1);
  system.models[0].warnings = {"The processor slowed down."};
  const std::string page = format_html_report(report_of({system}));
  CHECK(occurrences(page, "The processor slowed down.") == 2);
  CHECK(page.find("The processor slowed down.") < page.find("id=\"systems\""));
}

TEST_CASE("two profiles of one system stand side by side under names of their own") {
  const std::string page =
      format_html_report(report_of({system_of("device", "pi", 1), system_of("device", "pi", 2)}));
  CHECK(contains(page, "device-pi (1)"));
  CHECK(contains(page, "device-pi (2)"));
  CHECK(contains(page, "×2.00"));
}

TEST_CASE("of many blocks the table is folded and of few it is open") {
  SystemProfile system = system_of("device", "pi", 1);
  CHECK(contains(format_html_report(report_of({system})), "<details open=\"\"><summary>4 blocks"));
  system.models[0].blocks = blocks_with(std::vector<std::int64_t>(345, 100));
  const std::string page = format_html_report(report_of({system}));
  CHECK(contains(page, "<details><summary>345 blocks"));
}

TEST_CASE("figures that nobody knows have no column and intervals stand with their time") {
  SystemProfile system = system_of("device", "pi", 1);
  CHECK_FALSE(contains(format_html_report(report_of({system})), ">FLOPs<"));
  system.models[0].blocks[1].flops = 2'000'000;
  system.models[0].blocks[1].interval = {0.098, 0.103};
  const std::string page = format_html_report(report_of({system}));
  CHECK(contains(page, ">FLOPs<"));
  CHECK(contains(page, "title=\"95 % interval: 98.0 ms to 103 ms\">100 ms <small>±3.0 %<"));
}

TEST_CASE("a plan made from other figures than the page's says so") {
  HtmlReport report = report_of({system_of("device", "pi", 2), system_of("cloud", "vm", 0.1)});
  report.plans = {{"plan.json", timelines_of()}};
  report.network = parse_network("source,destination,ping(ms),bandwidth(mbps)\npi,vm,100,8\n", "n");
  const std::string page = format_html_report(report);
  CHECK(contains(page, "Layers 0 to 4 on pi take 100 ms in the plan, 200 ms in the profile."));
  CHECK(contains(page, "2.00 kB from pi to vm take 400 ms in the plan, 102 ms by the network"));
  CHECK_FALSE(contains(page_of_plan(timelines_of()), "other figures"));
}

TEST_CASE("plans that do not belong to the profiles are refused") {
  CHECK_ERROR(page_of_plan(timelines_of("other")), ErrorCode::mismatch,
              "plan.json: is of the model 'other', which no profile has");
  HtmlReport report = report_of({system_of("device", "pi", 1)});
  report.plans = {{"plan.json", timelines_of()}};
  CHECK_ERROR(format_html_report(report), ErrorCode::mismatch,
              "uses vm, which has no profile here");
  report.systems.push_back(system_of("cloud", "vm", 1));
  for (SystemProfile& system : report.systems) {
    system.models[0].blocks.push_back(block_of(7, 7, 1, 1));
  }
  CHECK_ERROR(format_html_report(report), ErrorCode::mismatch, "ends with layer 6 of net");
  for (SystemProfile& system : report.systems) {
    system.models[0].blocks = {block_of(0, 6, 1, 1)};
  }
  CHECK_ERROR(format_html_report(report), ErrorCode::mismatch, "cuts net after layer 4");
  CHECK_ERROR(format_html_report(report_of({})), ErrorCode::invalid_argument,
              "at least one profile");
}

TEST_CASE("a file of plans that none met is shown as such") {
  StoredAnswer timelines = timelines_of();
  timelines.plans.clear();
  CHECK(contains(page_of_plan(timelines), "No plan met the query."));
}

TEST_CASE("without gnuplot the page is made without pictures and says so") {
  HtmlReport report = report_of({system_of("device", "pi", 1)});
  report.draws_pictures = true;
  const testing::WithoutPath nothing_found;
  const std::string page = format_html_report(report);
  CHECK(contains(page, "The pictures of blocks are missing"));
  CHECK(contains(page, "gnuplot"));
  CHECK_FALSE(contains(page, "<figure"));
}

TEST_CASE("pictures are taken into the page each with ids of its own") {
  if (std::system("command -v gnuplot >/dev/null") != 0) {
    SKIP_TEST("gnuplot is not installed");
  }
  HtmlReport report = report_of({system_of("device", "pi", 1), system_of("cloud", "vm", 1)});
  report.draws_pictures = true;
  int told = 0;
  report.on_picture = [&](int done, int total) {
    CHECK(done == told++);
    CHECK(total == 2);
  };
  const std::string page = format_html_report(report);
  CHECK(told == 2);
  CHECK(occurrences(page, "<figure><svg") == 2);
  std::vector<std::string> ids;
  for (auto at = page.find(" id="); at != std::string::npos; at = page.find(" id=", at + 1)) {
    ids.push_back(page.substr(at + 5, page.find(page[at + 4], at + 5) - at - 5));
  }
  std::sort(ids.begin(), ids.end());
  CHECK(ids.size() > 10);
  CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
}
