// scission-benchmark and scission-zoo, as a person calls them.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "apps/built_tools.hpp"
#include "base/file.hpp"
#include "scission/measure.hpp"
#include "scission/profile.hpp"
#include "support/catch.hpp"
#include "support/run_tool.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

const std::string photo = "data/example/photo.jpg";

ToolResult benchmark(const Scratch& folder, std::vector<std::string> arguments) {
  if (std::find(arguments.begin(), arguments.end(), "-o") == arguments.end()) {
    arguments.insert(arguments.end(), {"-o", folder.path() / "out"});
  }
  return run_tool("scission-benchmark", arguments);
}

bool is_judgement_only(const std::string& text) {
  std::istringstream lines(text);
  std::string last;
  for (std::string line; std::getline(lines, line); last = line) {
    const bool is_expected = line.find(" of measuring (--max-time)") != std::string::npos ||
                             line.find("after the first of ") != std::string::npos ||
                             line.starts_with("scission-benchmark: fine: ") ||
                             line.starts_with("scission-benchmark: warning: ") ||
                             line.starts_with("scission-benchmark: verdict: ");
    if (!is_expected) return false;
  }
  return last.starts_with("scission-benchmark: verdict: ");
}

bool appears(const std::filesystem::path& file) {
  constexpr int tries = 6000;
  for (int i = 0; i < tries; ++i) {
    if (std::filesystem::exists(file)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace

TEST_CASE("a benchmark leaves a profile that reads back, block by block") {
  NEEDS_TOOL("scission-benchmark");
  const Scratch folder;
  const ToolResult result =
      benchmark(folder, {"edge", "my-box.v2", photo, "--models", "mobilenet", "-r", "2", "--passes",
                         "1", "--warmup", "1", "--threads", "1", "-dc"});
  REQUIRE(result.exit_code == 0);
  CHECK(is_judgement_only(result.err));
  CHECK(result.out.find("mobilenet") != std::string::npos);
  const SystemProfile profile = read_profile(folder.path() / "out" / "edge-my-box.v2.json");
  CHECK(profile.platform == "edge");
  CHECK(profile.name == "my-box.v2");
  CHECK(profile.host.backend == "LibTorch");
  CHECK(profile.host.threads == 1);
  CHECK(profile.host.device == "cpu");
  CHECK(profile.host.clock_resolution_s > 0);
  const ModelProfile* model = profile.find("mobilenet");
  REQUIRE(model != nullptr);
  CHECK(model->blocks.size() == 92);
  CHECK(model->blocks.back().block.last_layer == 91);
  CHECK(model->repetitions == 2);
  CHECK(model->warmup == 1);
  CHECK(model->whole_seconds > 0);
  CHECK(model->load_seconds > 0);
  CHECK(model->peak_rss_bytes > model->weight_bytes);
  CHECK(std::filesystem::exists(folder.path() / "out" / "edge-my-box.v2.samples.csv"));
}

TEST_CASE("a benchmark writes the other formats and prints the profile on request") {
  NEEDS_TOOL("scission-benchmark");
  const Scratch folder;
  const ToolResult result =
      benchmark(folder, {"edge", "box", photo, "--models", "lenet", "-r", "2", "--warmup", "1",
                         "--format", "json,dat,csv,statistics", "--json"});
  REQUIRE(result.exit_code == 0);
  CHECK(is_judgement_only(result.err));
  const auto out = folder.path() / "out";
  CHECK(result.out == read_file(out / "edge-box.json"));
  REQUIRE(read_profile(out / "edge-box.dat").find("lenet") != nullptr);
  CHECK(read_profile(out / "edge-box.dat").find("lenet")->blocks.size() == 9);
  CHECK(read_file(out / "edge-box.csv").find("lenet") != std::string::npos);
  CHECK(read_file(out / "edge-box-statistics.csv").find("lenet") != std::string::npos);
}

TEST_CASE("a benchmark draws its models on request") {
  NEEDS_TOOL("scission-benchmark");
  const Scratch folder;
  const ToolResult result = benchmark(folder, {"edge", "box", photo, "--models", "lenet", "-r", "2",
                                               "--warmup", "0", "--pictures"});
  REQUIRE(result.exit_code == 0);
  if (result.err.find("gnuplot is not installed") != std::string::npos) {
    SKIP_TEST("gnuplot is not installed");
  }
  for (const char* name : {"edge-box-lenet-times.png", "edge-box-lenet-costs.svg"}) {
    CHECK(std::filesystem::exists(folder.path() / "out" / name));
  }
}

TEST_CASE("an interrupted benchmark keeps what is done and is resumed") {
  NEEDS_TOOL("scission-benchmark");
  const Scratch folder;
  const auto file = folder.path() / "out" / "edge-box.json";
  Arguments arguments{"edge",     "box",       photo,         "--models", "lenet,mobilenet",
                      "--warmup", "0",         "--precision", "1e-6",     "--max-time",
                      "500",      "--threads", "1",           "-o",       folder.path() / "out",
                      "--passes", "1"};
  Arguments long_run = arguments;
  long_run.insert(long_run.end(), {"-r", "400"});
  RunningTool running("scission-benchmark", long_run);
  REQUIRE(appears(file));
  running.send(SIGINT);
  const ToolResult interrupted = running.wait();
  CHECK(interrupted.exit_code == 130);
  const std::string total = "2 models in 1 pass: at most 16 min 40 s of measuring (--max-time)";
  CHECK(interrupted.err.find(total) != std::string::npos);
  CHECK(interrupted.err.find("--resume") != std::string::npos);
  const SystemProfile kept = read_profile(file);
  REQUIRE(kept.models.size() == 1);
  CHECK(kept.models[0].repetitions == 400);

  arguments.insert(arguments.end(), {"-r", "1", "--resume"});
  const ToolResult resumed = run_tool("scission-benchmark", arguments);
  CHECK(resumed.exit_code == 0);
  CHECK(resumed.err.find("which has lenet\n") != std::string::npos);
  CHECK(resumed.err.find("(lenet") == std::string::npos);  // it was judged before
  const SystemProfile whole = read_profile(file);
  REQUIRE(whole.models.size() == 2);
  CHECK(whole.models[0].repetitions == 400);
  CHECK(whole.models[1].model == "mobilenet");

  arguments.insert(arguments.end(), {"--threads", "2"});
  const ToolResult refused = run_tool("scission-benchmark", arguments);
  CHECK(refused.exit_code == 1);
  CHECK(is_one_line(refused.err));
  CHECK(refused.err.find("threads (1 there, 2 now)") != std::string::npos);
}

TEST_CASE("a benchmark in two passes says the rounds of each in all its files") {
  NEEDS_TOOL("scission-benchmark");
  const Scratch folder;
  const ToolResult result =
      benchmark(folder, {"edge", "box", photo, "--models", "lenet,alexnet", "--passes", "2", "-r",
                         "5", "--warmup", "0", "--json", "--format", "dat,csv"});
  REQUIRE(result.exit_code == 0);
  CHECK(is_judgement_only(result.err));
  const auto out = folder.path() / "out";
  const auto json = nlohmann::json::parse(result.out);
  CHECK(json["models"][0]["passes"] == nlohmann::json{2, 3});
  SystemProfile profile = read_profile(out / "edge-box.json");
  add_samples(profile, read_file(out / "edge-box.samples.csv"), "samples");
  REQUIRE(profile.models.size() == 2);
  for (const ModelProfile& model : profile.models) {
    CHECK(model.passes == std::vector<int>{2, 3});
    CHECK(has_samples_of_passes(model));
    CHECK(model.whole_samples.size() == 5);
  }
  const double seconds = profile.find("lenet")->blocks[3].seconds;
  CHECK(read_profile(out / "edge-box.dat").find("lenet")->blocks[3].seconds == seconds);
}

TEST_CASE("a benchmark that is interrupted between two passes is resumed with the missing ones") {
  NEEDS_TOOL("scission-benchmark");
  const Scratch folder;
  const auto file = folder.path() / "out" / "edge-box.json";
  const auto arguments = [&](const std::string& rounds) {
    return Arguments{"edge",
                     "box",
                     photo,
                     "--models",
                     "lenet",
                     "--warmup",
                     "0",
                     "-r",
                     rounds,
                     "--passes",
                     "2",
                     "--precision",
                     "1e-6",
                     "--max-time",
                     "500",
                     "-o",
                     folder.path() / "out"};
  };
  // The second half of so many rounds takes seconds; the file is there before it begins.
  RunningTool running("scission-benchmark", arguments("4000"));
  REQUIRE(appears(file));
  running.send(SIGINT);
  const ToolResult interrupted = running.wait();
  CHECK(interrupted.exit_code == 130);
  CHECK(interrupted.err.find("has lenet (1 of 2 passes); the same command with --resume") !=
        std::string::npos);
  CHECK(interrupted.out.find("lenet") != std::string::npos);
  CHECK(read_profile(file).find("lenet")->passes == std::vector<int>{2000});

  Arguments rest = arguments("8");
  rest.emplace_back("--resume");
  const ToolResult resumed = run_tool("scission-benchmark", rest);
  CHECK(resumed.exit_code == 0);
  CHECK(resumed.err.find("which has lenet (1 of 2 passes)\n") != std::string::npos);
  CHECK(read_profile(file).find("lenet")->passes == std::vector<int>{2000, 4});
}

TEST_CASE("a model that takes longer than it may fails alone") {
  NEEDS_TOOL("scission-benchmark");
  const Scratch folder;
  const ToolResult result = benchmark(
      folder, {"device", "pc", photo, "--models", "lenet,alexnet", "--model-timeout", "0.01"});
  CHECK(result.exit_code == 1);
  CHECK(
      result.err ==
      "scission-benchmark: 2 models in 5 passes: at most 2 min 00 s of measuring (--max-time), and "
      "loading\n"
      "scission-benchmark: lenet: took longer than 10.0 ms and was stopped\n"
      "scission-benchmark: alexnet: took longer than 10.0 ms and was stopped\n"
      "scission-benchmark: 2 of 2 models failed: lenet, alexnet\n");
  CHECK(result.out.empty());
}

TEST_CASE("an exported model is benchmarked as any TorchScript file, and knows its inputs") {
  NEEDS_TOOL("scission-zoo");
  const Scratch folder;
  const std::string file = folder.path() / "net.pt";
  REQUIRE(run_tool("scission-zoo", {"export", "mobilenet", "-o", file}).exit_code == 0);
  const ToolResult noted =
      benchmark(folder, {"device", "pc", "--model", file, "-r", "1", "--warmup", "0"});
  REQUIRE(noted.exit_code == 0);
  const ToolResult given = benchmark(folder, {"edge", "pc", photo, "--model", file, "-r", "1",
                                              "--warmup", "0", "--input-shape", "1,3,160,192"});
  REQUIRE(given.exit_code == 0);
  const SystemProfile first = read_profile(folder.path() / "out" / "device-pc.json");
  CHECK(first.find("net")->blocks.size() == 92);
  CHECK(first.find("net")->input_shape == std::vector<std::int64_t>{1, 3, 224, 224});
  const SystemProfile second = read_profile(folder.path() / "out" / "edge-pc.json");
  CHECK(second.find("net")->input_shape == std::vector<std::int64_t>{1, 3, 160, 192});
}

TEST_CASE("a benchmark that cannot be made leaves no profile and one line that says why") {
  NEEDS_TOOL("scission-benchmark");
  const Scratch folder;
  const std::string damaged_image = folder.file("image.jpg", "no picture");
  const std::string damaged_model = folder.file("model.pt", "no model");
  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    std::string part;
  };
  const std::vector<Case> cases{
      {{"device", "pc", "none.jpg"}, 1, "none.jpg"},
      {{"device", "pc", damaged_image}, 1, "image.jpg"},
      {{"device", "pc", photo, "--models", "resnet5O"}, 2, "did you mean 'resnet50'?"},
      {{"device", "pc", "--model", "none.pt", "--input-shape", "1,3,8,8"}, 1, "none.pt"},
      {{"device", "pc", "--model", damaged_model, "--input-shape", "1,3,8,8"}, 1, "model.pt"},
      {{"device", "pc", "--model", damaged_model}, 1, "model.pt"},
      {{"device", "pc", "--model", damaged_model, "--input-shape", "1,-1"}, 2, "--input-shape"},
      {{"device", "pc", photo, "--models", "lenet", "--input-shape", "1,3,8,8"}, 2, "--model"},
      {{"device", "pc", photo, "--models", "lenet", "--cuts", "several"}, 2, "--cuts"},
      {{"device", "pc", photo, "--models", "lenet", "--grain", "leaf"}, 2, "--grain"},
      {{"device", "pc", photo, "--models", "lenet", "--order", "any"}, 2, "--order"},
      {{"my-device", "pc", photo}, 2, "my-device"},
      {{"device", "../pc", photo}, 2, "../pc"},
      {{"device", "@pc", photo}, 2, "@pc"},
      {{"device", "pc", photo, "--models", "mobilenet,mobilenet"}, 2, "named twice"},
      {{"device", "pc", photo, "-r", "0"}, 2, "--repetitions"},
      {{"device", "pc", photo, "--passes", "0"}, 2, "--passes: must be from 1 to 100"},
      {{"device", "pc", photo, "--passes", "101"}, 2, "--passes: must be from 1 to 100"},
      {{"device", "pc", photo, "--precision", "0"}, 2, "--precision"},
      {{"device", "pc", photo, "--max-time", "-1"}, 2, "--max-time"},
      {{"device", "pc", photo, "--format", "xls"}, 2, "--format"},
      {{"device", "pc", photo, "--device", "tpu"}, 2, "--device"},
      {{"device", "pc", photo, "-o", "/proc"}, 1, "/proc"},
  };
  for (const Case& bad : cases) {
    const ToolResult result = benchmark(folder, bad.arguments);
    INFO(result.err);
    CHECK(result.exit_code == bad.exit_code);
    CHECK(is_one_line(result.err));
    CHECK(result.err.find(bad.part) != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(folder.path() / "out" / "device-pc.json"));
  }
}

TEST_CASE("the zoo lists its models with their sizes and refuses others by name") {
  NEEDS_TOOL("scission-zoo");
  const ToolResult list = run_tool("scission-zoo", {"list"});
  CHECK(list.exit_code == 0);
  CHECK(std::count(list.out.begin(), list.out.end(), '\n') == 21);
  CHECK(list.out.find("vgg19                   26    26  143,667,240  39.270  1×3×224×224\n") !=
        std::string::npos);
  CHECK(list.out.find("nasnetlarge           1041     7   88,949,818  47.793  1×3×331×331\n") !=
        std::string::npos);
  const ToolResult unknown = run_tool("scission-zoo", {"export", "nut"});
  CHECK(unknown.exit_code == 2);
  CHECK(unknown.err.find("vgg19") != std::string::npos);
  CHECK(is_one_line(unknown.err));
}

TEST_CASE("the zoo's list is there for programs too") {
  NEEDS_TOOL("scission-zoo");
  const ToolResult list = run_tool("scission-zoo", {"list", "--json"});
  REQUIRE(list.exit_code == 0);
  const auto models = nlohmann::json::parse(list.out);
  REQUIRE(models.size() == 20);
  const nlohmann::json expected = {{"model", "xception"},  {"layers", 134},
                                   {"cuts", 27},           {"parameters", 22910480},
                                   {"flops", 16865013004}, {"input", {1, 3, 299, 299}},
                                   {"preprocessing", "tf"}};
  CHECK(models[2] == expected);
}

TEST_CASE("scission-zoo export replaces a file only with --force, and goes by its ending") {
  NEEDS_TOOL("scission-zoo");
  const Scratch folder;
  const std::string file = folder.file("net.pt", "mine");
  const ToolResult refused = run_tool("scission-zoo", {"export", "lenet", "-o", file});
  CHECK(refused.exit_code == 2);
  CHECK(contains(refused.err, "net.pt: exists; --force replaces it"));
  CHECK(read_file(file) == "mine");
  REQUIRE(run_tool("scission-zoo", {"export", "lenet", "-o", file, "--force"}).exit_code == 0);
  CHECK(read_file(file).starts_with("PK"));
  const ToolResult unknown = run_tool("scission-zoo", {"export", "lenet", "--format", "keras"});
  CHECK(unknown.exit_code == 2);
  CHECK(contains(unknown.err, "no backend here has files that end in '.keras'; known: .pt"));
  const std::string onnx = folder.path() / "net.onnx";
  const ToolResult written = run_tool("scission-zoo", {"export", "lenet", "-o", onnx});
  const bool has_onnx = contains(run_tool("scission-zoo", {"--version"}).out, "ONNX");
  REQUIRE(written.exit_code == (has_onnx ? 0 : 2));
  if (!has_onnx) return;
  const ToolResult listed = run_tool("scission-split", {onnx, "--list"});
  CHECK(listed.exit_code == 0);
  CHECK(contains(listed.out, "predictions 1×10 float32"));
}

TEST_CASE("an option of the zoo's other command is wrong usage") {
  NEEDS_TOOL("scission-zoo");
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"list", "-o", "x.pt"},
                                                    {"list", "--seed", "1"},
                                                    {"export", "lenet", "--json"}}) {
    const ToolResult result = run_tool("scission-zoo", arguments);
    CHECK(result.exit_code == 2);
    CHECK(is_one_line(result.err));
  }
}
