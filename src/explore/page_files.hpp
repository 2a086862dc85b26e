// The files of src/explore/page, which the build embeds, as one page.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace scission::explore {

// page_files.cpp.in
extern const std::string_view page_html;
extern const std::string_view page_css;
extern const std::string_view page_js;

/// The page of a model with what it knows from the beginning.
std::string format_page(const std::string& model, const nlohmann::ordered_json& setup);

}  // namespace scission::explore
