// Conditions over time: what links carried and how slow systems were, recorded or made up.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/plan/problem.hpp"

namespace scission {

/// What one column of a trace is about. Names are those of systems or of platforms, which stand
/// for all their systems.
struct SCISSION_EXPORT TraceColumn {
  /// What the column states, and in which unit.
  enum class Kind {
    rate,     ///< link:FROM->TO:mbit  Mbit/s; 0: the link is down
    ping,     ///< link:FROM->TO:ms    milliseconds
    slowdown  ///< slowdown:SYSTEM     factor on the profile's times; 0: the system is down
  };
  Kind kind = Kind::rate;
  std::string from;  ///< or the system
  std::string to = {};

  friend bool operator==(const TraceColumn&, const TraceColumn&) = default;
};

/// Each row holds from its time until the next one's, the last one for ever; what has no column is
/// as the profile and the network file say.
struct SCISSION_EXPORT Trace {
  std::vector<TraceColumn> columns;
  std::vector<double> times_s;              ///< strictly ascending
  std::vector<std::vector<double>> values;  ///< [row][column]

  friend bool operator==(const Trace&, const Trace&) = default;
};

/// CSV with the header `time_s,link:A->B:mbit,link:A->B:ms,slowdown:SYSTEM`, in any order after the
/// time, and a row of numbers for each time; empty lines and lines that begin with # are allowed.
/// Throws Error(not_found | io | damaged) with file and line: for a header or number that cannot be
/// read, a row that is too short or too long, times that do not rise, values below 0, a column that
/// is there twice, no row at all.
SCISSION_EXPORT Trace read_trace(const std::filesystem::path& path);
SCISSION_EXPORT Trace parse_trace(std::string_view text, const std::string& place);

/// "link:pi->vm:mbit": what heads the column.
SCISSION_EXPORT std::string to_string(const TraceColumn& column);

/// The text that reads back as exactly that trace.
SCISSION_EXPORT std::string format_trace_csv(const Trace& trace);

/// Writes it in one step. Throws Error(io).
SCISSION_EXPORT void write_trace(const Trace& trace, const std::filesystem::path& path);

/// What happens in a trace that is made up.
struct SCISSION_EXPORT TraceOptions {
  bool has_steps = false;    ///< rates and slowdowns jump
  bool has_ramps = false;    ///< and glide, geometrically
  bool has_noise = false;    ///< every row a factor on each of its own
  bool has_outages = false;  ///< links are down for a while

  double duration_s = 600;
  double tick_s = 0.5;         ///< a row every so often
  double change_every_s = 60;  ///< mean time between two changes of one column (exponential)
  double ramp_s = 20;          ///< how long a glide takes
  double lowest_rate = 0.1;    ///< a rate is this to 1 of the network's, uniformly in its logarithm
  double highest_slowdown = 4;  ///< a slowdown 1 to this, the same
  double noise = 0.2;           ///< standard deviation of the logarithm; of mean 1
  double outage_every_s = 120;  ///< mean time between two outages of one link (exponential)
  double outage_s = 10;         ///< mean length of an outage (exponential)
  std::uint64_t seed = 1;
};

/// A trace of every link of the problem's (rate) and every system (slowdown). A column's way
/// depends on the seed and its place alone, and is the same on every machine up to the sixth
/// significant digit. With steps and ramps both, half of the changes are either.
/// Links measured as curves have no rate to change and are left out.
/// Throws Error(invalid_argument) for options out of range. O(rows · columns).
SCISSION_EXPORT Trace make_trace(const PartitionProblem& problem, const TraceOptions& options);

}  // namespace scission
