// scission-links and scission-relay, as a person calls them, with workers in this process.
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "runtime/fleet.hpp"
#include "runtime/plain_sockets.hpp"
#include "scission/plan/network.hpp"
#include "support/catch.hpp"
#include "support/run_tool.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

std::string at(const Fleet& fleet) {
  std::string text;
  for (const auto& [name, worker] : fleet.workers) {
    text += (text.empty() ? "" : ",") + name + "=" + address_of(worker->worker);
  }
  return text;
}

bool within_patience(const std::function<bool()>& happens) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < give_up) {
    if (happens()) return true;
  }
  return false;
}

int free_port() {
  const Descriptor socket = runtime::bind_to(runtime::resolve("127.0.0.1:0"));
  return runtime::address_of(socket, "a free port").port();
}

}  // namespace

TEST_CASE("scission-links measures all pairs and writes what a prediction reads") {
  const Fleet fleet({"edge", "cloud"});
  const auto file = fleet.folder.path() / "network.csv";
  const ToolResult result =
      run_tool("scission-links", {"--workers", at(fleet), "--source", "pi", "--max-size", "20kB",
                                  "--repeats", "2", "-o", file.string()});
  CHECK(result.exit_code == 0);
  // On a loaded machine 20 kB may take no longer than 1 B, which is worth a warning.
  CHECK((result.err.empty() || contains(result.err, "take no longer than")));
  CHECK(contains(result.out, "from"));
  CHECK(contains(result.out, "20.0 kB"));
  CHECK(contains(result.out, "bit/s"));
  const Network network = read_network(file);
  CHECK(network.rows().size() == 6);
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"pi", "edge"}, {"edge", "pi"}, {"edge", "cloud"}, {"cloud", "edge"}}) {
    CAPTURE(from, to);
    const auto link = network.find({from, ""}, {to, ""});
    REQUIRE(link.has_value());
    CHECK(link->curve.back().bytes == 20000);
  }
}

TEST_CASE("a worker that calls itself otherwise is refused, and one that is away is explained") {
  const Fleet fleet({"edge"});
  const std::string address = address_of(fleet.workers.at("edge")->worker);
  const ToolResult other = run_tool("scission-links", {"--workers", "box=" + address, "--source",
                                                       "pi", "--max-size", "4096", "--repeats=1"});
  CHECK(other.exit_code == 1);
  CHECK(
      contains(other.err, "calls itself edge, and --workers calls it box; write edge=" + address));
  CHECK(is_one_line(other.err));
  const ToolResult away =
      run_tool("scission-links", {"--workers", "edge=127.0.0.1:1", "--source", "pi"});
  CHECK(away.exit_code == 1);
  CHECK(contains(away.err, "is a worker running on that port?"));
}

TEST_CASE("scission-links tells programs the same") {
  const Fleet fleet({"a", "b"});
  const ToolResult result = run_tool(
      "scission-links", {"--workers", at(fleet), "--max-size", "4096", "--repeats=1", "--json"});
  REQUIRE(result.exit_code == 0);
  const auto json = nlohmann::json::parse(result.out);
  REQUIRE(json["links"].size() == 2);
  CHECK(json["links"][0]["from"] == "a");
  CHECK(json["links"][0]["to"] == "b");
  CHECK(json["links"][0]["points"].size() == 2);
  CHECK(json["links"][0]["points"][1]["bytes"] == 4096);
  CHECK(json["links"][0].contains("megabits_per_s"));
}

TEST_CASE("scission-links keeps a file current until it is told to end") {
  Fleet fleet({"a", "b"});
  const auto file = fleet.folder.path() / "network.csv";
  RunningTool tool("scission-links", {"--workers", at(fleet), "--max-size", "4096", "--repeats",
                                      "1", "-o", file.string(), "--watch", "0.01"});
  REQUIRE(within_patience([&] { return std::filesystem::exists(file); }));
  std::filesystem::remove(file);
  CHECK(within_patience([&] { return std::filesystem::exists(file); }));
  tool.send(SIGINT);
  CHECK(tool.wait().exit_code == 0);
}

TEST_CASE("scission-links refuses what cannot be meant with the option's name") {
  const auto refuses = [](const std::vector<std::string>& arguments, const std::string& part) {
    CAPTURE(arguments);
    const ToolResult result = run_tool("scission-links", arguments);
    CHECK(result.exit_code == 2);
    CHECK(contains(result.err, part));
  };
  refuses({"--workers", "a"}, "--workers");
  refuses({"--workers", "a=127.0.0.1:1"}, "two ends");
  refuses({"--workers", "a=127.0.0.1:1", "--source", "a"}, "two ends");
  refuses({"--workers", "a=127.0.0.1:1,b=127.0.0.1:2", "--watch", "1"}, "--watch");
  refuses({"--workers", "a=127.0.0.1:1,b=127.0.0.1:2", "--max-size", "4 apples"}, "--max-size");
  refuses({"--workers", "a=127.0.0.1:1,b=127.0.0.1:2", "--repeats", "0"}, "--repeats");
  refuses({"--workers", "a=192.0.2.1:1,b=127.0.0.1:2"}, "--insecure");
}

TEST_CASE("scission-links fails on a worker that is away, with its address") {
  const std::string address = "127.0.0.1:" + std::to_string(free_port());
  const ToolResult result = run_tool(
      "scission-links", {"--workers", "a=" + address, "--source", "pi", "--deadline", "2"});
  CHECK(result.exit_code == 1);
  CHECK(contains(result.err, address));
}

TEST_CASE("scission-relay passes bytes on until it is told to end") {
  const PlainListener listener;
  const int port = free_port();
  const std::string own = "127.0.0.1:" + std::to_string(port);
  RunningTool tool("scission-relay", {"--listen", own, "--to", listener.address(), "--delay", "2"});
  Descriptor near;
  REQUIRE(within_patience([&] {
    near = plain_connection(port);
    return near.is_open();
  }));
  const Descriptor far = listener.accept();
  REQUIRE(send_all(near, "question"));
  CHECK(receive(far, 8) == "question");
  REQUIRE(send_all(far, "answer"));
  CHECK(receive(near, 6) == "answer");
  tool.send(SIGTERM);
  const ToolResult result = tool.wait();
  CHECK(result.exit_code == 0);
  CHECK(result.out == "scission-relay: listens on " + own + "\n");
}

TEST_CASE("scission-relay refuses what cannot be meant") {
  CHECK(run_tool("scission-relay", {"--to", "nowhere"}).exit_code == 2);
  CHECK(run_tool("scission-relay", {"--to", "127.0.0.1:1", "--rate", "-1"}).exit_code == 2);
  CHECK(run_tool("scission-relay", {"--to", "127.0.0.1:1", "more"}).exit_code == 2);
}

TEST_CASE("The log of a tool can be JSON, in which a failure is a message as well") {
  const ToolResult result = run_tool(
      "scission-relay", {"--to", "127.0.0.1:1", "--listen", "127.0.0.1:x", "--log-format", "json"});
  CHECK(result.exit_code != 0);
  REQUIRE(is_one_line(result.err));
  const auto message = nlohmann::json::parse(result.err);
  CHECK(message.at("level") == "error");
  CHECK(message.at("tool") == "scission-relay");
  CHECK(message.at("time").get<std::string>().size() == 27);
  CHECK(contains(message.at("message").get<std::string>(), "127.0.0.1:x"));
}

TEST_CASE("Levels and forms of the log that there are not are refused with the option's name") {
  for (const auto& [option, value] : std::vector<std::pair<std::string, std::string>>{
           {"--log-level", "loud"}, {"--log-format", "xml"}}) {
    const ToolResult result = run_tool("scission-relay", {"--to", "127.0.0.1:1", option, value});
    CHECK(result.exit_code == 2);
    CHECK(contains(result.err, option + ": '" + value + "' is not"));
  }
}
