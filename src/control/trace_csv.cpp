// Traces, read and written.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/csv.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "scission/control/trace.hpp"

namespace scission {
namespace {

using Kind = TraceColumn::Kind;

constexpr std::string_view arrow = "->";

std::optional<std::string_view> without(std::string_view text, std::string_view prefix,
                                        std::string_view suffix) {
  if (!text.starts_with(prefix) || !text.ends_with(suffix)) return std::nullopt;
  if (text.size() <= prefix.size() + suffix.size()) return std::nullopt;
  return text.substr(prefix.size(), text.size() - prefix.size() - suffix.size());
}

std::optional<TraceColumn> link_column(std::string_view ends, Kind kind) {
  const std::size_t middle = ends.find(arrow);
  if (middle == std::string_view::npos || middle == 0) return std::nullopt;
  const std::string_view to = ends.substr(middle + arrow.size());
  if (to.empty()) return std::nullopt;
  return TraceColumn{kind, std::string(ends.substr(0, middle)), std::string(to)};
}

std::optional<TraceColumn> parse_column(std::string_view text) {
  if (const auto system = without(text, "slowdown:", "")) {
    return TraceColumn{Kind::slowdown, std::string(*system)};
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

void read_header(CsvReader& reader, const Cells& cells, Trace& trace) {
  if (text::trim(cells[0]) != "time_s") reader.fail("a trace's first column is time_s");
  for (std::size_t i = 1; i < cells.size(); ++i) {
    const std::optional<TraceColumn> column = parse_column(text::trim(cells[i]));
    if (!column) {
      reader.fail(fmt::format("'{}' is no column: link:A->B:mbit, link:A->B:ms or slowdown:SYSTEM",
                              cells[i]));
    }
    if (std::find(trace.columns.begin(), trace.columns.end(), *column) != trace.columns.end()) {
      reader.fail(fmt::format("the column '{}' is there twice", cells[i]));
    }
    trace.columns.push_back(*column);
  }
}

double read_number(CsvReader& reader, const std::string& cell) {
  const std::optional<double> number = text::to_double(text::trim(cell));
  if (!number || *number < 0) {
    reader.fail(fmt::format("'{}' is no number of 0 or more", cell));
  }
  return *number;
}

void read_row(CsvReader& reader, const Cells& cells, Trace& trace) {
  if (cells.size() != trace.columns.size() + 1) {
    reader.fail(
        fmt::format("{} columns, but the header has {}", cells.size(), trace.columns.size() + 1));
  }
  const double time_s = read_number(reader, cells[0]);
  if (!trace.times_s.empty() && time_s <= trace.times_s.back()) {
    reader.fail(fmt::format("the time {} does not come after {}", time_s, trace.times_s.back()));
  }
  trace.times_s.push_back(time_s);
  std::vector<double>& values = trace.values.emplace_back();
  for (std::size_t i = 1; i < cells.size(); ++i) values.push_back(read_number(reader, cells[i]));
}

}  // namespace

std::string to_string(const TraceColumn& column) {
  if (column.kind == Kind::slowdown) return "slowdown:" + column.from;
  return fmt::format("link:{}{}{}:{}", column.from, arrow, column.to,
                     column.kind == Kind::rate ? "mbit" : "ms");
}

Trace parse_trace(std::string_view text, const std::string& place) {
  CsvReader reader(text, place);
  Trace trace;
  const std::optional<Cells> header = next_row(reader);
  read_header(reader, header.value_or(Cells{""}), trace);
  while (const std::optional<Cells> cells = next_row(reader)) read_row(reader, *cells, trace);
  if (trace.times_s.empty()) reader.fail("there is no row after the header");
  return trace;
}

Trace read_trace(const std::filesystem::path& path) {
  return parse_trace(read_file(path), path.string());
}

std::string format_trace_csv(const Trace& trace) {
  std::string csv = "time_s";
  for (const TraceColumn& column : trace.columns) csv += "," + csv_cell(to_string(column));
  csv += '\n';
  for (std::size_t row = 0; row < trace.times_s.size(); ++row) {
    csv += fmt::format("{}", trace.times_s[row]);
    for (const double value : trace.values[row]) csv += fmt::format(",{}", value);
    csv += '\n';
  }
  return csv;
}

void write_trace(const Trace& trace, const std::filesystem::path& path) {
  write_file_atomically(path, format_trace_csv(trace));
}

}  // namespace scission
