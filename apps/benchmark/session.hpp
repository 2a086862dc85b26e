// One run of scission-benchmark on this machine: its files, and what it prints.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "interrupts.hpp"
#include "outputs.hpp"
#include "request.hpp"
#include "scission/benchmark/benchmark.hpp"
#include "summary.hpp"

namespace scission::apps {

class PassProgress;

class Session {
 public:
  /// `host` is written to the profile. Makes the folder, and with --resume reads the earlier
  /// profile. Throws Error(io | damaged | mismatch).
  Session(const Request& request, const std::vector<BenchmarkModel>& models,
          const HostContext& host);
  ~Session();

  /// Measures the missing passes, and writes and prints the results. A model that fails is reported
  /// and does not end the run. Returns the exit code: 0; 1 when a model failed, or the code of the
  /// failure that all models share; 128 plus the signal's number after SIGINT or SIGTERM.
  /// Throws Error(io) when a file cannot be written.
  int run();

 private:
  BenchmarkOptions benchmark_options();
  void finish_model(const ModelProfile& profile);
  void draw(const ModelProfile& profile);
  void print_earlier();
  void print_row(const ModelProfile& profile);
  void print_failure(const BenchmarkStep& step, const Error& error);
  void print_end() const;
  bool lacks_a_pass(const std::string& model) const;
  bool is_finished(const std::string& model) const;  ///< or failed
  std::string progress() const;
  int end_interrupted(int signal);
  int exit_code_of_failures() const;

  const Request& request_;
  Outputs outputs_;
  std::vector<BenchmarkModel> models_;
  int passes_ = 1;  ///< of every model
  SystemProfile system_;
  SummaryTable table_;
  bool has_header_ = false;
  bool draws_ = true;
  std::unique_ptr<PassProgress> progress_;  ///< of the running pass, on a terminal
  std::vector<std::string> failed_;
  std::vector<int> failure_codes_;
  Interrupts interrupts_;
};

}  // namespace scission::apps
