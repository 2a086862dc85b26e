// Fitting text to the terminal that it goes to.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace scission::apps {

/// Columns of the terminal behind the file descriptor; nothing where it is no terminal, or does not
/// report them.
std::optional<std::size_t> terminal_width(int descriptor);

/// Lines longer than `width` are broken at spaces: paragraphs that begin at the margin as a whole,
/// an indented line by itself, and what follows of it is indented by two more. A word that is
/// longer by itself stays whole.
std::string fitted(const std::string& text, std::size_t width);

}  // namespace scission::apps
