// What a person at a terminal sees while a search takes long.
#pragma once

#include <optional>
#include <thread>

namespace scission::predict {

/// As long as it lives, a line on the terminal tells how long the search has taken, and with a time
/// limit how much of that is left. Nothing for searches of less than 2 s, nor without a terminal.
class Waiting {
 public:
  explicit Waiting(std::optional<double> time_limit_s);

 private:
  std::jthread thread_;
};

}  // namespace scission::predict
