// Writing text into Graphviz' language so that it stands in the picture as it is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace scission {

/// The text as valid UTF-8 on one line: bytes that are none become U+FFFD, control characters
/// spaces.
std::string clean_text(std::string_view text);

/// At most `most` characters: the middle of a longer text becomes "…". Of UTF-8.
std::string shortened(std::string_view text, std::size_t most);

/// Cleaned, in double quotes, for attributes in which Graphviz knows backslashes and entities.
std::string dot_quote(std::string_view text);

/// Cleaned, for use within a label between < and >.
std::string dot_html(std::string_view text);

}  // namespace scission
