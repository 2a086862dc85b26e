#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace scission {
namespace {

bool same_letter(char a, char b) {
  return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
}

constexpr std::string_view replacement = "\uFFFD";

/// Length in bytes of the UTF-8 sequence with this first byte; 0 for an invalid one.
std::size_t sequence_length(char first) {
  const auto byte = static_cast<unsigned char>(first);
  if (byte < 0x80) return 1;
  if (byte >= 0xC2 && byte < 0xE0) return 2;
  if (byte >= 0xE0 && byte < 0xF0) return 3;
  return byte >= 0xF0 && byte < 0xF5 ? 4 : 0;
}

/// Whether XML 1.0 allows the character; `text` is one complete UTF-8 sequence.
bool is_xml_character(std::string_view text) {
  std::uint32_t code = static_cast<unsigned char>(text[0]) & (0xFFU >> (text.size() + 1));
  for (const char c : text.substr(1)) code = code << 6U | (static_cast<unsigned char>(c) & 0x3FU);
  if (text.size() == 3) return code >= 0x800 && (code < 0xD800 || code > 0xDFFF) && code < 0xFFFE;
  return text.size() < 4 || (code >= 0x10000 && code <= 0x10FFFF);
}

}  // namespace

namespace text {
namespace {

template <typename Number>
std::optional<Number> to_number(std::string_view text) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return value;
}

}  // namespace

std::string_view trim(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t end = text.find(separator);
  while (end != std::string_view::npos) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
    end = text.find(separator);
  }
  parts.push_back(text);
  return parts;
}

std::optional<double> to_double(std::string_view text) {
  const std::optional<double> value = to_number<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<int> to_int(std::string_view text) { return to_number<int>(text); }

std::string capitalized(std::string word) {
  if (!word.empty() && word[0] >= 'a' && word[0] <= 'z') {
    word[0] = static_cast<char>(word[0] - 'a' + 'A');
  }
  return word;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

bool is_control(char c) {
  const auto code = static_cast<unsigned char>(c);
  return code < ' ' || code == 0x7F;
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

std::string without_digits(std::string text) {
  std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return text;
}

std::size_t character_count(std::string_view text) {
  return text.size() -
         static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_continuation));
}

std::string_view first_character(std::string_view text) {
  const std::string_view character = text.substr(0, sequence_length(text[0]));
  if (character.empty() || character.size() != sequence_length(text[0])) return {};
  const bool whole = std::all_of(character.begin() + 1, character.end(), is_continuation);
  return whole && (character.size() == 1 || is_xml_character(character)) ? character
                                                                         : std::string_view{};
}

std::string_view first_characters(std::string_view text, std::size_t characters) {
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if (!is_continuation(text[end]) && characters-- == 0) break;
  }
  return text.substr(0, end);
}

}  // namespace text

std::string clean_text(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const std::string_view character = text::first_character(text);
    clean += character.empty() ? replacement : text::is_control(text[0]) ? " " : character;
    text.remove_prefix(std::max<std::size_t>(character.size(), 1));
  }
  return clean;
}

std::string shortened(std::string_view text, std::size_t max_characters) {
  const std::size_t count = text::character_count(text);
  if (count <= max_characters) return std::string(text);
  const std::size_t head = max_characters / 2;
  const std::size_t tail = max_characters - head - 1;
  return std::string(text::first_characters(text, head)) + "…" +
         std::string(text.substr(text::first_characters(text, count - tail).size()));
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // row[j] is the distance of the first i letters of a to the first j of b; `before` and `earlier`
  // are the rows of i - 1 and i - 2.
  std::vector<std::size_t> earlier(b.size() + 1), before(b.size() + 1), row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    earlier.swap(before);
    before.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = before[j - 1] + (same_letter(a[i - 1], b[j - 1]) ? 0 : 1);
      row[j] = std::min({before[j] + 1, row[j - 1] + 1, replaced});
      const bool is_exchange =
          i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]);
      if (is_exchange) row[j] = std::min(row[j], earlier[j - 2] + 1);
    }
  }
  return row.back();
}

std::string suggest(std::string_view name, const std::vector<std::string>& known) {
  std::size_t limit = std::max<std::size_t>(1, name.size() / 3) + 1;
  std::string nearest;
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(name, candidate);
    const bool shares_letters = distance < std::max(name.size(), candidate.size());
    if (distance >= limit || !shares_letters) continue;
    limit = distance;
    nearest = candidate;
  }
  return nearest;
}

std::string suggestion(std::string_view name, const std::vector<std::string>& known) {
  if (known.empty()) return "none is known";
  const std::string nearest = suggest(name, known);
  if (!nearest.empty()) return fmt::format("did you mean '{}'?", nearest);
  return "choose from: " + text::join(known, ", ");
}

}  // namespace scission
