#include <array>
#include <utility>

#include "base/json_field.hpp"
#include "base/text.hpp"
#include "explore/page_files.hpp"

namespace scission::explore {
namespace {

/// JSON that stands in a script element: "<" would end it in "</script>" or begin a comment.
std::string script_text(std::string json) {
  for (auto at = json.find('<'); at != std::string::npos; at = json.find('<', at)) {
    json.replace(at, 1, "\\u003c");
  }
  return json;
}

std::string html_text(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

}  // namespace

std::string format_page(const std::string& model, const nlohmann::ordered_json& setup) {
  const std::array<std::pair<std::string_view, std::string>, 4> parts = {{
      {"{{model}}", html_text(clean_text(model))},
      {"{{css}}", std::string(page_css)},
      {"{{js}}", std::string(page_js)},
      {"{{setup}}", script_text(format_json(setup, -1))},
  }};
  std::string page;
  std::string_view rest = page_html;
  while (!rest.empty()) {
    std::size_t nearest = rest.size();
    const std::pair<std::string_view, std::string>* found = nullptr;
    for (const auto& part : parts) {
      const std::size_t at = rest.find(part.first);
      if (at < nearest) {
        nearest = at;
        found = &part;
      }
    }
    page += rest.substr(0, nearest);
    if (found == nullptr) break;
    page += found->second;
    rest.remove_prefix(nearest + found->first.size());
  }
  return page;
}

}  // namespace scission::explore
