#include "runtime/worker/listener.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "runtime/running_worker.hpp"
#include "runtime/wire/channel.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

/// A socket that connects to a port of this machine.
class Caller {
 public:
  explicit Caller(int port) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  Caller(Caller&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  ~Caller() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  int port() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    return ntohs(address.sin_port);
  }

  bool is_closed_within(int ms) const {
    pollfd event{descriptor_, POLLIN, 0};
    return ::poll(&event, 1, ms) == 1;
  }

  /// Waits until the other end has closed the connection.
  bool is_closed() const {
    char byte = 0;
    return ::recv(descriptor_, &byte, 1, 0) <= 0;
  }

 private:
  int descriptor_;
};

/// What a listener hands on and logs.
struct Taken {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<int> descriptors;
  std::vector<std::string> log;

  ~Taken() {
    for (const int descriptor : descriptors) ::close(descriptor);
  }
  void start(Listener& listener, int max_connections) {
    listener.start(
        max_connections,
        [this](int descriptor) {
          const std::lock_guard lock(mutex);
          descriptors.push_back(descriptor);
          changed.notify_all();
        },
        [this](const std::string& line) {
          const std::lock_guard lock(mutex);
          log.push_back(line);
          changed.notify_all();
        });
  }
  void wait_for(std::size_t count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return descriptors.size() >= count; });
  }
  void wait_for_log() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return !log.empty(); });
  }
  void close_one() {
    const std::lock_guard lock(mutex);
    ::close(descriptors.back());
    descriptors.pop_back();
  }
};

/// Leaves the process `count` more descriptors, until the end of the scope.
class FewDescriptors {
 public:
  explicit FewDescriptors(int count) {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    rlimit few = before_;
    few.rlim_cur = 0;
    for (int left = count; left > 0; ++few.rlim_cur) {
      if (::fcntl(static_cast<int>(few.rlim_cur), F_GETFD) < 0) --left;
    }
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("Connections beyond the limit are closed, and accepted when earlier ones have ended") {
  Listener listener("127.0.0.1:0");
  Taken taken;
  taken.start(listener, 2);
  const Caller first(listener.port());
  const Caller second(listener.port());
  taken.wait_for(2);
  CHECK(Caller(listener.port()).is_closed());
  CHECK(Caller(listener.port()).is_closed());
  {
    const std::lock_guard lock(taken.mutex);
    CHECK(taken.log ==
          std::vector<std::string>{"2 connections are open, the limit; new ones are closed"});
  }
  taken.close_one();
  const Caller third(listener.port());
  taken.wait_for(2);
  listener.stop();
}

TEST_CASE("A full listener closes the oldest connection without an accepted call for a new one") {
  Listener listener("127.0.0.1:0");
  listener.let_strangers_yield(std::chrono::milliseconds(0));
  Taken taken;
  taken.start(listener, 2);
  const Caller client(listener.port());
  const Caller stranger(listener.port());
  taken.wait_for(2);
  listener.mark_accepted("ipv4:127.0.0.1:" + std::to_string(client.port()));
  const Caller second(listener.port());
  CHECK(stranger.is_closed());
  taken.wait_for(3);
  listener.mark_accepted("ipv6:%5B::1%5D:" + std::to_string(second.port()));
  CHECK(Caller(listener.port()).is_closed());
  CHECK(listener.yielded() == 1);
  CHECK(listener.refused() == 1);
  listener.stop();
}

TEST_CASE("A process that is out of descriptors accepts the waiting connections when it has some") {
#ifdef SCISSION_IS_SANITIZED
  SKIP_TEST("the undefined-behaviour sanitizer opens pipes to look at objects");
#endif
  Listener listener("127.0.0.1:0");
  std::vector<Caller> callers;
  for (int i = 0; i < 5; ++i) callers.emplace_back(listener.port());
  Taken taken;
  {
    const FewDescriptors few(2);
    taken.start(listener, 100);
    taken.wait_for(2);
    taken.wait_for_log();
    CHECK(taken.log.front().find("no new connections for now") != std::string::npos);
  }
  taken.wait_for(5);
  listener.stop();
}

TEST_CASE("An address is refused with the reason") {
  const Listener listener("127.0.0.1:0");
  const std::string taken = "127.0.0.1:" + std::to_string(listener.port());
  CHECK_ERROR(Listener(taken), ErrorCode::io, "another program listens there");
  CHECK_ERROR(Listener("192.0.2.1:0"), ErrorCode::io, "does not belong to this machine");
  CHECK_ERROR(Listener("no.such.host.invalid:0"), ErrorCode::io, "is no address of this machine");
}

TEST_CASE(
    "A socket that a killed process left in the file system is replaced, a living one is not") {
  const Scratch folder;
  const std::string path = (folder.path() / "socket").string();
  {
    // Bound, and never removed.
    const int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(left, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    ::close(left);
  }
  const Listener listener("unix:" + path);
  CHECK(listener.port() == 0);
  CHECK_ERROR(Listener("unix:" + path), ErrorCode::io, "another program listens there");
}

TEST_CASE("Health checks of a client with a token are no stranger's") {
  const Scratch files;
  WorkerOptions options = worker_options("edge1");
  options.limits.connections = 2;
  options.access.token_file = files.file("clients", "phone token-0123456789abcdef\n");
  const RunningWorker edge(std::move(options));
  Security security;
  security.token_file = files.file("token", "token-0123456789abcdef\n");
  const ClientIdentity identity = read_identity(security);
  const auto health = make_channel_as(address_of(edge.worker), identity);
  inference::ServerLiveResponse live;
  REQUIRE(inference::GRPCInferenceService::NewStub(health)
              ->ServerLive(context().get(), {}, &live)
              .ok());
  const Caller stranger(edge.worker.port());
  std::vector<Caller> others;  // the first ones are closed, until the stranger has had its time
  while (!stranger.is_closed_within(50)) others.emplace_back(edge.worker.port());
  CHECK(health->GetState(false) == GRPC_CHANNEL_READY);
}

TEST_CASE("A worker answers again after more idle connections than it accepts") {
  WorkerOptions options = worker_options("edge1");
  options.limits.connections = 3;
  const RunningWorker edge(std::move(options));
  {
    std::vector<Caller> idle;
    for (int i = 0; i < 20; ++i) idle.emplace_back(edge.worker.port());
    CHECK(idle.back().is_closed());
  }
  const auto channel = make_channel(address_of(edge.worker), {});
  v1::ListResponse response;
  const auto patient = context();
  patient->set_wait_for_ready(true);
  CHECK(v1::Control::NewStub(channel)->List(patient.get(), {}, &response).ok());
}
