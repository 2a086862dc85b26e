// The command lines of the original programs, held against what Python's argparse makes of them,
// and then run.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "apps/built_tools.hpp"
#include "base/file.hpp"
#include "original_options.hpp"
#include "predict_example.hpp"
#include "scission/base.hpp"
#include "scission/profile.hpp"
#include "support/catch.hpp"
#include "support/python.hpp"
#include "support/run_tool.hpp"

using namespace scission;
using namespace scission::testing;
using scission::apps::OriginalOption;
using scission::apps::TranslatedWords;
using scission::apps::Words;

namespace {

using Kind = OriginalOption::Kind;

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

/// An option as the programs declare it: all its spellings, and whether it takes a yes or no.
struct Declared {
  Words spellings;
  bool is_boolean = false;
};

struct Program {
  std::string name;
  std::vector<Declared> options;
  std::vector<OriginalOption> here;
};

/// From the sources: of the original at b765b2b, of its fork at 1094f16. The fork's programs have
/// all options of the original's.
const std::vector<Program>& programs() {
  static const std::vector<Program> all{
      {"scission_benchmark.py",
       {{{"-r", "-repeats"}},
        {{"-dc", "--disablecuda"}, true},
        {{"-s", "--store-models"}, true},
        {{"-o", "--output-directory"}},
        {{"-b", "--batch-size"}}},
       apps::benchmark_originals()},
      {"scission_predict.py",
       {{{"--result-count"}},
        {{"-i", "--input"}},
        {{"-d", "--device"}},
        {{"--device-upload"}},
        {{"--device-time"}},
        {{"-e", "--edge"}},
        {{"--edge-upload"}},
        {{"--edge-time"}},
        {{"-c", "--cloud"}},
        {{"--cloud-time"}}},
       apps::predict_originals()},
      {"plot_models.py", {{{"-m", "-model"}}}, apps::graph_originals()}};
  return all;
}

/// Everything from two characters on.
Words prefixes(const std::string& spelling) {
  Words all;
  for (std::size_t length = 2; length <= spelling.size(); ++length) {
    all.push_back(spelling.substr(0, length));
  }
  return all;
}

/// The ways to give `value` to the option that `spelling` begins.
std::vector<Words> forms(const std::string& spelling, const std::string& value) {
  std::vector<Words> all{{spelling, value}, {spelling + "=" + value}};
  if (spelling.size() == 2) all.push_back({spelling + value});
  return all;
}

std::vector<Words> all_forms(const Program& program) {
  std::vector<Words> all;
  for (const Declared& option : program.options) {
    for (const std::string& spelling : option.spellings) {
      for (const std::string& prefix : prefixes(spelling)) {
        for (const char* value : {"True", "false", "0", "1"}) {
          const std::vector<Words> some = forms(prefix, value);
          all.insert(all.end(), some.begin(), some.end());
        }
      }
    }
  }
  return all;
}

/// Reads {"options": [[spelling…]…], "lines": [[word…]…]} and prints for every line the index of
/// the option that argparse understands and its value, or null.
const char* const argparse_program = R"(
import argparse, contextlib, io, json, sys
question = json.load(open(sys.argv[1]))
parser = argparse.ArgumentParser()
for index, spellings in enumerate(question["options"]):
    parser.add_argument(*spellings, dest=str(index))
answers = []
for line in question["lines"]:
    try:
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            given = vars(parser.parse_args(line))
        answers.append([[int(key), value] for key, value in given.items() if value is not None][0])
    except SystemExit:
        answers.append(None)
print(json.dumps(answers))
)";

/// The options that the tools have themselves are spelled in full, so none of these is among them.
cxxopts::Options no_own_options() {
  cxxopts::Options options("tool");
  options.add_options()("y,own", "", cxxopts::value<std::string>())("flag", "");
  return options;
}

TranslatedWords translate(const std::vector<OriginalOption>& originals, Words words) {
  words.insert(words.begin(), "tool");
  TranslatedWords result = apps::translate_originals(originals, no_own_options(), words);
  result.words.erase(result.words.begin());
  return result;
}

const OriginalOption& option_here(const Program& program, const Declared& declared) {
  return *std::find_if(program.here.begin(), program.here.end(), [&](const OriginalOption& one) {
    return std::find(one.spellings.begin(), one.spellings.end(), declared.spellings[0]) !=
           one.spellings.end();
  });
}

Words expected_words(const OriginalOption& option, const std::string& value) {
  switch (option.kind) {
    case Kind::value:
      return {"--" + option.option, value};
    case Kind::argument:
      return {value};
    case Kind::boolean:
      return value == "True" || value == "1" ? Words{"--" + option.option} : Words{};
    default:
      return {};
  }
}

std::string shown(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += word + " ";
  return text;
}

}  // namespace

TEST_CASE("what the originals' parser takes is taken here, with every prefix and every value") {
  const Scratch folder;
  const auto script = folder.file("ask.py", argparse_program);
  int taken = 0;
  for (const Program& program : programs()) {
    const std::vector<Words> lines = all_forms(program);
    nlohmann::json question{{"options", nlohmann::json::array()}, {"lines", lines}};
    for (const Declared& option : program.options) question["options"].push_back(option.spellings);
    const auto file = folder.file("question.json", question.dump());
    const std::optional<std::string> output = run_python(script, {file.string()});
    if (!output) SKIP_TEST("python3 is not installed");
    const nlohmann::json answers = nlohmann::json::parse(*output);
    REQUIRE(answers.size() == lines.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (answers[i].is_null()) continue;
      const Declared& declared = program.options.at(answers[i][0].get<std::size_t>());
      const std::string value = answers[i][1];
      const bool is_word = value == "True" || value == "false" || value == "0" || value == "1";
      if (declared.is_boolean && !is_word) continue;  // "-s=" and the like: refused later there
      // Newer versions of Python also take "-d=True" for -dc; here, -d= is the tool's own option.
      if (lines[i][0].starts_with("-d=")) continue;
      CAPTURE(program.name, shown(lines[i]));
      ++taken;
      CHECK(translate(program.here, lines[i]).words ==
            expected_words(option_here(program, declared), value));
    }
  }
  CHECK(taken > 700);
}

TEST_CASE("a prefix that several of the originals' options share is refused with their names") {
  for (const char* word : {"--dev", "--d", "--edge-", "--e=3"}) {
    const Example example;
    const ToolResult result = example.predict({word, "1"});
    CAPTURE(word, result.err);
    CHECK(result.exit_code == 2);
    CHECK(result.out.empty());
    CHECK(contains(result.err, "may be short for --"));
    CHECK(count_of(result.err, "\n") == 1);
  }
}

TEST_CASE("a word after a yes-or-no option is its value only where it reads as one") {
  const auto words = [](Words line) { return translate(apps::benchmark_originals(), line).words; };
  CHECK(words({"-dc"}) == Words{"--disable-cuda"});
  CHECK(words({"-dc", "cloud", "box"}) == Words{"--disable-cuda", "cloud", "box"});
  CHECK(words({"cloud", "box", "-dc", "YES"}) == Words{"--disable-cuda", "cloud", "box"});
  CHECK(words({"--disable-cuda", "n", "x"}) == Words{"x"});
  CHECK(words({"-dc", "True", "-dc", "f"}) == Words{});
  CHECK(words({"-s", "photo.jpg"}) == Words{"photo.jpg"});
  CHECK(words({"-s", "t", "photo.jpg"}) == Words{"photo.jpg"});
  CHECK(words({"-d", "cuda:0"}) == Words{"-d", "cuda:0"});
  CHECK(words({"--disable"}) == Words{"--disable"});
  CHECK_THROWS_AS(words({"--store-models=maybe"}), Error);
  CHECK_THROWS_AS(words({"-dc=maybe"}), Error);
}

TEST_CASE("own options, their values and what follows -- are left as they are") {
  const auto words = [](Words line) { return translate(apps::benchmark_originals(), line).words; };
  for (const Words& line : {Words{"--own", "-dc"}, Words{"-y", "-s"}, Words{"--own=-dc", "x"},
                            Words{"--", "-dc", "--batch-size"}, Words{"--flag", "-", "-1", ""}}) {
    CHECK(words(line) == line);
  }
  CHECK(words({"--flag", "-dc", "0"}) == Words{"--flag"});
  CHECK(words({"--unknown", "-x"}) == Words{"--unknown", "-x"});
}

TEST_CASE("an option without a meaning here is remarked on once, however often it is given") {
  const TranslatedWords result = translate(apps::benchmark_originals(),
                                           {"-s", "False", "--store-models=0", "-s", "--st", "y"});
  CHECK(result.words.empty());
  CHECK(result.remarks.size() == 1);
}

TEST_CASE("every option of the original programs is in the table of the page on compatibility") {
  const std::string page = read_file("docs/compatibility.md");
  for (const Program& program : programs()) {
    CHECK(contains(page, program.name));
    for (const Declared& option : program.options) {
      for (const std::string& spelling : option.spellings) {
        CAPTURE(program.name, spelling);
        CHECK(contains(page, "`" + spelling + " "));
      }
    }
  }
  for (const char* program :
       {"cut_models.py", "benchmarking_server.py", "benchmarking_client.py", "densenet"}) {
    CHECK(contains(page, program));
  }
}

// --- Run ---

namespace {

/// An option of scission_predict.py, the shortest prefix that its parser takes, and a value that
/// changes the answer in the small world of predict_example.hpp.
struct PredictRow {
  std::string letter;
  std::string prefix;
  std::string name;
  std::string value;
  Words here;
};

const std::vector<PredictRow> predict_rows{
    {"", "--r", "--result-count", "2", {"--result-count", "2"}},
    {"-i", "--i", "--input", "0.6", {"--input-size", "0.6MB"}},
    {"-d", "--device", "--device", "!-1", {"--on", "device", "!-1"}},
    {"", "--device-u", "--device-upload", "0.05", {"--upload", "device", "0.05"}},
    {"", "--device-t", "--device-time", "20%", {"--time", "device", "20%"}},
    {"-e", "--edge", "--edge", "-1", {"--on", "edge", "-1"}},
    {"", "--edge-u", "--edge-upload", "0", {"--upload", "edge", "0"}},
    {"", "--edge-t", "--edge-time", "0.3", {"--time", "edge", "0.3"}},
    {"-c", "--cloud", "--cloud", "!vm", {"--on", "cloud", "!vm"}},
    {"", "--cloud-", "--cloud-time", "50%", {"--time", "cloud", "50%"}}};

}  // namespace

TEST_CASE("every option of the original's prediction gives what the option here gives") {
  const Example example;
  const std::string usual = example.predict({}).out;
  for (const PredictRow& row : predict_rows) {
    const ToolResult here = example.predict(row.here);
    CAPTURE(row.name, here.err);
    CHECK(here.exit_code == 0);
    CHECK(here.out != usual);
    for (const std::string& spelling : {row.letter, row.prefix, row.name}) {
      if (spelling.empty()) continue;
      for (const Words& words : forms(spelling, row.value)) {
        const ToolResult result = example.predict(words);
        CAPTURE(shown(words), result.err);
        CHECK(result.exit_code == 0);
        CHECK(result.out == here.out);
      }
    }
  }
}

TEST_CASE(
    "the prediction of the original's documentation, and its --help shortened, are accepted") {
  const ToolResult result = run_tool(
      "scission-predict",
      {"data/example", "network.csv", "VGG19", "-d", "!-1", "-e", "10", "-c", "16", "--no-plot"});
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, "[1] "));
  CHECK(run_tool("scission-predict", {"--hel"}).exit_code == 0);
}

namespace {

const std::string example_photo = "data/example/photo.jpg";

/// A short benchmark of lenet into the folder OUT of `folder`.
ToolResult benchmark_lenet(const Scratch& folder, Words more) {
  Words words{"cloud", "6700k",    example_photo, "--models",    "lenet", "--passes",
              "1",     "--warmup", "0",           "--precision", "1e-9"};
  words.insert(words.end(), more.begin(), more.end());
  const auto has = [&](const std::string& prefix) {
    return std::any_of(more.begin(), more.end(),
                       [&](const std::string& word) { return word.starts_with(prefix); });
  };
  if (!has("-r")) words.insert(words.end(), {"-r", "1"});
  if (!has("-o") && !has("--o")) words.insert(words.end(), {"-o", folder.path() / "out"});
  return run_tool("scission-benchmark", words);
}

ModelProfile measured(const Scratch& folder) {
  return read_profile(folder.path() / "out" / "cloud-6700k.json").models.at(0);
}

}  // namespace

TEST_CASE("the fork's container command runs, and says once that no model is stored") {
  NEEDS_MODELS_OF("scission-benchmark");
  const Scratch folder;
  const ToolResult result =
      benchmark_lenet(folder, {"-s", "False", "--store-models", "0", "-o", folder.path() / "out"});
  CHECK(result.exit_code == 0);
  CHECK(count_of(result.err, "--store-models has no effect") == 1);
  CHECK(std::filesystem::exists(folder.path() / "out" / "cloud-6700k.json"));
}

TEST_CASE("the originals' options of rounds, batch and folder mean those here in every spelling") {
  NEEDS_MODELS_OF("scission-benchmark");
  const Scratch folder;
  const std::string out = folder.path() / "out";
  const std::vector<Words> lines{{"-r", "3", "-b", "2", "-o", out},
                                 {"-r3", "-b2", "-o" + out},
                                 {"-r=3", "-b=2", "-o=" + out},
                                 {"-repeats", "3", "--batch-size", "2", "--output-directory", out},
                                 {"-repeats=3", "--b=2", "--o=" + out},
                                 {"-repeats", "3", "--batch", "2", "--output", out}};
  for (const Words& line : lines) {
    std::filesystem::remove_all(out);
    const ToolResult result = benchmark_lenet(folder, line);
    CAPTURE(shown(line), result.err);
    REQUIRE(result.exit_code == 0);
    CHECK(measured(folder).repetitions == 3);
    CHECK(measured(folder).input_shape.at(0) == 2);
  }
}

TEST_CASE("the originals' option against CUDA takes a value, or none as here") {
  NEEDS_MODELS_OF("scission-benchmark");
  const Scratch folder;
  for (const Words& line :
       {Words{"-dc", "True"}, Words{"-dc"}, Words{"-d", "1"}, Words{"--disablecuda", "yes"},
        Words{"--disablecuda=t"}, Words{"--dis", "TRUE"}, Words{"--disable-cuda"},
        Words{"--disable-cuda", "True"}}) {
    Words words = line;
    words.insert(words.end(), {"--device", "cuda:77"});
    const ToolResult result = benchmark_lenet(folder, words);
    CAPTURE(shown(line), result.err);
    CHECK(result.exit_code == 0);
  }
  for (const Words& line :
       {Words{"-dc", "False"}, Words{"-dc=0"}, Words{"-d", "no"}, Words{"--disablecuda", "false"},
        Words{"--disablecuda=f"}, Words{"--disable-cuda", "0"}, Words{"-dc", "1", "-dc", "n"}}) {
    Words words = line;
    words.insert(words.end(), {"--device", "cuda:77"});
    const ToolResult result = benchmark_lenet(folder, words);
    CAPTURE(shown(line), result.err);
    CHECK(result.exit_code != 0);
    CHECK(contains(result.err, "cuda"));
  }
}

TEST_CASE(
    "the fork's option to store models is accepted in every spelling, with or without value") {
  NEEDS_MODELS_OF("scission-benchmark");
  const Scratch folder;
  for (const Words& line :
       {Words{"-s", "False"}, Words{"-sFalse"}, Words{"-s=0"}, Words{"-s"}, Words{"--s", "no"},
        Words{"--store-models", "True"}, Words{"--store-models=false"}, Words{"--store-models"}}) {
    Words words = line;
    words.insert(words.end(), {"-dc"});
    const ToolResult result = benchmark_lenet(folder, words);
    CAPTURE(shown(line), result.err);
    CHECK(result.exit_code == 0);
    CHECK(count_of(result.err, "--store-models has no effect") == 1);
  }
}

TEST_CASE("the fork's files are there under its names, with the batch in them, on request") {
  NEEDS_MODELS_OF("scission-benchmark");
  const Scratch folder;
  const auto out = folder.path() / "out";
  const ToolResult result =
      benchmark_lenet(folder, {"-r", "2", "-b", "2", "--format", "fork,statistics"});
  REQUIRE(result.exit_code == 0);
  const SystemProfile dat = read_profile(out / "benchmark_data" / "cloud-6700k-b2.dat");
  CHECK(dat.models.at(0).blocks[3].seconds == measured(folder).blocks[3].seconds);
  const std::string statistics = read_file(out / "cloud-6700k-statistics.csv");
  for (const char* name : {"6700k-stats-b2.csv", "cloud-6700k-stats.csv"}) {
    CHECK(read_file(out / "models_profiling" / name) == statistics);
    CHECK(contains(result.out, name));
  }
  if (contains(result.err, "gnuplot is not installed")) SKIP_TEST("gnuplot is not installed");
  for (const char* name : {"6700k-lenet-performance-b2.png", "lenet-stats.png"}) {
    CHECK(std::filesystem::exists(out / "models_profiling" / "lenet" / name));
  }
}

TEST_CASE("the fork's files of a batch of one say so, and are not there unasked") {
  NEEDS_MODELS_OF("scission-benchmark");
  const Scratch folder;
  const auto out = folder.path() / "out";
  REQUIRE(benchmark_lenet(folder, {}).exit_code == 0);
  CHECK_FALSE(std::filesystem::exists(out / "models_profiling"));
  REQUIRE(benchmark_lenet(folder, {"--format", "fork"}).exit_code == 0);
  CHECK(std::filesystem::exists(out / "models_profiling" / "6700k-stats-b1.csv"));
  CHECK(std::filesystem::exists(out / "benchmark_data" / "cloud-6700k-b1.dat"));
}

TEST_CASE("the model of plot_models is drawn in every spelling of its option") {
  NEEDS_MODELS_OF("scission-graph");
  const Scratch folder;
  const auto picture = folder.path() / "lenet.dot";
  for (const Words& line : {Words{"-m", "lenet"}, Words{"-mlenet"}, Words{"-m=lenet"},
                            Words{"-model", "lenet"}, Words{"-model=lenet"}, Words{"lenet"}}) {
    std::filesystem::remove(picture);
    Words words = line;
    words.insert(words.end(), {"-o", picture});
    const ToolResult result = run_tool("scission-graph", words);
    CAPTURE(shown(line), result.err);
    CHECK(result.exit_code == 0);
    CHECK(std::filesystem::exists(picture));
  }
}

TEST_CASE("the names of the original's models and of the adaptivity study's are those here") {
  NEEDS_MODELS_OF("scission-zoo");
  std::istringstream list(run_tool("scission-zoo", {"list"}).out);
  std::set<std::string> here;
  for (std::string line; std::getline(list, line);) here.insert(line.substr(0, line.find(' ')));
  for (const char* name :
       {"vgg19",       "xception",    "resnet50",     "resnet101",    "resnet152",
        "resnet50v2",  "resnet101v2", "resnet152v2",  "inception_v3", "inceptionresnet_v2",
        "mobilenet",   "vgg16",       "mobilenetv2",  "densenet121",  "densenet169",
        "densenet201", "nasnetlarge", "nasnetmobile", "alexnet",      "lenet"}) {
    CAPTURE(name);
    CHECK(here.count(name) == 1);
  }
}

TEST_CASE("the adaptivity study's name for DenseNet-121 is known") {
  NEEDS_MODELS_OF("scission-benchmark");
  const ToolResult result =
      run_tool("scission-benchmark", {"cloud", "vm", "--models", "densenet,densenet121"});
  CHECK(result.exit_code == 2);
  CHECK(contains(result.err, "'densenet121' is named twice"));
}

TEST_CASE("one command cuts a model at every place, as cut_models does") {
  NEEDS_MODELS_OF("scission-split");
  const Scratch folder;
  const auto parts = folder.path() / "edge_models" / "edge_models_lenet";
  const ToolResult result = run_tool("scission-split", {"lenet", "--every-cut", "-o", parts});
  CHECK(result.exit_code == 0);
  CHECK(std::filesystem::exists(parts / "manifest.json"));
}
