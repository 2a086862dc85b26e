// Writing text into Graphviz' language so that it stands in the picture as it is.
#pragma once

#include <string>
#include <string_view>

namespace scission {

/// Cleaned, in double quotes, for attributes in which Graphviz knows backslashes and entities.
std::string dot_quote(std::string_view text);

/// Cleaned, for use within a label between < and >.
std::string dot_html(std::string_view text);

}  // namespace scission
