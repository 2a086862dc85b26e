#include "table.hpp"

#include <algorithm>
#include <utility>

#include "scission/error.hpp"

namespace scission::apps {
namespace {

/// Characters, not bytes: "µs" is two wide. Continuation bytes of UTF-8 do not count.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::string pad(const std::string& cell, std::size_t wide, Align align) {
  const std::string spaces(wide - width(cell), ' ');
  return align == Align::left ? cell + spaces : spaces + cell;
}

std::string without_trailing_spaces(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
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
  std::string text;
  for (const auto& row : rows_) text += line(row, wide);
  return text;
}

std::string Table::last_row() const { return line(rows_.back(), widths()); }

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) widths.push_back(column.width);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
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

}  // namespace scission::apps
