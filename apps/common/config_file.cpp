#include "config_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/csv.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "scission/base.hpp"

namespace scission::apps {

namespace {

std::string_view unquoted(std::string_view value) {
  const bool is_quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return is_quoted ? value.substr(1, value.size() - 2) : value;
}

ConfigEntry parse_entry(std::string_view text, int line, const std::string& place) {
  const std::size_t end = std::min(text.find_first_of(" \t="), text.size());
  std::string_view name = text.substr(0, end);
  name.remove_prefix(std::min(name.find_first_not_of('-'), name.size()));
  if (name.empty()) {
    throw Error(ErrorCode::invalid_argument, "write OPTION = VALUE, as in threads = 4", place);
  }
  std::string_view value = text::trim(text.substr(end));
  if (value.starts_with('=')) value = text::trim(value.substr(1));
  return {line, shortened(name, 60), std::string(unquoted(value))};  // no option is as long
}

}  // namespace

std::vector<ConfigEntry> read_config(const std::filesystem::path& path) {
  const std::string content = read_file(path);
  std::vector<ConfigEntry> entries;
  int number = 0;
  for (std::string_view rest = plain_text(content, path.string()); !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view text = text::trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++number;
    if (text.empty() || text.starts_with('#')) continue;
    entries.push_back(parse_entry(text, number, fmt::format("{}:{}", path.string(), number)));
  }
  return entries;
}

std::filesystem::path take_config(std::vector<std::string>& words) {
  const std::string option = "--config";
  std::filesystem::path path;
  const auto end_of_options = [&] { return std::find(words.begin(), words.end(), "--"); };
  const auto is_config = [&](const std::string& word) {
    return word == option || word.starts_with(option + "=");
  };
  for (auto word = std::find_if(words.begin(), end_of_options(), is_config);
       word != end_of_options(); word = std::find_if(words.begin(), end_of_options(), is_config)) {
    if (!path.empty()) throw Error(ErrorCode::invalid_argument, "is given twice", option);
    const bool has_value = *word != option;
    if (has_value) {
      path = word->substr(option.size() + 1);
    } else if (word + 1 != words.end()) {
      path = *(word + 1);
    }
    if (path.empty()) throw Error(ErrorCode::invalid_argument, "needs a file", option);
    words.erase(word, word + (has_value ? 1 : 2));
  }
  return path;
}

}  // namespace scission::apps
