// Google Benchmark's results, one line an instance, and a table over the instances.
#pragma once

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace scission::bench {

/// Prints the median CPU time of every instance when it is known, and stores it.
class SummaryReporter : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& runs) override;

  /// The table of targets, and what grows with what: median and worst over the instances. The
  /// latter as `growth.csv` too, when the environment's SCISSION_BENCH_OUT names a folder.
  /// Throws Error(io).
  void print_summary() const;

 private:
  // One instance of one row: "target/revisits_1000x64", or "by_blocks/64".
  struct Sample {
    std::string row;
    double seconds;
    bool is_proven;
  };

  std::vector<Sample> of_row(const std::string& row) const;
  void print_targets() const;
  void print_growth() const;

  std::vector<Sample> samples_;
};

}  // namespace scission::bench
