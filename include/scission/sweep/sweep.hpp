// A sweep: a designed experiment that times plans under every combination of the levels of its
// factors. This header holds its values and its files; docs/sweep-format.md describes sweep.json.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/stats/statistics.hpp"

namespace scission {

/// An experimental factor, such as the bandwidth of a link or the load of a processor.
struct SCISSION_EXPORT Factor {
  std::string name;                 ///< "network"; not empty, unique in the sweep
  std::string unit;                 ///< "Mbit/s"; may be empty
  std::vector<std::string> levels;  ///< "50", "25", "10", in the order of level indices; unique
};

/// One way to partition the model over the systems.
struct SCISSION_EXPORT SweepPlan {
  std::string label;  ///< unique: "device:0-4|edge:5-90"; "3", a cut's number, in the study's files
  int cuts = -1;      ///< number of places where the model is cut; −1 if unknown
};

/// The latency of one plan under one condition.
struct SCISSION_EXPORT PlanTime {
  double seconds = 0;                ///< the latency that is analysed; 0: not measured
  Interval interval = {};            ///< 95 % confidence interval of `seconds`; 0, 0: unknown
  Summary summary = {};              ///< of the samples; count 0: unknown
  std::vector<double> samples = {};  ///< in seconds, in the order of measurement; may be empty
  std::vector<double> system_seconds =
      {};  ///< compute time on each of Sweep::systems; may be empty

  bool is_measured() const { return seconds > 0; }                    ///< there is a time
  bool has_interval() const { return interval.high > interval.low; }  ///< and an interval
};

/// Summarises samples in seconds by their median, and keeps them. The 95 % interval of the median
/// needs at least six samples and is left out for fewer.
/// Throws Error(invalid_argument) if there are no samples. O(samples · log samples).
SCISSION_EXPORT PlanTime plan_time_from_samples(std::vector<double> samples);

/// One combination of levels, and the latency of every plan under it.
struct SCISSION_EXPORT Condition {
  std::vector<int> levels;      ///< [factor], an index into Factor::levels
  std::vector<PlanTime> times;  ///< [plan]
};

/// Conditions × plans. Conditions may be missing, and so may single times.
struct SCISSION_EXPORT Sweep {
  std::string model;
  std::vector<Factor> factors;
  std::vector<std::string> systems = {};  ///< the systems of PlanTime::system_seconds
  std::vector<SweepPlan> plans;
  std::vector<Condition> conditions;    ///< in any order; no two have the same levels
  std::vector<std::string> notes = {};  ///< how the sweep was measured; one sentence each
};

/// Checks sizes, level indices, the uniqueness of names and conditions, and that times are finite
/// and at least 0. Throws Error(invalid_argument) with `place` on the first violation.
/// O(conditions · (log conditions + plans)).
SCISSION_EXPORT void validate_sweep(const Sweep& sweep, const std::string& place);

/// The number of conditions of the full factorial design: 243 for five factors of three levels.
/// The largest size_t if the number does not fit.
SCISSION_EXPORT std::size_t full_factorial_size(const Sweep& sweep);

/// The index of the condition with these levels, if the sweep has it. O(conditions).
SCISSION_EXPORT std::optional<std::size_t> find_condition(const Sweep& sweep,
                                                          const std::vector<int>& levels);

/// Combinations of levels that the sweep lacks, at most `max_count`; the last factor varies
/// fastest. O(conditions · log conditions + full factorial size).
SCISSION_EXPORT std::vector<std::vector<int>> missing_conditions(const Sweep& sweep,
                                                                 std::size_t max_count);

/// A condition's code: one digit per factor, "02100". If a factor has more than ten levels, the
/// level indices are separated by points, "0.11.2".
SCISSION_EXPORT std::string format_condition_code(const Sweep& sweep,
                                                  const std::vector<int>& levels);

/// The inverse. Throws Error(invalid_argument) if the code is not a combination of levels.
SCISSION_EXPORT std::vector<int> parse_condition_code(const Sweep& sweep, const std::string& code);

/// "network 25 Mbit/s, edge CPU stress 100 %".
SCISSION_EXPORT std::string describe_condition(const Sweep& sweep, const std::vector<int>& levels);

/// "25 Mbit/s".
SCISSION_EXPORT std::string describe_level(const Factor& factor, int level);

// --- Files ---

/// What is wrong with one file of a sweep.
enum class SweepFault {
  missing,     ///< there is no file for the condition
  damaged,     ///< the file cannot be read; none of it is used
  incomplete,  ///< the file lacks plans that other conditions have; the rest of it is used
};

/// "missing", "damaged", "incomplete"
SCISSION_EXPORT std::string to_string(SweepFault fault);

/// A file of a sweep that was not used, or not completely, and the reason.
struct SCISSION_EXPORT FaultyFile {
  SweepFault fault = SweepFault::damaged;
  std::string file;     ///< file name without its folder
  std::string message;  ///< one line
};

/// A sweep that was read from files, and what those files lack.
struct SCISSION_EXPORT SweepReading {
  Sweep sweep;
  std::size_t expected = 0;        ///< size of the full factorial design
  std::size_t missing = 0;         ///< missing conditions, without those whose file is damaged
  std::vector<FaultyFile> faults;  ///< by file name; at most 1000 of the missing ones

  std::size_t count(SweepFault fault) const;  ///< including missing ones that are not listed
};

/// Reads a sweep.json, a folder that holds one, or a folder with the adaptivity study's files.
/// Throws Error(not_found | damaged | unsupported | io); the place is the file and the field or
/// line. A damaged file of the study is listed in `faults`; if no file of the study can be read,
/// that is an error. O(size).
SCISSION_EXPORT SweepReading read_sweep(const std::filesystem::path& path);

/// The text of sweep.json, and the inverse. All numbers are preserved to the last bit; unknown
/// fields are ignored. `place` names the text in errors: Error(damaged), and Error(unsupported) for
/// a newer version of the format. O(size).
SCISSION_EXPORT std::string format_sweep(const Sweep& sweep);
SCISSION_EXPORT Sweep parse_sweep(std::string_view text, const std::string& place);

/// Writes FOLDER/sweep.json atomically and creates the folder if needed.
/// Throws Error(invalid_argument) if validate_sweep() does, Error(io).
SCISSION_EXPORT void write_sweep(const Sweep& sweep, const std::filesystem::path& folder);

/// Reads the files of the adaptivity study: FOLDER/weights_abcde.txt, one per condition and named
/// by its code. The rows are `total edge cloud cut`: three times in seconds and the number of the
/// cut. The study's factors are the network (50, 25, 10 Mbit/s) and the stress of cloud CPU, edge
/// memory, cloud memory and edge CPU (0, 50, 100 %). The model is the name of the folder without
/// "outputs_". Errors as read_sweep().
SCISSION_EXPORT SweepReading read_study_folder(const std::filesystem::path& folder);

/// Writes a sweep of two systems in the study's format, with plan labels instead of cut numbers.
/// Throws Error(invalid_argument) if the times of two systems are not known, a label holds a space
/// or a factor has more than ten levels; Error(io).
SCISSION_EXPORT void write_study_files(const Sweep& sweep, const std::filesystem::path& folder);

}  // namespace scission
