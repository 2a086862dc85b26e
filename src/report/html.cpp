#include "report/html.hpp"

#include <fmt/format.h>

#include <cstddef>

namespace scission::html {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

unsigned char byte_at(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

bool is_continuation(std::string_view text, std::size_t index) {
  return index < text.size() && (byte_at(text, index) & 0xC0) == 0x80;
}

// Bytes of the UTF-8 character at `index`; 0 where there is none. Overlong forms, surrogates and
// what lies beyond U+10FFFF are none.
std::size_t character_length(std::string_view text, std::size_t index) {
  const unsigned char first = byte_at(text, index);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text, index + i)) return 0;
  }
  const unsigned char second = byte_at(text, index + 1);
  const bool is_overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool is_outside = (first == 0xED && second >= 0xA0) || (first == 0xF4 && second >= 0x90);
  return is_overlong || is_outside ? 0 : length;
}

std::string_view reference(char letter) {
  switch (letter) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

bool is_control(char letter) {
  const auto code = static_cast<unsigned char>(letter);
  return (code < 0x20 && letter != '\t' && letter != '\n') || code == 0x7F;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t index = 0; index < text.size();) {
    const std::size_t length = character_length(text, index);
    const char letter = text[index];
    if (length == 0 || (length == 1 && is_control(letter))) {
      result += replacement;
    } else if (length == 1 && !reference(letter).empty()) {
      result += reference(letter);
    } else {
      result += text.substr(index, length);
    }
    index += length == 0 ? 1 : length;
  }
  return result;
}

Markup text(std::string_view text) { return Markup(escaped(text)); }

Markup trusted(std::string markup) { return Markup(std::move(markup)); }

namespace {

std::string opening(std::string_view name, const Attributes& attributes) {
  std::string tag = fmt::format("<{}", name);
  for (const auto& [key, value] : attributes) tag += fmt::format(" {}=\"{}\"", key, escaped(value));
  return tag;
}

}  // namespace

Markup element(std::string_view name, const Attributes& attributes, const Markup& content) {
  return trusted(fmt::format("{}>{}</{}>", opening(name, attributes), content.str(), name));
}

Markup element(std::string_view name, const Markup& content) { return element(name, {}, content); }

Markup element(std::string_view name, const Attributes& attributes, std::string_view content) {
  return element(name, attributes, text(content));
}

Markup element(std::string_view name, std::string_view content) {
  return element(name, {}, text(content));
}

Markup void_element(std::string_view name, const Attributes& attributes) {
  return trusted(opening(name, attributes) + "/>");
}

}  // namespace scission::html
