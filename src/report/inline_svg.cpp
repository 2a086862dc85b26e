#include "report/inline_svg.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "scission/base/error.hpp"

namespace scission {
namespace {

// Where gnuplot's SVGs define an id, and where they refer to one.
constexpr std::array<std::string_view, 6> before_ids = {" id='",    " id=\"", "href='#",
                                                        "href=\"#", "url(#",  "url('#"};

/// The tag with the prefix in front of each of its ids.
std::string with_prefix(std::string_view tag, const std::string& prefix) {
  std::string text(tag);
  for (const std::string_view before : before_ids) {
    for (auto at = text.find(before); at != std::string::npos; at = text.find(before, at + 1)) {
      text.insert(at + before.size(), prefix);
    }
  }
  return text;
}

/// An element that runs something, or an attribute that fetches something.
bool is_foreign(std::string_view tag) {
  if (tag.starts_with("<script") || tag.starts_with("<?xml-stylesheet")) return true;
  for (auto at = tag.find("href="); at != std::string_view::npos; at = tag.find("href=", at + 1)) {
    if (tag.substr(at + 6, 1) != "#") return true;
  }
  return tag.find("url(h") != std::string_view::npos;
}

/// gnuplot's names of its own, "gnuplot_plot_1", would show wherever the mouse rests.
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

/// Only within tags: text may well read "id='".
std::string with_own_ids(std::string_view svg, const std::string& prefix,
                         const std::string& place) {
  std::string text;
  while (!svg.empty()) {
    const std::size_t begin = std::min(svg.find('<'), svg.size());
    const std::size_t end = std::min(svg.find('>', begin), svg.size() - 1) + 1;
    const std::string_view tag = svg.substr(begin, end - begin);
    if (is_foreign(tag)) {
      throw Error(ErrorCode::damaged, "holds a script, or refers to another file", place);
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
    throw Error(ErrorCode::damaged, "is no SVG, or only part of one", place);
  }
  svg = svg.substr(begin, end + closing.size() - begin);
  return without_names(with_own_ids(svg, prefix, place));
}

}  // namespace scission
