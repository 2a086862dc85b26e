// Plain text for people: tables, and paragraphs of a given width.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scission/base.hpp"

namespace scission::text {

enum class Align { left, right };

struct SCISSION_EXPORT Column {
  std::string title;
  Align align = Align::right;  ///< numbers to the right, words to the left
  std::size_t width = 0;       ///< minimum in characters, for rows that are printed one by one
};

/// Rows under a header, every column as wide as its widest cell, two spaces between columns. Where
/// that is more than `width` characters, a block of lines for each row instead, a line a column.
///
///     Table table({{"model", Align::left}, {"layers"}, {"parameters"}}, 80);
///     table.add({"vgg19", "26", "143,667,240"});
///     std::cout << table.text();
class SCISSION_EXPORT Table {
 public:
  Table(std::vector<Column> columns, std::optional<std::size_t> width);

  /// One cell a column. Throws Error(invalid_argument) when the number differs.
  void add(std::vector<std::string> cells);

  /// Header and rows, each line ended by a newline and without spaces at its end.
  std::string text() const;

  /// The last row alone, or the header where there is no row yet.
  std::string last_row() const;

 private:
  std::vector<std::size_t> widths() const;
  bool fits(const std::vector<std::size_t>& widths) const;
  std::string record(const std::vector<std::string>& row) const;
  std::string line(const std::vector<std::string>& row,
                   const std::vector<std::size_t>& widths) const;

  std::vector<Column> columns_;
  std::optional<std::size_t> width_;
  std::vector<std::vector<std::string>> rows_;
};

/// "3", or "3 - 7".
SCISSION_EXPORT std::string layers_cell(int first, int last);

/// "layer 3", or "layers 3 - 7".
SCISSION_EXPORT std::string layers_text(int first, int last);

/// "12.3 %", "0.5 %", "-4.0 %".
SCISSION_EXPORT std::string format_percent(double fraction);

/// "25,636,712".
SCISSION_EXPORT std::string grouped(std::int64_t number);

// --- Fitting text to a width in characters ---

/// The text in lines of at most `width` characters, broken at spaces, except those between a number
/// and its unit. A word that is longer by itself stays whole. At least one line.
SCISSION_EXPORT std::vector<std::string> wrapped(const std::string& text, std::size_t width);

/// The same joined by newlines; the text as it is without a width.
SCISSION_EXPORT std::string wrapped_text(const std::string& text, std::optional<std::size_t> width);

/// The same for a route, "handheld 0–4 → box 5–176", which is broken only before its arrows.
SCISSION_EXPORT std::vector<std::string> wrapped_route(const std::string& route, std::size_t width);

/// Lines longer than `width` are broken at spaces: paragraphs that begin at the margin as a whole,
/// an indented line by itself, and what follows of it is indented by two more. A word that is
/// longer by itself stays whole. The text as it is without a width.
SCISSION_EXPORT std::string fitted(const std::string& text, std::optional<std::size_t> width);

/// The same for each line by itself.
SCISSION_EXPORT std::string fitted_lines(const std::string& text, std::optional<std::size_t> width);

}  // namespace scission::text
