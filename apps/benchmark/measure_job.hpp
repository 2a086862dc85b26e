// A model's measurement, made in a process of its own.
#pragma once

#include <string>

#include "interrupts.hpp"
#include "job.hpp"
#include "scission/measure/measure.hpp"

namespace scission::apps {

struct JobOptions {
  MeasureOptions measure;  ///< whose on_progress is not called
  double timeout_s = 0;    ///< for the process, loading included; infinity: none
  std::string label;       ///< in front of the line on the terminal: "vgg19 3/18"
  const Interrupts* interrupts = nullptr;
};

/// Makes the model and measures it, both in a child, while a line on the terminal tells how far it
/// is. The profile comes with its samples, the time that loading took and the child's peak memory.
/// Throws as the job's make(), measure() and run_in_child() do.
ModelProfile measure_in_child(const Job& job, const JobOptions& options);

}  // namespace scission::apps
