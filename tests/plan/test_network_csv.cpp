#include "scission/plan/network.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

using namespace scission;

namespace {

Link curve_link(std::vector<CurvePoint> points) {
  Link link;
  link.curve = std::move(points);
  return link;
}

void check_reads_back(const Network& network) {
  const std::string text = format_network_csv(network);
  CAPTURE(text);
  const Network back = parse_network(text, "back.csv");
  for (const NetworkRow& row : network.rows()) {
    const System from{row.source, "?"};
    const System to{row.destination, "!"};
    CAPTURE(row.source, row.destination);
    Link expected = network.find(from, to).value();
    const Link link = back.find(from, to).value();
    if (!expected.curve.empty()) expected.ping_ms = expected.megabits_per_s = 0;
    CHECK(link == expected);
  }
}

}  // namespace

TEST_CASE("a network of links reads back equal, and is written as a person would") {
  const Network network({{"device", "edge", {4, 100}}, {"edge", "cloud one", {0.1, 1e-3}}});
  CHECK(format_network_csv(network) ==
        "source,destination,ping(ms),bandwidth(mbps)\n"
        "device,edge,4,100\n"
        "edge,cloud one,0.1,0.001\n");
  check_reads_back(network);
}

TEST_CASE("curves read back equal to the last bit") {
  const Network network({{"a", "b", curve_link({{1024, 1.0 / 3}, {16777216, 2.0 / 3}})},
                         {"b", "a", curve_link({{1024, 1e-7 / 3}, {4096, 1e-7 / 3}})}});
  CHECK(format_network_csv(network).rfind("source,destination,bytes,seconds\na,b,1024,", 0) == 0);
  check_reads_back(network);
}

TEST_CASE("energies and prices read back equal, of links and of curves") {
  Link priced{1.5, 20, {}, 5.3 / 1e6, {}};
  Link curved = curve_link({{0, 0.5}, {10, 1}});
  curved.price_per_byte = 0.09 / 1e9;
  curved.joules_per_byte = 1.1 / 1e6;
  check_reads_back(Network({{"a", "b", priced}, {"b", "c", curved}, {"c", "a", {1, 1}}}));
}

TEST_CASE("of rows for the same names the last is written, curve or not") {
  const Network network(
      {{"a", "b", {1, 1}}, {"a", "b", curve_link({{1, 1}, {2, 2}})}, {"a", "b", {2, 2}}});
  CHECK(format_network_csv(network) == "source,destination,ping(ms),bandwidth(mbps)\na,b,2,2\n");
}

TEST_CASE("a network without rows is a header") {
  CHECK(parse_network(format_network_csv(Network()), "none.csv").rows().empty());
}

TEST_CASE("names that no network file can hold are refused") {
  for (const char* name : {"", "a,b", "a\nb", " a", "a ", "#a"}) {
    CAPTURE(name);
    CHECK_ERROR(format_network_csv(Network({{name, "b", {1, 1}}})), ErrorCode::invalid_argument,
                "network file");
  }
  CHECK(format_network_csv(Network({{"a", "#b", {1, 1}}})).find("a,#b,1,1") != std::string::npos);
}

TEST_CASE("a network is written to a file in one step") {
  const testing::Scratch scratch;
  const auto path = scratch.path() / "net.csv";
  write_network(Network({{"a", "b", {1, 2}}}), path);
  CHECK(read_network(path).find({"a", ""}, {"b", ""}) == Link{1, 2});
}

TEST_CASE("a byte-order mark before the header, as spreadsheets write it, is passed over") {
  const Network network = parse_network(
      "\xEF\xBB\xBFsource,destination,ping(ms),bandwidth(mbps)\ndevice,edge,4,100\n", "n.csv");
  CHECK(network.find({"pi", "device"}, {"box", "edge"})->megabits_per_s == 100);
}

TEST_CASE("semicolons and decimal commas are named with the line as it should be") {
  CHECK_ERROR(parse_network("source;destination;ping(ms);bandwidth(mbps)\n", "n.csv"),
              ErrorCode::damaged,
              "n.csv:1: columns are separated by commas, not by semicolons, and numbers have a "
              "point; write: source,destination,ping(ms),bandwidth(mbps)");
  const std::string header = "source,destination,ping(ms),bandwidth(mbps)\n";
  CHECK_ERROR(parse_network(header + "device;edge;66,7;1,6\n", "n.csv"), ErrorCode::damaged,
              "n.csv:2: columns are separated by commas, not by semicolons, and numbers have a "
              "point; write: device,edge,66.7,1.6");
  CHECK_ERROR(parse_network(header + "device,edge,66,7,1,6\n", "n.csv"), ErrorCode::damaged,
              "numbers have a point");
}
