// The adaptivity study's text files.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "base/file.hpp"
#include "base/text.hpp"
#include "scission/base/error.hpp"
#include "scission/sweep/adaptive_io.hpp"
#include "sweep/reading_faults.hpp"

namespace scission {
namespace {

constexpr std::string_view prefix = "weights_";
constexpr std::string_view suffix = ".txt";
constexpr std::size_t column_count = 4;

struct Row {
  int cut = 0;
  PlanTime time;
};

struct StudyFile {
  std::vector<int> levels;
  std::vector<Row> rows;
};

AdaptiveGrid study_grid(std::string model) {
  const std::vector<std::string> stress = {"0", "50", "100"};
  AdaptiveGrid grid;
  grid.model = std::move(model);
  grid.factors = {{"network", "Mbit/s", {"50", "25", "10"}},
                  {"cloud CPU stress", "%", stress},
                  {"edge memory stress", "%", stress},
                  {"cloud memory stress", "%", stress},
                  {"edge CPU stress", "%", stress}};
  grid.systems = {"edge", "cloud"};
  return grid;
}

std::string model_of(const std::filesystem::path& folder) {
  constexpr std::string_view begin = "outputs_";
  std::filesystem::path name = std::filesystem::absolute(folder).lexically_normal();
  if (!name.has_filename()) name = name.parent_path();
  std::string model = name.filename().string();
  if (model.starts_with(begin)) model.erase(0, begin.size());
  return model;
}

std::string file_of(const AdaptiveGrid& grid, const std::vector<int>& levels) {
  return fmt::format("{}{}{}", prefix, condition_code(grid, levels), suffix);
}

bool is_study_name(const std::string& name) {
  return name.starts_with(prefix) && name.ends_with(suffix);
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> words;
  for (const std::string_view word : text::split(line, ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

double seconds_in(std::string_view word) {
  const std::optional<double> seconds = text::to_double(word);
  if (seconds && std::isfinite(*seconds) && *seconds >= 0) return *seconds;
  throw Error(ErrorCode::damaged, fmt::format("'{}' is no time in seconds", word));
}

Row row_in(std::string_view line) {
  const std::vector<std::string_view> cells = words(line);
  if (cells.size() != column_count) {
    throw Error(ErrorCode::damaged,
                fmt::format("has {} cells instead of total, edge, cloud, cut", cells.size()));
  }
  Row row;
  row.time.seconds = seconds_in(cells[0]);
  if (row.time.seconds == 0) throw Error(ErrorCode::damaged, "a total of 0 s");
  row.time.system_seconds = {seconds_in(cells[1]), seconds_in(cells[2])};
  const std::optional<int> cut = text::to_int(cells[3]);
  if (!cut || *cut < 0) {
    throw Error(ErrorCode::damaged, fmt::format("'{}' is no cut's number", cells[3]));
  }
  row.cut = *cut;
  return row;
}

/// One line; the errors are without the file's name, which the list of faults has.
void read_line(std::string_view line, int number, std::vector<Row>& rows) {
  try {
    rows.push_back(row_in(line));
    const auto same = [cut = rows.back().cut](const Row& row) { return row.cut == cut; };
    if (std::count_if(rows.begin(), rows.end(), same) > 1) {
      throw Error(ErrorCode::damaged, fmt::format("cut {} is there twice", rows.back().cut));
    }
  } catch (const Error& error) {
    throw Error(ErrorCode::damaged, fmt::format("line {}: {}", number, error.message()));
  }
}

std::vector<Row> read_rows(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  std::vector<Row> rows;
  int number = 0;
  for (const std::string_view line : text::split(text, '\n')) {
    ++number;
    const std::string_view trimmed = text::trim(line);
    if (!trimmed.empty()) read_line(trimmed, number, rows);
  }
  if (rows.empty()) throw Error(ErrorCode::damaged, "holds no rows");
  return rows;
}

StudyFile read_one(const AdaptiveGrid& grid, const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  const std::string code = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
  return {condition_of_code(grid, code), read_rows(path)};
}

std::vector<std::filesystem::path> study_paths(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> paths;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (is_study_name(entry->path().filename().string())) paths.push_back(entry->path());
  }
  if (error) throw Error(ErrorCode::io, error.message(), folder.string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// The plans are the cuts of all files together.
void fill(const std::vector<StudyFile>& files, AdaptiveGrid& grid) {
  std::map<int, std::size_t> index;
  for (const StudyFile& file : files) {
    for (const Row& row : file.rows) index[row.cut] = 0;
  }
  for (auto& [cut, plan] : index) {
    plan = grid.plans.size();
    grid.plans.push_back({std::to_string(cut), 1});
  }
  for (const StudyFile& file : files) {
    Condition condition{file.levels, std::vector<PlanTime>(grid.plans.size())};
    for (const Row& row : file.rows) condition.times[index.at(row.cut)] = row.time;
    grid.conditions.push_back(std::move(condition));
  }
}

}  // namespace

SweepReading read_study_folder(const std::filesystem::path& folder) {
  SweepReading reading;
  reading.grid = study_grid(model_of(folder));
  std::vector<StudyFile> files;
  for (const std::filesystem::path& path : study_paths(folder)) {
    try {
      files.push_back(read_one(reading.grid, path));
    } catch (const Error& error) {
      reading.faults.push_back({SweepFault::damaged, path.filename().string(), error.message()});
    }
  }
  if (files.empty()) {
    throw Error(
        ErrorCode::damaged,
        reading.faults.empty()
            ? "holds neither sweep.json nor the study's weights_abcde.txt"
            : fmt::format("none of its {} files can be read; the first: {}: {}",
                          reading.faults.size(), reading.faults[0].file, reading.faults[0].message),
        folder.string());
  }
  fill(files, reading.grid);
  add_faults(reading,
             [&](const std::vector<int>& levels) { return file_of(reading.grid, levels); });
  return reading;
}

}  // namespace scission
