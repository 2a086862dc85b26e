// scission-benchmark --codecs, as a person calls it.
#include <filesystem>
#include <string>
#include <utility>

#include "apps/built_tools.hpp"
#include "base/file.hpp"
#include "scission/profile.hpp"
#include "support/catch.hpp"
#include "support/run_tool.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

namespace fs = std::filesystem;

/// A folder of two pictures, and one for what the tools write.
class CodecExample {
 public:
  CodecExample() {
    fs::create_directory(pictures());
    for (const char* name : {"a.jpg", "b.jpg"}) {
      fs::copy_file("data/example/photo.jpg", pictures() / name);
    }
  }

  const Scratch& scratch() const { return scratch_; }
  fs::path pictures() const { return scratch_.path() / "pictures"; }
  fs::path out() const { return scratch_.path() / "out"; }
  SystemProfile profile() const { return read_profile(out() / "edge-box.json"); }

  /// Of lenet, in two rounds.
  ToolResult benchmark(Arguments more) const {
    Arguments arguments{"edge",     "box", "--models", "lenet", "-r", "2",
                        "--passes", "1",   "--warmup", "0",     "-o", out()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_tool("scission-benchmark", arguments);
  }

 private:
  Scratch scratch_;
};

const CodecTiming* figures(const ModelProfile& model, const std::string& codec, int layer) {
  for (const CodecTiming& timing : model.codecs) {
    if (timing.codec == codec && timing.last_layer == layer) return &timing;
  }
  return nullptr;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void check_refused(const CodecExample& example, const Arguments& more, const std::string& part) {
  const ToolResult result = example.benchmark(more);
  INFO(result.err);
  CHECK(result.exit_code == 2);
  CHECK(is_one_line(result.err));
  CHECK(has(result.err, part));
  CHECK_FALSE(fs::exists(example.out()));
}

}  // namespace

TEST_CASE("a benchmark measures codecs on a folder of pictures, with labels") {
  NEEDS_TOOL("scission-benchmark");
  const CodecExample example;
  const auto labels = example.scratch().file("labels.csv", "a.jpg,1\nb.jpg,2\n");
  const ToolResult result = example.benchmark({"--codecs", "all", "--calibrate", example.pictures(),
                                               "--labels", labels, "--format", "csv"});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(has(result.err, "lenet: codecs at 10 cuts on 2 inputs"));
  CHECK(has(result.out, "int8+zstd"));
  const SystemProfile profile = example.profile();
  const ModelProfile* model = profile.find("lenet");
  REQUIRE(model != nullptr);
  CHECK(model->codec_inputs == 2);
  CHECK(model->accuracy.has_value());
  const CodecTiming* fp16 = figures(*model, "fp16", 1);
  REQUIRE(fp16 != nullptr);
  const auto raw = static_cast<double>(model->blocks.at(1).block.output_bytes);
  CHECK(fp16->bytes == Approx(raw / 2).margin(64));
  CHECK(fp16->error < 0.01);
  CHECK(fp16->cosine > 0.99);
  CHECK(fp16->encode_seconds > 0);
  CHECK(fp16->decode_interval.high >= fp16->decode_seconds);
  REQUIRE(figures(*model, "zstd", 1) != nullptr);
  CHECK(figures(*model, "zstd", 1)->error == 0);
  CHECK(figures(*model, "jpeg", 1) == nullptr);
  const CodecTiming* jpeg = figures(*model, "jpeg", -1);
  REQUIRE(jpeg != nullptr);
  CHECK(jpeg->bytes == Approx(fs::file_size(example.pictures() / "a.jpg")).margin(16));
  CHECK(jpeg->error == 0);
  CHECK(has(read_file(example.out() / "edge-box.codecs.csv"), "edge,box,lenet,1,2,1,"));
}

TEST_CASE("a report shows the codecs that a benchmark has measured") {
  NEEDS_TOOL("scission-benchmark");
  const CodecExample example;
  REQUIRE(
      example.benchmark({"--codecs", "int8,zstd", "--calibrate", example.pictures()}).exit_code ==
      0);
  const fs::path page = example.out() / "report.html";
  const ToolResult report =
      run_tool("scission-report", {example.out() / "edge-box.json", "--no-plot", "-o", page});
  REQUIRE(report.exit_code == 0);
  CHECK(has(read_file(page), "Codecs on edge-box"));
  CHECK(has(read_file(page), "smallest lossless"));
}

TEST_CASE("codecs are added to a profile that has the blocks, and not measured twice") {
  NEEDS_TOOL("scission-benchmark");
  const CodecExample example;
  REQUIRE(example.benchmark({}).exit_code == 0);
  const double before_s = example.profile().models.at(0).whole_seconds;
  const Arguments fp16{"--resume", "--codecs", "fp16", "--calibrate", example.pictures()};
  REQUIRE(example.benchmark(fp16).exit_code == 0);
  REQUIRE(example.benchmark({"--resume", "--codecs", "zstd", "--calibrate", example.pictures()})
              .exit_code == 0);
  const ModelProfile model = example.profile().models.at(0);
  CHECK(model.whole_seconds == before_s);
  CHECK(figures(model, "fp16", 0) != nullptr);
  CHECK(figures(model, "zstd", 0) != nullptr);
  const ToolResult again = example.benchmark(fp16);
  CHECK(again.exit_code == 0);
  CHECK_FALSE(has(again.err, "codecs at"));
}

TEST_CASE("lossy codecs need a calibration, and random numbers must be asked for") {
  NEEDS_TOOL("scission-benchmark");
  const CodecExample example;
  check_refused(example, {"--codecs", "zstd,int8"},
                "--codecs: int8 is lossy, and random numbers do not show what it does");
  const ToolResult random = example.benchmark({"--codecs", "int8", "--calibrate", "random"});
  INFO(random.err);
  CHECK(random.exit_code == 0);
  CHECK(example.profile().models.at(0).codec_inputs == 4);
}

TEST_CASE("lossless codecs are measured on INPUT without a calibration") {
  NEEDS_TOOL("scission-benchmark");
  const CodecExample example;
  const ToolResult result = run_tool(
      "scission-benchmark", {"edge", "box", "data/example/photo.jpg", "--models", "lenet", "-r",
                             "2", "--passes", "1", "--codecs", "lz4", "-o", example.out()});
  INFO(result.err);
  CHECK(result.exit_code == 0);
  CHECK(example.profile().models.at(0).codec_inputs == 1);
}

TEST_CASE("a calibration with a broken picture is refused before anything is written") {
  NEEDS_TOOL("scission-benchmark");
  const CodecExample example;
  write_file_atomically(example.pictures() / "broken.jpg", "no picture");
  const ToolResult result =
      example.benchmark({"--codecs", "fp16", "--calibrate", example.pictures()});
  CHECK(result.exit_code == 1);
  CHECK(is_one_line(result.err));
  CHECK(has(result.err, "broken.jpg"));
  CHECK_FALSE(fs::exists(example.out()));
}

TEST_CASE("a label beyond the model's classes is refused before anything is measured") {
  NEEDS_TOOL("scission-benchmark");
  const CodecExample example;
  const auto labels = example.scratch().file("labels.csv", "a.jpg,1\nb.jpg,1000\n");
  const ToolResult result = example.benchmark(
      {"--codecs", "fp16", "--calibrate", example.pictures(), "--labels", labels});
  CHECK(result.exit_code == 1);
  CHECK(is_one_line(result.err));
  CHECK(has(result.err, "b.jpg: has class 1000, and "));
  CHECK_FALSE(fs::exists(example.out()));
}

TEST_CASE("options of codecs that make no sense are refused in one line") {
  NEEDS_TOOL("scission-benchmark");
  const CodecExample example;
  check_refused(example, {"--calibrate", example.pictures()},
                "--calibrate: is for measuring codecs: name them by --codecs");
  check_refused(example, {"--labels", "l.csv"},
                "--labels: is for measuring codecs: name them by --codecs");
  check_refused(example, {"--codecs", "int9", "--calibrate", "random"},
                "--codecs: there is no codec 'int9'");
  check_refused(example, {"--codecs", "raw", "--calibrate", "random"}, "--codecs: names no codec");
  check_refused(example, {"--codecs", "int8", "--calibrate", "random", "--labels", "l.csv"},
                "--labels: has the classes of inputs from files: name their folder by --calibrate");
}
