// Comma-separated values as RFC 4180 has them; lines end in LF, and when reading in CR LF too.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"

// For our own tools, which share this with the library.
namespace scission {

/// The text as a cell: in quotes where it holds a comma, a quote or a line's end.
SCISSION_EXPORT std::string csv_cell(std::string_view text);

/// Reads row by row; a quoted cell may hold line ends. O(size) over all rows.
class SCISSION_EXPORT CsvReader {
 public:
  /// The text must outlive the reader; `place` is named in errors.
  CsvReader(std::string_view text, std::string place) : rest_(text), place_(std::move(place)) {}

  /// The next row's cells, without their quotes; nothing at the end.
  /// Throws Error(damaged) with place and line when a quote does not fit.
  std::optional<std::vector<std::string>> next();

  /// Of the row that came last: throws Error(damaged) that names its line, the first of several.
  [[noreturn]] void fail(const std::string& fault) const;

 private:
  std::string cell();
  std::string quoted_cell();
  void end_row();

  std::string_view rest_;
  std::string place_;
  int line_ = 0;       ///< where the row begins; from 1
  int next_line_ = 1;  ///< where the rest begins
};

}  // namespace scission
