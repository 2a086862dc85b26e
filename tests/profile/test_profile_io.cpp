#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "scission/profile.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/pickles.hpp"
#include "support/scratch.hpp"
#include "support/upstream.hpp"

using namespace scission;
using testing::Scratch;
namespace pickles = testing::pickles;

namespace {

// With numbers whose shortest decimal form has many digits.
SystemProfile sample_profile() {
  SystemProfile profile;
  profile.platform = "edge";
  profile.name = "my-box.v2";
  profile.host = {"box",   "Debian \"12\" ü",     "CPU @ 3 GHz", 8,
                  4,       16'000'000'000,        "LibTorch",    "1.13.1",
                  "0.1.0", "2024-02-29T12:00:00Z"};
  profile.host.device = "cuda:0";
  profile.host.pause_s = 0.05;
  profile.host.split = "frontier cuts, op grain";
  profile.host.is_optimized = true;
  profile.host.clock_resolution_s = 1e-9;
  profile.host.clock_overhead_s = 1.0 / 3e7;
  ModelProfile model;
  model.model = "net";
  model.input_shape = {1, 3, 224, 224};
  model.warmup = 2;
  model.repetitions = 11;
  model.whole_seconds = 0.1 + 0.2;
  model.whole = {11, 0.1 + 0.2, 1e-300, 5e-324, 999999999999.99988, {1.0 / 3, 2.0 / 3}};
  model.blocks = {{{0, 3, 9'007'199'254'740'993}, 0.07058942317962646, {}, "InputLayer Conv2D", 7},
                  {{4, 4, 0}, 0, {3, 1, 2, 3, 4, {5, 6}}, "", 0}};
  model.blocks[1].weight_bytes = 9'007'199'254'740'993;
  model.blocks[1].peak_activation_bytes = 12;
  model.blocks[1].flops = 3'699'376'128;
  model.blocks[1].interval = {0, 0.1 + 0.7};
  model.blocks[1].cold_seconds = 1.0 / 7;
  model.blocks[1].setup_seconds = 1.0 / 9;
  model.blocks[1].setup_interval = {0.1, 1.0 / 3};
  model.whole_interval = {0.1, 0.2};
  model.sum_ratio_interval = {0.98, 1.0 / 3 + 1};
  model.pass_deviation = 1.0 / 70;
  model.cold_seconds = 0.7;
  model.load_seconds = 1.1;
  model.measuring_seconds = 3600.5;
  model.weight_bytes = 574'700'000'000;
  model.peak_activation_bytes = 25'690'113;
  model.peak_rss_bytes = 1'000'000'007;
  model.warnings = {"drift of 4 %: let the machine cool", "ü \"noisy\""};
  profile.models = {model};
  return profile;
}

const std::string smallest = R"({"format": "scission-profile", "version": 1,
 "platform": "edge", "name": "box", "models": [{"model": "net", "blocks": [
  {"first_layer": 0, "last_layer": 2, "output_bytes": 8, "seconds": 0.5}]}]})";

std::string replaced(std::string text, const std::string& old_part, const std::string& new_part) {
  const std::size_t at = text.find(old_part);
  REQUIRE(at != std::string::npos);
  return text.replace(at, old_part.size(), new_part);
}

// Checks that the smallest profile with one part replaced is refused with this message.
void check_refused(const std::string& old_part, const std::string& new_part,
                   const std::string& message) {
  const std::string text = replaced(smallest, old_part, new_part);
  INFO(text);
  CHECK_ERROR(parse_profile_json(text, "f.json"), ErrorCode::damaged, "f.json: " + message);
}

std::string one_block_dat() {
  return pickles::dat(pickles::text("net") +
                      pickles::list(pickles::block(0, 2, pickles::real(0.5), 136)));
}

}  // namespace

TEST_CASE("a block's range of sizes that depend on data is read as it was written") {
  SystemProfile profile = sample_profile();
  profile.models[0].blocks[0].block.bytes_seen = ByteRange{1, 12};
  const SystemProfile read = parse_profile_json(format_profile_json(profile), "x");
  CHECK(read.models[0].blocks[0].block == profile.models[0].blocks[0].block);
  CHECK(!read.models[0].blocks[1].block.bytes_seen);
}

TEST_CASE("a setup time that noise has put below 0 is written as 0") {
  SystemProfile profile = sample_profile();
  profile.models[0].blocks[1].setup_seconds = -0.5;
  profile.models[0].blocks[1].setup_interval = {-0.75, 0.25};
  const SystemProfile read = parse_profile_json(format_profile_json(profile), "x");
  CHECK(read.models[0].blocks[1].setup_seconds == 0);
  CHECK(read.models[0].blocks[1].setup_interval.low == 0);
  CHECK(read.models[0].blocks[1].setup_interval.high == 0.25);
}

TEST_CASE("a profile written and read back is the same to the last bit") {
  const Scratch scratch;
  const SystemProfile written = sample_profile();
  write_profile(written, scratch.path() / "edge-my-box.v2.json");
  const SystemProfile read = read_profile(scratch.path() / "edge-my-box.v2.json");
  CHECK(read.platform == written.platform);
  CHECK(read.name == written.name);
  CHECK(read.host.os == written.host.os);
  CHECK(read.host.memory_bytes == written.host.memory_bytes);
  CHECK(read.host.date == written.host.date);
  REQUIRE(read.models.size() == 1);
  const ModelProfile& model = read.models[0];
  CHECK(model.input_shape == written.models[0].input_shape);
  CHECK(model.whole_seconds == written.models[0].whole_seconds);
  CHECK(model.whole.p5 == 1e-300);
  CHECK(model.whole.p95 == 5e-324);
  CHECK(model.whole.mad == 999999999999.99988);
  CHECK(model.whole.interval.high == 2.0 / 3);
  REQUIRE(model.blocks.size() == 2);
  CHECK(model.blocks[0].block == written.models[0].blocks[0].block);
  CHECK(model.blocks[0].seconds == 0.07058942317962646);
  CHECK(model.blocks[0].summary.count == 0);
  CHECK(model.blocks[1].summary.interval.high == 6);
  CHECK(model.blocks[1].weight_bytes == 9'007'199'254'740'993);
  CHECK(model.blocks[1].peak_activation_bytes == 12);
  CHECK(format_profile_json(read) == format_profile_json(written));
}

TEST_CASE("a pause that an earlier version wrote with the device is read as one") {
  SystemProfile profile = sample_profile();
  profile.host.pause_s = 0;
  const auto read = [&](const char* device) {
    profile.host.device = device;
    return parse_profile_json(format_profile_json(profile), "f.json").host;
  };
  CHECK(read("cpu after pauses of 0.25 s at 0.5 of its speed").pause_s == 0.25);
  CHECK(read("cpu after pauses of 0.25 s at 0.5 of its speed").device == "cpu at 0.5 of its speed");
  CHECK(read("cpu after pauses of 2 s").device == "cpu");
  CHECK(read("cpu at 0.5 of its speed").pause_s == 0);
}

TEST_CASE("the conditions of a measurement are read as they were written") {
  const SystemProfile read = parse_profile_json(format_profile_json(sample_profile()), "f.json");
  CHECK(read.host.device == "cuda:0");
  CHECK(read.host.pause_s == 0.05);
  CHECK(read.host.split == "frontier cuts, op grain");
  CHECK(read.host.is_optimized);
  CHECK(read.host.clock_resolution_s == 1e-9);
  CHECK(read.host.clock_overhead_s == 1.0 / 3e7);
  const ModelProfile& model = read.models.at(0);
  CHECK(model.whole_interval.low == 0.1);
  CHECK(model.whole_interval.high == 0.2);
  CHECK(model.sum_ratio_interval.low == 0.98);
  CHECK(model.sum_ratio_interval.high == 1.0 / 3 + 1);
  CHECK(model.pass_deviation == 1.0 / 70);
  CHECK(model.cold_seconds == 0.7);
  CHECK(model.load_seconds == 1.1);
  CHECK(model.measuring_seconds == 3600.5);
  CHECK(model.weight_bytes == 574'700'000'000);
  CHECK(model.peak_activation_bytes == 25'690'113);
  CHECK(model.peak_rss_bytes == 1'000'000'007);
  CHECK(model.warnings == sample_profile().models[0].warnings);
  CHECK(model.blocks.at(1).flops == 3'699'376'128);
  CHECK(model.blocks[1].interval.low == 0);
  CHECK(model.blocks[1].interval.high == 0.1 + 0.7);
  CHECK(model.blocks[1].cold_seconds == 1.0 / 7);
  CHECK(model.blocks[1].setup_seconds == 1.0 / 9);
  CHECK(model.blocks[1].setup_interval.high == 1.0 / 3);
  CHECK(model.blocks[0].interval.high == 0);
}

TEST_CASE("conditions and figures that are not known are left out when writing") {
  SystemProfile profile = sample_profile();
  const std::string known = format_profile_json(profile);
  ModelProfile bare;
  bare.model = "net";
  bare.blocks = {{{0, 0, 8}, 0.5, {}, "", 0}};
  profile.models = {bare};
  profile.host = HostContext();
  const std::string unknown = format_profile_json(profile);
  for (const char* field :
       {"device", "split", "optimized", "clock_resolution_s", "clock_overhead_s", "whole_interval",
        "sum_ratio_interval", "cold_seconds", "load_seconds", "measuring_seconds", "weight_bytes",
        "peak_activation_bytes", "peak_rss_bytes", "warnings", "flops", "interval"}) {
    INFO(field);
    const std::string key = "\"" + std::string(field) + "\":";
    CHECK(known.find(key) != std::string::npos);
    CHECK(unknown.find(key) == std::string::npos);
  }
}

namespace {

SystemProfile coded_profile() {
  SystemProfile profile = sample_profile();
  ModelProfile& model = profile.models[0];
  model.codec_inputs = 12;
  model.accuracy = 0.75;
  CodecTiming lossless{"zstd", -1, 600000.5, 602112, 0.004, {0.003, 0.005}, 0.001, {}};
  CodecTiming lossy{"int8+zstd", 3, 1.0 / 3, 2, 1e-5, {}, 1e-6, {1e-7, 2e-6}, 0.125, -0.5, 0.5};
  lossy.accuracy = 0;
  model.codecs = {lossless, lossy};
  return profile;
}

}  // namespace

TEST_CASE("what codecs do at a cut and at the input is read as it was written") {
  const SystemProfile written = coded_profile();
  const ModelProfile read = parse_profile_json(format_profile_json(written), "f.json").models.at(0);
  REQUIRE(read.codecs.size() == 2);
  const CodecTiming& input = read.codecs[0];
  CHECK(input.codec == "zstd");
  CHECK(input.last_layer == -1);
  CHECK(input.bytes == 600000.5);
  CHECK(input.encode_interval.high == 0.005);
  CHECK(input.decode_interval.high == 0);
  CHECK(input.cosine == 1);
  CHECK(input.agreement == 1);
  CHECK_FALSE(input.accuracy.has_value());
  const CodecTiming& cut = read.codecs[1];
  CHECK(cut.codec == "int8+zstd");
  CHECK(cut.last_layer == 3);
  CHECK(cut.bytes == 1.0 / 3);
  CHECK(cut.bytes_p95 == 2);
  CHECK(cut.encode_seconds == 1e-5);
  CHECK(cut.decode_seconds == 1e-6);
  CHECK(cut.decode_interval.low == 1e-7);
  CHECK(cut.error == 0.125);
  CHECK(cut.cosine == -0.5);
  CHECK(cut.agreement == 0.5);
  CHECK(cut.accuracy == 0.0);
  CHECK(read.codec_inputs == 12);
  CHECK(read.accuracy == 0.75);
}

TEST_CASE("a profile without codecs has none of their fields") {
  const std::string text = format_profile_json(sample_profile());
  for (const char* field : {"codecs", "codec_inputs", "accuracy"}) {
    CHECK(text.find("\"" + std::string(field) + "\":") == std::string::npos);
  }
  CHECK(parse_profile_json(text, "f.json").models.at(0).codecs.empty());
}

TEST_CASE("what a profile states of codecs must be possible, once for each cut and codec") {
  const auto refuses = [](const std::function<void(ModelProfile&)>& change,
                          const std::string& fault) {
    SystemProfile profile = coded_profile();
    change(profile.models[0]);
    CHECK_ERROR(format_profile_json(profile), ErrorCode::damaged, fault);
  };
  const auto codec = [](auto change) {
    return [change](ModelProfile& model) { change(model.codecs[1]); };
  };
  refuses(codec([](CodecTiming& one) { one.codec = "raw"; }), "and not raw");
  refuses(codec([](CodecTiming& one) { one.codec = "in t8"; }), "must be named by letters");
  refuses(codec([](CodecTiming& one) { one.last_layer = 2; }),
          "model net: codec 'int8+zstd' after layer 2: is neither at the end of a block");
  refuses(codec([](CodecTiming& one) { one.last_layer = -2; }), "is neither");
  refuses(codec([](CodecTiming& one) { one.bytes = -1; }), "bytes must be numbers from 0");
  refuses(codec([](CodecTiming& one) { one.bytes_p95 = NAN; }), "bytes must be numbers from 0");
  refuses(codec([](CodecTiming& one) { one.decode_seconds = INFINITY; }), "its times must be");
  refuses(codec([](CodecTiming& one) { one.encode_interval = {-1, 2}; }), "its intervals must");
  refuses(codec([](CodecTiming& one) { one.error = INFINITY; }), "its error must be");
  refuses(codec([](CodecTiming& one) { one.cosine = 1.5; }), "its cosine must be from -1 to 1");
  refuses(codec([](CodecTiming& one) { one.agreement = 1.01; }), "its agreement must be");
  refuses(codec([](CodecTiming& one) { one.accuracy = -0.1; }), "its accuracy must be");
  refuses([](ModelProfile& model) { model.accuracy = 2; }, "its accuracy must be");
  refuses([](ModelProfile& model) { model.codec_inputs = -1; }, "codec_inputs must be 0 or more");
  refuses([](ModelProfile& model) { model.codecs.push_back(model.codecs[0]); }, "appears twice");
}

TEST_CASE("single samples are not in the JSON") {
  SystemProfile profile = sample_profile();
  const std::string without = format_profile_json(profile);
  profile.models[0].whole_samples = {1, 2};
  profile.models[0].blocks[0].samples = {3};
  CHECK(format_profile_json(profile) == without);
}

TEST_CASE("a condition that cannot be read is named with its path") {
  const auto host = [](const std::string& field, const std::string& message) {
    check_refused("\"name\"", "\"host\": {" + field + "}, \"name\"", "host." + message);
  };
  host("\"device\": 0", "device: must be a string");
  host("\"optimized\": 1", "optimized: must be true or false");
  host("\"clock_resolution_s\": -1", "clock_resolution_s: must be a number ≥ 0");
  host("\"clock_overhead_s\": \"1\"", "clock_overhead_s: must be a number ≥ 0");
  const auto model = [](const std::string& field, const std::string& message) {
    check_refused("\"blocks\"", field + ", \"blocks\"", "models[0]." + message);
  };
  model("\"whole_interval\": [1]", "whole_interval: must hold two numbers");
  model("\"sum_ratio_interval\": [1, 2, 3]", "sum_ratio_interval: must hold two numbers");
  model("\"whole_interval\": [-1, 2]", "whole_interval[0]: must be a number ≥ 0");
  for (const std::string key : {"cold_seconds", "load_seconds", "measuring_seconds"}) {
    model("\"" + key + "\": -0.5", key + ": must be a number ≥ 0");
  }
  for (const std::string key : {"weight_bytes", "peak_activation_bytes", "peak_rss_bytes"}) {
    model("\"" + key + "\": 0.5", key + ": must be a whole number ≥ 0");
  }
  model("\"warnings\": \"hot\"", "warnings: must be an array");
  model("\"warnings\": [\"hot\", 3]", "warnings[1]: must be a string");
  const auto block = [](const std::string& field, const std::string& message) {
    check_refused("\"seconds\"", field + ", \"seconds\"", "models[0].blocks[0]." + message);
  };
  block("\"flops\": -1", "flops: must be a whole number ≥ 0");
  block("\"interval\": 3", "interval: must be an array");
  block("\"interval\": [1]", "interval: must hold two numbers");
  block("\"cold_seconds\": null", "cold_seconds: must be a number ≥ 0");
}

TEST_CASE("memory that is not known is left out when writing") {
  SystemProfile profile = sample_profile();
  const auto times = [](const std::string& text, const std::string& part) {
    int count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
      ++count;
    }
    return count;
  };
  CHECK(times(format_profile_json(profile), "\"weight_bytes\"") == 2);
  CHECK(times(format_profile_json(profile), "\"peak_activation_bytes\"") == 2);
  profile.models[0].weight_bytes = 0;
  profile.models[0].peak_activation_bytes = 0;
  profile.models[0].blocks[1].weight_bytes = 0;
  profile.models[0].blocks[1].peak_activation_bytes = 0;
  CHECK(times(format_profile_json(profile), "weight_bytes") == 0);
  CHECK(times(format_profile_json(profile), "peak_activation_bytes") == 0);
}

TEST_CASE("numbers that JSON cannot hold are refused when writing, and nothing is written") {
  const Scratch scratch;
  SystemProfile profile = sample_profile();
  profile.models[0].blocks[1].seconds = std::numeric_limits<double>::quiet_NaN();
  CHECK_ERROR(write_profile(profile, scratch.path() / "f.json"), ErrorCode::damaged,
              "profile edge-my-box.v2: model net: block 1");
  CHECK(scratch.count() == 0);
}

TEST_CASE("only a few fields are needed; the others have stated defaults") {
  const SystemProfile profile = parse_profile_json(smallest, "f.json");
  CHECK(profile.host.cpu.empty());
  REQUIRE(profile.models.size() == 1);
  CHECK(profile.models[0].whole_seconds == 0);
  CHECK(profile.models[0].whole.count == 0);
  CHECK(profile.models[0].input_shape.empty());
  CHECK(profile.models[0].blocks[0].seconds == 0.5);
  CHECK(profile.models[0].blocks[0].parameters == 0);
  CHECK(profile.models[0].blocks[0].weight_bytes == 0);
  CHECK(profile.models[0].blocks[0].peak_activation_bytes == 0);
}

TEST_CASE("fields that are not known are passed over") {
  const std::string text = replaced(smallest, "\"name\"", "\"energy\": {\"joules\": 3}, \"name\"");
  CHECK(parse_profile_json(text, "f.json").name == "box");
}

TEST_CASE("a profile of a newer format version is refused as such") {
  const std::string text = replaced(smallest, "\"version\": 1", "\"version\": 2");
  CHECK_ERROR(parse_profile_json(text, "f.json"), ErrorCode::unsupported,
              "f.json: is a profile of format version 2, newer than 1");
}

TEST_CASE("a field that cannot be read is named with its path") {
  check_refused("\"seconds\": 0.5", "\"seconds\": -1",
                "models[0].blocks[0].seconds: must be a number ≥ 0");
  check_refused("0.5", "\"0.5\"", "models[0].blocks[0].seconds: must be a number ≥ 0");
  check_refused("0.5", "null", "models[0].blocks[0].seconds: must be a number ≥ 0");
  check_refused(": 8", ": 8.5", "models[0].blocks[0].output_bytes: must be a whole number ≥ 0");
  check_refused(": 8", ": -8", "models[0].blocks[0].output_bytes: must be a whole number ≥ 0");
  check_refused("\"last_layer\": 2", "\"last_layer\": 2147483648",
                "models[0].blocks[0].last_layer: is too large");
  check_refused(": 8", ": 18446744073709551615", "models[0].blocks[0].output_bytes: must be");
  check_refused("\"seconds\"", "\"sec\"", "models[0].blocks[0]: lacks \"seconds\"");
  check_refused("\"seconds\"", "\"weight_bytes\": -1, \"seconds\"",
                "models[0].blocks[0].weight_bytes: must be a whole number ≥ 0");
  check_refused("\"seconds\"", "\"peak_activation_bytes\": 0.5, \"seconds\"",
                "models[0].blocks[0].peak_activation_bytes: must be a whole number ≥ 0");
  check_refused("\"net\"", "3", "models[0].model: must be a string");
  check_refused("\"net\"", "\"\"", "models[0].model: must not be empty");
  check_refused("\"box\"", "\"\"", "name: must not be empty");
  check_refused("\"platform\": \"edge\",", "", "lacks \"platform\"");
  check_refused("\"version\": 1", "\"version\": 0", "version: must be 1 or more");
  check_refused("\"name\"", "\"host\": 3, \"name\"", "host: must be an object");
  check_refused("\"name\"", "\"host\": {\"cores\": \"two\"}, \"name\"",
                "host.cores: must be a whole number ≥ 0");
  check_refused("\"blocks\"", "\"input_shape\": 3, \"blocks\"",
                "models[0].input_shape: must be an array");
  check_refused("\"blocks\"", "\"whole\": {\"count\": 1}, \"blocks\"",
                "models[0].whole: lacks \"median\"");
}

TEST_CASE("a summary's interval has two ends") {
  check_refused("\"blocks\"",
                "\"whole\": {\"count\": 1, \"median\": 1, \"p5\": 1, \"p95\": 1, \"mad\": 0, "
                "\"interval\": [1]}, \"blocks\"",
                "models[0].whole.interval: must hold two numbers");
}

TEST_CASE("blocks that do not fit together are refused") {
  check_refused("\"first_layer\": 0", "\"first_layer\": 1",
                "model net: block 0: begins at layer 1 instead of 0");
  check_refused("{\"first_layer\": 0, \"last_layer\": 2, \"output_bytes\": 8, \"seconds\": 0.5}",
                "", "model net: has no blocks");
}

TEST_CASE("a model that appears twice is refused") {
  const std::string model = smallest.substr(smallest.find("{\"model\""));
  const std::string only = model.substr(0, model.size() - 2);
  check_refused(only, only + ", " + only, "models[1].model: appears twice");
}

TEST_CASE("truncated or invalid JSON is rejected with line and byte") {
  CHECK_ERROR(parse_profile_json("{\n\"a\": 1,\n", "f.json"), ErrorCode::damaged,
              "f.json: the JSON is truncated: line 3, byte 11");
  CHECK_ERROR(parse_profile_json("{\n\"a\" 1}", "f.json"), ErrorCode::damaged,
              "f.json: is not valid JSON: line 2, byte 7");
  CHECK_ERROR(parse_profile_json("", "f.json"), ErrorCode::damaged, "the JSON is truncated");
  CHECK_ERROR(parse_profile_json("\xff\n", "f.json"), ErrorCode::damaged, "is not valid JSON");
  check_refused("0.5", "1e999", "is not valid JSON: a number is too large");
}

TEST_CASE("JSON without the marker is no profile") {
  CHECK_ERROR(parse_profile_json("[1]", "f.json"), ErrorCode::damaged, "is not a profile");
  CHECK_ERROR(parse_profile_json("{\"format\": 1}", "f.json"), ErrorCode::damaged,
              "lacks \"format\": \"scission-profile\"");
}

TEST_CASE("cutting a profile short at any byte gives an error") {
  for (std::size_t size = 0; size < smallest.size(); ++size) {
    CHECK_THROWS_AS(parse_profile_json(smallest.substr(0, size), "f.json"), Error);
  }
}

TEST_CASE("two hundred thousand nested arrays do not overflow the stack") {
  const std::string open(200'000, '[');
  const std::string close(200'000, ']');
  CHECK_THROWS_AS(parse_profile_json(open, "f.json"), Error);
  CHECK_THROWS_AS(parse_profile_json(open + close, "f.json"), Error);
}

TEST_CASE("a .dat is read, its sizes as they stand") {
  const std::vector<ModelProfile> models = parse_profile_dat(one_block_dat(), "f.dat");
  REQUIRE(models.size() == 1);
  CHECK(models[0].model == "net");
  REQUIRE(models[0].blocks.size() == 1);
  CHECK(models[0].blocks[0].block == Block{0, 2, 136});
  CHECK(models[0].blocks[0].seconds == 0.5);
  CHECK(models[0].blocks[0].summary.count == 0);
  CHECK(models[0].whole_seconds == 0);
}

TEST_CASE("a .dat's times may be whole numbers or numpy's scalars") {
  const std::string bytes = pickles::dat(
      pickles::text("net") + pickles::list(pickles::block(0, 0, pickles::integer(3), 1) +
                                           pickles::block(1, 1, pickles::numpy_float64(0.25), 1)));
  const std::vector<ModelProfile> models = parse_profile_dat(bytes, "f.dat");
  CHECK(models[0].blocks[0].seconds == 3);
  CHECK(models[0].blocks[1].seconds == 0.25);
}

TEST_CASE("cutting a .dat short at any byte gives an error") {
  const std::string bytes = one_block_dat();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_THROWS_AS(parse_profile_dat(bytes.substr(0, size), "f.dat"), Error);
  }
}

TEST_CASE("a pickle of something other than layer benchmarks is refused with its place") {
  using namespace pickles;
  const auto refused = [](const std::string& models, const char* message) {
    CHECK_ERROR(parse_profile_dat(dat(models), "f.dat"), ErrorCode::damaged, message);
  };
  const std::string good = block(0, 0, real(1), 1);
  CHECK_ERROR(parse_profile_dat(protocol + none + stop, "f.dat"), ErrorCode::damaged,
              "f.dat: is a pickle, but not of a dictionary of models");
  refused(none + list(good), "a model's name is not text");
  refused(text("net") + none, "model net: is not a list");
  refused(text("net") + list(none), "model net, block 0: is not a LayerBenchmark");
  refused(text("net") + list(good + layer(text("input_layer") + integer(1))),
          "model net, block 1: has no output_layer");
  refused(text("net") + list(block(0, 0, text("fast"), 1)), "second_prediction must be a number");
  refused(text("net") + list(block(0, 0, real(-1), 1)), "block 0: its seconds must be a number");
  refused(text("net") + list(block(-1, 0, real(1), 1)), "input_layer is not a layer number");
  refused(text("net") + list(block(1, 1, real(1), 1)), "begins at layer 1 instead of 0");
  refused(text("net") + list(block(0, 0, real(1), -1)), "its output must be 0 bytes or more");
  refused(text("net") + list(""), "has no blocks");
  refused(text("net") + list(good) + text("net") + list(good), "model net: appears twice");
}

TEST_CASE("a shared list or a shared long text cannot make a small .dat cost without bound") {
  using namespace pickles;
  const std::string first = text("a") + list(block(0, 0, real(1), 1)) + memoize;
  CHECK_ERROR(parse_profile_dat(dat(first + text("b") + get(0)), "f.dat"), ErrorCode::damaged,
              "model b: shares a list with another value");
  const std::string long_type = list(text(std::string(101, 'x')));
  const std::string typed = layer(text("input_layer") + integer(0) + text("output_layer") +
                                  integer(0) + text("second_prediction") + real(1) +
                                  text("output_size") + integer(1) + text("layers") + long_type);
  CHECK_ERROR(parse_profile_dat(dat(text("a") + list(typed)), "f.dat"), ErrorCode::damaged,
              "layers must be names of layer types");
  std::string fields;
  for (int i = 0; i < 33; ++i) fields += text("f") + none;
  CHECK_ERROR(parse_profile_dat(dat(text("a") + list(layer(fields))), "f.dat"), ErrorCode::damaged,
              "has too many fields");
}

TEST_CASE("a .dat's platform is before the first dash of its name, the rest is the system's") {
  const Scratch scratch;
  const SystemProfile profile =
      read_profile(scratch.file("edge-my-box.v2(GPU).dat", one_block_dat()));
  CHECK(profile.platform == "edge");
  CHECK(profile.name == "my-box.v2(GPU)");
  for (const std::string name : {"box.dat", "-box.dat", "edge-.dat"}) {
    CHECK_ERROR(read_profile(scratch.file(name, one_block_dat())), ErrorCode::damaged,
                "a .dat must be called PLATFORM-NAME.dat");
  }
}

TEST_CASE("a file of another ending is no profile") {
  CHECK_ERROR(read_profile("edge-box.txt"), ErrorCode::unsupported, "ends in .json or .dat");
  CHECK_ERROR(read_profile("edge-box.json"), ErrorCode::not_found, "edge-box.json");
}

TEST_CASE("a folder's profiles come by file name, both formats mixed, other files passed over") {
  const Scratch scratch;
  scratch.file("edge-b.dat", one_block_dat());
  scratch.file("device-z.json", replaced(smallest, "box", "z"));
  scratch.file("edge-a.json", replaced(smallest, "box", "a"));
  scratch.file("settings.json", "{\"colour\": 3}");
  scratch.file("network.csv", "not,a,profile");
  std::filesystem::create_directory(scratch.path() / "edge-c.json");
  std::vector<std::filesystem::path> passed_over;
  const std::vector<SystemProfile> profiles = read_profiles(scratch.path(), &passed_over);
  REQUIRE(passed_over.size() == 1);
  CHECK(passed_over[0].filename() == "settings.json");
  REQUIRE(profiles.size() == 3);
  CHECK(profiles[0].name == "z");
  CHECK(profiles[1].name == "a");
  CHECK(profiles[2].name == "b");
}

TEST_CASE("two files of one system are refused, both named") {
  const Scratch scratch;
  scratch.file("edge-box.dat", one_block_dat());
  scratch.file("other.json", smallest);
  CHECK_ERROR(read_profiles(scratch.path()), ErrorCode::mismatch,
              "other.json: describes the system 'box', as does edge-box.dat");
}

TEST_CASE("a .dat beside the profile of the same name is its copy") {
  const Scratch scratch;
  scratch.file("edge-box.dat", "need not even be readable");
  scratch.file("edge-box.json", smallest);
  REQUIRE(read_profiles(scratch.path()).size() == 1);
  CHECK(read_profiles(scratch.path())[0].name == "box");
  scratch.file("edge-box.dat", one_block_dat());
  scratch.file("edge-box.json", "{\"colour\": 3}");
  CHECK(read_profiles(scratch.path()).size() == 1);
}

TEST_CASE("a damaged profile in a folder is an error") {
  const Scratch scratch;
  scratch.file("edge-a.json", smallest);
  scratch.file("edge-b.dat", "garbage");
  CHECK_ERROR(read_profiles(scratch.path()), ErrorCode::damaged, "edge-b.dat: ");
  std::filesystem::remove(scratch.path() / "edge-b.dat");
  scratch.file("edge-c.json", smallest.substr(0, 100));
  CHECK_ERROR(read_profiles(scratch.path()), ErrorCode::damaged,
              "edge-c.json: the JSON is truncated");
}

TEST_CASE("a folder that is missing or has no profile is an error") {
  const Scratch scratch;
  CHECK_ERROR(read_profiles(scratch.path()), ErrorCode::not_found, "holds no profile");
  CHECK_ERROR(read_profiles(scratch.path() / "none"), ErrorCode::not_found, "no such folder");
}

TEST_CASE("the five published profiles hold 18 models each") {
  SCISSION_NEEDS_UPSTREAM("scission/benchmark_data");
  const std::vector<SystemProfile> profiles =
      read_profiles(testing::upstream_dir() / "scission/benchmark_data");
  REQUIRE(profiles.size() == 5);
  CHECK(profiles[0].name == "6700k(GPU)");
  CHECK(profiles[2].platform == "device");
  for (const SystemProfile& profile : profiles) CHECK(profile.models.size() == 18);
  const ModelProfile* vgg19 = profiles[2].find("vgg19");
  REQUIRE(vgg19 != nullptr);
  CHECK(vgg19->blocks[0].seconds == 0.07058942317962646);
  CHECK(vgg19->blocks[0].block == Block{0, 1, 12845184});
  CHECK(vgg19->blocks.size() == 25);
}

TEST_CASE("the fork's profile holds layer types and parameters, too") {
  SCISSION_NEEDS_UPSTREAM("fork/cloud-bonarda(GPU).dat");
  const SystemProfile profile =
      read_profile(testing::upstream_dir() / "fork/cloud-bonarda(GPU).dat");
  CHECK(profile.models.size() == 18);
  const ModelProfile* vgg19 = profile.find("vgg19");
  REQUIRE(vgg19 != nullptr);
  REQUIRE(vgg19->blocks.size() == 26);
  CHECK(vgg19->blocks[1].layer_types == "Conv2D");
  CHECK(vgg19->blocks[1].parameters == 1792);
  CHECK(vgg19->blocks[1].seconds > 0);
}

TEST_CASE("the fork's two files without measurements are refused with the reason") {
  SCISSION_NEEDS_UPSTREAM("fork/device-asus.dat");
  for (const char* name : {"device-asus.dat", "device-jetsonnano.dat"}) {
    CHECK_ERROR(read_profile(testing::upstream_dir() / "fork" / name), ErrorCode::damaged,
                "holds a multiprocessing proxy and no measurements");
  }
}
