// Traces that are made up.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "control/dice.hpp"
#include "scission/base/error.hpp"
#include "scission/control/trace.hpp"

namespace scission {
namespace {

using Kind = TraceColumn::Kind;

constexpr double never = INFINITY;
constexpr double most_rows = 1e7;

// Six significant digits, so that the file is small and reads back as the same trace.
double rounded(double value) { return std::strtod(fmt::format("{:.6g}", value).c_str(), nullptr); }

/// One column as time goes by: the logarithm of a factor between 0 and `extreme`.
class Course {
 public:
  Course(const TraceOptions& options, double extreme, std::uint64_t stream)
      : options_(options),
        extreme_(extreme),
        changes_(options.seed, 3 * stream),
        noise_(options.seed, 3 * stream + 1),
        outages_(options.seed, 3 * stream + 2) {
    const bool changes = options.has_steps || options.has_ramps;
    next_change_s_ = changes ? changes_.exponential(options.change_every_s) : never;
    outage_begins_s_ = outages_.exponential(options.outage_every_s);
    outage_ends_s_ = outage_begins_s_ + outages_.exponential(options.outage_s);
  }

  double factor_at(double time_s) {
    while (time_s >= next_change_s_) change();
    const double done = std::clamp((time_s - begin_s_) / (end_s_ - begin_s_), 0.0, 1.0);
    const double level = std::exp(from_ + done * (to_ - from_));
    return options_.has_noise ? level * noise_.factor(options_.noise) : level;
  }

  bool is_out_at(double time_s) {
    while (time_s >= outage_ends_s_) {
      outage_begins_s_ = outage_ends_s_ + outages_.exponential(options_.outage_every_s);
      outage_ends_s_ = outage_begins_s_ + outages_.exponential(options_.outage_s);
    }
    return time_s >= outage_begins_s_;
  }

 private:
  // A glide that is not over yet ends where it was heading.
  void change() {
    const bool glides = options_.has_ramps && (!options_.has_steps || changes_.uniform() < 0.5);
    from_ = to_;
    to_ = changes_.uniform() * extreme_;
    begin_s_ = next_change_s_;
    end_s_ = begin_s_ + (glides ? options_.ramp_s : options_.tick_s * 1e-6);
    next_change_s_ +=
        (glides ? options_.ramp_s : 0) + changes_.exponential(options_.change_every_s);
  }

  const TraceOptions& options_;
  double extreme_;
  Dice changes_;
  Dice noise_;
  Dice outages_;
  double from_ = 0;
  double to_ = 0;
  double begin_s_ = 0;
  double end_s_ = 1;
  double next_change_s_;
  double outage_begins_s_;
  double outage_ends_s_;
};

void require(bool is_fine, const char* option, const char* demand) {
  if (!is_fine) throw Error(ErrorCode::invalid_argument, demand, option);
}

void validate(const TraceOptions& options) {
  const auto is_time = [](double x) { return x > 0 && std::isfinite(x); };
  require(is_time(options.duration_s), "duration_s", "must be above 0 and finite");
  require(is_time(options.tick_s), "tick_s", "must be above 0 and finite");
  require(options.duration_s / options.tick_s <= most_rows, "tick_s", "makes over 10^7 rows");
  require(is_time(options.change_every_s), "change_every_s", "must be above 0 and finite");
  require(is_time(options.ramp_s), "ramp_s", "must be above 0 and finite");
  require(options.lowest_rate > 0 && options.lowest_rate <= 1, "lowest_rate",
          "must be above 0 and at most 1");
  require(options.highest_slowdown >= 1 && std::isfinite(options.highest_slowdown),
          "highest_slowdown", "must be 1 or more");
  require(options.noise >= 0 && options.noise <= 2, "noise", "must lie between 0 and 2");
  require(is_time(options.outage_every_s), "outage_every_s", "must be above 0 and finite");
  require(is_time(options.outage_s), "outage_s", "must be above 0 and finite");
}

/// A column's course, and what its factor is of.
struct Source {
  TraceColumn column;
  double base;
  Course course;

  double value_at(double time_s, const TraceOptions& options) {
    const bool is_link = column.kind == Kind::rate;
    const double factor = course.factor_at(time_s);
    if (is_link && options.has_outages && course.is_out_at(time_s)) return 0;
    return rounded(base * factor);
  }
};

std::vector<Source> sources_of(const PartitionProblem& problem, const TraceOptions& options) {
  std::vector<Source> sources;
  const int systems = problem.system_count();
  std::uint64_t stream = 0;
  for (int from = 0; from < systems; ++from) {
    for (int to = 0; to < systems; ++to, ++stream) {
      const std::optional<Link>& link = problem.link(from, to);
      if (from == to || !link || !link->curve.empty()) continue;
      sources.push_back({{Kind::rate, problem.systems[from].name, problem.systems[to].name},
                         link->megabits_per_s,
                         Course(options, std::log(options.lowest_rate), stream)});
    }
  }
  for (const System& system : problem.systems) {
    sources.push_back({{Kind::slowdown, system.name},
                       1,
                       Course(options, std::log(options.highest_slowdown), stream++)});
  }
  return sources;
}

}  // namespace

Trace make_trace(const PartitionProblem& problem, const TraceOptions& options) {
  validate(options);
  std::vector<Source> sources = sources_of(problem, options);
  Trace trace;
  for (const Source& source : sources) trace.columns.push_back(source.column);
  const auto rows = static_cast<std::size_t>(std::ceil(options.duration_s / options.tick_s));
  for (std::size_t row = 0; row < rows; ++row) {
    const double time_s = rounded(static_cast<double>(row) * options.tick_s);
    if (row > 0 && time_s <= trace.times_s.back()) continue;  // too fine for six digits
    trace.times_s.push_back(time_s);
    std::vector<double>& values = trace.values.emplace_back();
    for (Source& source : sources) values.push_back(source.value_at(time_s, options));
  }
  return trace;
}

}  // namespace scission
