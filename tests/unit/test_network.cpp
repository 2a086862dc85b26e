#include "scission/error.hpp"
#include "scission/network.hpp"
#include "support/catch.hpp"

using namespace scission;

namespace {

const std::string header = "source,destination,ping(ms),bandwidth(mbps)\n";
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

}  // namespace

TEST_CASE("a transfer costs its ping and its bytes over the rounded rate") {
  CHECK(Link{100, 1.6}.transfer_s(150'000) == 0.1 + 150'000 / 200'000.0);
  CHECK(Link{0, 0.0000121}.transfer_s(4) == 2.0);  // 1.5125 bytes a second round to 2
}

TEST_CASE("links are directed") {
  const Network network = parse_network(header + "pi,box,10,8\n", "net.csv");
  CHECK(network.find(pi, box) == Link{10, 8});
  CHECK_FALSE(network.find(box, pi));
}

TEST_CASE("the more specific row wins, whatever its place, and of equals the last") {
  const Network network = parse_network(header +
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
  CHECK(refusal(header + "pi,box,1\n").rfind("net.csv:2: has 3 fields", 0) == 0);
  CHECK(refusal(header + "pi,box,ten,1\n") == "net.csv:2: ping(ms) is 'ten', not a number");
  CHECK(refusal(header + "pi,box,nan,1\n") == "net.csv:2: ping(ms) is 'nan', not a number");
  CHECK(refusal(header + "pi,box,-1,1\n") ==
        "net.csv:2: ping(ms) is -1, not from 0 to 1000000000000000");
  CHECK(refusal(header + "\npi,box,1,0\n").rfind("net.csv:3: bandwidth(mbps) is 0,", 0) == 0);
  CHECK(refusal(header + "pi,box,1,-2\n").rfind("net.csv:2: bandwidth(mbps) is -2,", 0) == 0);
  CHECK(refusal(header + "pi,box,1,1e308\n").rfind("net.csv:2: bandwidth(mbps) is 1e+308,", 0) ==
        0);
  CHECK(refusal(header + ",box,1,1\n") == "net.csv:2: source and destination must be named");
}

TEST_CASE("a network file that is not there is not found") {
  try {
    read_network("no-such-file.csv");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::not_found);
  }
}
