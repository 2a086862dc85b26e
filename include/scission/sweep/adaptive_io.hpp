// Sweeps in files: sweep.json (docs/sweep-format.md), and the adaptivity study's text files.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/sweep/adaptive_grid.hpp"

namespace scission {

/// What is wrong with one of a sweep's files.
enum class SweepFault {
  missing,  ///< a condition that is not there
  damaged,  ///< there, but not to be read; none of it is used
  // NOLINTNEXTLINE(readability-identifier-naming): without the underscore it is the language's word
  short_,  ///< without plans that other conditions have; what it holds is used
};

/// "missing", "damaged", "short"
SCISSION_EXPORT std::string to_string(SweepFault fault);

/// A file of a sweep that was left out, and why.
struct SCISSION_EXPORT FaultyFile {
  SweepFault fault = SweepFault::damaged;
  std::string file;     ///< its name alone
  std::string message;  ///< one line
};

/// A sweep as read from a folder, with what is missing of it.
struct SCISSION_EXPORT SweepReading {
  AdaptiveGrid grid;
  std::size_t expected = 0;        ///< conditions that the factors make
  std::size_t missing = 0;         ///< of them, without those whose file is damaged
  std::vector<FaultyFile> faults;  ///< by the files' names; of the missing ones the first 1000

  std::size_t count(SweepFault fault) const;  ///< of all of them, named or not
};

/// What lies at a path: a sweep.json, a folder with one, or a folder of the study's files.
/// Throws Error(not_found | damaged | unsupported | io) with file and field, or line, as place; a
/// study's file that is damaged is told among the faults, and only when none can be read at all is
/// it an error.
SCISSION_EXPORT SweepReading read_sweep(const std::filesystem::path& path);

/// Our own format. Reading gives back what was written, to the last bit. Fields that are not known
/// are passed over. `place` is named in errors. O(size).
SCISSION_EXPORT std::string format_sweep(const AdaptiveGrid& grid);
SCISSION_EXPORT AdaptiveGrid parse_sweep(std::string_view text, const std::string& place);

/// Writes FOLDER/sweep.json, in one step, and creates the folder if absent.
/// Throws Error(invalid_argument) for a grid that check_grid() refuses, Error(io).
SCISSION_EXPORT void write_sweep(const AdaptiveGrid& grid, const std::filesystem::path& folder);

/// The study's files: FOLDER/weights_abcde.txt, one a condition, a digit a factor; rows
/// `total edge cloud cut`, in seconds and the cut's number. Factors and levels are the study's:
/// network 50, 25, 10 Mbit/s; stress of cloud CPU, edge memory, cloud memory, edge CPU 0, 50, 100
/// %. The model is the folder's name, without "outputs_".
SCISSION_EXPORT SweepReading read_study_folder(const std::filesystem::path& folder);

/// The same files of a grid of two systems: one a condition, named by condition_code(); `total`
/// and both systems' seconds, and the plan's label. Throws Error(invalid_argument) for a grid
/// without two systems' times, with a label that holds a space, or with more than ten levels.
SCISSION_EXPORT void write_study_files(const AdaptiveGrid& grid,
                                       const std::filesystem::path& folder);

}  // namespace scission
