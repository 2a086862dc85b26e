// HTML and SVG, put together so that nothing gets in unescaped.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scission::html {

/// Text for between tags and for attributes in double quotes: & < > " ' become references, control
/// characters and what is not UTF-8 become U+FFFD.
std::string escaped(std::string_view text);

/// Finished markup. From text only through text(), so that an escape cannot be forgotten.
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

/// Taken as it stands: for markup from elsewhere that is known to be harmless.
Markup trusted(std::string markup);

using Attributes = std::vector<std::pair<std::string_view, std::string>>;

/// <name key="value">content</name>; values are escaped. Names are constants of the program's.
Markup element(std::string_view name, const Attributes& attributes, const Markup& content);
Markup element(std::string_view name, const Markup& content);

/// The same around text.
Markup element(std::string_view name, const Attributes& attributes, std::string_view content);
Markup element(std::string_view name, std::string_view content);

/// <name key="value"> without content and end: br, meta; or in SVG <name key="value"/>.
Markup void_element(std::string_view name, const Attributes& attributes);

}  // namespace scission::html
