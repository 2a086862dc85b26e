// What a person sees of five commands of the README, on terminals of three widths and in a pipe,
// held against tests/golden. To renew the files: SCISSION_UPDATE_GOLDEN=1.
#include <fcntl.h>
#include <fmt/format.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "support/catch.hpp"
#include "support/run_tool.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

namespace fs = std::filesystem;

struct Command {
  const char* name;
  std::vector<std::string> words;
};

// With fixed profiles, and no age, which the day decides.
const std::vector<Command>& commands() {
  static const std::vector<Command> all{
      {"split",
       {"scission-predict", "data/example", "network.csv", "vgg19", "-d", "0,6", "-e", "!-1", "-c",
        "!-1", "--no-plot"}},
      {"limited",
       {"scission-predict", "data/example", "network.csv", "resnet50", "-d", "0,4", "--device-time",
        "20%", "--no-plot"}},
      {"best", {"scission-predict", "data/example", "network.csv", "resnet50", "--no-plot"}},
      {"infeasible",
       {"scission-predict", "data/example", "network.csv", "resnet50", "-d", "0,4",
        "--latency-limit", "0.1", "--no-plot"}},
      {"check", {"scission-check", "data/example", "network.csv", "--max-age", "100000"}}};
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

/// What a command prints on a terminal of this many columns, stdout and stderr as they come.
std::string on_terminal(std::vector<std::string> words, unsigned short columns) {
  words[0] = (fs::path(SCISSION_TOOLS_FOLDER) / words[0]).string();
  std::vector<char*> arguments = pointers(words);
  winsize size{};
  size.ws_row = 50;
  size.ws_col = columns;
  int terminal = -1;
  const pid_t process = forkpty(&terminal, nullptr, nullptr, &size);
  REQUIRE(process >= 0);
  if (process == 0) {
    setenv("NO_COLOR", "1", 1);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t count = 0; (count = read(terminal, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  close(terminal);
  waitpid(process, nullptr, 0);
  std::erase(text, '\r');
  return text;
}

std::string in_pipe(const std::vector<std::string>& words, const char* columns) {
  const ToolResult result = run_tool(words[0], {words.begin() + 1, words.end()},
                                     {.folder = ".", .environment = {{"COLUMNS", columns}}});
  return result.out + "--- stderr ---\n" + result.err;
}

void compare_with(const std::string& name, const std::string& text) {
  const fs::path path = fs::path("tests/golden") / name;
  if (std::getenv("SCISSION_UPDATE_GOLDEN") != nullptr) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::ostringstream expected;
  expected << std::ifstream(path, std::ios::binary).rdbuf();
  INFO(path);
  CHECK(text == expected.str());
}

}  // namespace

TEST_CASE("commands print what they printed before, on terminals and in pipes") {
  for (const Command& command : commands()) {
    for (const unsigned short columns : {60, 80, 120}) {
      compare_with(fmt::format("{}.{}.txt", command.name, columns),
                   on_terminal(command.words, columns));
      compare_with(fmt::format("{}.pipe.txt", command.name),
                   in_pipe(command.words, std::to_string(columns).c_str()));
    }
  }
}

TEST_CASE("no line is wider than the terminal") {
  for (const Command& command : commands()) {
    for (const unsigned short columns : {60, 80, 120}) {
      std::istringstream lines(on_terminal(command.words, columns));
      for (std::string line; std::getline(lines, line);) {
        CAPTURE(command.name, columns, line);
        CHECK(text::character_count(line) <= columns);
      }
    }
  }
}
