#include "benchmark/child_side.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <new>
#include <utility>

namespace scission {
namespace {

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

void run_child_side(const ChildWork& work, int pipe, pid_t parent) {
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

}  // namespace scission
