// The text files of the adaptivity study, one per condition.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "base/file.hpp"
#include "base/require.hpp"
#include "base/text.hpp"
#include "scission/sweep.hpp"
#include "sweep/reading_faults.hpp"

namespace scission {
namespace {

constexpr std::string_view prefix = "weights_";
constexpr std::string_view suffix = ".txt";
constexpr std::size_t column_count = 4;

// --- Reading ---

struct Row {
  int cut = 0;
  PlanTime time;
};

struct StudyFile {
  std::vector<int> levels;
  std::vector<Row> rows;
};

Sweep study_design(std::string model) {
  const std::vector<std::string> stress = {"0", "50", "100"};
  Sweep sweep;
  sweep.model = std::move(model);
  sweep.factors = {{"network", "Mbit/s", {"50", "25", "10"}},
                   {"cloud CPU stress", "%", stress},
                   {"edge memory stress", "%", stress},
                   {"cloud memory stress", "%", stress},
                   {"edge CPU stress", "%", stress}};
  sweep.systems = {"edge", "cloud"};
  return sweep;
}

std::string model_of(const std::filesystem::path& folder) {
  constexpr std::string_view begin = "outputs_";
  std::filesystem::path name = std::filesystem::absolute(folder).lexically_normal();
  if (!name.has_filename()) name = name.parent_path();
  std::string model = name.filename().string();
  if (model.starts_with(begin)) model.erase(0, begin.size());
  return model;
}

std::string file_of(const Sweep& sweep, const std::vector<int>& levels) {
  return fmt::format("{}{}{}", prefix, format_condition_code(sweep, levels), suffix);
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
  throw_damaged(fmt::format("'{}' is not a time in seconds", word));
}

Row row_in(std::string_view line) {
  const std::vector<std::string_view> cells = words(line);
  if (cells.size() != column_count) {
    throw_damaged(fmt::format("has {} cells; expected total, edge, cloud, cut", cells.size()));
  }
  Row row;
  row.time.seconds = seconds_in(cells[0]);
  if (row.time.seconds == 0) throw_damaged("the total is 0 s");
  row.time.system_seconds = {seconds_in(cells[1]), seconds_in(cells[2])};
  const std::optional<int> cut = text::to_int(cells[3]);
  if (!cut || *cut < 0) {
    throw_damaged(fmt::format("'{}' is not the number of a cut", cells[3]));
  }
  row.cut = *cut;
  return row;
}

/// Parses one line. Errors do not name the file, which the list of faults does.
void read_line(std::string_view line, int number, std::vector<Row>& rows) {
  try {
    rows.push_back(row_in(line));
    const auto same = [cut = rows.back().cut](const Row& row) { return row.cut == cut; };
    if (std::count_if(rows.begin(), rows.end(), same) > 1) {
      throw_damaged(fmt::format("cut {} appears twice", rows.back().cut));
    }
  } catch (const Error& error) {
    throw_damaged(fmt::format("line {}: {}", number, error.message()));
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
  if (rows.empty()) throw_damaged("has no rows");
  return rows;
}

StudyFile read_one(const Sweep& sweep, const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  const std::string code = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
  return {parse_condition_code(sweep, code), read_rows(path)};
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

/// The plans are the union of the cuts of all files.
void fill(const std::vector<StudyFile>& files, Sweep& sweep) {
  std::map<int, std::size_t> index;
  for (const StudyFile& file : files) {
    for (const Row& row : file.rows) index[row.cut] = 0;
  }
  for (auto& [cut, plan] : index) {
    plan = sweep.plans.size();
    sweep.plans.push_back({std::to_string(cut), 1});
  }
  for (const StudyFile& file : files) {
    Condition condition{file.levels, std::vector<PlanTime>(sweep.plans.size())};
    for (const Row& row : file.rows) condition.times[index.at(row.cut)] = row.time;
    sweep.conditions.push_back(std::move(condition));
  }
}

// --- Writing ---

[[noreturn]] void refuse(const std::string& fault, const std::filesystem::path& folder) {
  throw_invalid_argument(fault + "; write sweep.json instead", folder.string());
}

void validate_for_study(const Sweep& sweep, const std::filesystem::path& folder) {
  if (sweep.systems.size() != 2) {
    refuse("the study's format needs two systems", folder);
  }
  for (const Factor& factor : sweep.factors) {
    if (factor.levels.size() > 10)
      refuse("factor '" + factor.name + "' has more than ten levels", folder);
  }
  for (const SweepPlan& plan : sweep.plans) {
    if (plan.label.find_first_of(" \t\n") != std::string::npos) {
      refuse("plan '" + plan.label + "' has a space in its label", folder);
    }
  }
}

std::string rows_of(const Sweep& sweep, const Condition& condition,
                    const std::filesystem::path& folder) {
  std::string rows;
  for (std::size_t plan = 0; plan < sweep.plans.size(); ++plan) {
    const PlanTime& time = condition.times[plan];
    if (!time.is_measured()) continue;
    if (time.system_seconds.size() != 2) {
      refuse("plan '" + sweep.plans[plan].label + "' lacks the systems' times", folder);
    }
    rows += fmt::format("{} {} {} {}\n", time.seconds, time.system_seconds[0],
                        time.system_seconds[1], sweep.plans[plan].label);
  }
  return rows;
}

}  // namespace

SweepReading read_study_folder(const std::filesystem::path& folder) {
  SweepReading reading;
  reading.sweep = study_design(model_of(folder));
  std::vector<StudyFile> files;
  for (const std::filesystem::path& path : study_paths(folder)) {
    try {
      files.push_back(read_one(reading.sweep, path));
    } catch (const Error& error) {
      reading.faults.push_back({SweepFault::damaged, path.filename().string(), error.message()});
    }
  }
  if (files.empty()) {
    throw_damaged(
        reading.faults.empty()
            ? "has neither sweep.json nor the study's weights_abcde.txt"
            : fmt::format("none of its {} files can be read; the first: {}: {}",
                          reading.faults.size(), reading.faults[0].file, reading.faults[0].message),
        folder.string());
  }
  fill(files, reading.sweep);
  add_faults(reading,
             [&](const std::vector<int>& levels) { return file_of(reading.sweep, levels); });
  return reading;
}

void write_study_files(const Sweep& sweep, const std::filesystem::path& folder) {
  validate_sweep(sweep, folder.string());
  validate_for_study(sweep, folder);
  std::vector<std::string> contents;
  for (const Condition& condition : sweep.conditions) {
    contents.push_back(rows_of(sweep, condition, folder));
  }
  make_folder(folder);
  for (std::size_t i = 0; i < contents.size(); ++i) {
    write_file_atomically(folder / file_of(sweep, sweep.conditions[i].levels), contents[i]);
  }
}

}  // namespace scission
