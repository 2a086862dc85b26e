// What codecs do at every cut, on chains that need no backend, and the files of a calibration.
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "scission/benchmark.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

Tensor floats(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return {"x", "float32", {1, static_cast<std::int64_t>(values.size())}, to_shared_bytes(bytes)};
}

std::vector<float> values_of(const Tensor& tensor) {
  std::vector<float> values(tensor.bytes.size / sizeof(float));
  std::memcpy(values.data(), tensor.bytes.data, tensor.bytes.size);
  return values;
}

/// A stage that calls a function and counts its runs.
class FunctionStage final : public StageModel {
 public:
  using Function = std::function<std::vector<Tensor>(std::vector<Tensor>)>;
  FunctionStage(Function function, int* runs) : function_(std::move(function)), runs_(runs) {}

  std::vector<Tensor> run(std::vector<Tensor> inputs) override {
    if (runs_ != nullptr) ++*runs_;
    return function_(std::move(inputs));
  }

 private:
  Function function_;
  int* runs_;
};

std::vector<Tensor> doubled(const std::vector<Tensor>& inputs) {
  std::vector<float> values = values_of(inputs.at(0));
  for (float& value : values) value *= 2;
  return {floats(values)};
}

ChainStage stage(int last_layer, FunctionStage::Function function, int* runs = nullptr) {
  return {last_layer, {}, std::make_unique<FunctionStage>(std::move(function), runs)};
}

/// Three blocks that double their input.
std::vector<ChainStage> doubling_chain(int* runs = nullptr) {
  std::vector<ChainStage> chain;
  for (const int last_layer : {0, 3, 4}) chain.push_back(stage(last_layer, doubled, runs));
  return chain;
}

CodecMeasurement measured(const std::vector<ChainStage>& chain,
                          const std::vector<CalibrationInput>& inputs, const std::string& codecs) {
  CodecOptions options{parse_codecs(codecs)};
  double now_s = 0;
  options.clock = [&now_s] { return now_s += 0.5; };
  return measure_codecs(
      chain, static_cast<int>(inputs.size()), [&](int index) { return inputs.at(index); }, options);
}

CalibrationInput wave() {
  std::vector<float> values(4096);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::sin(0.001F * float(i));
  values[100] = 2;
  return {{floats(values)}};
}

/// The largest of 16 elements is that of the index.
CalibrationInput peak_at(int index) {
  std::vector<float> values(16, 0.25F);
  values.at(index) = 1;
  CalibrationInput input{{floats(values)}};
  input.label = index;
  return input;
}

/// Codes to one byte, and decodes to one value everywhere.
class ConstantCodec final : public Codec {
 public:
  ConstantCodec(std::string name, float value, bool is_lossless)
      : name_(std::move(name)), value_(value), is_lossless_(is_lossless) {}

  std::string name() const override { return name_; }
  bool is_lossless() const override { return is_lossless_; }
  bool takes(std::string_view dtype) const override { return dtype == "float32"; }
  SharedBytes encode(const Tensor&) const override { return to_shared_bytes("0"); }
  SharedBytes decode(std::string_view, const std::string& dtype,
                     const std::vector<std::int64_t>& shape) const override {
    return floats(std::vector<float>(tensor_bytes(dtype, shape) / sizeof(float), value_)).bytes;
  }

 private:
  std::string name_;
  float value_;
  bool is_lossless_;
};

std::string constant_codec(const std::string& name, float value, bool is_lossless = false) {
  if (find_codec(name) == nullptr) {
    register_codec(std::make_unique<ConstantCodec>(name, value, is_lossless));
  }
  return name;
}

ModelProfile profile_with(const std::vector<CodecTiming>& codecs, int inputs) {
  ModelProfile profile;
  profile.codecs = codecs;
  profile.codec_inputs = inputs;
  return profile;
}

}  // namespace

TEST_CASE("every codec has figures at the input and at every cut, in the order of the cuts") {
  const CodecMeasurement result = measured(doubling_chain(), {wave(), wave()}, "zstd,fp16");
  CHECK(result.inputs == 2);
  CHECK_FALSE(result.accuracy.has_value());
  CHECK(result.notes.empty());
  REQUIRE(result.codecs.size() == 8);
  std::vector<int> cuts;
  for (const CodecTiming& timing : result.codecs) {
    cuts.push_back(timing.last_layer);
    const bool is_lossless = timing.codec == "zstd";
    CHECK((timing.error == 0) == is_lossless);
    CHECK(timing.error < 1e-3);
    CHECK(timing.cosine > 0.999);
    CHECK(timing.agreement == 1);
    CHECK(timing.bytes < 4096 * 4);
    CHECK(timing.bytes_p95 == timing.bytes);
    if (!is_lossless) CHECK(timing.bytes == Approx(4096 * 2).margin(64));
  }
  CHECK(cuts == std::vector<int>{-1, -1, 0, 0, 3, 3, 4, 4});
}

TEST_CASE("times are medians with intervals of the rounds, at least ten of all inputs together") {
  const CodecMeasurement result = measured(doubling_chain(), {wave(), wave(), wave()}, "zstd");
  REQUIRE(result.codecs.size() == 4);
  for (const CodecTiming& timing : result.codecs) {
    CHECK(timing.encode_seconds == 0.5);  // a step of the clock
    CHECK(timing.decode_seconds == 0.5);
    CHECK(timing.encode_interval.low == 0.5);
    CHECK(timing.decode_interval.high == 0.5);
  }
}

TEST_CASE(
    "the rest of a chain runs once for codecs that decode alike, and never for lossless ones") {
  int runs = 0;
  measured(doubling_chain(&runs), {wave()}, "zstd,lz4");
  CHECK(runs == 3);
  runs = 0;
  measured(doubling_chain(&runs), {wave()}, "int8,int8+zstd,zstd,int8+lz4");
  CHECK(runs == 3 + 3 + 2 + 1);
}

TEST_CASE("agreement and accuracy are shares of the inputs") {
  const std::string zeros = constant_codec("test-zeros", 0);
  const CodecMeasurement result =
      measured(doubling_chain(), {peak_at(0), peak_at(7), peak_at(2), peak_at(0)}, zeros);
  REQUIRE(result.codecs.size() == 4);
  CHECK(result.accuracy == 1.0);
  for (const CodecTiming& timing : result.codecs) {
    CHECK(timing.bytes == 1);
    CHECK(timing.error == 1);
    CHECK(timing.cosine == 0);
    CHECK(timing.agreement == 0.5);  // the first of equal elements is the largest
    CHECK(timing.accuracy == 0.5);
  }
}

TEST_CASE("a codec after which an output is no number has no figures there, and a note says so") {
  const std::string nans = constant_codec("test-nans", std::numeric_limits<float>::quiet_NaN());
  const CodecMeasurement result = measured(doubling_chain(), {wave()}, nans + ",int8");
  CHECK(result.codecs.size() == 4);
  REQUIRE(result.notes.size() == 1);
  CHECK(result.notes[0] ==
        "test-nans has no figures at 4 of 4 cuts, first at the input: an output has another shape, "
        "or is infinite or no number");
}

TEST_CASE("a codec that is said to be lossless and changes a tensor is an error") {
  const std::string liar = constant_codec("test-liar", 1, true);
  CHECK_ERROR(measured(doubling_chain(), {wave()}, liar), ErrorCode::mismatch,
              "codec test-liar: is said to be lossless");
}

TEST_CASE("a codec has no figures where it codes nothing") {
  std::vector<ChainStage> chain;
  chain.push_back(stage(0, [](const std::vector<Tensor>&) -> std::vector<Tensor> {
    return {{"indices", "int64", {1, 2}, to_shared_bytes(std::string(16, '\1'))}};
  }));
  const CodecMeasurement result = measured(chain, {wave()}, "int8");
  REQUIRE(result.codecs.size() == 1);
  CHECK(result.codecs[0].last_layer == -1);
  CHECK(result.codecs[0].error == 0);
}

TEST_CASE("values that a codec cannot code cross as they are, and count as such") {
  CalibrationInput infinite = wave();
  std::vector<float> values = values_of(infinite.tensors[0]);
  values[5] = std::numeric_limits<float>::infinity();
  infinite.tensors = {floats(values)};
  const CodecMeasurement result = measured(doubling_chain(), {wave(), infinite}, "int8");
  REQUIRE(result.codecs.size() == 4);
  CHECK(result.codecs[0].bytes == Approx((4096 + 4096 * 4) / 2).margin(64));
  CHECK(result.codecs[0].bytes_p95 > 4096 * 3.5);
}

TEST_CASE("an input that ends at an early exit has no figures at the cuts behind it") {
  std::vector<ChainStage> chain;
  chain.push_back(stage(1, [](std::vector<Tensor> inputs) {
    const bool is_taken = values_of(inputs.at(0)).front() == 1;
    Tensor taken{"taken", "bool", {1}, to_shared_bytes(std::string(1, is_taken ? '\1' : '\0'))};
    return std::vector<Tensor>{taken, inputs.at(0)};
  }));
  chain.back().exits = {{"taken", {"x"}, {"y"}}};
  chain.push_back(stage(2, [](std::vector<Tensor> inputs) {
    return std::vector<Tensor>{floats(values_of(inputs.at(1)))};
  }));
  const std::string zeros = constant_codec("test-zeros", 0);
  const CodecMeasurement result = measured(chain, {peak_at(0), peak_at(3), peak_at(4)}, zeros);
  REQUIRE(result.codecs.size() == 3);
  CHECK(result.codecs[0].agreement == Approx(1.0 / 3));
  CHECK(result.codecs[1].agreement == 0);
}

TEST_CASE("codecs are not measured without an input, or with a label that the model has not") {
  CHECK_ERROR(measured(doubling_chain(), {}, "zstd"), ErrorCode::invalid_argument,
              "inputs: must be 1 or more");
  CalibrationInput beyond = peak_at(3);
  beyond.label = 16;
  CHECK_ERROR(measured(doubling_chain(), {beyond}, "zstd"), ErrorCode::mismatch,
              "16 is the label of an input, and the model has 16 classes");
}

TEST_CASE("figures of other codecs stay in a profile where they are of as many inputs") {
  ModelProfile profile =
      profile_with({{"fp16", 0, 8, 8}, {"int8", -1, 4, 4}, {"int8", 0, 4, 4}}, 5);
  add_codecs({{{"int8", 0, 3, 3}}, 5, 0.5, {}}, profile);
  REQUIRE(profile.codecs.size() == 2);
  CHECK(profile.codecs[0].codec == "fp16");
  CHECK(profile.codecs[1].bytes == 3);
  CHECK(profile.accuracy == 0.5);
  CHECK(has_codecs(profile, parse_codecs("int8,fp16"), 5));
  CHECK_FALSE(has_codecs(profile, parse_codecs("int8,zstd"), 5));
  CHECK_FALSE(has_codecs(profile, parse_codecs("int8"), 4));
  add_codecs({{{"int8", 0, 3, 3}}, 6, {}, {}}, profile);
  CHECK(profile.codecs.size() == 1);
  CHECK(profile.codec_inputs == 6);
  CHECK_FALSE(profile.accuracy.has_value());
}

TEST_CASE("a folder's pictures are its calibration, in the order of their names") {
  const Scratch folder;
  for (const char* name : {"b.png", "a.JPG", "notes.txt", "c.npy", ".hidden.jpg"}) {
    folder.file(name, "");
  }
  const Calibration pictures = find_calibration(folder.path());
  CHECK(pictures.has_pictures);
  REQUIRE(pictures.size() == 2);
  CHECK(pictures.files[0].filename() == "a.JPG");
  CHECK(pictures.files[1].filename() == "b.png");
}

TEST_CASE("without pictures a folder's tensors are its calibration, and its folders of tensors") {
  const Scratch folder;
  folder.file("1.npy", "");
  folder.file("notes.txt", "");
  std::filesystem::create_directory(folder.path() / "0");
  const Calibration tensors = find_calibration(folder.path());
  CHECK_FALSE(tensors.has_pictures);
  REQUIRE(tensors.size() == 2);
  CHECK(tensors.files[0].filename() == "0");
}

TEST_CASE("a calibration that is missing or empty is refused by its name") {
  const Scratch folder;
  CHECK_ERROR(find_calibration(folder.path()), ErrorCode::invalid_argument,
              "holds neither pictures nor .npy files");
  CHECK_ERROR(find_calibration(folder.path() / "none"), ErrorCode::not_found,
              "there is no such folder");
}

TEST_CASE("labels are read by the names of the files, and every file must have one") {
  const Scratch folder;
  folder.file("a.jpg", "");
  folder.file("b.jpg", "");
  Calibration calibration = find_calibration(folder.path());
  add_labels(calibration, folder.file("labels.csv", "b.jpg, 7\n# of nobody\nz.jpg,1\na.jpg,0\n"));
  CHECK(calibration.labels == std::vector<std::int64_t>{0, 7});
  CHECK_ERROR(add_labels(calibration, folder.file("less.csv", "a.jpg,0\n")), ErrorCode::mismatch,
              "has no label for b.jpg");
  CHECK_ERROR(add_labels(calibration, folder.file("bad.csv", "a.jpg,0\nb.jpg,cat\n")),
              ErrorCode::damaged, "bad.csv:2: must be FILE,LABEL");
}

TEST_CASE("a broken picture of a calibration is named before anything is measured") {
  const Scratch folder;
  folder.file("broken.jpg", "no picture");
  CodecJob job;
  job.source.name = "net";
  job.source.inputs = {{{1, 3, 8, 8}}};
  job.calibration = find_calibration(folder.path());
  CHECK_ERROR(validate_calibration({job}), ErrorCode::damaged, "broken.jpg");
  job.source.inputs = {{{1, 8}}};
  CHECK_ERROR(validate_calibration({job}), ErrorCode::invalid_argument,
              "broken.jpg: is a picture, and net takes no image");
}
