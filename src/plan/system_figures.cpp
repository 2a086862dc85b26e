#include "scission/plan/problem.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/csv.hpp"
#include "base/file.hpp"
#include "base/require.hpp"
#include "base/text.hpp"
#include "scission/base/units.hpp"

namespace scission {
namespace {

using Fields = std::vector<std::string_view>;

constexpr std::string_view header = "system,power(W),price(per hour),memory(MB)";

std::vector<std::string> read_header(const Fields& fields, const std::string& place) {
  std::vector<std::string> columns;
  for (std::string_view field : fields) {
    const bool is_known = columns.empty() ? field == "system"
                                          : field == "power(W)" || field == "price(per hour)" ||
                                                field == "memory(MB)";
    const bool is_twice = std::find(columns.begin(), columns.end(), field) != columns.end();
    if (!is_known || is_twice) {
      throw_damaged(
          fmt::format("the header must be {}; column '{}' is unknown, misplaced or there twice",
                      header, field),
          place);
    }
    columns.emplace_back(field);
  }
  return columns;
}

void set_figure(const std::string& column, std::string_view field, const std::string& place,
                SystemFigures& figures) {
  if (field.empty()) return;
  const std::optional<double> value = text::to_double(field);
  if (!value || *value < 0) {
    throw_damaged(fmt::format("{} is '{}', and must be a number of 0 or more", column, field),
                  place);
  }
  if (column == "power(W)") figures.power_w = *value;
  if (column == "price(per hour)") figures.price_per_hour = *value;
  if (column == "memory(MB)") figures.memory_bytes = *value * bytes_per_megabyte;
}

SystemFigures read_row(const std::vector<std::string>& columns, const Fields& fields,
                       const std::string& place) {
  if (fields.size() != columns.size()) {
    throw_damaged(fmt::format("has {} fields where {} are wanted: {}", fields.size(),
                              columns.size(), text::join(columns, ",")),
                  place);
  }
  if (fields[0].empty()) throw_damaged("the system must be named", place);
  SystemFigures figures{std::string(fields[0])};
  for (std::size_t i = 1; i < fields.size(); ++i) set_figure(columns[i], fields[i], place, figures);
  return figures;
}

void write_into(const SystemFigures& figures, System& system) {
  if (figures.power_w) system.power_w = figures.power_w;
  if (figures.price_per_hour) system.price_per_hour = figures.price_per_hour;
  if (figures.memory_bytes) system.memory_bytes = figures.memory_bytes;
}

void require_known(const SystemFigures& figures, const PartitionProblem& problem) {
  std::vector<std::string> known = problem.platforms;
  for (const System& system : problem.systems) known.push_back(system.name);
  if (std::find(known.begin(), known.end(), figures.name) != known.end()) return;
  throw_invalid_argument(
      fmt::format("no platform or system '{}'; {}", figures.name, suggestion(figures.name, known)),
      "figures of systems");
}

}  // namespace

std::vector<SystemFigures> read_system_figures(const std::filesystem::path& path) {
  return parse_system_figures(read_file(path), path.string());
}

std::vector<SystemFigures> parse_system_figures(std::string_view content,
                                                const std::string& place) {
  std::vector<SystemFigures> rows;
  std::vector<std::string> columns;
  for_each_line(content, place, [&](const Fields& fields, const std::string& line) {
    if (columns.empty()) {
      columns = read_header(fields, line);
    } else {
      rows.push_back(read_row(columns, fields, line));
    }
  });
  if (columns.empty()) throw_damaged(fmt::format("is empty; it must begin with {}", header), place);
  return rows;
}

void apply_system_figures(const std::vector<SystemFigures>& figures, PartitionProblem& problem) {
  for (const SystemFigures& row : figures) require_known(row, problem);
  for (const bool by_name : {false, true}) {
    for (const SystemFigures& row : figures) {
      for (System& system : problem.systems) {
        if ((by_name ? system.name : system.platform) == row.name) write_into(row, system);
      }
    }
  }
}

}  // namespace scission
