#include "benchmark/child_process.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <new>
#include <optional>
#include <system_error>
#include <utility>

#include "base/descriptor.hpp"
#include "base/run_program.hpp"
#include "base/seconds.hpp"
#include "scission/base.hpp"
#include "scission/benchmark.hpp"

namespace scission {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double between_waits_s = 0.25;

// --- The child ---

struct FrameHeader {
  std::uint64_t bytes = 0;
  FrameKind kind = FrameKind::record;
};

void write_all(int pipe, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(pipe, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) _exit(EXIT_FAILURE);  // the parent has gone
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void write_frame(int pipe, FrameKind kind, std::string_view text) {
  std::string bytes(sizeof(FrameHeader), '\0');
  FrameHeader header;
  header.bytes = text.size();
  header.kind = kind;
  std::memcpy(bytes.data(), &header, sizeof header);
  bytes += text;
  write_all(pipe, bytes);
}

// A signal of the terminal reaches parent and child; only the parent acts on it.
void set_parent_death_signal(pid_t parent) {
  signal(SIGINT, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(EXIT_FAILURE);
}

// Where memory runs short, the kernel kills the child and not the parent.
void raise_oom_score() { std::ofstream("/proc/self/oom_score_adj") << "500"; }

Error without_answer(const std::string& message) {
  return {ErrorCode::io, message.substr(0, message.find('\n'))};
}

/// Does the work in the child, writes its answer or error to the pipe and ends the process. The
/// child ignores SIGINT and SIGTERM and dies with its parent.
[[noreturn]] void run_child_side(const ChildWork& work, int pipe, pid_t parent) {
  set_parent_death_signal(parent);
  raise_oom_score();
  const auto send = [pipe](FrameKind kind, std::string_view text) {
    write_frame(pipe, kind, text);
  };
  try {
    send(FrameKind::answer, work([&](std::string_view text) { send(FrameKind::record, text); }));
  } catch (const Error& error) {
    send(FrameKind::error, encode_error(error));
  } catch (const std::bad_alloc&) {
    send(FrameKind::error, encode_error(without_answer("out of memory; use a smaller batch")));
  } catch (const std::exception& error) {
    send(FrameKind::error, encode_error(without_answer(error.what())));
  } catch (...) {
    send(FrameKind::error, encode_error(without_answer("failed with an unknown exception")));
  }
  _exit(EXIT_SUCCESS);  // not exit(): what is left to flush or to destroy is the parent's
}

// --- The parent ---

/// The child's folder for temporary files, which goes with it; none where it cannot be made.
std::optional<WorkFolder> temporary_folder() {
  try {
    return std::optional<WorkFolder>(std::in_place, std::filesystem::temp_directory_path());
  } catch (const std::exception&) {
    return std::nullopt;  // most models need none
  }
}

/// A forked process and the reading end of its pipe. Its destructor kills and reaps it.
class Child {
 public:
  explicit Child(const ChildWork& work) : folder_(temporary_folder()) {
    Pipe pipe("a process to measure in");
    const pid_t parent = getpid();
    process_ = fork();
    if (process_ == 0) {
      pipe.reading.close();
      if (folder_) setenv("TMPDIR", folder_->path().c_str(), 1);
      run_child_side(work, pipe.writing.number(), parent);
    }
    if (process_ < 0) {
      throw Error(ErrorCode::io,
                  "cannot start a process: " + std::generic_category().message(errno));
    }
    output_ = std::move(pipe.reading);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    output_.close();
    if (process_ < 0) return;
    kill(process_, SIGKILL);
    wait();
  }

  int output() const { return output_.number(); }

  /// Waits for its end and returns waitpid()'s status.
  int wait() {
    int status = 0;
    while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
    return status;
  }

 private:
  std::optional<WorkFolder> folder_;
  pid_t process_ = -1;
  Descriptor output_;
};

std::string describe_end(int status) {
  if (WIFEXITED(status)) {
    return fmt::format("its process ended with exit code {} and without an answer",
                       WEXITSTATUS(status));
  }
  const int signal = WTERMSIG(status);
  if (signal == SIGKILL) {
    return "its process was killed (signal 9): memory was likely short; close other programs or "
           "use a smaller batch";
  }
  return fmt::format("its process crashed: ended by signal {} ({})", signal, strsignal(signal));
}

/// Reads the frames of one child, from its first record to its end.
class ChildSession {
 public:
  ChildSession(const ChildWork& work, const ChildOptions& options)
      : options_(options), child_(work) {}

  std::string answer() {
    while (!is_over_) listen();
    const int status = child_.wait();
    if (!answer_) throw Error(ErrorCode::io, describe_end(status));
    return *std::move(answer_);
  }

 private:
  void listen() {
    std::array<pollfd, 2> ends{pollfd{child_.output(), POLLIN, 0},
                               pollfd{options_.wake_descriptor, POLLIN, 0}};
    const int ready = poll(ends.data(), ends.size(), poll_timeout_ms());
    if (ready < 0 && errno != EINTR) {
      throw Error(ErrorCode::io, "cannot wait: " + std::generic_category().message(errno));
    }
    if (ends[1].revents != 0 && options_.on_wake) options_.on_wake();
    if (ends[0].revents != 0) read_some();
    if (!is_over_ && seconds_since(start_) >= options_.timeout_s) {
      throw Error(ErrorCode::io, fmt::format("took longer than {} and was stopped",
                                             format_duration(options_.timeout_s)));
    }
    if (ready == 0 && options_.on_wait) options_.on_wait();
  }

  void read_some() {
    const ssize_t count = read(child_.output(), buffer_.data(), buffer_.size());
    if (count < 0 && errno == EINTR) return;
    is_over_ = count <= 0;
    if (count <= 0) return;
    frames_.append({buffer_.data(), static_cast<std::size_t>(count)});
    while (std::optional<Frame> frame = frames_.next()) take(*std::move(frame));
  }

  void take(Frame frame) {
    switch (frame.kind) {
      case FrameKind::record:
        if (options_.on_record) options_.on_record(frame.text);
        return;
      case FrameKind::answer:
        answer_ = std::move(frame.text);
        return;
      case FrameKind::error:
        throw decode_error(frame.text);
    }
  }

  // Time to wait for something to read; −1: no limit.
  int poll_timeout_ms() const {
    double seconds = std::max(0.0, options_.timeout_s - seconds_since(start_));
    if (options_.on_wait) seconds = std::min(seconds, between_waits_s);
    constexpr double longest_s = 1e6;
    return seconds < longest_s ? static_cast<int>(std::ceil(1e3 * seconds)) : -1;
  }

  const ChildOptions& options_;
  Clock::time_point start_ = Clock::now();
  Child child_;
  Frames frames_;
  std::array<char, 1 << 16> buffer_{};
  std::optional<std::string> answer_;
  bool is_over_ = false;
};

}  // namespace

std::optional<Frame> Frames::next() {
  FrameHeader header;
  if (bytes_.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, bytes_.data(), sizeof header);
  const std::size_t end = sizeof header + header.bytes;
  if (bytes_.size() < end) return std::nullopt;
  Frame frame{header.kind, bytes_.substr(sizeof header, header.bytes)};
  bytes_.erase(0, end);
  return frame;
}

// A zero byte ends the place: no file name, option or layer holds one.
std::string encode_error(const Error& error) {
  std::string text(1, static_cast<char>(error.code()));
  return text + error.place() + '\0' + error.message();
}

Error decode_error(std::string_view text) {
  const std::size_t end = text.find('\0', 1);
  return {static_cast<ErrorCode>(text[0]), std::string(text.substr(end + 1)),
          std::string(text.substr(1, end - 1))};
}

std::string run_in_child(const ChildWork& work, const ChildOptions& options) {
  return ChildSession(work, options).answer();
}

std::string run_in_child(const std::function<std::string()>& work) {
  return run_in_child([&](const SendRecord&) { return work(); });
}

}  // namespace scission
