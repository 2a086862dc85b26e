// A plan on Kubernetes. The documents are held against the schemas that the npm package
// kubernetes-models has; where it cannot be fetched, that test is skipped.
#include "scission/plan/plan.hpp"

#include <filesystem>
#include <string>

#include "scission/base.hpp"
#include "support/catch.hpp"
#include "support/programs.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::testing;
namespace fs = std::filesystem;

namespace {

const std::vector<Placement> three_stages{
    {0, 6, "handheld"}, {7, 11, "Edge_1"}, {12, 25, "vm"}, {26, 30, "Edge_1"}};

const char* const check_script = R"(
const YAML = require("yaml");
const text = require("node:fs").readFileSync("kubernetes.yaml", "utf8");
for (const document of YAML.parseAllDocuments(text)) {
  if (document.errors.length) throw document.errors[0];
  const object = document.toJS();
  const Kind = require(`kubernetes-models/${object.apiVersion}/${object.kind}`)[object.kind];
  new Kind(object).validate();
}
)";

}  // namespace

TEST_CASE("each system of a plan is one worker on Kubernetes, however many stages it has") {
  const std::string text =
      kubernetes_manifest(three_stages, {.image = "registry.local/scission:1"});
  for (const char* kind : {"kind: Deployment", "kind: Service", "kind: PersistentVolumeClaim"}) {
    CHECK(occurrences(text, kind) == 3);
  }
  CHECK(contains(text, "scission/system: \"Edge_1\""));
  CHECK(contains(text, "--name=Edge_1"));
  CHECK(contains(text, "secretName: scission-edge-1-tls"));
  CHECK(contains(text, "scission/layers: \"7-11, 26-30\""));
  CHECK(occurrences(text, "image: \"registry.local/scission:1\"") == 3);
  CHECK(contains(
      text, "handheld=scission-handheld:8001,Edge_1=scission-edge-1:8001,vm=scission-vm:8001"));
  CHECK_FALSE(contains(text, "memory:"));
}

TEST_CASE("a worker on Kubernetes requests the memory of its segments and its process") {
  const std::int64_t mebibyte = std::int64_t{1} << 20;
  const std::string text = kubernetes_manifest(
      three_stages, {.segment_bytes = {10 * mebibyte, 1, 500 * mebibyte, 20 * mebibyte}});
  CHECK(contains(text, "memory: 210Mi"));
  CHECK(contains(text, "memory: 221Mi"));
  CHECK(contains(text, "memory: 700Mi"));
}

TEST_CASE("names that Kubernetes does not take are refused") {
  for (const char* name : {"my pc", "-edge", "edge.", "a\"b", "",
                           "a-system-whose-name-is-longer-than-kubernetes-allows-of-one"}) {
    CAPTURE(name);
    CHECK_THROWS_AS(kubernetes_manifest({{0, 1, name}}, {}), Error);
  }
  CHECK_THROWS_WITH(
      kubernetes_manifest({{0, 1, "edge.1"}, {2, 3, "Edge-1"}}, {}),
      "Edge-1: would have the same Service as edge.1, scission-edge-1: rename one of them");
  for (const char* image : {"", "a b", "a\nb", "a\"b"}) {
    CAPTURE(image);
    CHECK_THROWS_AS(kubernetes_manifest(three_stages, {.image = image}), Error);
  }
}

TEST_CASE("the documents for Kubernetes satisfy its published schemas") {
  const Scratch folder;
  folder.file("package.json", "{}");
  if (!succeeds("npm",
                {"install", "--silent", "--no-audit", "--ignore-scripts", "kubernetes-models@4.5.1",
                 "yaml@2.9.1"},
                folder.path())) {
    SKIP_TEST("the packages kubernetes-models and yaml cannot be fetched");
  }
  folder.file("check.js", check_script);
  folder.file("kubernetes.yaml",
              kubernetes_manifest(three_stages, {.segment_bytes = {1, 2, 3, 4}}));
  CHECK(succeeds("node", {"check.js"}, folder.path()));
  // It can fail: a field of another kind.
  folder.file("kubernetes.yaml", "apiVersion: apps/v1\nkind: Deployment\nspec:\n  replicas: two\n");
  CHECK_FALSE(succeeds("node", {"check.js"}, folder.path()));
}
