#include <chrono>

#include "runtime/relay/relay_loop.hpp"
#include "support/catch.hpp"

using namespace scission::runtime;
using namespace std::chrono_literals;

namespace {

using Time = LinkEmulator::Time;

constexpr Time start{1000s};

}  // namespace

TEST_CASE("A piece comes out after its time at the rate and the delay") {
  LinkEmulator link({100, 5});
  CHECK(link.send(start, start, 12500) == start + 1ms + 5ms);
}

TEST_CASE("Pieces follow one another on the wire, and the delay is counted once") {
  LinkEmulator link({100, 5});
  link.send(start, start, 12500);
  CHECK(link.send(start, start, 12500) == start + 2ms + 5ms);
  CHECK(link.send(start + 1500us, start + 1500us, 6250) == start + 2500us + 5ms);
}

TEST_CASE("600 kB at 100 Mbit/s take 48 ms in pieces of any size") {
  for (const std::size_t piece : {1000, 12500, 16384}) {
    LinkEmulator link({100, 0});
    Time out{};
    for (std::size_t left = 600'000; left > 0;) {
      const std::size_t bytes = std::min(left, piece);
      out = link.send(start, start, bytes);
      left -= bytes;
    }
    CHECK(out >= start + 48ms - 1us);
    CHECK(out <= start + 48ms + 1us);
  }
}

TEST_CASE("A wire that was idle saves nothing up") {
  LinkEmulator link({100, 0});
  link.send(start, start, 12500);
  CHECK(link.send(start + 1s, start + 1s, 12500) == start + 1s + 1ms);
}

TEST_CASE("A thread that comes late makes up for two milliseconds and no more") {
  LinkEmulator link({100, 0});
  link.send(start, start, 12500);  // until 1 ms
  CHECK(link.send(start + 2ms, start, 12500) == start + 2ms);
  CHECK(link.send(start + 50ms, start, 12500) == start + 49ms);
}

TEST_CASE("What came later than the thread looked is not made up for") {
  LinkEmulator link({100, 0});
  CHECK(link.send(start + 2ms, start + 1900us, 12500) == start + 2900us);
}

TEST_CASE("The wire is booked two milliseconds ahead") {
  LinkEmulator link({100, 5});
  CHECK(link.takes_from() <= start);
  link.send(start, start, 12500);
  CHECK(link.takes_from() <= start);
  link.send(start, start, 25000);
  CHECK(link.takes_from() == start + 1ms);
}

TEST_CASE("Without a rate there is the delay alone") {
  LinkEmulator link({0, 7});
  CHECK(link.send(start, start, 1'000'000'000) == start + 7ms);
  CHECK(link.send(start, start, 1) == start + 7ms);
}

TEST_CASE("The end of a stream comes out after its last piece") {
  LinkEmulator link({100, 5});
  CHECK(link.send_end(start) == start + 5ms);
  link.send(start, start, 12500);
  CHECK(link.send_end(start) == start + 6ms);
}

TEST_CASE("A new shape applies from the next piece on") {
  LinkEmulator link({100, 5});
  link.send(start, start, 12500);
  link.reshape({10, 1});
  CHECK(link.send(start, start, 12500) == start + 1ms + 10ms + 1ms);
}

TEST_CASE("Pieces are a millisecond's worth, from a packet's to 16 KiB") {
  CHECK(LinkEmulator({100, 0}).piece_bytes() == 12500);
  CHECK(LinkEmulator({1, 0}).piece_bytes() == 1448);
  CHECK(LinkEmulator({10000, 0}).piece_bytes() == 16384);
  CHECK(LinkEmulator({0, 0}).piece_bytes() == 65536);
}

TEST_CASE("A connection holds what the delay does, and 256 KiB") {
  CHECK(LinkEmulator({100, 10}).capacity() == 125'000 + 256 * 1024);
  CHECK(LinkEmulator({100, 0}).capacity() == 256 * 1024);
  CHECK(LinkEmulator({0, 1000}).capacity() == 16 * 1024 * 1024);
}
