#include "base/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <sstream>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "scission/base.hpp"

namespace scission::text {
namespace {

std::string pad(const std::string& cell, std::size_t wide, Align align) {
  const std::string spaces(wide - character_count(cell), ' ');
  return align == Align::left ? cell + spaces : spaces + cell;
}

std::string without_trailing_spaces(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string fitted_line(const std::string& line, std::size_t width) {
  const std::size_t own = std::min(line.find_first_not_of(' '), line.size());
  const std::size_t indent = own == 0 ? 0 : own + 2;
  std::string fitted;
  std::string rest = line;
  while (character_count(rest) > width) {
    // Bytes are no fewer than characters, so this may break a little early.
    const std::size_t begin = std::min(rest.find_first_not_of(' '), rest.size());
    std::size_t space = rest.rfind(' ', width);
    if (space == std::string::npos || space <= begin) space = rest.find(' ', begin);
    if (space == std::string::npos) break;
    fitted += rest.substr(0, rest.find_last_not_of(' ', space) + 1) + '\n';
    const std::size_t next = rest.find_first_not_of(' ', space);
    rest = std::string(indent, ' ') + (next == std::string::npos ? "" : rest.substr(next));
  }
  return fitted + rest;
}

// Pieces that are not broken, separated by spaces, in lines.
std::vector<std::string> lines_of(const std::vector<std::string>& pieces, std::size_t width) {
  std::vector<std::string> lines(1);
  for (const std::string& piece : pieces) {
    std::string& line = lines.back();
    if (line.empty()) {
      line = piece;
    } else if (character_count(line) + 1 + character_count(piece) <= width) {
      line += ' ' + piece;
    } else {
      lines.push_back(piece);
    }
  }
  return lines;
}

// "%", "ms", also before a closing bracket or a comma.
bool is_unit(std::string_view word) {
  static constexpr std::array<std::string_view, 14> units{"%", "s",  "ms", "µs", "ns", "min", "h",
                                                          "B", "kB", "MB", "GB", "TB", "J",   "±"};
  while (!word.empty() && (word.back() == ')' || word.back() == ',' || word.back() == ';')) {
    word.remove_suffix(1);
  }
  return std::find(units.begin(), units.end(), word) != units.end();
}

bool is_prose(const std::string& line) { return !line.empty() && line.front() != ' '; }

}  // namespace

Table::Table(std::vector<Column> columns, std::optional<std::size_t> width)
    : columns_(std::move(columns)), width_(width) {
  std::vector<std::string> header;
  for (const Column& column : columns_) header.push_back(column.title);
  add(std::move(header));
}

void Table::add(std::vector<std::string> cells) {
  if (cells.size() != columns_.size()) {
    throw Error(ErrorCode::invalid_argument, "a table row needs one cell for every column");
  }
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  const std::vector<std::size_t> wide = widths();
  const bool is_table = fits(wide);
  std::string text;
  for (const auto& row : rows_) {
    if (is_table) {
      text += line(row, wide);
    } else if (&row != &rows_.front()) {
      text += (text.empty() ? "" : "\n") + record(row);
    }
  }
  return text;
}

std::string Table::last_row() const {
  const std::vector<std::size_t> wide = widths();
  if (fits(wide)) return line(rows_.back(), wide);
  return rows_.size() == 1 ? "" : record(rows_.back()) + "\n";
}

bool Table::fits(const std::vector<std::size_t>& widths) const {
  const std::size_t gaps = 2 * (widths.size() - 1);
  return !width_ || std::accumulate(widths.begin(), widths.end(), gaps) <= *width_;
}

// A line a column, with its title, broken where it is wider than the table; a column without a
// title is a remark on the one before.
std::string Table::record(const std::vector<std::string>& row) const {
  std::size_t wide = 0;
  for (const Column& column : columns_) wide = std::max(wide, character_count(column.title));
  std::vector<std::pair<std::string, std::string>> cells;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i].empty()) continue;
    if (columns_[i].title.empty() && !cells.empty()) {
      cells.back().second += " (" + row[i] + ")";
    } else {
      cells.emplace_back(columns_[i].title, row[i]);
    }
  }
  constexpr std::size_t narrowest = 10;
  const std::size_t room = std::max(width_.value_or(0), wide + 2 + narrowest) - wide - 2;
  std::string record;
  for (auto& [title, text] : cells) {
    for (const std::string& line : wrapped(text, room)) {
      record += pad(std::exchange(title, {}), wide, Align::left) + "  " + line + "\n";
    }
  }
  return record;
}

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) widths.push_back(column.width);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], character_count(row[i]));
  }
  return widths;
}

std::string Table::line(const std::vector<std::string>& row,
                        const std::vector<std::size_t>& widths) const {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    line += (i == 0 ? "" : "  ") + pad(row[i], widths[i], columns_[i].align);
  }
  return without_trailing_spaces(std::move(line)) + "\n";
}

std::string layers_cell(int first, int last) {
  return first == last ? std::to_string(first) : fmt::format("{} - {}", first, last);
}

std::string layers_text(int first, int last) {
  return (first == last ? "layer " : "layers ") + layers_cell(first, last);
}

std::string format_percent(double fraction) { return fmt::format("{:.1f} %", 100 * fraction); }

std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (int i = static_cast<int>(digits.size()) - 3; i > 0; i -= 3) digits.insert(i, 1, ',');
  return digits;
}

std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> pieces;
  bool is_open = false;
  for (const std::string_view word : split(text, ' ')) {
    if (word.empty()) continue;
    if (!pieces.empty() && (is_open || is_unit(word))) {
      pieces.back() += ' ' + std::string(word);
    } else {
      pieces.emplace_back(word);
    }
    is_open = word == "→" || word == "±";
  }
  return lines_of(pieces, width);
}

std::string wrapped_text(const std::string& text, std::optional<std::size_t> width) {
  return width ? join(wrapped(text, *width), "\n") : text;
}

std::vector<std::string> wrapped_route(const std::string& route, std::size_t width) {
  constexpr std::string_view arrow = " → ";
  std::vector<std::string> pieces;
  for (std::size_t begin = 0; begin < route.size();) {
    const std::size_t end = std::min(route.find(arrow, begin + 1), route.size());
    pieces.push_back(route.substr(begin, end - begin));
    begin = end + 1;  // without the space before the arrow
  }
  return lines_of(pieces, width);
}

std::string fitted(const std::string& text, std::optional<std::size_t> width) {
  if (!width) return text;
  std::string all;
  std::istringstream lines(text);
  std::string paragraph;
  bool is_wide = false;
  std::string as_it_is;
  const auto end_paragraph = [&] {
    if (!paragraph.empty()) all += is_wide ? fitted_line(paragraph, *width) + '\n' : as_it_is;
    paragraph.clear();
    as_it_is.clear();
    is_wide = false;
  };
  for (std::string line; std::getline(lines, line);) {
    if (is_prose(line)) {
      paragraph += (paragraph.empty() ? "" : " ") + line;
      as_it_is += line + '\n';
      is_wide = is_wide || character_count(line) > *width;
    } else {
      end_paragraph();
      all += fitted_line(line, *width) + '\n';
    }
  }
  end_paragraph();
  return all;
}

std::string fitted_lines(const std::string& text, std::optional<std::size_t> width) {
  if (!width) return text;
  std::string all;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) all += fitted_line(line, *width) + '\n';
  return all;
}

}  // namespace scission::text
