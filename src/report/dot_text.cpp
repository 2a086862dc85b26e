#include "report/dot_text.hpp"

#include <algorithm>
#include <cstdint>

namespace scission {
namespace {

constexpr std::string_view replacement = "\uFFFD";

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

/// How many bytes a character has that begins so; 0: none begins so.
std::size_t sequence_length(char first) {
  const auto byte = static_cast<unsigned char>(first);
  if (byte < 0x80) return 1;
  if (byte >= 0xC2 && byte < 0xE0) return 2;
  if (byte >= 0xE0 && byte < 0xF0) return 3;
  return byte >= 0xF0 && byte < 0xF5 ? 4 : 0;
}

/// Whether XML, which Graphviz reads labels as, has the character; `text` is one whole sequence.
bool is_xml_character(std::string_view text) {
  std::uint32_t code = static_cast<unsigned char>(text[0]) & (0xFFU >> (text.size() + 1));
  for (const char c : text.substr(1)) code = code << 6U | (static_cast<unsigned char>(c) & 0x3FU);
  if (text.size() == 3) return code >= 0x800 && (code < 0xD800 || code > 0xDFFF) && code < 0xFFFE;
  return text.size() < 4 || (code >= 0x10000 && code <= 0x10FFFF);
}

/// The character that the text begins with; empty when it is none.
std::string_view first_character(std::string_view text) {
  const std::string_view character = text.substr(0, sequence_length(text[0]));
  if (character.empty() || character.size() != sequence_length(text[0])) return {};
  const bool whole = std::all_of(character.begin() + 1, character.end(), is_continuation);
  return whole && (character.size() == 1 || is_xml_character(character)) ? character
                                                                         : std::string_view{};
}

/// The length of the longest beginning of `text` with that many characters.
std::size_t bytes_of(std::string_view text, std::size_t characters) {
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if (!is_continuation(text[end]) && characters-- == 0) break;
  }
  return end;
}

}  // namespace

std::string clean_text(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const std::string_view character = first_character(text);
    const bool is_control = text[0] >= 0 && (text[0] < ' ' || text[0] == 0x7F);
    clean += character.empty() ? replacement : is_control ? " " : character;
    text.remove_prefix(std::max<std::size_t>(character.size(), 1));
  }
  return clean;
}

std::string shortened(std::string_view text, std::size_t most) {
  const auto count = static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
  if (count <= most) return std::string(text);
  const std::size_t head = most / 2;
  const std::size_t tail = most - head - 1;
  return std::string(text.substr(0, bytes_of(text, head))) + "…" +
         std::string(text.substr(bytes_of(text, count - tail)));
}

std::string dot_quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : clean_text(text)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
    if (c == '&') quoted += "amp;";
  }
  return quoted + "\"";
}

std::string dot_html(std::string_view text) {
  std::string html;
  for (const char c : clean_text(text)) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

}  // namespace scission
