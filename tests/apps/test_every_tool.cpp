// What holds for every tool.

#include <algorithm>
#include <string>

#include "apps/built_tools.hpp"
#include "support/catch.hpp"
#include "support/run_tool.hpp"

using namespace scission::testing;

TEST_CASE("every tool tells its version, and those of its backends") {
  for (const std::string& tool : built_tools()) {
    CAPTURE(tool);
    const ToolResult result = run_tool(tool, {"--version"});
    CHECK(result.exit_code == 0);
    const std::string first_line = tool + " " SCISSION_VERSION_TEXT "\n";
    CHECK(result.out.starts_with(first_line));
    const std::string rest = result.out.substr(std::min(first_line.size(), result.out.size()));
    CHECK((rest.empty() || rest.starts_with("backend: ")));
    CHECK(result.err.empty());
  }
}

TEST_CASE("every tool explains itself on stdout, with its exit codes and an example") {
  for (const std::string& tool : built_tools()) {
    for (const char* help : {"--help", "-h"}) {
      CAPTURE(tool, help);
      const ToolResult result = run_tool(tool, {help});
      CHECK(result.exit_code == 0);
      CHECK(contains(result.out, tool));
      CHECK(contains(result.out, "--version"));
      CHECK(contains(result.out, "Example"));
      CHECK(contains(result.out, "Exit codes"));
      CHECK(result.err.empty());
    }
  }
}

TEST_CASE("every tool answers an unknown option with one line and exit code 2") {
  for (const std::string& tool : built_tools()) {
    CAPTURE(tool);
    const ToolResult result = run_tool(tool, {"--no-such-option"});
    CHECK(result.exit_code == 2);
    CHECK(result.out.empty());
    CHECK(result.err.starts_with(tool + ": "));
    CHECK(contains(result.err, "no-such-option"));
    CHECK(contains(result.err, "see " + tool + " --help"));
    CHECK(is_one_line(result.err));
  }
}

TEST_CASE("every tool answers no arguments at all with one line and exit code 2") {
  for (const std::string& tool : built_tools()) {
    CAPTURE(tool);
    const ToolResult result = run_tool(tool, {});
    CHECK(result.exit_code == 2);
    CHECK(result.out.empty());
    CHECK(result.err.starts_with(tool + ": "));
    CHECK(is_one_line(result.err));
  }
}

TEST_CASE("a tool whose output cannot be written fails") {
  for (const std::string& tool : built_tools()) {
    CAPTURE(tool);
    const std::string command = std::string(SCISSION_TOOLS_FOLDER) + "/" + tool;
    CHECK(std::system((command + " --help >/dev/full 2>/dev/null").c_str()) != 0);
  }
}
