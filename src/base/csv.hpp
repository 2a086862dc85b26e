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

/// The text without the UTF-8 byte-order mark that spreadsheets write.
SCISSION_EXPORT std::string_view without_byte_order_mark(std::string_view text);

/// Calls `read` with the fields, trimmed, of each line of unquoted values, and with "PLACE:LINE".
/// Skips a byte-order mark, empty lines and those that begin with #. Throws Error(damaged) for
/// columns that are separated by semicolons, with the line as it should be.
SCISSION_EXPORT void for_each_line(
    std::string_view text, const std::string& place,
    const std::function<void(const std::vector<std::string_view>& fields,
                             const std::string& place)>& read);

/// Reads row by row; quoted cells may contain line ends. O(size) for all rows.
class SCISSION_EXPORT CsvReader {
 public:
  /// The text must outlive the reader; errors name `place` as the source.
  CsvReader(std::string_view text, std::string place)
      : rest_(without_byte_order_mark(text)), place_(std::move(place)) {}

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
