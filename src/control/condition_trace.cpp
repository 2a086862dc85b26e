// Condition traces: reading, writing and generating them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include "base/csv.hpp"
#include "base/file.hpp"
#include "base/numbers.hpp"
#include "base/require.hpp"
#include "base/text.hpp"
#include "control/random_stream.hpp"
#include "scission/control.hpp"

namespace scission {
namespace {

using Kind = ConditionColumn::Kind;

constexpr std::string_view arrow = "->";

std::optional<std::string_view> without(std::string_view text, std::string_view prefix,
                                        std::string_view suffix) {
  if (!text.starts_with(prefix) || !text.ends_with(suffix)) return std::nullopt;
  if (text.size() <= prefix.size() + suffix.size()) return std::nullopt;
  return text.substr(prefix.size(), text.size() - prefix.size() - suffix.size());
}

std::optional<ConditionColumn> link_column(std::string_view ends, Kind kind) {
  const std::size_t middle = ends.find(arrow);
  if (middle == std::string_view::npos || middle == 0) return std::nullopt;
  const std::string_view to = ends.substr(middle + arrow.size());
  if (to.empty()) return std::nullopt;
  return ConditionColumn{kind, std::string(ends.substr(0, middle)), std::string(to)};
}

std::optional<ConditionColumn> parse_column(std::string_view text) {
  if (const auto system = without(text, "slowdown:", "")) {
    return ConditionColumn{Kind::slowdown, std::string(*system)};
  }
  if (const auto ends = without(text, "link:", ":mbit")) return link_column(*ends, Kind::rate);
  if (const auto ends = without(text, "link:", ":ms")) return link_column(*ends, Kind::ping);
  return std::nullopt;
}

using Cells = std::vector<std::string>;

bool is_blank(const Cells& cells) {
  const std::string_view first = text::trim(cells[0]);
  return first.starts_with('#') || (cells.size() == 1 && first.empty());
}

std::optional<Cells> next_row(CsvReader& reader) {
  std::optional<Cells> cells = reader.next();
  while (cells && is_blank(*cells)) cells = reader.next();
  return cells;
}

void read_header(CsvReader& reader, const Cells& cells, ConditionTrace& trace) {
  if (text::trim(cells[0]) != "time_s") reader.fail("the first column must be time_s");
  for (std::size_t i = 1; i < cells.size(); ++i) {
    const std::optional<ConditionColumn> column = parse_column(text::trim(cells[i]));
    if (!column) {
      reader.fail(fmt::format(
          "unknown column '{}'; expected link:A->B:mbit, link:A->B:ms or slowdown:SYSTEM",
          cells[i]));
    }
    if (std::find(trace.columns.begin(), trace.columns.end(), *column) != trace.columns.end()) {
      reader.fail(fmt::format("the column '{}' appears twice", cells[i]));
    }
    trace.columns.push_back(*column);
  }
}

double read_number(CsvReader& reader, const std::string& cell) {
  const std::optional<double> number = text::to_double(text::trim(cell));
  if (!number || *number < 0) {
    reader.fail(fmt::format("'{}' is not a number of 0 or more", cell));
  }
  return *number;
}

void read_row(CsvReader& reader, const Cells& cells, ConditionTrace& trace) {
  if (cells.size() != trace.columns.size() + 1) {
    reader.fail(fmt::format("the row has {} columns, and the header {}", cells.size(),
                            trace.columns.size() + 1));
  }
  const double time_s = read_number(reader, cells[0]);
  if (!trace.times_s.empty() && time_s <= trace.times_s.back()) {
    reader.fail(fmt::format("the time {} does not come after {}", time_s, trace.times_s.back()));
  }
  trace.times_s.push_back(time_s);
  std::vector<double>& values = trace.values.emplace_back();
  for (std::size_t i = 1; i < cells.size(); ++i) values.push_back(read_number(reader, cells[i]));
}

constexpr double max_rows = 1e7;

// To six significant digits, so that the file is small and reads back as the same trace.
double rounded(double value) { return std::strtod(fmt::format("{:.6g}", value).c_str(), nullptr); }

/// The random process behind one column. The logarithm of its factor is between 0 and `extreme`.
class ConditionProcess {
 public:
  ConditionProcess(const ConditionTraceOptions& options, double extreme, std::uint64_t stream)
      : options_(options),
        extreme_(extreme),
        changes_(options.seed, 3 * stream),
        noise_(options.seed, 3 * stream + 1),
        outages_(options.seed, 3 * stream + 2) {
    const bool changes = options.has_steps || options.has_ramps;
    next_change_s_ = changes ? changes_.exponential(options.change_every_s) : infinity;
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
  // A ramp that has not ended jumps to its end.
  void change() {
    const bool is_ramp = options_.has_ramps && (!options_.has_steps || changes_.uniform() < 0.5);
    from_ = to_;
    to_ = changes_.uniform() * extreme_;
    begin_s_ = next_change_s_;
    end_s_ = begin_s_ + (is_ramp ? options_.ramp_s : options_.tick_s * 1e-6);
    next_change_s_ +=
        (is_ramp ? options_.ramp_s : 0) + changes_.exponential(options_.change_every_s);
  }

  const ConditionTraceOptions& options_;
  double extreme_;
  RandomStream changes_;
  RandomStream noise_;
  RandomStream outages_;
  double from_ = 0;
  double to_ = 0;
  double begin_s_ = 0;
  double end_s_ = 1;
  double next_change_s_;
  double outage_begins_s_;
  double outage_ends_s_;
};

void validate(const ConditionTraceOptions& options) {
  const std::pair<double, const char*> times[] = {
      {options.duration_s, "duration_s"},         {options.tick_s, "tick_s"},
      {options.change_every_s, "change_every_s"}, {options.ramp_s, "ramp_s"},
      {options.outage_every_s, "outage_every_s"}, {options.outage_s, "outage_s"}};
  for (const auto& [time_s, option] : times) {
    require_option(time_s > 0 && std::isfinite(time_s), option, "must be above 0 and finite");
  }
  require_option(options.duration_s / options.tick_s <= max_rows, "tick_s",
                 "would make over 10^7 rows");
  require_option(options.lowest_rate > 0 && options.lowest_rate <= 1, "lowest_rate",
                 "must be above 0 and at most 1");
  require_option(options.highest_slowdown >= 1 && std::isfinite(options.highest_slowdown),
                 "highest_slowdown", "must be 1 or more");
  require_option(options.noise >= 0 && options.noise <= 2, "noise", "must lie between 0 and 2");
}

/// A column, its base value and the process that varies it.
struct ColumnSource {
  ConditionColumn column;
  double base;
  ConditionProcess process;

  double value_at(double time_s, const ConditionTraceOptions& options) {
    const bool is_link = column.kind == Kind::rate;
    const double factor = process.factor_at(time_s);
    if (is_link && options.has_outages && process.is_out_at(time_s)) return 0;
    return rounded(base * factor);
  }
};

std::vector<ColumnSource> sources_of(const PartitionProblem& problem,
                                     const ConditionTraceOptions& options) {
  std::vector<ColumnSource> sources;
  const int systems = problem.system_count();
  std::uint64_t stream = 0;
  for (int from = 0; from < systems; ++from) {
    for (int to = 0; to < systems; ++to, ++stream) {
      const std::optional<Link>& link = problem.link(from, to);
      if (from == to || !link || !link->curve.empty()) continue;
      sources.push_back({{Kind::rate, problem.systems[from].name, problem.systems[to].name},
                         link->megabits_per_s,
                         ConditionProcess(options, std::log(options.lowest_rate), stream)});
    }
  }
  for (const System& system : problem.systems) {
    sources.push_back({{Kind::slowdown, system.name},
                       1,
                       ConditionProcess(options, std::log(options.highest_slowdown), stream++)});
  }
  return sources;
}

}  // namespace

std::string to_string(const ConditionColumn& column) {
  if (column.kind == Kind::slowdown) return "slowdown:" + column.from;
  return fmt::format("link:{}{}{}:{}", column.from, arrow, column.to,
                     column.kind == Kind::rate ? "mbit" : "ms");
}

ConditionTrace parse_condition_trace(std::string_view text, const std::string& place) {
  CsvReader reader(text, place);
  ConditionTrace trace;
  const std::optional<Cells> header = next_row(reader);
  read_header(reader, header.value_or(Cells{""}), trace);
  while (const std::optional<Cells> cells = next_row(reader)) read_row(reader, *cells, trace);
  if (trace.times_s.empty()) reader.fail("no row follows the header");
  return trace;
}

ConditionTrace read_condition_trace(const std::filesystem::path& path) {
  return parse_condition_trace(read_file(path), path.string());
}

std::string format_condition_trace(const ConditionTrace& trace) {
  std::string csv = "time_s";
  for (const ConditionColumn& column : trace.columns) csv += "," + csv_cell(to_string(column));
  csv += '\n';
  for (std::size_t row = 0; row < trace.times_s.size(); ++row) {
    csv += fmt::format("{}", trace.times_s[row]);
    for (const double value : trace.values[row]) csv += fmt::format(",{}", value);
    csv += '\n';
  }
  return csv;
}

void write_condition_trace(const ConditionTrace& trace, const std::filesystem::path& path) {
  write_file_atomically(path, format_condition_trace(trace));
}

ConditionTraceOptions parse_trace_kinds(const std::vector<std::string>& kinds) {
  ConditionTraceOptions options;
  const std::map<std::string_view, bool ConditionTraceOptions::*> known{
      {"steps", &ConditionTraceOptions::has_steps},
      {"ramps", &ConditionTraceOptions::has_ramps},
      {"noise", &ConditionTraceOptions::has_noise},
      {"outages", &ConditionTraceOptions::has_outages}};
  for (const std::string& kind : kinds) {
    if (kind == "constant") continue;
    const auto one = known.find(kind);
    if (one == known.end()) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("'{}' is not one of steps, ramps, noise, outages, constant", kind));
    }
    options.*(one->second) = true;
  }
  return options;
}

ConditionTrace generate_condition_trace(const PartitionProblem& problem,
                                        const ConditionTraceOptions& options) {
  validate(options);
  std::vector<ColumnSource> sources = sources_of(problem, options);
  ConditionTrace trace;
  for (const ColumnSource& source : sources) trace.columns.push_back(source.column);
  const auto rows = static_cast<std::size_t>(std::ceil(options.duration_s / options.tick_s));
  for (std::size_t row = 0; row < rows; ++row) {
    const double time_s = rounded(static_cast<double>(row) * options.tick_s);
    if (row > 0 && time_s <= trace.times_s.back()) continue;  // not distinct in six digits
    trace.times_s.push_back(time_s);
    std::vector<double>& values = trace.values.emplace_back();
    for (ColumnSource& source : sources) values.push_back(source.value_at(time_s, options));
  }
  return trace;
}

}  // namespace scission
