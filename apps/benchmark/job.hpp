// One model that is to be measured.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "scission/backend/runnable.hpp"

namespace scission::apps {

/// Built or loaded when its turn comes, in a process of its own.
struct Job {
  std::string model;
  std::vector<std::int64_t> input_shape;  ///< of the first input, the batch in front
  std::function<std::unique_ptr<Runnable>()> make;
};

}  // namespace scission::apps
