// Stress: its start, and its end without leftovers.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "scission/base.hpp"
#include "stress/stress.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/processes.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

constexpr double patience_s = 10;

/// A child of this process that puts itself under stress and waits to be killed; its pid.
pid_t stressed_child() {
  std::array<int, 2> pipe_ends{};
  REQUIRE(pipe(pipe_ends.data()) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const Stress stress({20, 1});
    const bool is_sent = write(pipe_ends[1], "x", 1) == 1;
    while (is_sent) pause();
    _exit(1);
  }
  char byte = 0;
  close(pipe_ends[1]);
  const bool is_on = read(pipe_ends[0], &byte, 1) == 1;
  close(pipe_ends[0]);
  REQUIRE(is_on);
  return child;
}

}  // namespace

TEST_CASE("A level of stress is read and written") {
  CHECK(parse_stress("cpu=50,memory=100", "--stress") == StressLevel{50, 100});
  CHECK(parse_stress("memory=1", "--stress") == StressLevel{0, 1});
  CHECK(parse_stress("", "--stress") == StressLevel{});
  CHECK(to_string(StressLevel{50, 100}) == "cpu=50,memory=100");
  CHECK(to_string(StressLevel{0, 5}) == "memory=5");
  CHECK(to_string(StressLevel{}).empty());
  CHECK(folder_of({50, 100}) == "under-cpu50-memory100");
  CHECK(folder_of({}).empty());
  for (const char* wrong : {"cpu", "cpu=", "cpu=101", "cpu=-1", "disk=50", "cpu=1.5", "50"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(parse_stress(wrong, "--stress"), Error);
  }
}

TEST_CASE("All memory is never taken, and none at level 0") {
  CHECK(stress_memory_bytes({0, 100}, 1'000'000) == 900'000);
  CHECK(stress_memory_bytes({0, 50}, 1'000'000) == 450'000);
  CHECK(stress_memory_bytes({100, 0}, 1'000'000) == 0);
}

TEST_CASE("Levels out of range are refused, and no stress starts nothing") {
  CHECK_THROWS_AS(Stress({101, 0}), Error);
  CHECK_THROWS_AS(Stress({0, -1}), Error);
  Stress none({0, 0});
  CHECK_FALSE(none.is_on());
  CHECK(descendants_of({getpid()}).empty());
  none.stop();
}

TEST_CASE("Stress is processes that are there while it lives and gone when it has stopped") {
  if (!has_stress_ng()) {
    SKIP_TEST("no stress-ng");
  }
  Stress stress({30, 1});
  CHECK(stress.is_on());
  const std::vector<pid_t> processes = descendants_of({getpid()});
  // The supervisor, stress-ng, its processors' and its memory's.
  CHECK(processes.size() >= 4);
  stress.stop();
  CHECK(all_gone(processes));
  CHECK_FALSE(stress.is_on());
}

TEST_CASE("Stress that is killed from outside says that it is off, and leaves nothing") {
  if (!has_stress_ng()) {
    SKIP_TEST("no stress-ng");
  }
  const Stress stress({30, 0});
  const std::vector<pid_t> processes = descendants_of({getpid()});
  const std::vector<pid_t> holders = processes_of("stress-ng --quiet");
  for (const pid_t process : holders) {
    for (const pid_t own : processes) {
      if (own == process) kill(process, SIGKILL);
    }
  }
  CHECK(happens_within(patience_s, [&] { return !stress.is_on(); }));
}

TEST_CASE("Nothing of the stress is left when its owner is killed") {
  if (!has_stress_ng()) {
    SKIP_TEST("no stress-ng");
  }
  const pid_t child = stressed_child();
  const std::vector<pid_t> processes = descendants_of({child});
  CHECK(processes.size() >= 4);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  CHECK(happens_within(patience_s, [&] { return all_gone(processes); }));
}

TEST_CASE("Nothing of the stress is left when even its supervisor is killed") {
  if (!has_stress_ng()) {
    SKIP_TEST("no stress-ng");
  }
  const pid_t child = stressed_child();
  const std::vector<pid_t> processes = descendants_of({child});
  for (const ProcessLook& look : running_processes()) {
    if (look.parent == child) kill(look.id, SIGKILL);
  }
  CHECK(happens_within(patience_s, [&] { return all_gone(processes); }));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST_CASE("Without stress-ng the error says what to install") {
  const char* const path = std::getenv("PATH");
  const std::string before = path == nullptr ? "" : path;
  setenv("PATH", "/nonexistent", 1);
  const auto error = error_of([] { const Stress stress({10, 0}); });
  setenv("PATH", before.c_str(), 1);
  REQUIRE(error.has_value());
  CHECK(error->code() == ErrorCode::unsupported);
  CHECK(std::string(error->what()).find("install stress-ng") != std::string::npos);
}
