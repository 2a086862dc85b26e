// Comma-separated values as in RFC 4180; lines end in LF, and readers accept CR LF.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base.hpp"

namespace scission {

/// The text as a cell, quoted if it contains a comma, a quote or a line end.
SCISSION_EXPORT std::string csv_cell(std::string_view text);

/// A file's text without the UTF-8 byte-order mark that spreadsheets write. Throws Error(damaged)
/// with `place` for UTF-16 and for a NUL byte, with its line.
SCISSION_EXPORT std::string_view plain_text(std::string_view contents, const std::string& place);

/// Calls `read` with the fields of each line, trimmed and without quotes around them, and with
/// "PLACE:LINE". A quoted field cannot contain a comma.
/// Skips a byte-order mark, empty lines and those that begin with #. Throws as plain_text(), and
/// Error(damaged) for columns that are separated by semicolons or tabs, with the line as it should
/// be.
SCISSION_EXPORT void for_each_line(
    std::string_view text, const std::string& place,
    const std::function<void(const std::vector<std::string_view>& fields,
                             const std::string& place)>& read);

/// Reads row by row; quoted cells may contain line ends. O(size) for all rows.
class SCISSION_EXPORT CsvReader {
 public:
  /// The text must outlive the reader; errors name `place` as the source. Throws as plain_text().
  CsvReader(std::string_view text, std::string place)
      : rest_(plain_text(text, place)), place_(std::move(place)) {}

  /// The cells of the next row, unquoted; empty at the end.
  /// Throws Error(damaged) with place and line for a misplaced quote.
  std::optional<std::vector<std::string>> next();

  /// Throws Error(damaged) with the line on which the last row begins.
  [[noreturn]] void fail(const std::string& fault) const;

 private:
  std::string cell();
  std::string quoted_cell();
  void end_row();

  std::string_view rest_;
  std::string place_;
  int line_ = 0;       ///< of the last row's beginning; from 1
  int next_line_ = 1;  ///< of the next row's beginning
};

}  // namespace scission
