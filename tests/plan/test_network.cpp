#include "scission/base.hpp"
#include "scission/plan/network.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"
#include "support/upstream.hpp"

using namespace scission;

namespace {

const std::string link_header = "source,destination,ping(ms),bandwidth(mbps)\n";
const std::string curve_header = "source,destination,bytes,seconds\n";
const System pi{"pi", "device"};
const System box{"box", "edge"};

std::string refusal(const std::string& rows) {
  try {
    parse_network(rows, "net.csv");
  } catch (const Error& error) {
    REQUIRE(error.code() == ErrorCode::damaged);
    return error.what();
  }
  return "";
}

Network parse(const std::string& text) { return parse_network(text, "net.csv"); }

const std::vector<CurvePoint> three_points{{1000, 0.5}, {3000, 1}, {4000, 3}};

}  // namespace

TEST_CASE("a transfer costs its ping and its bytes over the rounded rate") {
  CHECK(Link{100, 1.6}.transfer_s(150'000) == 0.1 + 150'000 / 200'000.0);
  CHECK(Link{0, 0.0000121}.transfer_s(4) == 2.0);  // 1.5125 bytes a second round to 2
}

TEST_CASE("links are directed") {
  const Network network = parse_network(link_header + "pi,box,10,8\n", "net.csv");
  CHECK(network.find(pi, box) == Link{10, 8});
  CHECK_FALSE(network.find(box, pi));
}

TEST_CASE(
    "the most specific row applies wherever it stands, and of equally specific rows the last") {
  const Network network = parse_network(link_header +
                                            "pi,box,1,1\n"
                                            "device,edge,2,1\n"
                                            "device,box,3,1\n"
                                            "pi,edge,4,1\n"
                                            "device,edge,5,1\n",
                                        "net.csv");
  CHECK(network.find(pi, box)->ping_ms == 1);
  CHECK(network.find(pi, {"hut", "edge"})->ping_ms == 4);
  CHECK(network.find({"zero", "device"}, box)->ping_ms == 3);
  CHECK(network.find({"zero", "device"}, {"hut", "edge"})->ping_ms == 5);
}

TEST_CASE("spaces, empty lines, comments and Windows line ends are allowed") {
  const Network network = parse_network(
      "# ours\r\nsource, destination, ping(ms), bandwidth(mbps)\r\n\r\n pi , box ,  10, 8\r\n",
      "net.csv");
  CHECK(network.find(pi, box) == Link{10, 8});
}

TEST_CASE("a network file that cannot be meant is refused with its line") {
  CHECK(refusal("") ==
        "net.csv: is empty; it must begin with source,destination,ping(ms),bandwidth(mbps)");
  CHECK(refusal("pi,box,1,1\n").rfind("net.csv:1: the first line must be the header", 0) == 0);
  CHECK(refusal(link_header + "pi,box,1\n").rfind("net.csv:2: has 3 fields", 0) == 0);
  CHECK(refusal(link_header + "pi,box,ten,1\n") == "net.csv:2: ping(ms) is 'ten', not a number");
  CHECK(refusal(link_header + "pi,box,nan,1\n") == "net.csv:2: ping(ms) is 'nan', not a number");
  CHECK(refusal(link_header + "pi,box,-1,1\n") ==
        "net.csv:2: ping(ms) is -1, not from 0 to 1000000000000000");
  CHECK(refusal(link_header + "\npi,box,1,0\n").rfind("net.csv:3: bandwidth(mbps) is 0,", 0) == 0);
  CHECK(refusal(link_header + "pi,box,1,-2\n").rfind("net.csv:2: bandwidth(mbps) is -2,", 0) == 0);
  CHECK(
      refusal(link_header + "pi,box,1,1e308\n").rfind("net.csv:2: bandwidth(mbps) is 1e+308,", 0) ==
      0);
  CHECK(refusal(link_header + ",box,1,1\n") == "net.csv:2: source and destination must be named");
}

TEST_CASE("a network file that is not there is not found") {
  try {
    read_network("no-such-file.csv");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::not_found);
  }
}

TEST_CASE("a published network file is read as it stands") {
  const std::string name = "scission/benchmark_data/network_stats.csv";
  SCISSION_NEEDS_UPSTREAM(name);
  const Network network = read_network(testing::upstream_dir() / name);
  REQUIRE(network.rows().size() >= 2);
  CHECK(network.rows()[0].source == "raspi4");
  CHECK(network.rows()[0].destination == "2500");
  CHECK(network.rows()[0].link == Link{66.7, 1.6});
}

TEST_CASE("the first header's four columns may be spelt otherwise") {
  const Network network = parse("source,destination,ping,bandwidth\npi,box,10,8\n");
  CHECK(network.find(pi, box) == Link{10, 8});
}

TEST_CASE("a platform may be called source") {
  const Network network =
      parse(link_header + "source,box,10,8\n" + curve_header + "source,pi,1,2\nsource,pi,3,4\n");
  CHECK(network.find({"zero", "source"}, box) == Link{10, 8});
  CHECK(network.find({"source", "fog"}, pi)->transfer_s(2) == 3);
}

TEST_CASE("energy and price of a link are by the byte, and each may be unknown") {
  const Network network = parse(
      "source,destination,ping(ms),bandwidth(mbps),energy(J/MB),price(per GB)\n"
      "pi,box,10,8,3,0.5\n"
      "box,pi,10,8,,\n"
      "pi,edge,10,8,0,\n");
  const Link stated = *network.find(pi, box);
  CHECK(stated.ping_ms == 10);
  CHECK(stated.joules_per_byte == 3e-6);
  CHECK(stated.price_per_byte == 0.5e-9);
  CHECK(network.find(box, pi) == Link{10, 8});
  CHECK(network.rows()[2].link.joules_per_byte == 0.0);
  CHECK_FALSE(network.rows()[2].link.price_per_byte);
}

TEST_CASE("energy and price are found by the header, in any order and one without the other") {
  const std::string start = "source,destination,ping(ms),bandwidth(mbps),";
  const Link both = *parse(start + "price(per GB),energy(J/MB)\npi,box,1,1,2,4\n").find(pi, box);
  CHECK(both.price_per_byte == 2e-9);
  CHECK(both.joules_per_byte == 4e-6);
  const Link one = *parse(start + "price(per GB)\npi,box,1,1,2\n").find(pi, box);
  CHECK(one.price_per_byte == 2e-9);
  CHECK_FALSE(one.joules_per_byte);
}

TEST_CASE("a transfer follows the measured curve, and its last slope beyond") {
  Link link;
  link.curve = three_points;
  CHECK(link.transfer_s(0) == 0.5);
  CHECK(link.transfer_s(1000) == 0.5);
  CHECK(link.transfer_s(2000) == 0.75);
  CHECK(link.transfer_s(3000) == 1);
  CHECK(link.transfer_s(3500) == 2);
  CHECK(link.transfer_s(4000) == 3);
  CHECK(link.transfer_s(6000) == 7);
}

TEST_CASE("a curve meets its points to the last bit and never falls between them") {
  Link link;
  link.curve = {{0, 0.2}, {3, 0.9}, {7, 1.7}, {1'000'003, 3.1}};
  double last = 0;
  for (int bytes = 0; bytes <= 1'100'000; bytes += bytes < 10 ? 1 : 997) {
    CHECK(link.transfer_s(bytes) >= last);
    last = link.transfer_s(bytes);
  }
  for (const CurvePoint& point : link.curve) CHECK(link.transfer_s(point.bytes) == point.seconds);
}

TEST_CASE("a level curve costs the same for every size") {
  Link link;
  link.curve = {{0, 0.25}, {1, 0.25}};
  CHECK(link.transfer_s(1e15) == 0.25);
}

TEST_CASE("a section of curves is read, the rows of a pair wherever they are in it") {
  const std::string interleaved =
      "pi,box,1000,0.5\n"
      "box,pi,0,1\n"
      "pi,box,3000,1\n"
      "box , pi, 8, 1\n"
      "pi,box,4e3,3\n";
  const Network network = parse(curve_header + interleaved);
  CHECK(network.find(pi, box)->curve == three_points);
  CHECK(network.find(box, pi)->curve == std::vector<CurvePoint>{{0, 1}, {8, 1}});
  CHECK(network.rows().size() == 2);
}

TEST_CASE("a curve goes on in a later section") {
  const Network network = parse(curve_header + "pi,box,1000,0.5\n" + link_header + "box,pi,1,1\n" +
                                curve_header + "pi,box,3000,1\npi,box,4000,3\n");
  CHECK(network.find(pi, box)->curve == three_points);
  CHECK(network.find(box, pi) == Link{1, 1});
}

TEST_CASE("a curve replaces ping and bandwidth of its pair and keeps energy and price") {
  const std::string links =
      "source,destination,ping(ms),bandwidth(mbps),energy(J/MB),price(per GB)\n"
      "pi,box,10,8,3,0.5\n";
  const std::string curve = curve_header + "pi,box,1000,0.5\npi,box,3000,1\npi,box,4000,3\n";
  Link expected;
  expected.curve = three_points;
  expected.joules_per_byte = 3e-6;
  expected.price_per_byte = 0.5e-9;
  CHECK(parse(links + curve).find(pi, box) == expected);
  CHECK(parse(curve + links).find(pi, box) == expected);
}

TEST_CASE("curves are as specific as their ends, like any other row") {
  const Network network =
      parse(link_header + "pi,box,1,1\n" + curve_header + "device,edge,0,1\ndevice,edge,8,2\n");
  CHECK(network.find(pi, box) == Link{1, 1});
  CHECK(network.find(pi, {"hut", "edge"})->curve.size() == 2);
}

TEST_CASE("a network header that is neither of links nor of curves is refused with its line") {
  const std::string start = "source,destination,ping(ms),bandwidth(mbps)";
  CHECK(refusal(start + ",energy(J)\n").rfind("net.csv:1: column 'energy(J)' is unknown or", 0) ==
        0);
  CHECK(refusal(start + ",energy(J/MB),energy(J/MB)\n")
            .rfind("net.csv:1: column 'energy(J/MB)' is unknown or there twice", 0) == 0);
  CHECK(refusal(link_header + "\nsource,destination,size,time\n") ==
        "net.csv:3: the header must be source,destination,ping(ms),bandwidth(mbps), or "
        "source,destination,bytes,seconds for measured curves");
  CHECK(refusal("source,destination,byte,seconds\n").rfind("net.csv:1: the header must be", 0) ==
        0);
  CHECK(refusal("source,destination,bytes,seconds,energy(J/MB)\n")
            .rfind("net.csv:1: the header must be", 0) == 0);
}

TEST_CASE("a link's energy or price that cannot be meant is refused with its line") {
  const std::string start =
      "source,destination,ping(ms),bandwidth(mbps),energy(J/MB),price(per GB)\n";
  CHECK(refusal(start + "pi,box,1,1,-1,\n") ==
        "net.csv:2: energy(J/MB) is -1, and must be 0 or more");
  CHECK(refusal(start + "\npi,box,1,1,,free\n") ==
        "net.csv:3: price(per GB) is 'free', not a number");
  CHECK(refusal(start + "pi,box,1,1\n") ==
        "net.csv:2: has 4 fields where 6 are wanted: "
        "source,destination,ping(ms),bandwidth(mbps),energy(J/MB),price(per GB)");
}

TEST_CASE("a curve that cannot be meant is refused with its line") {
  CHECK(refusal(curve_header + "pi,box,8,1\n\npi,box,4,2\n") ==
        "net.csv:4: bytes must ascend from row to row of a curve; sort its rows, and give each "
        "size once");
  CHECK(refusal(curve_header + "pi,box,8,1\npi,box,8,1\n").rfind("net.csv:3: bytes must", 0) == 0);
  CHECK(refusal(curve_header + "pi,box,8,2\nbox,pi,1,1\npi,box,9,1\n") ==
        "net.csv:4: seconds must not fall as bytes grow; measure again, or leave the point out");
  CHECK(refusal(curve_header + "# one\npi,box,8,1\nbox,pi,1,1\nbox,pi,2,1\n") ==
        "net.csv:3: the curve from pi to box has one point and needs two or more");
  CHECK(refusal(curve_header + "pi,box,-1,1\n") ==
        "net.csv:2: bytes is -1, and must be a whole number from 0 to 10^15");
  CHECK(refusal(curve_header + "pi,box,0.5,1\n").rfind("net.csv:2: bytes is 0.5,", 0) == 0);
  CHECK(refusal(curve_header + "pi,box,1e16,1\n").rfind("net.csv:2: bytes is 1e16,", 0) == 0);
  CHECK(refusal(curve_header + "pi,box,1,-1\n") == "net.csv:2: seconds is -1, not from 0 to 10^12");
  CHECK(refusal(curve_header + "pi,box,1,2e12\n").rfind("net.csv:2: seconds is 2e12,", 0) == 0);
  CHECK(refusal(curve_header + "pi,box,one,1\n") == "net.csv:2: bytes is 'one', not a number");
  CHECK(refusal(curve_header + "pi,box,1\n") ==
        "net.csv:2: has 3 fields where 4 are wanted: source,destination,bytes,seconds");
  CHECK(refusal(curve_header + "pi,,1,1\n") == "net.csv:2: source and destination must be named");
}

TEST_CASE("a damaged network file is named with its path and line") {
  const testing::Scratch scratch;
  CHECK_ERROR(read_network(scratch.file("bad.csv", curve_header + "pi,box,8,1\n")),
              ErrorCode::damaged, "bad.csv:2: the curve from pi to box has one point");
}
