// Plain text for people: tables, and paragraphs as wide as a terminal.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace scission::apps {

enum class Align { left, right };

struct Column {
  std::string title;
  Align align = Align::right;  ///< numbers to the right, words to the left
  std::size_t width = 0;       ///< minimum in characters, for rows that are printed one by one
};

/// Rows under a header, every column as wide as its widest cell, two spaces between columns. Where
/// that is wider than the terminal that stdout is, a block of lines for each row instead, a line a
/// column.
///
///     Table table({{"model", Align::left}, {"layers"}, {"parameters"}});
///     table.add({"vgg19", "26", "143,667,240"});
///     std::cout << table.text();
class Table {
 public:
  explicit Table(std::vector<Column> columns);
  /// At most `most` characters wide, regardless of stdout.
  Table(std::vector<Column> columns, std::optional<std::size_t> most);

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
  std::optional<std::size_t> most_;
  std::vector<std::vector<std::string>> rows_;
};

/// "3", or "3 - 7".
std::string layers_cell(int first, int last);

/// "layer 3", or "layers 3 - 7".
std::string layers_text(int first, int last);

// --- Fitting text to a terminal ---

/// Columns of the terminal behind the file descriptor; nothing where it is no terminal, or does not
/// report them.
std::optional<std::size_t> terminal_width(int descriptor);

/// The text in lines of at most `width` characters, broken at spaces, except those between a number
/// and its unit. A word that is longer by itself stays whole. At least one line.
std::vector<std::string> wrapped(const std::string& text, std::size_t width);

/// The same for a route, "handheld 0–4 → box 5–176", which is broken only before its arrows.
std::vector<std::string> wrapped_route(const std::string& route, std::size_t width);

/// Lines longer than `width` are broken at spaces: paragraphs that begin at the margin as a whole,
/// an indented line by itself, and what follows of it is indented by two more. A word that is
/// longer by itself stays whole.
std::string fitted(const std::string& text, std::size_t width);

}  // namespace scission::apps
