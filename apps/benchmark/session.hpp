// One run of scission-benchmark: pass after pass over the models, each kept as soon as it is made.
#pragma once

#include <string>
#include <vector>

#include "interrupts.hpp"
#include "job.hpp"
#include "measure_job.hpp"
#include "outputs.hpp"
#include "request.hpp"
#include "summary.hpp"

namespace scission::apps {

class Session {
 public:
  /// `host` is what the profile says of this machine. Makes the folder, and with --resume reads
  /// what is there. Throws Error(io | damaged | mismatch).
  Session(const Request& request, const std::vector<Job>& jobs, const HostContext& host);

  /// Measures what is left to measure, the first pass of every model before the second of any, and
  /// prints what it finds. One model's failure is told and does not end it: its other passes are
  /// left out, those before are kept. Returns the tool's exit code: 0; 1 when a model failed, or
  /// what every one of them failed with; 128 and the signal's number after SIGINT or SIGTERM.
  /// Throws Error(io) when a file cannot be written.
  int run();

 private:
  void measure_all();
  void measure_pass(int pass);
  void measure_one(std::size_t index, int pass);
  JobOptions options_of(std::size_t index, int pass) const;
  ModelProfile joined(ModelProfile pass) const;
  void keep(ModelProfile profile);
  void finish(const std::string& model);
  void draw(const ModelProfile& profile);
  void show_earlier();
  void show_row(const ModelProfile& profile);
  void show_failure(const std::string& model, const Error& error);
  void show_unfinished();
  bool lacks_a_pass(const std::string& model) const;
  bool is_finished(const std::string& model) const;  ///< or given up
  std::string progress() const;
  void show_end() const;
  int interrupted(int signal);
  int exit_code_of_failures() const;

  const Request& request_;
  Outputs outputs_;
  int passes_ = 1;             ///< of every model
  std::vector<Job> jobs_;      ///< those that lack a pass
  std::size_t asked_for_ = 0;  ///< models, those that the profile had included
  SystemProfile system_;
  SummaryTable table_;
  bool has_header_ = false;
  bool draws_ = true;
  std::vector<std::string> failed_;
  std::vector<int> failure_codes_;
  Interrupts interrupts_;
};

}  // namespace scission::apps
