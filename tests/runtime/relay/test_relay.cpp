#include <fcntl.h>
#include <poll.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "runtime/plain_sockets.hpp"
#include "runtime/relay/relay.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

/// Both ends of a connection through a relay.
struct Through {
  explicit Through(LinkShape forward = {}, LinkShape backward = {})
      : relay({"127.0.0.1:0", listener.address(), forward, backward}),
        near(plain_connection(relay.port())),
        far(listener.accept()) {}

  PlainListener listener;
  Relay relay;
  Descriptor near;
  Descriptor far;
};

std::string exchanged(const Descriptor& from, const Descriptor& to, const std::string& bytes) {
  std::string got;
  std::thread reader([&] { got = receive(to, bytes.size()).value_or("broken"); });
  const bool is_sent = send_all(from, bytes);
  reader.join();
  return is_sent ? got : "not sent";
}

/// Sends without blocking for as long as the other end takes anything: ends when nothing has gone
/// for a while. The bytes that went.
std::size_t stuff(const Descriptor& socket, std::size_t most) {
  fcntl(socket.number(), F_SETFL, fcntl(socket.number(), F_GETFL) | O_NONBLOCK);
  const std::string piece(65536, 'x');
  std::size_t sent = 0;
  while (sent < most) {
    pollfd wanted{socket.number(), POLLOUT, 0};
    if (poll(&wanted, 1, 300) == 0) break;
    const ssize_t now = send(socket.number(), piece.data(), piece.size(), MSG_NOSIGNAL);
    if (now > 0) sent += static_cast<std::size_t>(now);
  }
  return sent;
}

}  // namespace

TEST_CASE("A relay passes megabytes on unchanged, both ways") {
  Through through;
  const std::string there = noise(5'000'000, 1);
  const std::string back = noise(3'000'000, 2);
  CHECK((exchanged(through.near, through.far, there) == there));
  CHECK((exchanged(through.far, through.near, back) == back));
}

TEST_CASE("Several connections share a relay's wire, each with its own bytes in order") {
  PlainListener listener;
  Relay relay({"127.0.0.1:0", listener.address(), {200, 2}, {0, 1}});
  std::vector<std::thread> pairs;
  std::vector<int> equal(4, 0);
  for (unsigned i = 0; i < 4; ++i) {
    Descriptor near = plain_connection(relay.port());
    Descriptor far = listener.accept();
    pairs.emplace_back([&equal, i, near = std::move(near), far = std::move(far)] {
      const std::string bytes = noise(400'000, i);
      equal[i] = exchanged(near, far, bytes) == bytes && exchanged(far, near, bytes) == bytes;
    });
  }
  for (std::thread& pair : pairs) pair.join();
  CHECK(equal == std::vector<int>(4, 1));
}

TEST_CASE("Nothing comes out of a relay before its delay") {
  Through through({0, 30}, {0, 10});
  for (int i = 0; i < 3; ++i) {
    const auto sent_at = Clock::now();
    REQUIRE(send_all(through.near, "ping"));
    REQUIRE(receive(through.far, 4) == "ping");
    CHECK(Clock::now() - sent_at >= 30ms);
    const auto answered_at = Clock::now();
    REQUIRE(send_all(through.far, "pong"));
    REQUIRE(receive(through.near, 4) == "pong");
    CHECK(Clock::now() - answered_at >= 10ms);
  }
}

TEST_CASE("Bytes take their time at a relay's rate, together with the delay") {
  Through through({100, 20});
  const std::string bytes = noise(600'000, 3);
  const auto begin = Clock::now();
  CHECK((exchanged(through.near, through.far, bytes) == bytes));
  CHECK(Clock::now() - begin >= 67ms);  // 48 and 20
}

TEST_CASE("Connections share a relay's rate") {
  PlainListener listener;
  Relay relay({"127.0.0.1:0", listener.address(), {100, 0}, {}});
  const Descriptor near_1 = plain_connection(relay.port());
  const Descriptor far_1 = listener.accept();
  const Descriptor near_2 = plain_connection(relay.port());
  const Descriptor far_2 = listener.accept();
  const std::string bytes = noise(250'000, 4);
  const auto begin = Clock::now();
  std::string got;
  std::thread other([&] { got = exchanged(near_1, far_1, bytes); });
  CHECK((exchanged(near_2, far_2, bytes) == bytes));
  other.join();
  CHECK((got == bytes));
  CHECK(Clock::now() - begin >= 39ms);
}

TEST_CASE("A receiver that does not read stops the sender after a bounded amount") {
  Through through({50, 1});
  constexpr std::size_t most = 64'000'000;
  const std::size_t sent = stuff(through.near, most);
  CHECK(sent < most / 2);
  // Nothing of it is lost.
  const auto got = receive(through.far, sent);
  REQUIRE(got.has_value());
  CHECK(got->size() == sent);
}

TEST_CASE("A stream that ends leaves the other direction open") {
  Through through({0, 5}, {0, 5});
  REQUIRE(send_all(through.near, "question"));
  end_sending(through.near);
  CHECK(receive(through.far, 100) == "question");
  REQUIRE(send_all(through.far, "answer"));
  end_sending(through.far);
  CHECK(receive(through.near, 100) == "answer");
}

TEST_CASE("A link that goes down breaks its connections and refuses others until it is up") {
  Through through;
  REQUIRE(send_all(through.near, "here"));
  REQUIRE(receive(through.far, 4) == "here");
  through.relay.set_up(false);
  CHECK_FALSE(receive(through.near, 1).has_value());
  CHECK_FALSE(receive(through.far, 1).has_value());
  CHECK_FALSE(plain_connection(through.relay.port()).is_open());
  through.relay.set_up(false);
  through.relay.set_up(true);
  const Descriptor near = plain_connection(through.relay.port());
  REQUIRE(near.is_open());
  const Descriptor far = through.listener.accept();
  CHECK(exchanged(near, far, "again") == "again");
}

TEST_CASE("A relay takes another shape while connections last") {
  Through through({0, 0});
  CHECK(exchanged(through.near, through.far, "fast") == "fast");
  through.relay.reshape({0, 40}, {0, 0});
  const auto begin = Clock::now();
  CHECK(exchanged(through.near, through.far, "slow") == "slow");
  CHECK(Clock::now() - begin >= 40ms);
}

TEST_CASE("Without a target a relay's connections break") {
  int port = 0;
  {
    const Descriptor unused = bind_to(resolve("127.0.0.1:0"));
    port = address_of(unused, "nobody").port();
  }
  Relay relay({"127.0.0.1:0", "127.0.0.1:" + std::to_string(port), {}, {}});
  const Descriptor near = plain_connection(relay.port());
  REQUIRE(near.is_open());
  CHECK_FALSE(receive(near, 1).has_value());
}

TEST_CASE("A relay ends with bytes on its wire") {
  auto through = std::make_unique<Through>(LinkShape{1, 1000});
  REQUIRE(send_all(through->near, noise(100'000, 5)));
  through.reset();
  CHECK(through == nullptr);
}

TEST_CASE("A relay that cannot be is refused") {
  CHECK_ERROR(Relay({"127.0.0.1:0", "nowhere", {}, {}}), ErrorCode::invalid_argument, "nowhere");
  CHECK_ERROR(Relay({"127.0.0.1", "127.0.0.1:1", {}, {}}), ErrorCode::invalid_argument,
              "127.0.0.1");
  CHECK_ERROR(Relay({"127.0.0.1:0", "127.0.0.1:1", {-1, 0}, {}}), ErrorCode::invalid_argument,
              "rate");
  const Relay relay({"127.0.0.1:0", "127.0.0.1:1", {}, {}});
  CHECK_ERROR(Relay({"127.0.0.1:" + std::to_string(relay.port()), "127.0.0.1:1", {}, {}}),
              ErrorCode::io, "cannot listen");
}
