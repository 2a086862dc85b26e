#include "summary_reporter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <set>
#include <utility>

#include "base/file.hpp"
#include "questions.hpp"
#include "scission/base.hpp"
#include "scission/stats.hpp"

namespace scission::bench {
namespace {

// Google Benchmark renamed the field in 1.8.
template <typename Run>
bool has_failed(const Run& run) {
  if constexpr (requires { run.error_occurred; }) {
    return run.error_occurred;
  } else {
    return run.skipped != 0;
  }
}

template <typename Samples>
double median_s(const Samples& samples) {
  std::vector<double> seconds;
  for (const auto& sample : samples) seconds.push_back(sample.seconds);
  return median(std::move(seconds));
}

template <typename Samples>
double worst_s(const Samples& samples) {
  double worst = 0;
  for (const auto& sample : samples) worst = std::max(worst, sample.seconds);
  return worst;
}

}  // namespace

bool SummaryReporter::ReportContext(const Context& context) {
  PrintBasicContext(&GetErrorStream(), context);
  fmt::print("{:<44} {:>12}\n", "instance", "median (CPU)");
  return true;
}

// All repetitions of one instance at once.
void SummaryReporter::ReportRuns(const std::vector<Run>& runs) {
  std::vector<double> seconds;
  bool is_proven = true;
  std::string name;
  for (const Run& run : runs) {
    if (run.run_type != Run::RT_Iteration || has_failed(run)) continue;
    name = run.run_name.function_name + "/" + run.run_name.args;
    seconds.push_back(run.cpu_accumulated_time / static_cast<double>(run.iterations));
    const auto proven = run.counters.find("proven");
    is_proven = is_proven && proven != run.counters.end() && proven->second.value == 1;
  }
  if (seconds.empty()) return;  // Google Benchmark's own aggregates
  const double middle_s = median(seconds);
  fmt::print("{:<44} {:>12}{}\n", name, format_duration(middle_s), is_proven ? "" : "  not proven");
  std::fflush(stdout);
  samples_.push_back({name.substr(0, name.find("/seed:")), middle_s, is_proven});
}

std::vector<SummaryReporter::Sample> SummaryReporter::of_row(const std::string& row) const {
  std::vector<Sample> samples;
  std::copy_if(samples_.begin(), samples_.end(), std::back_inserter(samples),
               [&](const Sample& sample) { return sample.row == row; });
  return samples;
}

void SummaryReporter::print_targets() const {
  fmt::print("\n{:<62} {:>9} {:>10} {:>10} {:>7} {:>7}\n", "target", "at most", "median", "worst",
             "within", "proven");
  for (const Target& target : targets()) {
    const std::vector<Sample> samples = of_row("target/" + target.name);
    if (samples.empty()) continue;
    const auto within = std::count_if(samples.begin(), samples.end(), [&](const Sample& sample) {
      return sample.seconds <= target.most_s;
    });
    const auto proven = std::count_if(samples.begin(), samples.end(),
                                      [](const Sample& sample) { return sample.is_proven; });
    fmt::print("{:<62} {:>9} {:>10} {:>10} {:>4}/{:<2} {:>4}/{:<2}\n", target.what,
               format_duration(target.most_s), format_duration(median_s(samples)),
               format_duration(worst_s(samples)), within, samples.size(), proven, samples.size());
  }
}

void SummaryReporter::print_growth() const {
  std::string csv = "what,size,median_s,worst_s\n";
  std::set<std::string> done;
  fmt::print("\n{:<20} {:>10} {:>10}\n", "growth", "median", "worst");
  for (const Sample& first : samples_) {
    if (!first.row.starts_with("by_") || !done.insert(first.row).second) continue;
    const std::vector<Sample> samples = of_row(first.row);
    const double middle_s = median_s(samples);
    fmt::print("{:<20} {:>10} {:>10}\n", first.row, format_duration(middle_s),
               format_duration(worst_s(samples)));
    const std::size_t slash = first.row.find('/');
    csv += fmt::format("{},{},{:.6g},{:.6g}\n", first.row.substr(0, slash),
                       first.row.substr(slash + 1), middle_s, worst_s(samples));
  }
  const char* folder = std::getenv("SCISSION_BENCH_OUT");
  if (folder && !done.empty()) {
    write_file_atomically(std::filesystem::path(folder) / "growth.csv", csv);
  }
}

void SummaryReporter::print_summary() const {
  print_targets();
  print_growth();
}

}  // namespace scission::bench
