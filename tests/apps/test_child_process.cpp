// Work in processes of its own: how it answers, and how it fails.
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "benchmark/child_process.hpp"
#include "interrupts.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::apps;

namespace {

/// Work that ends before it has an answer.
ChildWork ending(const std::function<void()>& end) {
  return [end](const SendRecord&) {
    end();
    return std::string("too late");
  };
}

[[noreturn]] std::string hang(const SendRecord&) {
  for (;;) pause();
}

bool has_children() { return waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD; }

/// Waits until a process is no more than an entry that somebody has yet to remove.
bool ends(pid_t process) {
  constexpr int tries = 1000;
  for (int i = 0; i < tries; ++i) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (text.empty() || text.find(") Z ") != std::string::npos) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace

TEST_CASE("a child's answer comes back whatever bytes it holds") {
  const std::string answer("a\0b\n\xff", 5);
  CHECK(run_in_child([&](const SendRecord&) { return answer; }) == answer);
  CHECK(run_in_child([](const SendRecord&) { return std::string(); }).empty());
  CHECK_FALSE(has_children());
}

TEST_CASE("a child's answer of ten megabytes comes back whole") {
  std::string answer(10'000'000, 'x');
  for (std::size_t i = 0; i < answer.size(); i += 4096) answer[i] = static_cast<char>(i >> 12);
  CHECK((run_in_child([&](const SendRecord&) { return answer; }) == answer));
}

TEST_CASE("a child's records come in order and before its answer") {
  std::vector<std::string> records;
  ChildOptions options;
  options.on_record = [&](const std::string& record) { records.push_back(record); };
  const std::string answer = run_in_child(
      [](const SendRecord& send) {
        send("one");
        send("");
        send("three");
        return std::string("done");
      },
      options);
  CHECK(answer == "done");
  CHECK(records == std::vector<std::string>{"one", "", "three"});
}

TEST_CASE("nothing that a child does changes its parent") {
  int number = 1;
  CHECK(run_in_child([&](const SendRecord&) { return std::to_string(++number); }) == "2");
  CHECK(number == 1);
}

TEST_CASE("a child's temporary files go with it, also where it is killed") {
  const std::string folder = run_in_child([](const SendRecord&) {
    const std::filesystem::path own = std::filesystem::temp_directory_path();
    std::ofstream(own / "file") << "kept";
    return own.string();
  });
  CHECK(folder != std::filesystem::temp_directory_path().string());
  CHECK_FALSE(std::filesystem::exists(folder));
  std::string killed;
  ChildOptions options;
  options.on_record = [&](const std::string& record) { killed = record; };
  const auto error = scission::testing::error_of([&] {
    run_in_child(
        [](const SendRecord& send) -> std::string {
          const std::filesystem::path own = std::filesystem::temp_directory_path();
          std::ofstream(own / "file") << "kept";
          send(own.string());
          raise(SIGKILL);
          return "";
        },
        options);
  });
  CHECK(error);
  CHECK_FALSE(killed.empty());
  CHECK_FALSE(std::filesystem::exists(killed));
}

TEST_CASE("an Error of a child keeps its code and place and message") {
  const auto error = scission::testing::error_of([] {
    run_in_child(ending([] { throw Error(ErrorCode::mismatch, "does not fit", "net.pt"); }));
  });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::mismatch);
  CHECK(error->place() == "net.pt");
  CHECK(error->message() == "does not fit");
  const auto placeless = scission::testing::error_of(
      [] { run_in_child(ending([] { throw Error(ErrorCode::infeasible, "no way"); })); });
  REQUIRE(placeless);
  CHECK(placeless->code() == ErrorCode::infeasible);
  CHECK(placeless->place().empty());
}

TEST_CASE("what else a child throws is told by its first line") {
  CHECK_ERROR(run_in_child(ending([] { throw std::runtime_error("no memory\nframe #0"); })),
              ErrorCode::io, "no memory");
  CHECK_ERROR(run_in_child(ending([] { throw std::bad_alloc(); })), ErrorCode::io, "out of memory");
  CHECK_ERROR(run_in_child(ending([] { throw 7; })), ErrorCode::io, "unknown exception");
}

TEST_CASE("a child that crashes is reported by its signal's number and name") {
  CHECK_ERROR(run_in_child(ending([] {
                std::signal(SIGABRT, SIG_DFL);  // Catch2's handler would print a report
                std::abort();
              })),
              ErrorCode::io, "ended by signal 6 (Aborted)");
  CHECK_FALSE(has_children());
}

TEST_CASE("a child that the kernel kills hints at memory") {
  CHECK_ERROR(run_in_child(ending([] { raise(SIGKILL); })), ErrorCode::io, "memory");
}

TEST_CASE("a child that ends without an answer is reported by its exit code") {
  CHECK_ERROR(run_in_child(ending([] { _exit(3); })), ErrorCode::io,
              "exit code 3 and without an answer");
  CHECK_ERROR(run_in_child(ending([] { _exit(0); })), ErrorCode::io, "exit code 0");
}

TEST_CASE("records that a child sent before it died have come") {
  int records = 0;
  ChildOptions options;
  options.on_record = [&](const std::string&) { ++records; };
  const ChildWork dies = [](const SendRecord& send) -> std::string {
    send("half");
    send("way");
    raise(SIGKILL);
    return {};
  };
  CHECK_ERROR(run_in_child(dies, options), ErrorCode::io, "signal 9");
  CHECK(records == 2);
}

TEST_CASE("a child that hangs is stopped when its time is up") {
  ChildOptions options;
  options.timeout_s = 0.2;
  CHECK_ERROR(run_in_child(hang, options), ErrorCode::io, "took longer than 200 ms");
  CHECK_FALSE(has_children());
}

TEST_CASE("a child that talks without end is stopped too") {
  ChildOptions options;
  options.timeout_s = 0.2;
  const ChildWork chatters = [](const SendRecord& send) -> std::string {
    for (;;) send("still here");
  };
  CHECK_ERROR(run_in_child(chatters, options), ErrorCode::io, "took longer");
  CHECK_FALSE(has_children());
}

TEST_CASE("a signal ends the child and leaves the parent") {
  const Interrupts interrupts;
  CHECK_FALSE(interrupts.take());
  ChildOptions options;
  options.wake_descriptor = interrupts.descriptor();
  options.on_wake = [&] {
    if (const auto signal = interrupts.take()) throw Interrupted{*signal};
  };
  options.on_record = [](const std::string&) { kill(getpid(), SIGTERM); };
  const ChildWork work = [](const SendRecord& send) {
    send("ready");
    return hang(send);
  };
  int signal = 0;
  try {
    run_in_child(work, options);
  } catch (const Interrupted& interruption) {
    signal = interruption.signal;
  }
  CHECK(signal == SIGTERM);
  CHECK_FALSE(has_children());
  CHECK_FALSE(interrupts.take());
}

TEST_CASE("a child leaves the terminal's signals to its parent") {
  CHECK(run_in_child([](const SendRecord&) {
          raise(SIGINT);
          raise(SIGTERM);
          return std::string("alive");
        }) == "alive");
}

TEST_CASE("a parent that cannot bear a record gets rid of the child") {
  ChildOptions options;
  options.on_record = [](const std::string&) { throw std::runtime_error("enough"); };
  const ChildWork work = [](const SendRecord& send) {
    send("one");
    return hang(send);
  };
  CHECK_THROWS_AS(run_in_child(work, options), std::runtime_error);
  CHECK_FALSE(has_children());
}

TEST_CASE("a child dies with its parent") {
  pid_t grandchild = 0;
  ChildOptions options;
  options.on_record = [&](const std::string& record) { grandchild = std::stoi(record); };
  const ChildWork parent = [](const SendRecord& send) -> std::string {
    ChildOptions inner;
    inner.on_record = [&](const std::string& record) {
      send(record);
      raise(SIGKILL);
    };
    return run_in_child(
        [](const SendRecord& tell) {
          tell(std::to_string(getpid()));
          return hang(tell);
        },
        inner);
  };
  CHECK_ERROR(run_in_child(parent, options), ErrorCode::io, "signal 9");
  REQUIRE(grandchild > 0);
  CHECK(ends(grandchild));
}

TEST_CASE("an interruption that nobody asked for is forgotten") {
  CHECK(run_in_child([](const SendRecord&) {
          std::signal(SIGINT, SIG_DFL);
          {
            const Interrupts interrupts;
            raise(SIGINT);
          }
          return std::string("alive");
        }) == "alive");
}

TEST_CASE("a signal that was ignored stays ignored") {
  CHECK(run_in_child([](const SendRecord&) {
          std::signal(SIGINT, SIG_IGN);
          const Interrupts interrupts;
          raise(SIGINT);
          return std::string(interrupts.take() ? "taken" : "ignored");
        }) == "ignored");
}

TEST_CASE("the parent is woken while a child says nothing") {
  struct Woken {};
  ChildOptions options;
  options.on_wait = [] { throw Woken(); };
  CHECK_THROWS_AS(run_in_child(hang, options), Woken);
  CHECK_FALSE(has_children());
}
