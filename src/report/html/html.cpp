#include "report/html/html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "scission/base/error.hpp"

namespace scission::html {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

unsigned char byte_at(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

bool is_continuation(std::string_view text, std::size_t index) {
  return index < text.size() && (byte_at(text, index) & 0xC0) == 0x80;
}

// Length in bytes of the UTF-8 character at `index`; 0 if it is invalid, which includes overlong
// forms, surrogates and code points above U+10FFFF.
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

namespace scission {
namespace {

// What precedes the definitions of ids and the references to them in gnuplot's SVGs.
constexpr std::array<std::string_view, 6> before_ids = {" id='",    " id=\"", "href='#",
                                                        "href=\"#", "url(#",  "url('#"};

/// The tag with the prefix before each of its ids.
std::string with_prefix(std::string_view tag, const std::string& prefix) {
  std::string text(tag);
  for (const std::string_view before : before_ids) {
    for (auto at = text.find(before); at != std::string::npos; at = text.find(before, at + 1)) {
      text.insert(at + before.size(), prefix);
    }
  }
  return text;
}

/// An element that runs code, or an attribute that refers to another resource.
bool is_foreign(std::string_view tag) {
  if (tag.starts_with("<script") || tag.starts_with("<?xml-stylesheet")) return true;
  for (auto at = tag.find("href="); at != std::string_view::npos; at = tag.find("href=", at + 1)) {
    if (tag.substr(at + 6, 1) != "#") return true;
  }
  return tag.find("url(h") != std::string_view::npos;
}

/// Removes gnuplot's titles, such as "gnuplot_plot_1", which browsers show as tooltips.
std::string without_names(std::string text) {
  constexpr std::string_view opening = "<title>";
  constexpr std::string_view closing = "</title>";
  for (auto at = text.find(opening); at != std::string::npos; at = text.find(opening, at)) {
    const std::size_t end = text.find(closing, at);
    if (end == std::string::npos) break;
    text.erase(at, end + closing.size() - at);
  }
  return text;
}

/// Changes tags only: text may contain "id='".
std::string with_own_ids(std::string_view svg, const std::string& prefix,
                         const std::string& place) {
  std::string text;
  while (!svg.empty()) {
    const std::size_t begin = std::min(svg.find('<'), svg.size());
    const std::size_t end = std::min(svg.find('>', begin), svg.size() - 1) + 1;
    const std::string_view tag = svg.substr(begin, end - begin);
    if (is_foreign(tag)) {
      throw Error(ErrorCode::damaged, "contains a script or refers to another file", place);
    }
    text += svg.substr(0, begin);
    text += with_prefix(tag, prefix);
    svg.remove_prefix(end);
  }
  return text;
}

}  // namespace

std::string inline_svg(std::string_view svg, const std::string& prefix, const std::string& place) {
  constexpr std::string_view closing = "</svg>";
  const std::size_t begin = svg.find("<svg");
  const std::size_t end = svg.rfind(closing);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
    throw Error(ErrorCode::damaged, "is not a complete SVG", place);
  }
  svg = svg.substr(begin, end + closing.size() - begin);
  return without_names(with_own_ids(svg, prefix, place));
}

}  // namespace scission
