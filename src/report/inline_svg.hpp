// A picture of gnuplot's within a page.
#pragma once

#include <string>
#include <string_view>

namespace scission {

/// One of gnuplot's SVGs, for a place within an HTML page: from <svg to </svg>, and its ids, which
/// all of its pictures have in common, with a prefix of letters and dashes that no other picture of
/// the page has. O(size).
/// Throws Error(damaged, place) for what is no SVG, and for one that holds a script or refers to
/// something outside of itself.
std::string inline_svg(std::string_view svg, const std::string& prefix, const std::string& place);

}  // namespace scission
