#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/on_testbed.hpp"
#include "base/file.hpp"
#include "support/catch.hpp"
#include "support/run_tool.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

/// A slow device, so that the workers are worth going to.
const std::string testbed = testbed_json(R"(, "speed": 0.02)");

const std::string options =
    " --workers $SCISSION_WORKERS --name device --threads 1 --speed $SCISSION_SPEED --max-time 0.5 "
    "-o plan ";

nlohmann::json outcome_in(const Scratch& folder) {
  return nlohmann::json::parse(read_file(folder.path() / "run.json"));
}

}  // namespace

TEST_CASE("A run measures, goes over between plans under load, and every answer is right") {
  const Scratch folder;
  const std::string out =
      on_testbed(folder,
                 "scission-adapt run lenet" + options +
                     "--rehearse 0.2 --seconds 5 --concurrency 3 --verify=0 --log log.csv --json "
                     "> run.json && scission-adapt run lenet" +
                     options + "--profiles plan --lean --rehearse 0.2 --seconds 2 --verify=0",
                 testbed);
  if (!std::filesystem::exists(folder.path() / "run.json")) return;
  INFO(out);
  const auto run = outcome_in(folder);
  CHECK(run["format"] == "scission-adaptive-run");
  CHECK(run["answered"] == run["requests"]);
  CHECK(run["wrong"] == 0);
  CHECK(run["switches"].size() >= 2);
  for (const auto& change : run["switches"]) {
    CHECK(change["reason"] == "requested");
    CHECK(change["waited"] == 0);
    CHECK(change["plans_in_memory"] <= 2);
  }
  CHECK(run["delay_s"]["cut_over"]["requests"] > 0);
  CHECK(run["watching"]["observations"] > 0);
  CHECK(run["watching"]["probes"] == 0);
  const std::string log = read_file(folder.path() / "log.csv");
  CHECK(std::count(log.begin(), log.end(), '\n') == run["requests"].get<int>() + 1);
  CHECK(out.find("every answer is the whole model's, bit for bit") != std::string::npos);
}

TEST_CASE("A worker that is killed while a run goes on costs no request") {
  const Scratch folder;
  // The worker is killed once it holds the model. The testbed is the parent of its workers and of
  // the shell, which is not to be meant as well.
  const std::string kill_edge =
      "{ (edge=$(echo $SCISSION_DEPLOY_WORKERS | tr , '\\n' | sed -n s/^edge=//p); "
      "for i in $(seq 200); do scission-worker --list $edge | grep -q lenet && break; sleep 0.2; "
      "done; sleep 2; pkill -KILL -P $PPID -f 'name [e]dge') & }";
  const std::string out = on_testbed(
      folder,
      "scission-plan lenet --no-run" + options + "&& " + kill_edge +
          " && scission-adapt run lenet" + options +
          "--profiles plan --seconds 8 --rate 50 --verify=0 --json > run.json",
      testbed_json(R"(, "speed": 0.008)"));  // the worker is used on a loaded machine, too
  if (!std::filesystem::exists(folder.path() / "run.json")) return;
  INFO(out);
  const auto run = outcome_in(folder);
  CHECK(run["answered"] == run["requests"]);
  CHECK(run["wrong"] == 0);
  REQUIRE_FALSE(run["switches"].empty());
  const auto is_loss = [](const auto& change) { return change["reason"] == "lost"; };
  CHECK(std::any_of(run["switches"].begin(), run["switches"].end(), is_loss));
  CHECK(out.find("is lost") != std::string::npos);
}

TEST_CASE("Images come from a folder, a list, or standard input, each once") {
  const Scratch folder;
  const auto photo = std::filesystem::absolute("data/example/photo.jpg").string();
  folder.file("list.txt", photo + "\n\n" + photo + "\n");
  const std::string out = on_testbed(
      folder, "mkdir photos && cp " + photo + " photos/a.jpg && cp " + photo +
                  " photos/b.JPG && touch photos/notes.txt && scission-plan mobilenet --no-run" +
                  options + "&& scission-adapt run mobilenet photos" + options +
                  "--profiles plan --json > folder.json && scission-adapt run mobilenet list.txt" +
                  options + "--profiles plan --json > list.json && echo " + photo +
                  " | scission-adapt run mobilenet -" + options +
                  "--profiles plan --json > one.json");
  if (!std::filesystem::exists(folder.path() / "one.json")) return;
  INFO(out);
  const auto requests = [&](const char* file) {
    const auto run = nlohmann::json::parse(read_file(folder.path() / file));
    CHECK(run["answered"] == run["requests"]);
    return run["requests"].get<int>();
  };
  CHECK(requests("folder.json") == 2);
  CHECK(requests("list.json") == 2);
  CHECK(requests("one.json") == 1);
}

TEST_CASE("What is missing here is told before any worker is asked") {
  const Scratch folder;
  const std::string list = folder.file("list.txt", "no-such.png\n").string();
  const std::string photo = folder.file("damaged.jpg", "no image").string();
  const std::vector<std::pair<std::string, std::string>> cases{{"no-such-list", "no-such-list"},
                                                               {"no-such.jpg", "no-such.jpg"},
                                                               {list, "no-such.png"},
                                                               {photo, "damaged.jpg"}};
  for (const auto& [inputs, expected] : cases) {
    const ToolResult run =
        run_tool("scission-adapt", {"run", "mobilenet", inputs, "--workers", "edge=127.0.0.1:1",
                                    "--name", "pi", "-o", folder.path()});
    CAPTURE(run.err);
    CHECK(run.exit_code == 1);
    CHECK(run.err.find(expected) != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(folder.path() / "device-pi.json"));
  }
}

TEST_CASE("What scission-adapt run cannot mean is refused with the option's name") {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"lenet"}, "--workers"},
      {{"lenet", "--workers", "edge=127.0.0.1:1", "--lean", "--plans-in-memory", "2"}, "--lean"},
      {{"lenet", "--workers", "edge=127.0.0.1:1", "--deploy-share", "0"}, "--deploy-share"},
      {{"lenet", "--workers", "edge=127.0.0.1:1", "--deploy-share", "200%"}, "--deploy-share"},
      {{"lenet", "--workers", "edge=127.0.0.1:1", "--deploy-share", "half"}, "--deploy-share"},
      {{"lenet", "--workers", "edge=127.0.0.1:1", "--plans-in-memory", "0"}, "--plans-in-memory"},
      {{"lenet", "--workers", "edge=127.0.0.1:1", "--seconds", "0"}, "--seconds"},
      {{"lenet", "--workers", "edge=127.0.0.1:1", "--network", "n.csv"}, "--network"},
      {{"lenet", "-", "--workers", "edge=127.0.0.1:1", "--repeat"}, "--repeat"},
      {{"lenet", "--workers", "edge=127.0.0.1:1", "--horizon", "0"}, "--horizon"}};
  for (const auto& [arguments, option] : cases) {
    CAPTURE(option);
    std::vector<std::string> all{"run"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const ToolResult result = run_tool("scission-adapt", all);
    CHECK(result.exit_code == 2);
    CHECK(result.err.find(option) != std::string::npos);
    CHECK(result.out.empty());
  }
}
