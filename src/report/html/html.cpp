#include "report/html/html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/text.hpp"
#include "scission/base.hpp"

namespace scission::html {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

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

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::string_view character = text::first_character(text);
    const char letter = text[0];
    if (character.empty() || (text::is_control(letter) && letter != '\t' && letter != '\n')) {
      result += replacement;
    } else if (!reference(letter).empty()) {
      result += reference(letter);
    } else {
      result += character;
    }
    text.remove_prefix(std::max<std::size_t>(character.size(), 1));
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
