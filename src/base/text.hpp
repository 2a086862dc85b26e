// Parsing and comparing short texts.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base.hpp"

namespace scission::text {

/// `text` without leading and trailing white space; a view into it.
SCISSION_EXPORT std::string_view trim(std::string_view text);

/// "a,b" → {"a", "b"}; "" → {""}. The parts are views into `text`.
SCISSION_EXPORT std::vector<std::string_view> split(std::string_view text, char separator);

/// The number that the whole text spells in the C locale, or nothing. Accepts "1e-3", but neither
/// "1 ", "0x1" nor "inf".
SCISSION_EXPORT std::optional<double> to_double(std::string_view text);
SCISSION_EXPORT std::optional<int> to_int(std::string_view text);

/// "device" → "Device"; ASCII only.
SCISSION_EXPORT std::string capitalized(std::string word);

/// {"a", "b"} with ", " → "a, b".
SCISSION_EXPORT std::string join(const std::vector<std::string>& parts, std::string_view separator);

// --- UTF-8 ---

/// Whether the byte is an ASCII control character.
SCISSION_EXPORT bool is_control(char c);

/// Whether the byte is a further byte of a character.
SCISSION_EXPORT bool is_continuation(char c);

/// The text without the digits 0 to 9.
SCISSION_EXPORT std::string without_digits(std::string text);

/// Characters, not bytes: "µs" has two.
SCISSION_EXPORT std::size_t character_count(std::string_view text);

/// The first character of a text that is not empty; empty when its bytes are not valid UTF-8.
SCISSION_EXPORT std::string_view first_character(std::string_view text);

/// The first `characters` characters, or the whole text if it has fewer.
SCISSION_EXPORT std::string_view first_characters(std::string_view text, std::size_t characters);

}  // namespace scission::text

namespace scission {

/// The text as valid UTF-8 on one line: control characters become spaces, invalid bytes U+FFFD.
SCISSION_EXPORT std::string clean_text(std::string_view text);

/// At most `max_characters` characters of UTF-8: the middle of a longer text becomes "…".
SCISSION_EXPORT std::string shortened(std::string_view text, std::size_t max_characters);

/// Number of insertions, deletions, substitutions and swaps of neighbouring letters that turn one
/// word into the other, ignoring case (optimal string alignment). O(length × length).
SCISSION_EXPORT std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known name nearest to `name`, the first of several; "" when more than a third of the
/// letters, and more than one, differ from each of them.
SCISSION_EXPORT std::string suggest(std::string_view name, const std::vector<std::string>& known);

/// The second half of an error about an unknown name: "did you mean 'resnet50'?" when suggest()
/// finds one, else "choose from: resnet50, vgg19";
/// "none is known" for an empty list.
SCISSION_EXPORT std::string suggestion(std::string_view name,
                                       const std::vector<std::string>& known);

}  // namespace scission
