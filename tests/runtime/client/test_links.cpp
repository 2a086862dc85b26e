#include <memory>
#include <string>

#include "runtime/fleet.hpp"
#include "runtime/relay/relay.hpp"
#include "scission/runtime/client/client.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

LinkOptions few_probes() {
  LinkOptions options;
  options.bytes = link_sizes(100'000);
  options.repeats = 2;
  return options;
}

const Link* find(const Network& network, const std::string& from, const std::string& to) {
  for (const NetworkRow& row : network.rows()) {
    if (row.source == from && row.destination == to) return &row.link;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("Every direction of every pair has a curve, the ways back to the caller too") {
  const Fleet fleet({"a", "b"});
  announce_peers(fleet.clients, 30);
  int reported = 0;
  LinkOptions options = few_probes();
  options.on_progress = [&](int done, int total, const std::string& what) {
    CHECK(done == reported++);
    CHECK(total == 6);
    CHECK(what.find(" → ") != std::string::npos);
  };
  const Network network = measure_links(fleet.clients, "pi", options);
  CHECK(reported == 6);
  CHECK(network.rows().size() == 6);
  for (const auto& [from, to] :
       std::map<std::string, std::string>{{"pi", "a"}, {"a", "pi"}, {"b", "pi"}}) {
    CAPTURE(from, to);
    REQUIRE(find(network, from, to) != nullptr);
  }
  REQUIRE(find(network, "a", "b") != nullptr);
  REQUIRE(find(network, "b", "a") != nullptr);
  for (const NetworkRow& row : network.rows()) {
    REQUIRE(row.link.curve.size() == options.bytes.size());
    // What comes back rides on a call: it may take no longer than an empty answer.
    CHECK((row.link.curve.front().seconds > 0 || row.destination == "pi"));
    CHECK(row.link.curve.back().bytes == 100'000);
  }
  CHECK(parse_network(format_network_csv(network), "back").rows().size() == 6);
}

TEST_CASE("A link through a relay is measured no faster than the relay's shape") {
  Fleet fleet({"a", "b"});
  const Relay relay({"127.0.0.1:0", address_of(fleet.workers.at("b")->worker), {50, 4}, {0, 3}});
  fleet.clients["b"] =
      std::make_shared<Client>("127.0.0.1:" + std::to_string(relay.port()), Security{});
  announce_peers(fleet.clients, 30);
  const Network network = measure_links(fleet.clients, "pi", few_probes());
  for (const char* from : {"pi", "a"}) {
    CAPTURE(from);
    const Link* link = find(network, from, "b");
    REQUIRE(link != nullptr);
    for (const CurvePoint& point : link->curve) {
      CHECK(point.seconds >= 0.007 + point.bytes / (50 * 125'000.0));
    }
  }
}

TEST_CASE("The way back to the caller is what an answer's bytes take longer than an empty one") {
  Fleet fleet({"a"});
  const Relay relay({"127.0.0.1:0", address_of(fleet.workers.at("a")->worker), {0, 0}, {50, 0}});
  fleet.clients["a"] =
      std::make_shared<Client>("127.0.0.1:" + std::to_string(relay.port()), Security{});
  LinkOptions options = few_probes();
  options.bytes = link_sizes(1'000'000);
  const Network network = measure_links(fleet.clients, "pi", options);
  const Link* back = find(network, "a", "pi");
  REQUIRE(back != nullptr);
  // 160 ms by the relay's rate; half of that is more than any empty call takes.
  CHECK(back->curve.back().seconds >= 0.08);
}

TEST_CASE("Links to a worker that is away, or of one size, are refused") {
  Fleet fleet({"a", "b"});
  announce_peers(fleet.clients, 30);
  LinkOptions options = few_probes();
  options.bytes = {1024};
  CHECK_ERROR(measure_links(fleet.clients, "", options), ErrorCode::invalid_argument, "sizes");
  options.bytes = {4096, 1024};
  CHECK_ERROR(measure_links(fleet.clients, "", options), ErrorCode::invalid_argument, "sizes");
  fleet.workers.erase("b");
  CHECK_ERROR(measure_links(fleet.clients, "", few_probes()), ErrorCode::io, "127.0.0.1");
}
