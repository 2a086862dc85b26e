// --config FILE: options of a tool in a file, one in a line.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace scission::apps {

/// A line of such a file.
struct ConfigEntry {
  int line = 0;
  std::string option;  ///< long name, without dashes
  std::string value;   ///< empty if the line has none
};

/// Reads lines of the form `OPTION = VALUE`, `OPTION VALUE` or `OPTION`; an option that can be
/// repeated has several lines. Blank lines and lines that begin with `#` are ignored; an OPTION may
/// begin with dashes, and VALUE may stand in double quotes, which keep blanks at its ends. A byte
/// order mark is passed over. Throws Error(not_found | io) with the path as place, and
/// Error(invalid_argument) with PATH:LINE.
std::vector<ConfigEntry> read_config(const std::filesystem::path& path);

/// The value of `--config` among `words`, which it removes; empty without one. Words behind `--`
/// are not looked at. Throws Error(invalid_argument) if it occurs twice or has no value.
std::filesystem::path take_config(std::vector<std::string>& words);

}  // namespace scission::apps
