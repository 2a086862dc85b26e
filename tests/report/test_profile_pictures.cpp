#include <set>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "report/charts.hpp"
#include "report/html/html.hpp"
#include "scission/base.hpp"
#include "scission/report.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/programs.hpp"
#include "support/scratch.hpp"

using namespace scission;
using scission::testing::Scratch;

namespace {

constexpr int margins_px = 170;

BlockTiming timed(const Block& block, double seconds, const std::string& types) {
  BlockTiming timing;
  timing.block = block;
  timing.seconds = seconds;
  timing.layer_types = types;
  return timing;
}

// Three blocks, the middle one of several layers and with an interval.
ModelProfile small() {
  ModelProfile profile;
  profile.model = "it's_small";
  profile.input_shape = {8, 3, 224, 224};
  profile.blocks = {timed({0, 0, 600'000}, 0, "InputLayer"),
                    timed({1, 6, 2'500'000}, 0.02, "Conv2D ReLU"),
                    timed({7, 7, 4000}, 0.005, "Dense")};
  profile.blocks[1].interval = {0.018, 0.023};
  profile.blocks[1].flops = 3'500'000'000;
  profile.blocks[1].parameters = 2'500'000;
  profile.blocks[2].parameters = 500'000;
  return profile;
}

ModelProfile of_blocks(int count, const std::string& type) {
  ModelProfile profile = small();
  profile.blocks.clear();
  for (int i = 0; i < count; ++i) {
    profile.blocks.push_back(timed({i, i, 1000 * i}, 1e-5 * (1 + i % 7), type));
    profile.blocks.back().interval = {0.9e-5, 1e-4};
    profile.blocks.back().flops = 1000 * i;
    profile.blocks.back().parameters = i;
  }
  return profile;
}

std::string times_script(const ModelProfile& profile) {
  return block_times_chart(profile, "my-pc").script("picture");
}

std::string costs_script(const ModelProfile& profile) {
  return block_costs_chart(profile).script("picture");
}

std::size_t labelled(const BlockLabels& labels) {
  std::size_t count = 0;
  for (const std::string& text : labels.texts) count += text.empty() ? 0 : 1;
  return count;
}

/// What stands in the SVG between `before` and the next quote, wherever `before` does.
std::vector<std::string> quoted_after(const std::string& svg, const std::string& before) {
  std::vector<std::string> found;
  for (auto at = svg.find(before); at != std::string::npos; at = svg.find(before, at + 1)) {
    const std::size_t begin = at + before.size();
    found.push_back(svg.substr(begin, svg.find_first_of("'\")", begin) - begin));
  }
  return found;
}

}  // namespace

#define NEEDS_GNUPLOT()                  \
  do {                                   \
    if (!testing::has_gnuplot()) {       \
      SKIP_TEST("gnuplot is not there"); \
    }                                    \
  } while (false)

TEST_CASE("the script of the times holds every block's time and output in the axes' units") {
  const std::string script = times_script(small());
  CHECK(contains(script, "$data << END\n0 0 0.6\n1 20 2.5\n2 5 0.004\nEND\n"));
  CHECK(contains(script, "set ylabel 'time (ms)'"));
  CHECK(contains(script, "set y2label 'output (MB)'"));
  CHECK(contains(script, "$data using 1:3 axes x1y2 with linespoints"));
}

TEST_CASE("the script of the times holds the intervals that are known, and room for their ends") {
  const std::string script = times_script(small());
  CHECK(contains(script, "$intervals << END\n1 18 23\nEND\n"));
  CHECK(contains(script, "set yrange [0:24.38]"));
  CHECK(contains(script, "title '95 % interval'"));
}

TEST_CASE("times without intervals have no whiskers and no word of them") {
  ModelProfile profile = small();
  profile.blocks[1].interval = {};
  CHECK_FALSE(contains(times_script(profile), "interval"));
}

TEST_CASE("a picture of blocks is titled with model, system, batch and sum") {
  CHECK(contains(times_script(small()),
                 "set title 'it''s_small on my-pc, batch 8: 25.0 ms in 3 blocks'"));
  CHECK(contains(costs_script(small()),
                 "set title 'it''s_small, batch 8: 3.50 GFLOPs, 3.00 M parameters'"));
  ModelProfile one = of_blocks(1, "Dense");
  one.input_shape.clear();
  CHECK(contains(times_script(one), "set title 'it''s_small on my-pc: 10.0 µs in 1 block'"));
}

TEST_CASE("the script of the costs holds every block's FLOPs and parameters") {
  const std::string script = costs_script(small());
  CHECK(contains(script, "$data << END\n0 0 0\n1 3.5 2.5\n2 0 0.5\nEND\n"));
  CHECK(contains(script, "set ylabel 'operations (GFLOPs)'"));
  CHECK(contains(script, "set y2label 'parameters (millions)'"));
}

TEST_CASE("costs that are unknown have no axis and are said to be unknown") {
  ModelProfile profile = small();
  profile.blocks[1].flops = 0;
  const std::string parameters_alone = costs_script(profile);
  CHECK(contains(parameters_alone, "batch 8: FLOPs unknown, 3.00 M parameters'"));
  CHECK_FALSE(contains(parameters_alone, "set ylabel"));
  CHECK_FALSE(contains(parameters_alone, "with boxes"));
  profile = small();
  for (BlockTiming& timing : profile.blocks) timing.parameters = 0;
  const std::string flops_alone = costs_script(profile);
  CHECK(contains(flops_alone, "3.50 GFLOPs, parameters unknown'"));
  CHECK_FALSE(contains(flops_alone, "y2"));
}

TEST_CASE("a block's label is its layers with the type of a single one or their number") {
  const ModelProfile profile = small();
  CHECK(block_label(profile.blocks[0]) == "0 InputLayer");
  CHECK(block_label(profile.blocks[1]) == "1-6 (6 layers)");
  CHECK(block_label(timed({3, 3, 0}, 1, "")) == "3");
  CHECK(block_label(timed({3, 3, 0}, 1, "AVeryLongNameOfALayerThatNobodyReads")) ==
        "3 AVeryLongNam…NobodyReads");
}

TEST_CASE("few labels lie flat, many stand upright, and of very many only some are there") {
  const auto labels = [](int count, const std::string& type) {
    return block_labels(of_blocks(count, type).blocks, margins_px);
  };
  CHECK_FALSE(labels(5, "Conv2D").is_upright);
  CHECK(labels(5, "GlobalAveragePooling2D").is_upright);
  CHECK(labels(26, "Conv2D").is_upright);
  CHECK(labelled(labels(92, "Conv2D")) == 92);
  CHECK(labels(92, "Conv2D").width_px == 92 * 15 + margins_px);
  CHECK(labels(345, "Conv2D").width_px == 2400);
  CHECK(labelled(labels(345, "Conv2D")) == 115);
  CHECK(labels(345, "Conv2D").texts[3] == "3");
  CHECK(labels(345, "Conv2D").height_px < labels(92, "Conv2D").height_px);
}

TEST_CASE("bars of few blocks do not fill the picture") {
  CHECK(contains(times_script(of_blocks(1, "Dense")), "set xrange [-2.7:2.7]"));
  CHECK(contains(times_script(of_blocks(6, "Dense")), "set xrange [-0.7:5.7]"));
}

TEST_CASE("pictures of one block to hundreds are drawn without a word from gnuplot") {
  NEEDS_GNUPLOT();
  const Scratch folder;
  const auto below = folder.path() / "new" / "folder";
  for (const int count : {1, 5, 92, 345}) {
    const ModelProfile profile = of_blocks(count, "it's a `long` \"name\" of_a <layer> & more");
    draw_block_times(profile, "the \"box\"", below, "times");
    draw_block_costs(profile, below, "costs");
    CHECK(read_file(below / "times.png").substr(1, 3) == "PNG");
    CHECK(read_file(below / "costs.png").substr(1, 3) == "PNG");
    CHECK(contains(read_file(below / "times.svg"), "execution time"));
    CHECK(contains(read_file(below / "costs.svg"), "</svg>"));
    CHECK(contains(read_file(below / "times.gp"), "set output 'times.png'"));
    CHECK(std::distance(std::filesystem::directory_iterator(below), {}) == 6);
  }
}

TEST_CASE("blocks that take no time and cost nothing can be drawn") {
  NEEDS_GNUPLOT();
  const Scratch folder;
  ModelProfile profile = small();
  profile.blocks = {timed({0, 0, 0}, 0, "")};
  draw_block_times(profile, "my-pc", folder.path(), "times");
  draw_block_costs(profile, folder.path(), "costs");
  CHECK(contains(read_file(folder.path() / "costs.gp"), "FLOPs unknown, parameters unknown"));
  CHECK(folder.count() == 6);
}

TEST_CASE("a model without blocks and a name that is no file's are refused") {
  const Scratch folder;
  ModelProfile profile = small();
  CHECK_ERROR(draw_block_times(profile, "my-pc", folder.path(), "a/b"), ErrorCode::invalid_argument,
              "cannot be the name of a picture");
  profile.blocks.clear();
  CHECK_ERROR(draw_block_times(profile, "my-pc", folder.path(), "times"),
              ErrorCode::invalid_argument, "model it's_small has no blocks to draw");
  CHECK_ERROR(draw_block_costs(profile, folder.path(), "costs"), ErrorCode::invalid_argument,
              "has no blocks");
  CHECK(folder.count() == 0);
}

TEST_CASE("without gnuplot no picture of blocks is left, and the error says what to install") {
  const Scratch folder;
  const testing::WithoutPath none;
  CHECK_ERROR(draw_block_times(small(), "my-pc", folder.path(), "times"), ErrorCode::unsupported,
              "install gnuplot");
  CHECK(folder.count() == 0);
}

TEST_CASE("an SVG within a page refers to nothing but its own ids, which no other one has") {
  NEEDS_GNUPLOT();
  const Scratch folder;
  ModelProfile profile = small();
  profile.model = "<script> id='x' href='y'";
  draw_block_times(profile, "my-pc", folder.path(), "times");
  const std::string drawn = read_file(folder.path() / "times.svg");
  const std::string svg = inline_svg(drawn, "times-", "times.svg");
  CHECK(svg.starts_with("<svg"));
  CHECK(svg.ends_with("</svg>"));
  CHECK(contains(svg, "&lt;script> id='x' href='y' on my-pc"));
  CHECK_FALSE(contains(svg, "<title>"));
  CHECK_FALSE(contains(svg, "<script"));
  std::set<std::string> ids;
  for (const std::string before : {" id='", " id=\""}) {
    for (const std::string& id : quoted_after(svg, before)) {
      if (id == "x") continue;  // of the title
      CHECK(id.starts_with("times-"));
      ids.insert(id);
    }
  }
  CHECK(ids.size() > 10);
  for (const std::string& id : quoted_after(svg, "href='#")) CHECK(ids.count(id) == 1);
}

TEST_CASE("an SVG with patterns keeps their places") {
  const std::string svg =
      "<?xml version='1.0'?><svg><pattern id=\"p1\"/><path fill='url(#p1)'/></svg>\n";
  CHECK(inline_svg(svg, "a-", "f.svg") ==
        "<svg><pattern id=\"a-p1\"/><path fill='url(#a-p1)'/></svg>");
}

TEST_CASE("what is no SVG, runs something or fetches something is not put into a page") {
  const auto refused = [](const std::string& svg, const char* message) {
    CHECK_ERROR(inline_svg(svg, "a-", "f.svg"), ErrorCode::damaged, message);
  };
  refused("", "f.svg: is not a complete SVG");
  refused("<svg><g>", "is not a complete SVG");
  refused("</svg><svg>", "is not a complete SVG");
  refused("<svg><script>1</script></svg>", "f.svg: contains a script or refers to another file");
  refused("<svg><use xlink:href='other.svg#a'/></svg>", "contains a script or refers to another");
  refused("<svg><path fill='url(https://a.b/c)'/></svg>", "contains a script or refers to another");
}
