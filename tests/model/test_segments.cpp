#include "scission/model.hpp"

#include <random>

#include "base/file.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

SegmentManifest example() {
  const TensorSpec image{"input", "float32", {1, 3, 32, 32}};
  const TensorSpec maps{"relu1", "float32", {1, 8, 32, 32}};
  const TensorSpec mask{"mask", "bool", {1, 32}};
  const TensorSpec scores{"dense", "float32", {1, 10}};
  SegmentManifest manifest;
  manifest.model = "net";
  manifest.source_file = "net.pt";
  manifest.source_sha256 = std::string(64, '0');
  manifest.cuts = "frontier";
  manifest.granularity = "block";
  manifest.order = "compact";
  manifest.any_batch = false;
  manifest.backend = "LibTorch";
  manifest.backend_version = "1.13.1";
  manifest.segments = {{"segment-00.pt",
                        0,
                        2,
                        {"input", "conv1", "relu1"},
                        {image},
                        {maps, mask},
                        1234,
                        std::string(64, 'a')},
                       {"segment-01.pt",
                        3,
                        4,
                        {"pool", "dense"},
                        {maps, mask},
                        {scores},
                        567,
                        std::string(63, '9') + "f"}};
  for (Segment& segment : manifest.segments) segment.backend = manifest.backend;
  return manifest;
}

SegmentManifest parse(const std::string& text) { return parse_manifest(text, "x/manifest.json"); }

/// The example's text with the first `from` replaced.
std::string with(const std::string& from, const std::string& to) {
  std::string text = format_manifest(example());
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a manifest reads back as it was written") {
  const SegmentManifest manifest = example();
  CHECK(parse(format_manifest(manifest)) == manifest);
}

TEST_CASE("a segment's early exits read back, and name outputs of the segment") {
  SegmentManifest manifest = example();
  Segment& first = manifest.segments[0];
  first.exits = {{first.outputs[1].name, {first.outputs[0].name}, {"output"}}};
  CHECK(parse(format_manifest(manifest)) == manifest);
  first.exits[0].taken = "other";
  CHECK_ERROR(parse(format_manifest(manifest)), ErrorCode::damaged,
              "segments[0].exits[0].taken: must name an output of the segment");
  first.exits[0].taken = first.outputs[1].name;
  first.exits[0].names.clear();
  CHECK_ERROR(parse(format_manifest(manifest)), ErrorCode::damaged,
              "segments[0].exits[0].names: must be as many as the tensors of the answer");
}

TEST_CASE("the answer of the first exit that is taken is the model's, under the model's names") {
  const auto bools = [](const char* name, bool set) {
    return Tensor{name, "bool", {1}, to_shared_bytes(std::string(1, set ? '\1' : '\0'))};
  };
  const std::vector<SegmentExit> exits = {{"first", {"a"}, {"output"}},
                                          {"second", {"b"}, {"output"}}};
  const Tensor a{"a", "uint8", {2}, to_shared_bytes("xy")};
  const Tensor b{"b", "uint8", {1}, to_shared_bytes("z")};
  CHECK_FALSE(early_answer({}, {bools("first", true), a}));
  CHECK_FALSE(early_answer(exits, {bools("first", false), bools("second", false), a, b}));
  // Behind a taken exit the others have no verdict.
  const Tensor none{"second", "bool", {0}, to_shared_bytes("")};
  const auto first = early_answer(exits, {bools("first", true), none, a, b});
  REQUIRE(first.has_value());
  REQUIRE(first->size() == 1);
  CHECK(first->front().name == "output");
  CHECK(first->front().bytes.view() == "xy");
  const auto second = early_answer(exits, {bools("first", false), bools("second", true), a, b});
  REQUIRE(second.has_value());
  CHECK(second->front().bytes.view() == "z");
}

TEST_CASE("a manifest of a built-in model has no source, and reads back") {
  SegmentManifest manifest = example();
  manifest.source_file = "";
  manifest.source_sha256 = "";
  manifest.any_batch = true;
  CHECK(parse(format_manifest(manifest)) == manifest);
}

TEST_CASE("a manifest states the range of sizes that depend on data") {
  SegmentManifest manifest = example();
  manifest.segments[1].outputs[0].bytes_seen = ByteRange{8, 120};
  CHECK(parse(format_manifest(manifest)) == manifest);
  CHECK(triton_config(manifest.segments[1], "net").find("dims: [ -1, -1 ]") != std::string::npos);
}

TEST_CASE("a manifest is found in its folder, or by its own path") {
  const Scratch folder;
  write_manifest(example(), folder.path());
  CHECK(read_manifest(folder.path()) == example());
  CHECK(read_manifest(folder.path() / manifest_name) == example());
  CHECK(folder.count() == 1);
}

TEST_CASE("a manifest that is not there is not found, and its path is named") {
  const Scratch folder;
  CHECK_ERROR(read_manifest(folder.path()), ErrorCode::not_found, "manifest.json");
  CHECK_ERROR(read_manifest(folder.path() / "none.json"), ErrorCode::not_found, "none.json");
}

TEST_CASE("a manifest cannot be written where there is no folder") {
  const Scratch folder;
  CHECK_ERROR(write_manifest(example(), folder.path() / "none"), ErrorCode::io, "none");
}

TEST_CASE("readers pass over fields that they do not know, and do without those for people") {
  const SegmentManifest read = parse(
      R"({"format":"scission-segments","version":1,"later":[1],"model":"m","any_batch":true,)"
      R"("segments":[{"file":"a.pt","first_layer":0,"last_layer":0,"layers":["x"],"inputs":[],)"
      R"("outputs":[],"bytes":1,"sha256":")" +
      std::string(64, '1') + R"(","later":2}]})");
  CHECK(read.model == "m");
  CHECK(read.source_sha256.empty());
  CHECK(read.segments.size() == 1);
}

TEST_CASE("a segment's file may be in a subfolder of the manifest's") {
  const SegmentManifest read = parse(with("segment-00.pt", "net-00/1/model.pt"));
  CHECK(read.segments[0].file == "net-00/1/model.pt");
}

TEST_CASE("any fault in a manifest is rejected with file and field") {
  struct Case {
    std::string from, to, part;
  };
  const std::vector<Case> cases{
      {"\"scission-segments\"", "\"scission-profile\"", "lacks \"format\""},
      {"\"version\": 1", "\"version\": 0", "version: must be 1 or more"},
      {"\"version\": 1", "\"version\": \"1\"", "version: must be a whole number"},
      {"\"version\": 1,", "", "lacks \"version\""},
      {"\"model\": \"net\"", "\"model\": \"\"", "model: must not be empty"},
      {"\"model\": \"net\"", "\"model\": 7", "model: must be a string"},
      {"\"any_batch\": false", "\"any_batch\": 0", "any_batch: must be true or false"},
      {"\"source_sha256\": \"0", "\"source_sha256\": \"", "source_sha256: must be a SHA-256"},
      {"\"cuts\": \"frontier\"", "\"cuts\": null", "cuts: must be a string"},
      {"\"segments\": [", "\"segments\": 1, \"x\": [", "segments: must be an array"},
      {"\"segments\": [", "\"segments\": [], \"x\": [", "segments: must not be empty"},
      {"\"segments\": [", "\"segments\": [1,", "segments[0]: must be an object"},
      {"segment-00.pt", "", "segments[0].file: must not be empty"},
      {"segment-00.pt", "/segment-00.pt", "segments[0].file: must name a file"},
      {"segment-00.pt", "../segment-00.pt", "segments[0].file: must name a file"},
      {"segment-00.pt", "a/../../segment-00.pt", "segments[0].file: must name a file"},
      {"segment-00.pt", "folder/", "segments[0].file: must name a file"},
      {"segment-00.pt", ".", "segments[0].file: must name a file"},
      {"segment-00.pt", "a\\u0000b", "segments[0].file: must name a file"},
      {"segment-01.pt", "segment-00.pt", "segments[1].file: appears twice"},
      {"segment-01.pt", "./segment-00.pt", "segments[1].file: appears twice"},
      {"\"first_layer\": 0", "\"first_layer\": 1", "segments[0].layers: must name the 2 layers"},
      {"\"first_layer\": 0", "\"first_layer\": -1", "segments[0].first_layer: must be a whole"},
      {"\"first_layer\": 3", "\"first_layer\": 5", "segments[1].last_layer: must not be below"},
      {"\"first_layer\": 3", "\"first_layer\": 4", "segments[1].layers: must name the 1 layers"},
      {"\"last_layer\": 2", "\"last_layer\": 2147483647", "segments[0].last_layer: is too large"},
      {"\"last_layer\": 2", "\"last_layer\": 99999999999", "segments[0].last_layer: is too large"},
      {"\"conv1\"", "\"\"", "segments[0].layers[1]: must not be empty"},
      {"\"conv1\",", "", "segments[0].layers: must name the 3 layers from 0 to 2"},
      {"\"name\": \"input\"", "\"name\": \"\"", "segments[0].inputs[0].name: must not be empty"},
      {"\"dtype\": \"float32\"", "\"dtype\": 32", "segments[0].inputs[0].dtype: must be a string"},
      {"\"shape\": [", "\"shape\": [-1,", "segments[0].inputs[0].shape[0]: must be a whole"},
      {"\"bool\"", "\"uint8\"", "segments[1].inputs: must be the outputs of the segment before"},
      {"\"bytes\": 1234", "\"bytes\": 1.5", "segments[0].bytes: must be a whole number"},
      {"\"sha256\": \"a", "\"sha256\": \"A", "segments[0].sha256: must be a SHA-256"},
      {"\"sha256\": \"a", "\"sha256\": \"aa", "segments[0].sha256: must be a SHA-256"},
      {"\"sha256\": \"a", "\"sha\": \"a", "segments[0]: lacks \"sha256\""},
  };
  for (const Case& bad : cases) {
    CAPTURE(bad.from, bad.to);
    CHECK_ERROR(parse(with(bad.from, bad.to)), ErrorCode::damaged, bad.part);
    CHECK_ERROR(parse(with(bad.from, bad.to)), ErrorCode::damaged, "x/manifest.json: ");
  }
}

TEST_CASE("segments that leave out layers between them are refused") {
  SegmentManifest manifest = example();
  manifest.segments[1].first_layer = 4;
  manifest.segments[1].layers = {"dense"};
  CHECK_ERROR(parse(format_manifest(manifest)), ErrorCode::damaged,
              "segments[1].first_layer: must be 3");
  manifest.segments.erase(manifest.segments.begin());
  CHECK_ERROR(parse(format_manifest(manifest)), ErrorCode::damaged,
              "segments[0].first_layer: must be 0");
}

TEST_CASE("a manifest of a newer format is refused as such") {
  CHECK_ERROR(parse(with("\"version\": 1", "\"version\": 2")), ErrorCode::unsupported,
              "newer than 1");
}

TEST_CASE("a manifest that is cut short anywhere is refused") {
  const std::string text = format_manifest(example());
  for (std::size_t length = 0; length + 2 < text.size(); ++length) {
    CHECK_THROWS_AS(parse(text.substr(0, length)), Error);
  }
}

TEST_CASE("a manifest with any bytes changed is read or refused, never worse") {
  std::mt19937 random(5);
  const std::string text = format_manifest(example());
  const std::string bytes = "{}[]\",:0123456789-.eE\\ tfn\x01\x7f\xff";
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string changed = text;
    for (unsigned change = 0; change <= random() % 3; ++change) {
      changed[random() % changed.size()] = bytes[random() % bytes.size()];
    }
    const auto error = error_of([&] { parse(changed); });
    refused += error.has_value() ? 1 : 0;
    if (!error) CHECK(parse(changed).segments.size() == 2);
  }
  CHECK(refused > 1'000);
}

TEST_CASE("Triton is told each tensor's type and whole shape") {
  CHECK(triton_config(example().segments[0], "net-00") ==
        "name: \"net-00\"\n"
        "platform: \"pytorch_libtorch\"\n"
        "max_batch_size: 0\n"
        "input [\n"
        "  {\n"
        "    name: \"INPUT__0\"\n"
        "    data_type: TYPE_FP32\n"
        "    dims: [ 1, 3, 32, 32 ]\n"
        "  }\n"
        "]\n"
        "output [\n"
        "  {\n"
        "    name: \"OUTPUT__0\"\n"
        "    data_type: TYPE_FP32\n"
        "    dims: [ 1, 8, 32, 32 ]\n"
        "  },\n"
        "  {\n"
        "    name: \"OUTPUT__1\"\n"
        "    data_type: TYPE_BOOL\n"
        "    dims: [ 1, 32 ]\n"
        "  }\n"
        "]\n");
}

TEST_CASE("the Triton configuration of an ONNX segment has the names of its tensors") {
  Segment segment = example().segments[0];
  segment.file = "net-00/1/model.onnx";
  segment.inputs[0].dtype = "uint16";  // which its LibTorch backend does not take
  CHECK(triton_config(segment, "net-00")
            .starts_with("name: \"net-00\"\n"
                         "platform: \"onnxruntime_onnx\"\n"
                         "max_batch_size: 0\n"
                         "input [\n"
                         "  {\n"
                         "    name: \"" +
                         segment.inputs[0].name +
                         "\"\n"
                         "    data_type: TYPE_UINT16\n"));
  segment.file = "net-00/1/model.pt";
  CHECK_ERROR(triton_config(segment, "net-00"), ErrorCode::unsupported, "uint16");
}

TEST_CASE("a model's name is quoted for Triton") {
  CHECK(triton_config(example().segments[0], R"(a"b\c)").starts_with(R"(name: "a\"b\\c")"));
}

TEST_CASE("Triton's types are those that its LibTorch backend converts") {
  Segment segment = example().segments[0];
  const std::vector<std::pair<std::string, std::string>> types{
      {"bool", "TYPE_BOOL"},    {"uint8", "TYPE_UINT8"},  {"int8", "TYPE_INT8"},
      {"int16", "TYPE_INT16"},  {"int32", "TYPE_INT32"},  {"int64", "TYPE_INT64"},
      {"float16", "TYPE_FP16"}, {"float32", "TYPE_FP32"}, {"float64", "TYPE_FP64"}};
  for (const auto& [ours, tritons] : types) {
    segment.inputs[0].dtype = ours;
    CHECK(triton_config(segment, "m").find("data_type: " + tritons + "\n") != std::string::npos);
  }
}

TEST_CASE("what Triton cannot take is refused by the tensor's name") {
  Segment segment = example().segments[0];
  segment.outputs[0].dtype = "bfloat16";
  CHECK_ERROR(triton_config(segment, "m"), ErrorCode::unsupported, "bfloat16 ('relu1')");
  segment.outputs[0].dtype = "float32";
  segment.outputs[0].shape = {};
  CHECK_ERROR(triton_config(segment, "m"), ErrorCode::unsupported, "no scalars ('relu1')");
  segment.outputs[0].shape = {1, 0};
  CHECK_ERROR(triton_config(segment, "m"), ErrorCode::unsupported, "no empty tensors ('relu1')");
}
