#include <array>
#include <cstdint>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/csv.hpp"
#include "scission/profile.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/python.hpp"
#include "support/scratch.hpp"
#include "support/upstream.hpp"

using namespace scission;
using scission::testing::run_python;
using scission::testing::Scratch;

namespace {

constexpr std::int64_t large = 9'007'199'254'740'993;  // no double holds it

BlockTiming timed(const Block& block, double seconds, const std::string& types = {}) {
  BlockTiming timing;
  timing.block = block;
  timing.seconds = seconds;
  timing.layer_types = types;
  return timing;
}

ModelProfile model_of(const std::string& name, std::vector<BlockTiming> blocks) {
  ModelProfile model;
  model.model = name;
  model.blocks = std::move(blocks);
  return model;
}

SystemProfile box_with(std::vector<ModelProfile> models) {
  SystemProfile profile;
  profile.platform = "edge";
  profile.name = "box";
  profile.models = std::move(models);
  return profile;
}

// Times whose shortest decimal form is long, sizes around the ends of 32 bits.
SystemProfile two_models() {
  return box_with({model_of("vgg19", {timed({0, 1, 12'845'056}, 0.07058942317962646, "Conv2D"),
                                      timed({2, 17, 2'147'483'519}, 5e-324),
                                      timed({18, 18, 2'147'483'520}, 0.1 + 0.2),
                                      timed({19, 70'000, large}, 0)}),
                   model_of("Größe 'x'\\ 模型", {timed({0, 0, 0}, 1e12)})});
}

SystemProfile many_blocks() {
  std::vector<BlockTiming> blocks;
  for (int i = 0; i < 3000; ++i) blocks.push_back(timed({i, i, i * 1000}, 1e-6 * i));
  return box_with({model_of("small", {timed({0, 0, 1}, 1)}), model_of("deep", blocks)});
}

// Unpickles as anybody's program would, and prints a line a block.
const char* const unpickler = R"(
import pickle, sys
class LayerBenchmark:
    pass
sys.stdout.reconfigure(encoding="utf-8")
with open(sys.argv[1], "rb") as file:
    models = pickle.load(file)
for name, blocks in models.items():
    for b in blocks:
        assert type(b) is LayerBenchmark and len(vars(b)) == 6 and b.model == name
        assert b.device == ""
        print(name, b.input_layer, b.output_layer, b.second_prediction.hex(), b.output_size, sep="|")
)";

/// What that program must print.
std::string blocks_in_python(const SystemProfile& profile) {
  std::ostringstream text;
  for (const ModelProfile& model : profile.models) {
    for (const BlockTiming& timing : model.blocks) {
      text << model.model << '|' << timing.block.first_layer << '|' << timing.block.last_layer
           << "|SECONDS|" << timing.block.output_bytes + 128 << '\n';
    }
  }
  return text.str();
}

/// The lines with their fourth cell, a number as float.hex() has it, taken out.
std::pair<std::string, std::vector<double>> without_seconds(const std::string& text) {
  std::istringstream lines(text);
  std::pair<std::string, std::vector<double>> result;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t end = line.rfind('|');
    const std::size_t begin = line.rfind('|', end - 1) + 1;
    result.second.push_back(std::strtod(line.substr(begin, end - begin).c_str(), nullptr));
    result.first += line.replace(begin, end - begin, "SECONDS") + "\n";
  }
  return result;
}

void check_read_back(const SystemProfile& written) {
  const std::vector<ModelProfile> read = parse_profile_dat(format_profile_dat(written), "f.dat");
  REQUIRE(read.size() == written.models.size());
  for (std::size_t m = 0; m < read.size(); ++m) {
    CHECK(read[m].model == written.models[m].model);
    REQUIRE(read[m].blocks.size() == written.models[m].blocks.size());
    for (std::size_t b = 0; b < read[m].blocks.size(); ++b) {
      Block expected = written.models[m].blocks[b].block;
      expected.output_bytes += 128;
      CHECK(read[m].blocks[b].block == expected);
      CHECK(read[m].blocks[b].seconds == written.models[m].blocks[b].seconds);
    }
  }
}

using Rows = std::vector<std::vector<std::string>>;

Rows rows_of(const std::string& csv) {
  Rows rows;
  CsvReader reader(csv, "f.csv");
  while (auto cells = reader.next()) rows.push_back(*std::move(cells));
  return rows;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// The fork's published blocks, with a time that tells them apart.
SystemProfile published_blocks() {
  std::ifstream file(testing::upstream_dir() / "fork/zoo_blocks.csv");
  std::ostringstream text;
  text << file.rdbuf();
  SystemProfile profile = box_with({});
  Rows rows = rows_of(text.str());
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const std::vector<std::string>& row = rows[i];
    if (profile.models.empty() || profile.models.back().model != row[0]) {
      profile.models.push_back(model_of(row[0], {}));
    }
    BlockTiming timing = timed({std::stoi(row[1]), std::stoi(row[2]), std::stoll(row[6])},
                               static_cast<double>(i) * 0.0005083084106445312, row[3]);
    timing.flops = std::stoll(row[4]);
    timing.parameters = std::stoll(row[5]);
    profile.models.back().blocks.push_back(timing);
  }
  return profile;
}

/// Takes a stanza apart: its rows by name, and the details of its blocks.
struct Stanza {
  std::string model;
  Rows rows;     ///< layers, flops, params, output, times; each with its name in front
  Rows details;  ///< a row a block
};

std::vector<Stanza> stanzas_of(const std::string& text) {
  const std::vector<std::string> lines = lines_of(text);
  std::vector<Stanza> stanzas;
  for (std::size_t at = 0; at < lines.size(); at += 2) {
    Stanza stanza{lines.at(at++), {}, {}};
    for (int i = 0; i < 5; ++i) stanza.rows.push_back(rows_of(lines.at(at++)).front());
    REQUIRE(lines.at(at++).empty());
    REQUIRE(lines.at(at++) == "block details:");
    for (; !lines.at(at).empty(); ++at) stanza.details.push_back(rows_of(lines[at]).front());
    REQUIRE(lines.at(at + 1).empty());
    stanzas.push_back(stanza);
  }
  return stanzas;
}

void check_stanza(const Stanza& stanza, const ModelProfile& model) {
  const std::array names = {"layers", "flops", "params", "output", "times"};
  REQUIRE(stanza.model == model.model);
  REQUIRE(stanza.details.size() == model.blocks.size());
  for (std::size_t row = 0; row < names.size(); ++row) {
    REQUIRE(stanza.rows[row].size() == model.blocks.size() + 1);
    CHECK(stanza.rows[row][0] == names[row]);
  }
  for (std::size_t b = 0; b < model.blocks.size(); ++b) {
    const BlockTiming& timing = model.blocks[b];
    CHECK(stanza.details[b][0] == stanza.rows[0][b + 1]);
    CHECK(stanza.rows[1][b + 1] == std::to_string(timing.flops));
    CHECK(stanza.rows[2][b + 1] == std::to_string(timing.parameters));
    CHECK(std::stod(stanza.rows[3][b + 1]) * 1024 * 1024 - 128 ==
          static_cast<double>(timing.block.output_bytes));
    CHECK(std::stod(stanza.rows[4][b + 1]) == timing.seconds * 1000);
  }
}

}  // namespace

TEST_CASE("a .dat that is written is read back: the blocks, and seconds to the last bit") {
  check_read_back(two_models());
  check_read_back(many_blocks());
  check_read_back(box_with({}));
}

TEST_CASE("a .dat begins as the original's: protocol 3 and an object of __main__") {
  const std::string bytes = format_profile_dat(two_models());
  CHECK(bytes.substr(0, 5) == std::string("\x80\x03}(X"));
  CHECK(bytes.find("c__main__\nLayerBenchmark\n") != std::string::npos);
  CHECK(bytes.back() == '.');
}

TEST_CASE("Python unpickles a .dat that is written as a dict of lists of LayerBenchmark") {
  const Scratch folder;
  const auto program = folder.file("unpickle.py", unpickler);
  for (const SystemProfile& profile : {two_models(), many_blocks()}) {
    const auto dat = folder.file("edge-box.dat", format_profile_dat(profile));
    const std::optional<std::string> printed = run_python(program, {dat.string()});
    if (!printed) {
      SKIP_TEST("there is no python3");
    }
    const auto [blocks, seconds] = without_seconds(*printed);
    CHECK(blocks == blocks_in_python(profile));
    std::size_t next = 0;
    for (const ModelProfile& model : profile.models) {
      for (const BlockTiming& timing : model.blocks) CHECK(seconds.at(next++) == timing.seconds);
    }
  }
}

TEST_CASE("a .dat of a published profile's blocks holds the same times and places of the blocks") {
  SCISSION_NEEDS_UPSTREAM("scission/benchmark_data/device-raspi4.dat");
  check_read_back(
      read_profile(testing::upstream_dir() / "scission/benchmark_data/device-raspi4.dat"));
}

TEST_CASE("invalid UTF-8 in a model's name is replaced in a .dat, since Python rejects it") {
  const std::string bytes =
      format_profile_dat(box_with({model_of("a\xff"
                                            "b",
                                            {timed({0, 0, 1}, 1)})}));
  CHECK(parse_profile_dat(bytes, "f.dat")[0].model == "a\uFFFDb");
}

TEST_CASE("what a .dat cannot hold is refused") {
  const std::vector<BlockTiming> one = {timed({0, 0, 1}, 1)};
  const auto refused = [](const SystemProfile& profile, const char* message) {
    CHECK_ERROR(format_profile_dat(profile), ErrorCode::damaged, message);
  };
  refused(box_with({model_of("net", one), model_of("net", one)}),
          "profile edge-box: model net: appears twice");
  refused(box_with({model_of("", one)}), "profile edge-box: a model has no name");
  refused(box_with({model_of("net", {})}), "model net: has no blocks");
  refused(box_with({model_of("net", {timed({0, 0, 1}, -1)})}), "model net: block 0");
  refused(box_with({model_of("net",
                             {timed({0, 0, std::numeric_limits<std::int64_t>::max() - 127}, 1)})}),
          "an output of 9223372036854775680 bytes is too large for a .dat");
}

TEST_CASE("the blocks' CSV has a row a block with all that is known of it") {
  BlockTiming timing = timed({6, 17, large}, 0.0015, "Conv2D ReLU");
  timing.interval = {0.001, 0.002};
  timing.summary = {11, 0.0014, 0.0009, 1e-5, 0.25, {}};
  timing.cold_seconds = 0.5;
  timing.flops = 3'699'376'128;
  timing.parameters = 36'928;
  timing.weight_bytes = 147'712;
  timing.peak_activation_bytes = 12;
  ModelProfile model = model_of("net", {timed({0, 5, 8}, 2), timing});
  model.input_shape = {4, 3, 224, 224};
  const Rows rows = rows_of(format_blocks_csv(box_with({model})));
  REQUIRE(rows.size() == 3);
  CHECK(rows[0] == std::vector<std::string>{"platform",
                                            "system",
                                            "model",
                                            "batch",
                                            "block",
                                            "first_layer",
                                            "last_layer",
                                            "layer_types",
                                            "seconds",
                                            "interval_low",
                                            "interval_high",
                                            "median",
                                            "p5",
                                            "p95",
                                            "mad",
                                            "cold_seconds",
                                            "samples",
                                            "output_bytes",
                                            "flops",
                                            "parameters",
                                            "weight_bytes",
                                            "peak_activation_bytes"});
  CHECK(rows[2] == std::vector<std::string>{
                       "edge",       "box",         "net",    "4",     "1",     "6",
                       "17",         "Conv2D ReLU", "0.0015", "0.001", "0.002", "0.0014",
                       "0.0009",     "1e-05",       "0.25",   "0.5",   "11",    "9007199254740993",
                       "3699376128", "36928",       "147712", "12"});
}

TEST_CASE("in the blocks' CSV what is unknown is empty, and a pooling layer's 0 parameters are 0") {
  BlockTiming convolution = timed({1, 1, 9}, 3);
  convolution.parameters = 7;
  const std::string csv =
      format_blocks_csv(box_with({model_of("net", {timed({0, 0, 8}, 2), convolution})}));
  const std::vector<std::string> lines = lines_of(csv);
  REQUIRE(lines.size() == 3);
  CHECK(lines[1] == "edge,box,net,,0,0,0,,2,,,,,,,,,8,,0,,");
  CHECK(lines[2] == "edge,box,net,,1,1,1,,3,,,,,,,,,9,,7,,");
  CHECK(csv.find('\r') == std::string::npos);
}

TEST_CASE("names with commas, quotes and line ends stay in their cell of the blocks' CSV") {
  SystemProfile profile =
      box_with({model_of("a,b", {timed({0, 0, 1}, 1)}), model_of("c\nd", {timed({0, 0, 1}, 1)})});
  profile.name = "the \"box\"";
  const std::string csv = format_blocks_csv(profile);
  CHECK(csv.find("\nedge,\"the \"\"box\"\"\",\"a,b\",") != std::string::npos);
  const Rows rows = rows_of(csv);
  REQUIRE(rows.size() == 3);
  CHECK(rows[1][1] == "the \"box\"");
  CHECK(rows[2][2] == "c\nd");
  CHECK(rows[2].size() == rows[0].size());
}

TEST_CASE("of no models the blocks' CSV is a header and the statistics are empty") {
  CHECK(lines_of(format_blocks_csv(box_with({}))).size() == 1);
  CHECK(format_statistics_csv(box_with({})).empty());
}

TEST_CASE("a stanza of the statistics is written as the fork writes it") {
  BlockTiming first = timed({0, 0, 602'112}, 0.0005083084106445312, "InputLayer");
  BlockTiming second = timed({1, 16, 4000}, 2, "MaxPooling2D Conv2D BatchNormalization");
  second.flops = 173'408'256;
  second.parameters = 1792;
  CHECK(format_statistics_csv(box_with({model_of("net", {first, second})})) ==
        "net\nlayers,0,1-16\nflops,0,173408256\nparams,0,1792\n"
        "output,0.5743408203125,0.003936767578125\ntimes,0.5083084106445312,2000.0\n"
        "\nblock details:\n0,InputLayer\n1-16,MaxPooling2D,Conv2D,BatchNormalization\n\n\n");
}

TEST_CASE("the statistics' numbers are written as Python prints them") {
  const std::string text = format_statistics_csv(
      box_with({model_of("net", {timed({0, 0, 0}, 1e-9), timed({1, 1, 1}, 1e12),
                                 timed({2, 2, 0}, 0), timed({3, 3, 0}, 1e14)})}));
  CHECK(text.find("\ntimes,1.0000000000000002e-06,1000000000000000.0,0.0,1e+17\n") !=
        std::string::npos);
  CHECK(text.find("\noutput,0.0001220703125,0.00012302398681640625,") != std::string::npos);
}

TEST_CASE("the statistics of the published blocks are those that were published") {
  SCISSION_NEEDS_UPSTREAM("fork/zoo_blocks.csv");
  const SystemProfile profile = published_blocks();
  REQUIRE(profile.models.size() == 9);
  const std::vector<Stanza> stanzas = stanzas_of(format_statistics_csv(profile));
  REQUIRE(stanzas.size() == 9);
  for (std::size_t m = 0; m < stanzas.size(); ++m) check_stanza(stanzas[m], profile.models[m]);
}

TEST_CASE("the table of codecs has a row per cut and codec, with the weights before the cut") {
  SystemProfile system;
  system.platform = "edge";
  system.name = "box";
  ModelProfile model;
  model.model = "net";
  model.input_shape = {2, 8};
  model.blocks = {{{0, 3, 64}, 0.5, {}, "", 0}, {{4, 4, 16}, 0.5, {}, "", 0}};
  model.blocks[0].weight_bytes = 100;
  model.blocks[1].weight_bytes = 20;
  model.codec_inputs = 5;
  model.codecs = {{"zstd", -1, 30, 32, 0.5, {0.25, 1}, 0.125, {}},
                  {"int8", 4, 4, 4, 0.5, {}, 0.125, {}, 0.25, 0.75, 0.5}};
  model.codecs[1].accuracy = 0.5;
  model.accuracy = 1;
  system.models = {model};
  const std::string csv = format_codecs_csv(system);
  CHECK(csv.starts_with("platform,system,model,batch,inputs,layer,head_weight_bytes,raw_bytes,"));
  CHECK(csv.find("\nedge,box,net,2,5,,0,,zstd,30,32,0.5,0.25,1,0.125,,,0,1,1,,1\n") !=
        std::string::npos);
  CHECK(csv.find("\nedge,box,net,2,5,4,120,16,int8,4,4,0.5,,,0.125,,,0.25,0.75,0.5,0.5,1\n") !=
        std::string::npos);
}

TEST_CASE("the statistics of vgg19 have the published cells") {
  SCISSION_NEEDS_UPSTREAM("fork/zoo_blocks.csv");
  const SystemProfile profile = published_blocks();
  const std::vector<std::string> lines =
      lines_of(format_statistics_csv(box_with({*profile.find("vgg19")})));
  CHECK(lines[0] == "vgg19");
  CHECK(lines[1].starts_with("layers,0,1,2,3,"));
  CHECK(lines[1].ends_with(",24,25"));
  CHECK(lines[2].starts_with("flops,0,173408256,3699376128,3211264,"));
  CHECK(lines[3].starts_with("params,0,1792,36928,0,"));
  CHECK(lines[4].starts_with("output,0.5743408203125,12.2501220703125,12.2501220703125,"));
  CHECK(lines[4].ends_with(",0.003936767578125"));
  CHECK(lines[8] == "0,InputLayer");
  CHECK(lines[9] == "1,Conv2D");
  CHECK(lines.size() == 8 + 26 + 2);
}
