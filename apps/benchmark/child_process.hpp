// Work in a process of its own: its memory comes back, and what ends it does not end us.
#pragma once

#include <functional>
#include <limits>
#include <string>
#include <string_view>

#include "interrupts.hpp"

namespace scission::apps {

/// Hands a record of the work's progress to the parent.
using SendRecord = std::function<void(std::string_view)>;

/// What the child does. It returns its answer, or throws.
using ChildWork = std::function<std::string(const SendRecord&)>;

struct ChildOptions {
  double timeout_s = std::numeric_limits<double>::infinity();
  const Interrupts* interrupts = nullptr;  ///< whose signals end the child; null: none do

  // Both are called in the parent and may be empty.
  std::function<void(const std::string& record)> on_record;
  std::function<void()> on_wait;  ///< every quarter of a second in which no record came
};

/// Runs `work` in a forked copy of this process and returns its answer, of any length. The process
/// must have one thread, and nothing in it that a fork breaks: a thread pool, a GPU's context.
///
/// Throws the scission::Error that the work threw; Error(io) that says how the child ended when
/// it ended otherwise without an answer, was out of memory, or took longer than the timeout; and
/// Interrupted when a signal came. The child is gone then, whatever is thrown, and so it is when
/// this process is killed.
std::string run_in_child(const ChildWork& work, const ChildOptions& options = {});

}  // namespace scission::apps
