// scission-adapt run: its command line, the inputs of its requests, and its output for people.
#pragma once

#include <cxxopts.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "open_model.hpp"
#include "run/request.hpp"
#include "scission/model/tensor.hpp"
#include "scission/runtime/adaptive/adaptive_pipeline.hpp"

namespace scission::apps {

struct RunRequest {
  run::Request common;
  std::string inputs;              ///< a folder, a file, "-"; empty: seeded random numbers
  bool repeats = false;            ///< the inputs start again at their end
  std::optional<int> count;        ///< maximum number of requests
  std::optional<double> seconds;   ///< maximum time of sending
  std::filesystem::path profiles;  ///< empty: measured
  std::filesystem::path network;
  std::filesystem::path output;  ///< folder for what is measured
  std::filesystem::path log;     ///< file with a row for each request; empty: none
  double rehearse_s = 0;         ///< > 0: interval of switches regardless of gains
  bool probes = true;
  runtime::AdaptiveOptions adaptive;
};

/// Adds all options except those of the model and of the connection.
void add_run_options(cxxopts::Options& options);

/// Throws Error(invalid_argument) with the option as place.
RunRequest read_run_request(const Arguments& arguments);

/// Images of a folder in the order of their names, or of a list with one path per line, read when
/// they are needed; or a few tensors of seeded random numbers in turn.
class RunInputs {
 public:
  /// Throws Error(not_found) for a missing folder or file, Error(invalid_argument) when a folder
  /// holds no image or the model takes none.
  RunInputs(const RunRequest& request, const ModelSource& source);

  /// Null at the end. Blocks for the next line of standard input. Throws as load_image() does.
  std::shared_ptr<const runtime::AdaptiveInput> next();

  /// Inputs for warming up; never read from standard input.
  std::vector<Tensor> sample() const;

 private:
  std::optional<std::string> next_path();
  std::shared_ptr<const runtime::AdaptiveInput> next_random();
  std::shared_ptr<const runtime::AdaptiveInput> finished(
      const std::string& name, const std::vector<at::Tensor>& tensors) const;

  const RunRequest& request_;
  const ModelSource& source_;
  std::vector<std::string> paths_;
  std::size_t next_ = 0;
  std::vector<std::shared_ptr<const runtime::AdaptiveInput>> random_;
};

/// Tables of plans and switches, delays around switches, and the totals.
std::string format_report(const runtime::AdaptiveReport& report);

/// "12.3 s: plan 2, device 0-6 → edge1 7-25: faster by 12 %; …": printed when it happens.
std::string format_switch(const runtime::PlanSwitch& change, const std::string& to);

/// exit_failed where an answer is missing or wrong, which is printed on stderr; else exit_done.
int exit_code_of(const runtime::AdaptiveReport& report);

}  // namespace scission::apps
