// Opening a model, cutting it for a plan, and the inputs of its requests.
#include "scission/prepare.hpp"

#include <algorithm>
#include <sstream>

#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::testing;

TEST_CASE("a plan's segments are written, and a plan of other layers is refused at its place") {
  const Scratch folder;
  const auto model = open_model(find_model("lenet"));
  const int last = static_cast<int>(model->graph().layers.size()) - 1;
  const int cut = model->cuts().cuts.front().layer;
  const SegmentManifest manifest =
      write_plan(*model, {{0, cut, "pi"}, {cut + 1, last, "vm"}}, "the plan", folder.path() / "1");
  REQUIRE(manifest.segments.size() == 2);
  CHECK(std::filesystem::exists(folder.path() / "1" / manifest.segments[1].file));
  CHECK_ERROR(write_plan(*model, {{0, last + 5, "pi"}}, "the plan", folder.path() / "2"),
              ErrorCode::mismatch, "the plan: ");
}

TEST_CASE("requests without images send a few random inputs in turn, with the model's answers") {
  RequestSeries series(find_model("lenet"), {.with_expected = true});
  std::vector<std::string> names;
  for (int i = 0; i < 5; ++i) {
    const auto input = series.next();
    REQUIRE(input);
    CHECK(input->tensors.size() == 1);
    CHECK(input->expected.size() == 1);
    names.push_back(input->name);
  }
  CHECK(names.front() == "random-0");
  CHECK(names.back() == names.front());
  CHECK(names[1] == "random-1");
}

TEST_CASE("images are sent once, or again and again") {
  const ModelSource source = find_model("lenet");
  RequestSeries once(source, {.images = "data/example/photo.jpg"});
  CHECK(once.next()->name == "data/example/photo.jpg");
  CHECK_FALSE(once.next());
  RequestSeries again(source, {.images = "data/example/photo.jpg", .repeats = true});
  for (int i = 0; i < 3; ++i) CHECK(again.next());
  std::istringstream lines("data/example/photo.jpg\n\ndata/example/photo.jpg\n");
  RequestSeries list(source, {.images = "-", .list = &lines});
  CHECK(list.next()->name == "data/example/photo.jpg");
  CHECK(list.next());
  CHECK_FALSE(list.next());
}

TEST_CASE("an image for a model that takes none is refused, and so is a missing one") {
  ModelSource tokens = find_model("lenet");
  tokens.inputs = {{.shape = {1, 8}}};
  CHECK_ERROR(request_inputs(tokens, "data/example/photo.jpg"), ErrorCode::invalid_argument,
              "INPUT: ");
  CHECK_ERROR(RequestSeries(find_model("lenet"), {.images = "no-such.jpg"}), ErrorCode::not_found,
              "no-such.jpg");
}

TEST_CASE("verdicts are told for each batch, and unequal results are an error of the folder") {
  const BatchComparison equal{
      .factor = 1, .batch = 4, .bit_equal = true, .message = {}, .exits = {{"gate", 3, 0}}};
  const BatchComparison refused{
      .factor = 2, .batch = 8, .model_runs = false, .message = "no such batch"};
  const BatchComparison unequal{
      .factor = 3, .batch = 12, .largest_difference = 0.25, .message = {}};
  const std::vector<BatchComparison> fine{equal, refused};
  CHECK(format_verdicts(fine, false) ==
        "batch 4: bit-equal\n"
        "batch 4, gate: taken by 3 of 3 runs; what comes after it is not compared\n"
        "batch 8: not compared, the model itself refuses it (no such batch)\n"
        "other batches: not compared, the segments are for this batch alone\n");
  CHECK(format_verdicts({}, false).empty());
  CHECK(format_verdicts({{.factor = 1, .bit_equal = true}}, true) ==
        "the inputs as given: bit-equal\n");
  CHECK_NOTHROW(require_equal_results(fine, "parts"));
  CHECK_ERROR(require_equal_results({equal, unequal}, "parts"), ErrorCode::mismatch,
              "parts: the segments do not give what the model gives for batch 12: not equal, "
              "elements differ by up to 0.25");
  CHECK_ERROR(require_equal_results({{.factor = 1, .model_runs = false, .message = {}}}, "parts"),
              ErrorCode::mismatch, "parts: written, but not verified");
}

TEST_CASE("built-in models are a row or an object each") {
  const std::vector<ZooModel> models = select_zoo_models({"lenet", "vgg19"}, "list");
  const std::string table = format_built_in(models);
  CHECK(table.find("model") == 0);
  CHECK(table.find("143,667,240") != std::string::npos);
  CHECK(std::count(table.begin(), table.end(), '\n') == 3);
  CHECK(format_built_in_json(models).find("\"model\": \"vgg19\"") != std::string::npos);
}

TEST_CASE("a model with inputs in files needs the files") {
  CHECK_ERROR(find_model_with_inputs("lenet", {"missing.npy"}), ErrorCode::not_found,
              "missing.npy");
}
