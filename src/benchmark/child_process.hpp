// Work in a forked process: its memory is freed at its end, and its crash does not end the caller.
#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "scission/base.hpp"

namespace scission {

/// Sends a record of the work's progress to the parent.
using SendRecord = std::function<void(std::string_view)>;

/// The work of the child. It returns its answer, or throws.
using ChildWork = std::function<std::string(const SendRecord&)>;

/// How long a child may take, and what its parent does meanwhile.
struct SCISSION_EXPORT ChildOptions {
  double timeout_s = std::numeric_limits<double>::infinity();

  // All functions are called in the parent and may be empty.
  int wake_descriptor = -1;       ///< watched while the child runs; −1: none
  std::function<void()> on_wake;  ///< called when it is readable; may throw to end the child
  std::function<void(const std::string& record)> on_record;
  std::function<void()> on_wait;  ///< called every quarter of a second without a record
};

/// Runs `work` in a forked copy of this process and returns its answer, of any length. The process
/// must have one thread, and nothing that a fork breaks, such as a thread pool or a GPU's context.
///
/// Throws the scission::Error that the work threw; Error(io) that describes the child's end when it
/// ended without an answer, was out of memory, or took longer than the timeout; and what a function
/// of `options` threw. The child has ended then, and it also ends when this process is killed.
SCISSION_EXPORT std::string run_in_child(const ChildWork& work, const ChildOptions& options = {});

// The frames on the pipe from child to parent.

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

}  // namespace scission
