// Disks that are full, files that must not be read or written: one line, exit code 1, nothing half
// done.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>

#include "support/catch.hpp"
#include "support/scratch.hpp"

using namespace scission::testing;

namespace {

namespace fs = std::filesystem;

const std::string tools_folder = std::string(SCISSION_TOOLS_FOLDER) + "/";

struct Ended {
  int exit_code = -1;
  std::string err;
};

/// What a shell does that runs it in the project's folder.
Ended shell(const std::string& script) {
  const Scratch scratch;
  const std::string err = (scratch.path() / "err").string();
  const int status = std::system(("{ " + script + "; } 2>" + err).c_str());
  std::ifstream file(err);
  return {WEXITSTATUS(status),
          {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()}};
}

/// Warnings, such as that of imprecise profiles, may come before.
void failed_in_one_line(const Ended& ended, const std::string& about) {
  CAPTURE(ended.err);
  CHECK(ended.exit_code == 1);
  CHECK(std::count(ended.err.begin(), ended.err.end(), '\n') ==
        1 + occurrences(ended.err, ": warning: "));
  CHECK(ended.err.find(about) != std::string::npos);
}

/// In front of a command that may do what anybody may; root may do everything. Nothing where root
/// cannot be somebody else.
std::optional<std::string> as_nobody() {
  const std::string command = "setpriv --reuid=65534 --regid=65534 --clear-groups ";
  if (geteuid() != 0) return "";
  if (std::system((command + "true 2>/dev/null").c_str()) == 0) return command;
  WARN("[skipped] root may read and write everything, and there is no setpriv");
  return std::nullopt;
}

/// A copy of the example's profiles that everybody may read.
void copy_example(const fs::path& folder) {
  for (const char* file : {"device-handheld.json", "edge-box.json", "network.csv"}) {
    fs::copy(fs::path("data/example") / file, folder / file);
  }
  fs::permissions(folder, fs::perms::others_read | fs::perms::others_exec, fs::perm_options::add);
}

}  // namespace

TEST_CASE("results that stdout cannot take are a failure") {
  const std::string predict =
      tools_folder + "scission-predict data/example network.csv vgg19 -i 0.15 --no-plot";
  failed_in_one_line(shell(predict + " >/dev/full"), "cannot write to stdout");
  failed_in_one_line(shell(predict + " --json >/dev/full"), "cannot write to stdout");
  failed_in_one_line(
      shell(tools_folder + "scission-adapt trace data/example network.csv vgg19 >/dev/full"),
      "cannot write to stdout");
}

TEST_CASE("a file that the disk cannot take is told by its name, and nothing is left of it") {
  const Scratch folder;
  const fs::path file = folder.path() / "trace.csv";
  // No file may grow beyond one block: what a full disk does, without one.
  failed_in_one_line(
      shell("trap '' XFSZ; ulimit -f 1; " + tools_folder +
            "scission-adapt trace data/example network.csv vgg19 -o " + file.string()),
      "trace.csv");
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("an older file stays whole where the disk cannot take the newer one") {
  const Scratch folder;
  const fs::path file = folder.path() / "trace.csv";
  std::ofstream(file) << "older\n";
  const Ended ended =
      shell("trap '' XFSZ; ulimit -f 1; " + tools_folder +
            "scission-adapt trace data/example network.csv vgg19 -o " + file.string());
  CHECK(ended.exit_code == 1);
  std::ifstream stream(file);
  CHECK(std::string(std::istreambuf_iterator<char>(stream), {}) == "older\n");
}

TEST_CASE("a profile that may not be read is told by its name") {
  const Scratch folder;
  const std::optional<std::string> nobody = as_nobody();
  if (!nobody) return;
  copy_example(folder.path());
  fs::permissions(folder.path() / "edge-box.json", fs::perms::none);
  failed_in_one_line(shell(*nobody + tools_folder + "scission-predict " + folder.path().string() +
                           " network.csv vgg19 --no-plot >/dev/null"),
                     "edge-box.json");
}

TEST_CASE("a folder that may not be written is told by its name") {
  const Scratch folder;
  const std::optional<std::string> nobody = as_nobody();
  if (!nobody) return;
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec |
                                     fs::perms::others_read | fs::perms::others_exec);
  failed_in_one_line(
      shell(*nobody + tools_folder + "scission-adapt trace data/example network.csv vgg19 -o " +
            (folder.path() / "trace.csv").string()),
      folder.path().filename().string());
  fs::permissions(folder.path(), fs::perms::owner_all);
  CHECK(fs::is_empty(folder.path()));
}
