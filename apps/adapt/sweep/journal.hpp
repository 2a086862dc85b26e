// What a sweep has measured so far, safe from interruptions.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace scission::sweep {

/// What came of one plan under one condition in one block.
struct Measurement {
  int block = 0;
  std::string condition;               ///< format_condition_code()
  std::string plan;                    ///< its label
  std::vector<double> samples;         ///< seconds, in order; none: it could not be measured
  std::vector<double> system_seconds;  ///< computing of each system of the grid, medians
  int tries = 1;
  bool is_stable = true;  ///< as precise as it was to be
  std::string failure;    ///< why there are no samples
};

/// What decides on figures, by the options' names: a sweep goes on only with the same.
using SweepOptionTexts = std::map<std::string, std::string>;

/// A file of lines, a header and then one for each measurement, that reach the disk one by one. A
/// last line that was torn is cut off.
class Journal {
 public:
  /// Takes up what is there, or begins. Throws Error(mismatch) that names the differing options,
  /// Error(damaged) with the line, Error(io).
  Journal(std::filesystem::path file, const SweepOptionTexts& options);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  const std::vector<Measurement>& measurements() const { return measurements_; }
  bool has(int block, const std::string& condition, const std::string& plan) const;

  /// On the disk when it returns. Throws Error(io).
  void add(Measurement measurement);

 private:
  void read(const SweepOptionTexts& options);
  void open(bool is_new, const SweepOptionTexts& options);
  void write_line(const std::string& line);

  std::filesystem::path file_;
  std::vector<Measurement> measurements_;
  std::map<std::string, std::size_t> index_;  ///< by block, condition and plan
  int descriptor_ = -1;
};

}  // namespace scission::sweep
