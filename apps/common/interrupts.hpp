// Polling for SIGINT and SIGTERM, so that a tool can tidy up before it ends.
#pragma once

#include <signal.h>

#include <array>
#include <initializer_list>
#include <optional>
#include <string>

namespace scission::apps {

/// As long as it lives, SIGINT and SIGTERM do not end the process but are kept until take() asks.
/// A signal that was ignored before stays ignored; one that was not taken is forgotten at the
/// end. One object at a time, in a process of any number of threads; one at a time may take().
class Interrupts {
 public:
  /// Throws Error(io) when the system has no descriptor left.
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  /// Waits for a signal, for at most `max_s` seconds where they are given, and takes it.
  std::optional<int> wait(std::optional<double> max_s = {}) const;

  /// Readable, for poll(), once a signal has come.
  int descriptor() const;

  /// The signal that has come since, if one has. Does not wait.
  std::optional<int> take() const;

 private:
  struct Kept {
    int signal = 0;
    bool is_caught = false;
    struct sigaction before {};
  };

  std::array<Kept, 2> kept_;
};

/// What is thrown where a signal came in the midst of a job. Not an Error: nothing has failed.
struct Interrupted {
  int signal = 0;
  std::string advice = {};  ///< run_tool() warns with it

  int exit_code() const { return 128 + signal; }  ///< as shells have it
};

/// Blocks the signals in this thread, and in those that it starts later, for sigwait().
sigset_t block_signals(std::initializer_list<int> numbers);

}  // namespace scission::apps
