// What scission-benchmark is asked to measure.
#pragma once

#include <cxxopts.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "scission/error.hpp"
#include "scission/runnable.hpp"

namespace scission::apps {

using Arguments = cxxopts::ParseResult;

/// A model that is to be measured, built or loaded when its turn comes.
struct Job {
  std::string model;
  std::function<std::unique_ptr<Runnable>()> make;
};

/// The models that --models or --model name, each with the input made of INPUT, which is read
/// here. Throws Error when an option, a name or the image is wrong; a model file is not loaded yet,
/// only asked for its inputs' shapes where --input-shape does not give them.
std::vector<Job> make_jobs(const Arguments& arguments);

/// The option's number. Throws Error(invalid_argument) when it is below `least`.
int count_of(const Arguments& arguments, const std::string& option, int least);

/// Error(invalid_argument); `place` is the option or argument that is wrong.
Error usage_error(const std::string& message, const std::string& place = {});

}  // namespace scission::apps
