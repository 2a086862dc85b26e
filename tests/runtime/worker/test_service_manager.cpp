// What systemd hears of a worker, by a stand-in for its socket.
#include "runtime/worker/service_manager.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <set>
#include <string>
#include <thread>

#include "runtime/certificates.hpp"
#include "runtime/running_worker.hpp"
#include "runtime/wire/channel.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

/// $NOTIFY_SOCKET with somebody who reads it, until the end of the scope.
class Manager {
 public:
  explicit Manager(const std::string& watchdog_us = {})
      : descriptor_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const std::string path = (folder_.path() / "notify").string();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    if (watchdog_us.empty()) return;
    ::setenv("WATCHDOG_USEC", watchdog_us.c_str(), 1);
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  }
  ~Manager() {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
    ::close(descriptor_);
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  /// The next line; empty when none comes within the time.
  std::string next(int patience_s = 30) const {
    const timeval wait{patience_s, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    char text[64];
    const ssize_t length = ::recv(descriptor_, text, sizeof text, 0);
    return length < 0 ? "" : std::string(text, static_cast<std::size_t>(length));
  }

 private:
  Scratch folder_;
  int descriptor_;
};

WorkerOptions managed() {
  WorkerOptions options = worker_options("edge");
  options.notifies_service_manager = true;
  return options;
}

}  // namespace

TEST_CASE("A worker tells the service manager when it serves and when it ends") {
  const Manager manager;
  {
    const RunningWorker edge(managed());
    CHECK(manager.next() == "READY=1");
  }
  CHECK(manager.next() == "STOPPING=1");
}

TEST_CASE("A program that has a worker keeps its own word with the service manager") {
  const Manager manager;
  { const RunningWorker edge("edge"); }
  CHECK(manager.next(1).empty());
}

TEST_CASE("The watchdog hears of a worker that answers new connections") {
  const Manager manager("300000");
  const RunningWorker edge(managed());
  CHECK(manager.next() == "READY=1");
  CHECK(manager.next() == "WATCHDOG=1");
  CHECK(manager.next() == "WATCHDOG=1");
}

TEST_CASE("The watchdog's connection needs no name of the certificate") {
  const Manager manager("30000000");
  WorkerOptions options = managed();
  const Certificates certificates;
  options.listen = "0.0.0.0:0";
  options.security.tls = certificates.issue("edge1");
  const RunningWorker edge(std::move(options));
  CHECK(manager.next() == "READY=1");
  CHECK(manager.next() == "WATCHDOG=1");
}

TEST_CASE("A worker with all the connections that it accepts is well") {
  const Manager manager("3000000");
  WorkerOptions options = managed();
  options.limits.connections = 1;
  const RunningWorker edge(std::move(options));
  CHECK(manager.next() == "READY=1");
  const auto one = make_channel(address_of(edge.worker), {});
  (void)one->WaitForConnected(std::chrono::system_clock::now() + patience);
  for (int i = 0; i < 4; ++i) CHECK(manager.next() == "WATCHDOG=1");
}

TEST_CASE("The watchdog hears nothing of what is not well") {
  const Manager manager;
  std::atomic<int> asked = 0;
  {
    const Watchdog watchdog(0.03, [&](double) {
      ++asked;
      return false;
    });
    while (asked < 5) std::this_thread::yield();
  }
  CHECK(manager.next(1).empty());
}

TEST_CASE("The watchdog's period is for the process that it names") {
  const Manager manager("2500000");
  CHECK(watchdog_period_s() == 2.5);
  ::setenv("WATCHDOG_PID", "1", 1);
  CHECK_FALSE(watchdog_period_s().has_value());
  ::unsetenv("WATCHDOG_PID");
  CHECK(watchdog_period_s() == 2.5);
  ::setenv("WATCHDOG_USEC", "soon", 1);
  CHECK_FALSE(watchdog_period_s().has_value());
}
