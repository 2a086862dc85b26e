// --config FILE: options of a tool in a file.
#include "config_file.hpp"
#include "predict_example.hpp"
#include "scission/base.hpp"
#include "support/catch.hpp"
#include "support/run_tool.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::testing;
using Words = std::vector<std::string>;

namespace {

/// "OPTION|VALUE" of each entry.
Words entries_of(const std::filesystem::path& file) {
  Words entries;
  for (const auto& entry : apps::read_config(file))
    entries.push_back(entry.option + "|" + entry.value);
  return entries;
}

}  // namespace

TEST_CASE("a file of options has one in a line, with or without an equals sign") {
  const Scratch folder;
  const auto file =
      folder.file("options",
                  "# limits\n\nmax-time = 20\r\n--threads 4\n  json\nlabel = \" a b \"\n"
                  "peer=edge=10.0.0.2:8001\nlast = 1");
  CHECK(entries_of(file) == Words{"max-time|20", "threads|4", "json|", "label| a b ",
                                  "peer|edge=10.0.0.2:8001", "last|1"});
  CHECK(apps::read_config(file)[1].line == 4);
}

TEST_CASE("a line of a file of options that names no option is refused with its number") {
  const Scratch folder;
  for (const char* line : {"= 3", "--", "-- = 3"}) {
    CAPTURE(line);
    const auto file = folder.file("options", std::string("a = 1\n") + line + "\n");
    CHECK_THROWS_WITH(apps::read_config(file),
                      file.string() + ":2: write OPTION = VALUE, as in threads = 4");
  }
  CHECK_THROWS_AS(apps::read_config(folder.path() / "none"), Error);
}

TEST_CASE("the file of options is taken out of the command line, wherever it is named") {
  for (Words words :
       {Words{"tool", "--config", "file", "a", "--b"}, Words{"tool", "a", "--config=file", "--b"},
        Words{"tool", "a", "--b", "--config", "file"}}) {
    CHECK(apps::take_config(words) == "file");
    CHECK(words == Words{"tool", "a", "--b"});
  }
  Words words{"tool", "--", "--config", "file"};
  CHECK(apps::take_config(words).empty());
  CHECK(words.size() == 4);
  for (Words wrong : {Words{"tool", "--config"}, Words{"tool", "--config="},
                      Words{"tool", "--config", "a", "--config", "b"}}) {
    CHECK_THROWS_AS(apps::take_config(wrong), Error);
  }
}

TEST_CASE("options of a file count as if they were on the command line, which wins") {
  const Example example;
  const auto file = example.folder().file(
      "options", "result-count = 2\nformat = lines\non = edge 1\nany-order = false\n");
  const ToolResult from_file = example.predict({"--config", file.string()});
  CHECK(from_file.exit_code == 0);
  CHECK(from_file.out ==
        example.predict({"--result-count", "2", "--format", "lines", "--on", "edge", "1"}).out);
  const ToolResult both = example.predict({"--config", file.string(), "--result-count", "1"});
  CHECK(both.out ==
        example.predict({"--result-count", "1", "--format", "lines", "--on", "edge", "1"}).out);
}

TEST_CASE("a file of options may begin with a byte order mark") {
  const Scratch folder;
  CHECK(entries_of(folder.file("options",
                               "\xEF\xBB\xBF"
                               "threads = 4\n")) == Words{"threads|4"});
}

TEST_CASE("a file of options is text in UTF-8, and what is long in it is not repeated whole") {
  const Example example;
  const auto error_of = [&](const std::string& content) {
    const auto file = example.folder().file("options", content);
    const ToolResult refused = example.predict({"--config", file.string()});
    CHECK(refused.exit_code > 0);
    CHECK(is_one_line(refused.err));
    return refused.err;
  };
  CHECK(contains(error_of(std::string("json\nmax\0time = 1\n", 18)), "options:2: has a NUL byte"));
  CHECK(contains(error_of("\xFF\xFEj\0"), "options: is UTF-16; save it as UTF-8"));
  const std::string name = error_of(std::string(1'000'000, 'x') + " = 1\n");
  CHECK(name.size() < 1'000);
  CHECK(contains(name, "scission-predict has no option 'xxx"));
  const std::string value = error_of("result-count = " + std::string(1'000'000, '9') + "\n");
  CHECK(value.size() < 2'000);
  CHECK(contains(value, "is not a valid value; see scission-predict --help"));
  CHECK(error_of("any-order = " + std::string(5'000, '9') + "\n").size() < 1'000);
}

TEST_CASE("a device without an end is no file of options") {
  CHECK_THROWS_WITH(apps::read_config("/dev/zero"),
                    "/dev/zero: is a device without an end; name a file");
  CHECK(apps::read_config("/dev/null").empty());
}

TEST_CASE("an option with one value is given once in a file, one that can be repeated more often") {
  const Example example;
  const auto once = example.folder().file("once", "result-count = 2\n# more\nresult-count = 3\n");
  const ToolResult refused = example.predict({"--config", once.string()});
  CHECK(refused.exit_code == 2);
  CHECK(contains(refused.err, "once:3: result-count is given in line 1 already; remove one"));
  const auto often = example.folder().file("often", "time = device 90%\ntime = edge 90%\n");
  CHECK(example.predict({"--config", often.string()}).exit_code == 0);
}

TEST_CASE("a file of options may be named ahead of a command") {
  const Scratch folder;
  const auto file = folder.file("options", "duratoin = 60\n");
  for (const Words& ahead :
       {Words{"--config", file.string()}, Words{"--config=" + file.string()}}) {
    Words words = ahead;
    words.emplace_back("trace");
    const ToolResult refused = run_tool("scission-adapt", words);
    CHECK(refused.exit_code == 2);
    CHECK(contains(refused.err, "options:1: "));
    CHECK(contains(refused.err, "did you mean 'duration'?"));
  }
}

TEST_CASE("an entry of a file of options that the tool does not have is refused with its line") {
  const Example example;
  const auto result = [&](const std::string& line) {
    const auto file = example.folder().file("options", "\n" + line + "\n");
    const ToolResult refused = example.predict({"--config", file.string()});
    CHECK(refused.exit_code == 2);
    CHECK(refused.out.empty());
    CHECK(is_one_line(refused.err));
    CHECK(contains(refused.err, "options:2: "));
    return refused.err;
  };
  CHECK(contains(result("result-cuont = 2"),
                 "scission-predict has no option 'result-cuont'; did you mean 'result-count'?"));
  CHECK(contains(result("help"), "has no option 'help'"));
  CHECK(contains(result("any-order = perhaps"), "any-order is true or false, not 'perhaps'"));
  CHECK(contains(result("result-count"), "result-count needs a value"));
  CHECK(contains(result("on = edge"), "on needs two values"));
}
