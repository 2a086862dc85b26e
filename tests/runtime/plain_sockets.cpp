#include "runtime/plain_sockets.hpp"

#include <fcntl.h>

#include <algorithm>
#include <random>

#include "support/catch.hpp"

namespace scission::testing {

namespace {

void make_blocking(const Descriptor& socket) {
  fcntl(socket.number(), F_SETFL, fcntl(socket.number(), F_GETFL) & ~O_NONBLOCK);
}

}  // namespace

PlainListener::PlainListener() : socket_(runtime::bind_to(runtime::resolve("127.0.0.1:0"))) {
  port_ = runtime::address_of(socket_, "a listener").port();
  make_blocking(socket_);
  runtime::start_listening(socket_, "a listener");
}

std::string PlainListener::address() const { return "127.0.0.1:" + std::to_string(port_); }

Descriptor PlainListener::accept() const {
  Descriptor socket(::accept(socket_.number(), nullptr, nullptr));
  REQUIRE(socket.is_open());
  return socket;
}

Descriptor plain_connection(int port) {
  const auto address = runtime::resolve("127.0.0.1:" + std::to_string(port));
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(socket.number(), address.get(), address.size) != 0) socket.close();
  return socket;
}

bool send_all(const Descriptor& socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::optional<std::string> receive(const Descriptor& socket, std::size_t most) {
  std::string bytes(most, '\0');
  std::size_t there = 0;
  while (there < most) {
    const ssize_t got = recv(socket.number(), bytes.data() + there, most - there, 0);
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    there += static_cast<std::size_t>(got);
  }
  bytes.resize(there);
  return bytes;
}

void end_sending(const Descriptor& socket) { shutdown(socket.number(), SHUT_WR); }

std::string noise(std::size_t bytes, unsigned seed) {
  std::mt19937 random(seed);
  std::string text(bytes, '\0');
  std::generate(text.begin(), text.end(), [&] { return static_cast<char>(random()); });
  return text;
}

}  // namespace scission::testing
