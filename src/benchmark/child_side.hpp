// The child of run_in_child(), and the frames on its pipe.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "scission/base/error.hpp"
#include "scission/benchmark/child_process.hpp"

namespace scission {

enum class FrameKind : char { record = 'r', answer = 'a', error = 'e' };

struct Frame {
  FrameKind kind = FrameKind::record;
  std::string text;
};

/// Splits a stream of bytes into frames.
class Frames {
 public:
  void append(std::string_view bytes) { bytes_.append(bytes); }
  std::optional<Frame> next();

 private:
  std::string bytes_;
};

/// An error's code, place and message as a frame's text, and back.
std::string encode_error(const Error& error);
Error decode_error(std::string_view text);

/// Does the work in the child, writes its answer or error to the pipe and ends the process. The
/// child ignores SIGINT and SIGTERM and dies with its parent.
[[noreturn]] void run_child_side(const ChildWork& work, int pipe, pid_t parent);

}  // namespace scission
