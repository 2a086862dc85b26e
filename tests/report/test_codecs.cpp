#include <string>
#include <vector>

#include "base/file.hpp"
#include "report/charts.hpp"
#include "scission/report.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/programs.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

CodecTiming timing_of(const std::string& codec, int layer, double bytes, double error,
                      double agreement) {
  CodecTiming timing{codec, layer, bytes, bytes};
  timing.encode_seconds = 1e-3 * (layer + 2);
  timing.decode_seconds = 5e-4;
  timing.error = error;
  timing.agreement = agreement;
  return timing;
}

BlockTiming block_to(int layer, std::int64_t bytes) {
  BlockTiming timing;
  timing.block = {layer, layer, bytes};
  timing.seconds = 0.01;
  timing.weight_bytes = 100;
  return timing;
}

/// Four cuts, the last of which is the model's end.
ModelProfile coded_model() {
  ModelProfile model;
  model.model = "net";
  model.blocks = {block_to(0, 4000), block_to(1, 8000), block_to(2, 2000), block_to(3, 40)};
  model.codec_inputs = 20;
  for (const auto& [layer, raw] : {std::pair{-1, 4000}, {0, 4000}, {1, 8000}, {2, 2000}, {3, 40}}) {
    model.codecs.push_back(timing_of("fp16", layer, 0.5 * raw, 0.001, 1));
    model.codecs.push_back(timing_of("int8", layer, 0.25 * raw, 0.01 * (layer + 2), 0.98));
    model.codecs.push_back(timing_of("zstd", layer, layer == 2 ? 500 : 0.75 * raw, 0, 1));
  }
  return model;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("codecs are summarised by medians over the cuts between the input and the end") {
  const std::vector<CodecSummary> summaries = summarise_codecs(coded_model());
  REQUIRE(summaries.size() == 3);
  CHECK(summaries[0].codec == "int8");
  CHECK(summaries[0].cuts == 3);
  CHECK(summaries[0].size_ratio == 0.25);
  CHECK(summaries[0].encode_s == Approx(3e-3));
  CHECK(summaries[0].error == Approx(0.03));
  CHECK(summaries[0].max_error == Approx(0.04));
  CHECK(summaries[0].min_agreement == 0.98);
  CHECK(summaries[1].codec == "fp16");
  CHECK(summaries[2].size_ratio == 0.75);
}

TEST_CASE("each cut has its head's weights and its smallest codecs, lossless and of an agreement") {
  const ModelProfile model = coded_model();
  const std::vector<CutSummary> cuts = summarise_cuts(model);
  REQUIRE(cuts.size() == 4);
  CHECK(cuts[2].last_layer == 2);
  CHECK(cuts[2].head_weight_bytes == 300);
  CHECK(cuts[2].raw_bytes == 2000);
  REQUIRE(cuts[2].smallest != nullptr);
  CHECK(cuts[2].smallest->codec == "zstd");
  CHECK(cuts[1].smallest->codec == "fp16");
  CHECK(cuts[1].smallest_lossless->codec == "zstd");
  CHECK(summarise_cuts(model, 0.98)[1].smallest->codec == "int8");
}

TEST_CASE("the table of codecs as text has a row for each, and is empty without codecs") {
  const std::string text = format_codecs(coded_model());
  INFO(text);
  CHECK(has(text, "net: codecs on 20 inputs, medians over the cuts\n"));
  CHECK(has(text, "int8"));
  CHECK(has(text, "25.0 %"));
  CHECK(has(text, "3.0e-02"));
  CHECK(format_codecs(ModelProfile()).empty());
  CHECK_FALSE(has(text, "JPEG"));
  ModelProfile with_picture = coded_model();
  with_picture.codecs.push_back(timing_of("jpeg", -1, 57'800, 0, 1));
  CHECK(has(format_codecs(with_picture),
            "The input as the JPEG file that it came in: 57.8 kB, decoded in 500 µs.\n"));
}

TEST_CASE("a report shows the codecs of the profiles that have some") {
  SystemProfile system;
  system.platform = "edge";
  system.name = "box";
  system.models = {coded_model()};
  HtmlReport report;
  report.systems = {system};
  report.draws_pictures = false;
  const std::string page = format_html_report(report);
  CHECK(has(page, "Codecs on edge-box"));
  CHECK(has(page, "Measured with 20 inputs"));
  report.systems[0].models[0].codecs.clear();
  CHECK_FALSE(has(format_html_report(report), "Codecs on"));
}

TEST_CASE("the picture of codecs has a line for each that no other one beats, and one without") {
  ModelProfile model = coded_model();
  const auto size = model.codecs.size();
  for (std::size_t i = 0; i < size; ++i) {
    CodecTiming worse = model.codecs[i];
    if (worse.codec != "fp16") continue;
    worse.codec = "bf16";
    worse.error = 0.008;
    model.codecs.push_back(worse);
  }
  const std::string script = codec_chart(model).script("picture");
  for (const char* title : {"title 'no codec'", "title 'fp16'", "title 'int8'", "title 'zstd'"}) {
    INFO(title);
    CHECK(has(script, title));
  }
  CHECK_FALSE(has(script, "title 'bf16'"));
  CHECK(has(script, "palette"));
}

TEST_CASE("the picture of codecs is drawn by gnuplot") {
  const Scratch folder;
  CHECK_ERROR(draw_codecs(ModelProfile(), folder.path(), "net"), ErrorCode::invalid_argument,
              "has no codecs to draw");
  if (!has_gnuplot()) SKIP_TEST("gnuplot is not installed");
  draw_codecs(coded_model(), folder.path(), "net");
  CHECK(has(read_file(folder.path() / "net.svg"), "int8"));
}
