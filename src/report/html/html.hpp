// HTML and SVG whose text cannot be left unescaped.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scission::html {

/// Text for content and for attributes in double quotes: & < > " ' become references, control
/// characters and invalid UTF-8 become U+FFFD.
std::string escaped(std::string_view text);

/// Finished markup. Text becomes markup through text() alone, which escapes it.
class Markup {
 public:
  Markup() = default;

  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }

  Markup& operator+=(const Markup& more) {
    text_ += more.text_;
    return *this;
  }
  friend Markup operator+(Markup a, const Markup& b) { return std::move(a += b); }

 private:
  explicit Markup(std::string text) : text_(std::move(text)) {}
  friend Markup text(std::string_view);
  friend Markup trusted(std::string);

  std::string text_;
};

/// Escaped.
Markup text(std::string_view text);

/// Unescaped: for markup from other sources that is known to be harmless.
Markup trusted(std::string markup);

using Attributes = std::vector<std::pair<std::string_view, std::string>>;

/// <name key="value">content</name>. Values are escaped; names must be constants.
Markup element(std::string_view name, const Attributes& attributes, const Markup& content);
Markup element(std::string_view name, const Markup& content);

/// The same around text.
Markup element(std::string_view name, const Attributes& attributes, std::string_view content);
Markup element(std::string_view name, std::string_view content);

/// An element without content: <name key="value"/>.
Markup void_element(std::string_view name, const Attributes& attributes);

}  // namespace scission::html

namespace scission {

/// The <svg> element of one of gnuplot's SVGs, for use in an HTML page. All pictures of gnuplot use
/// the same ids: they get a prefix of letters and dashes, which must be unique on the page.
/// O(size). Throws Error(damaged, place) if the text is not an SVG, contains a script or refers to
/// something outside.
std::string inline_svg(std::string_view svg, const std::string& prefix, const std::string& place);

}  // namespace scission
