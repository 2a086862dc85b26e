#include "base/csv.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/require.hpp"
#include "base/text.hpp"

namespace scission {

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

namespace {

// A spreadsheet of a country that writes numbers with commas separates columns by semicolons.
// "name;1,5" → "name,1.5".
std::string corrected_line(std::string_view line) {
  std::string text(line);
  const bool has_decimal_commas = text.find(';') != std::string::npos;
  for (char& letter : text) {
    if (letter == ',' && has_decimal_commas) letter = '.';
    if (letter == ';') letter = ',';
  }
  return text;
}

// A spreadsheet may quote every cell.
std::string_view unquoted(std::string_view field) {
  const bool is_quoted = field.size() >= 2 && field.front() == '"' && field.back() == '"';
  return is_quoted ? field.substr(1, field.size() - 2) : field;
}

void require_commas(std::string_view line, const std::string& place) {
  if (line.find('\t') != std::string_view::npos && line.find(',') == std::string_view::npos) {
    std::string text(line);
    std::replace(text.begin(), text.end(), '\t', ',');
    throw_damaged("columns are separated by commas, not by tabs; write: " + text, place);
  }
  const auto semicolons = std::count(line.begin(), line.end(), ';');
  if (semicolons == 0 || semicolons < std::count(line.begin(), line.end(), ',')) return;
  throw_damaged(
      fmt::format("columns are separated by commas, not by semicolons, and numbers have a point; "
                  "write: {}",
                  corrected_line(line)),
      place);
}

}  // namespace

std::string_view plain_text(std::string_view contents, const std::string& place) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  if (contents.starts_with("\xFF\xFE") || contents.starts_with("\xFE\xFF")) {
    throw_damaged("is UTF-16; save it as UTF-8", place);
  }
  if (const std::size_t nul = contents.find('\0'); nul != std::string_view::npos) {
    const auto line = 1 + std::count(contents.begin(), contents.begin() + nul, '\n');
    throw_damaged("has a NUL byte: it is not text, or is UTF-16; save it as UTF-8",
                  fmt::format("{}:{}", place, line));
  }
  return contents.starts_with(mark) ? contents.substr(mark.size()) : contents;
}

void for_each_line(
    std::string_view text, const std::string& place,
    const std::function<void(const std::vector<std::string_view>&, const std::string&)>& read) {
  int number = 0;
  text = plain_text(text, place);
  for (std::string_view line : text::split(text, '\n')) {
    ++number;
    line = text::trim(line);
    if (line.empty() || line.front() == '#') continue;
    require_commas(line, fmt::format("{}:{}", place, number));
    std::vector<std::string_view> fields = text::split(line, ',');
    for (std::string_view& field : fields) field = unquoted(text::trim(field));
    read(fields, fmt::format("{}:{}", place, number));
  }
}

void CsvReader::fail(const std::string& fault) const {
  throw_damaged(fmt::format("line {}: {}", line_, fault), place_);
}

std::optional<std::vector<std::string>> CsvReader::next() {
  if (rest_.empty()) return std::nullopt;
  line_ = next_line_;
  std::vector<std::string> cells = {cell()};
  while (!rest_.empty() && rest_.front() == ',') {
    rest_.remove_prefix(1);
    cells.push_back(cell());
  }
  if (cells.size() == 1 && cells[0].find(';') != std::string::npos) {
    fail("columns are separated by commas, not by semicolons; write: " + corrected_line(cells[0]));
  }
  end_row();
  return cells;
}

std::string CsvReader::cell() {
  if (!rest_.empty() && rest_.front() == '"') return quoted_cell();
  const std::size_t end = std::min(rest_.find_first_of(",\r\n"), rest_.size());
  std::string text(rest_.substr(0, end));
  rest_.remove_prefix(end);
  if (text.find('"') != std::string::npos) fail("has a quote within an unquoted cell");
  return text;
}

std::string CsvReader::quoted_cell() {
  std::string text;
  do {
    rest_.remove_prefix(1);  // the first quote, or the second of two that stand for one
    const std::size_t end = rest_.find('"');
    if (end == std::string_view::npos) fail("has an unterminated quote");
    text += rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    if (!rest_.empty() && rest_.front() == '"') text += '"';
  } while (!rest_.empty() && rest_.front() == '"');
  next_line_ += static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  return text;
}

void CsvReader::end_row() {
  if (rest_.substr(0, 2) == "\r\n") rest_.remove_prefix(1);
  if (!rest_.empty() && rest_.front() != '\n') fail("has text after a quoted cell");
  if (!rest_.empty()) rest_.remove_prefix(1);
  ++next_line_;
}

}  // namespace scission
