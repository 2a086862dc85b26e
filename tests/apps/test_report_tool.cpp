// scission-report, as a person calls it, and its page in a browser.
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "apps/predict_example.hpp"
#include "base/file.hpp"
#include "support/catch.hpp"
#include "support/run_tool.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

namespace fs = std::filesystem;

// The example's profiles, a plan for them, and a place for the page.
class ReportExample {
 public:
  ReportExample() { scratch_.file("plan.json", example_.predict({"--json"}).out); }

  std::string profiles() const { return example_.folder().path().string(); }
  fs::path in_scratch(const std::string& name) const { return scratch_.path() / name; }
  const Scratch& scratch() const { return scratch_; }

  /// Of all profiles, without pictures.
  ToolResult report(Arguments more) const {
    Arguments arguments{profiles(), "--no-plot", "-o", in_scratch("report.html")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_tool("scission-report", arguments);
  }

 private:
  Example example_;
  Scratch scratch_;
};

// The page as the browser has it after parsing; empty, with a warning, without a browser.
std::string dom_of(const fs::path& page, const Scratch& scratch) {
  if (std::system("command -v chromium >/dev/null") != 0) {
    WARN("[skipped] chromium is not installed");
    return {};
  }
  const fs::path dom = scratch.path() / "dom.html";
  const std::string command =
      "timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage "
      "--user-data-dir='" +
      (scratch.path() / "browser").string() + "' --dump-dom 'file://" + page.string() + "' >'" +
      dom.string() + "' 2>/dev/null";
  if (std::system(command.c_str()) != 0) {
    WARN("[skipped] chromium cannot run here");
    return {};
  }
  return read_file(dom);
}

}  // namespace

TEST_CASE("a report shows profiles and links and plans on one page") {
  const ReportExample example;
  const ToolResult result =
      example.report({"--network", "network.csv", "--plans", example.in_scratch("plan.json"),
                      "--title", "Three machines", "--date", "1 May"});
  CHECK(result.exit_code == 0);
  CHECK(result.out.empty());
  CHECK(result.err == "Report: " + example.in_scratch("report.html").string() + "\n");
  const std::string page = read_file(example.in_scratch("report.html"));
  for (const char* part :
       {"<title>Three machines</title>", "1 May", "device-pi", "edge-box", "cloud-vm",
        "id=\"links\"", "id=\"plans\"", "class=\"gantt\"", "box 0 → vm 1-2"}) {
    INFO(part);
    CHECK(contains(page, part));
  }
  CHECK_FALSE(contains(page, "other figures"));
}

TEST_CASE("equal input gives an equal page") {
  const ReportExample example;
  example.report({});
  const std::string first = read_file(example.in_scratch("report.html"));
  example.report({});
  CHECK(read_file(example.in_scratch("report.html")) == first);
}

TEST_CASE("single files and folders of profiles may be mixed") {
  const ReportExample example;
  const ToolResult result =
      run_tool("scission-report", {example.profiles() + "/cloud-vm.json", example.profiles(),
                                   "--no-plot", "-o", example.in_scratch("page.html")});
  CHECK(result.exit_code == 0);
  CHECK(contains(read_file(example.in_scratch("page.html")), "cloud-vm (2)"));
}

TEST_CASE("wrong calls of scission-report are told in one line and write nothing") {
  const ReportExample example;
  struct Case {
    Arguments arguments;
    int exit_code;
    std::string message;
  };
  example.scratch().file("device-bad.json", "{\"format\": \"scission-profile\", \"version\": 1}");
  std::string other = read_file(example.in_scratch("plan.json"));
  other.replace(other.find("\"net\""), 5, "\"vgg\"");
  example.scratch().file("other.json", other);
  const std::string nowhere = example.in_scratch("missing/report.html").string();
  for (const Case& one : std::vector<Case>{
           {{example.in_scratch("device-bad.json")}, 1, "device-bad.json: lacks \"platform\""},
           {{example.in_scratch("missing.json")}, 1, "missing.json: cannot be opened"},
           {{"--plans", example.in_scratch("other.json")}, 1, "is of the model 'vgg'"},
           {{"--plans", example.in_scratch("device-bad.json")}, 1, "is not a plan"},
           {{"--network", "missing.csv"}, 1, "missing.csv: cannot be opened"},
           {{example.in_scratch("plan.json")}, 1, "plan.json"},
           {{"-o", nowhere}, 1, "report.html: cannot be written"},
           {{"--colour"}, 2, "see scission-report --help"}}) {
    INFO(one.message);
    const ToolResult result = example.report(one.arguments);
    CHECK(result.exit_code == one.exit_code);
    CHECK(contains(result.err, one.message));
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
    CHECK_FALSE(fs::exists(example.in_scratch("report.html")));
  }
}

TEST_CASE("without gnuplot a report is made all the same") {
  const ReportExample example;
  const ToolResult result =
      run_tool("scission-report", {example.profiles(), "-o", example.in_scratch("report.html")},
               {".", {{"PATH", "/nowhere"}}});
  CHECK(result.exit_code == 0);
  CHECK(contains(read_file(example.in_scratch("report.html")), "pictures of blocks are missing"));
}

TEST_CASE("a browser finds every section and picture of the page") {
  const ReportExample example;
  const ToolResult result =
      run_tool("scission-report", {example.profiles(), "--plans", example.in_scratch("plan.json"),
                                   "-o", example.in_scratch("report.html")});
  REQUIRE(result.exit_code == 0);
  const std::string dom = dom_of(example.in_scratch("report.html"), example.scratch());
  if (dom.empty()) return;
  for (const char* part :
       {"<section id=\"systems\"", "<section id=\"models\"", "<section id=\"model-1\"",
        "<section id=\"plans\"", "<svg class=\"gantt\"", "<footer>", "</body>"}) {
    INFO(part);
    CHECK(contains(dom, part));
  }
  CHECK_FALSE(contains(dom, "<script"));
}

TEST_CASE("a page with sliders needs links and a model that the profiles have") {
  const ReportExample example;
  CHECK(example.report({"--interactive", "net"}).exit_code == 2);
  const ToolResult unknown = example.report({"--interactive", "nett", "--network", "network.csv"});
  CHECK(unknown.exit_code == 2);
  CHECK(contains(unknown.err, "did you mean 'net'?"));
  const ToolResult result = example.report({"--interactive", "net", "--network", "network.csv"});
  CHECK(result.exit_code == 0);
  CHECK(contains(read_file(example.in_scratch("report.html")), "\"grid\":{\"axes\":"));
}
