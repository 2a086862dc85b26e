// The tools with the backend of example 6 and no other.
#include <filesystem>
#include <string>

#include "06_own_backend.hpp"
#include "base/file.hpp"
#include "scission/model.hpp"
#include "support/catch.hpp"
#include "support/run_tool.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

/// net.dense in a separate folder.
struct Example {
  Example() { example::write(example::random_network({8, 16, 4, 2}), model); }

  Scratch folder;
  std::string model = folder.path() / "net.dense";
  std::string out = folder.path() / "out";
};

}  // namespace

TEST_CASE("a tool tells which backends it has, and which formats it opens") {
  CHECK(contains(run_tool("own-split", {"--version"}).out, "\nbackend: Dense 1\n"));
  CHECK(contains(run_tool("own-split", {"--help"}).out, "MODEL is a model file (dense network)"));
}

TEST_CASE("scission-split lists, cuts and verifies a model of a backend of one's own") {
  const Example dense;
  const ToolResult listed = run_tool("own-split", {"--list", dense.model});
  INFO(listed.err);
  CHECK(listed.exit_code == 0);
  CHECK(contains(listed.out, "dense2"));
  const ToolResult written =
      run_tool("own-split", {dense.model, "--at", "1,2", "-o", dense.out, "--verify"});
  INFO(written.err);
  CHECK(written.exit_code == 0);
  CHECK(contains(written.out, "batch 13: bit-equal"));
  const SegmentManifest manifest = read_manifest(dense.out);
  CHECK(manifest.backend == "Dense");
  REQUIRE(manifest.segments.size() == 3);
  CHECK(manifest.segments[1].backend == "Dense");
}

TEST_CASE("scission-graph draws a model of a backend of one's own") {
  const Example dense;
  const std::string picture = dense.folder.path() / "net.dot";
  const ToolResult drawn = run_tool("own-graph", {dense.model, "-o", picture});
  INFO(drawn.err);
  CHECK(drawn.exit_code == 0);
  CHECK(contains(drawn.out, "net, 4 layers, 4 blocks"));
}

TEST_CASE("scission-benchmark measures a model of a backend of one's own") {
  const Example dense;
  const ToolResult measured =
      run_tool("own-benchmark", {"device", "pc", "--model", dense.model, "--passes", "1",
                                 "--max-time", "0.2", "-o", dense.folder.path()});
  INFO(measured.err);
  CHECK(measured.exit_code == 0);
  const std::string profile = read_file(dense.folder.path() / "device-pc.json");
  CHECK(contains(profile, "\"Dense\""));
}

TEST_CASE("a model of another format is refused, and so is a built-in model without a backend") {
  const Example dense;
  const ToolResult refused =
      run_tool("own-split", {"--list", dense.folder.file("net.pt", "PK\x03\x04")});
  CHECK(refused.exit_code == 1);
  CHECK(contains(refused.err, "net.pt: is no dense network"));
  CHECK(run_tool("own-split", {"--list", "vgg16"}).exit_code == 2);
}
