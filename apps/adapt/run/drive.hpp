// Requests sent through an adaptive pipeline, and what became of each.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "adapt/run/input_stream.hpp"
#include "adapt/run/request.hpp"
#include "interrupts.hpp"
#include "scission/runtime/adaptive/adaptive_pipeline.hpp"

namespace scission::adaptive_run {

/// One request; seconds.
struct Record {
  std::string input;
  double sent_s = 0;     ///< since the pipeline was made; at a rate, when it was due
  double latency_s = 0;  ///< from then to the answer
  double waited_s = 0;   ///< of it for a plan, see AdaptiveResult
  int plan = 0;
  int attempts = 1;
  bool is_answered = false;
  long largest = -1;      ///< index of the first output's largest number: the class; −1: none
  double difference = 0;  ///< with --verify; see run/verify.hpp
  std::string failure;    ///< where there is no answer
};

/// Sends until the stream, --count or --seconds ends, or a signal comes; returns when everything
/// is answered. `since_s` is the pipeline's clock; `each_s` is called now and then between
/// requests. Throws what reading inputs throws, when nothing is under way any more.
std::vector<Record> drive(runtime::AdaptivePipeline& pipeline, InputStream& inputs,
                          const RunRequest& request, const apps::Interrupts& interrupts,
                          const std::function<double()>& since_s,
                          const std::function<void()>& each);

}  // namespace scission::adaptive_run
