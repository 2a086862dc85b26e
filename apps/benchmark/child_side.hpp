// The pipe between a child and its parent: what is written at one end and read at the other.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "child_process.hpp"
#include "scission/base/error.hpp"

namespace scission::apps {

enum class FrameKind : char { record = 'r', answer = 'a', error = 'e' };

struct Frame {
  FrameKind kind = FrameKind::record;
  std::string text;
};

/// Takes the bytes as they come and gives out the frames that are complete.
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

/// The child's whole life after the fork: does the work, writes its answer or its error to the pipe
/// and ends the process. Leaves SIGINT and SIGTERM to the parent, and dies with it.
[[noreturn]] void run_child_side(const ChildWork& work, int pipe, pid_t parent);

}  // namespace scission::apps
