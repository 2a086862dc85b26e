// The measurements of a sweep on disk, line by line, so that it can be resumed.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/descriptor.hpp"

namespace scission::runtime {

/// The measurement of one plan under one condition in one block.
struct Measurement {
  int block = 0;
  std::string condition;               ///< format_condition_code()
  std::string plan;                    ///< its label
  std::vector<double> samples;         ///< seconds, in order; empty when it failed
  std::vector<double> system_seconds;  ///< median computing time of each of the sweep's systems
  int tries = 1;
  bool is_stable = true;  ///< as precise as requested
  std::string failure;    ///< why there are no samples
};

/// SweepOptions::identity.
using SweepIdentity = std::map<std::string, std::string>;

/// A file of lines: a header, then one line per measurement, each synchronised to disk. A torn last
/// line is cut off.
class Journal {
 public:
  /// Reads the file, or creates it. Measurements that failed are left out, so that they are tried
  /// again; a file without other measurements begins again. Throws Error(mismatch) that names the
  /// differences of the identity, Error(damaged) with the line, Error(io).
  Journal(std::filesystem::path file, const SweepIdentity& identity);

  const std::vector<Measurement>& measurements() const { return measurements_; }
  bool has(int block, const std::string& condition, const std::string& plan) const;

  /// Returns when the measurement is on disk. Throws Error(io).
  void add(Measurement measurement);

 private:
  void read(const SweepIdentity& identity);
  void open(const SweepIdentity& identity);
  void keep(Measurement measurement);
  void write_line(const std::string& line);

  std::filesystem::path file_;
  std::vector<Measurement> measurements_;
  std::set<std::string> keys_;  ///< block, condition and plan of each
  Descriptor lines_;
};

}  // namespace scission::runtime
