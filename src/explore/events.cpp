#include "explore/events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/json_field.hpp"
#include "explore/question.hpp"
#include "scission/explore.hpp"

namespace scission::explore {
namespace {

/// Up to `size` bytes from the offset on.
std::string read_part(std::ifstream& stream, std::uintmax_t offset, std::size_t size) {
  std::string text(size, '\0');
  stream.clear();
  stream.seekg(static_cast<std::streamoff>(offset));
  stream.read(text.data(), static_cast<std::streamsize>(size));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, stream.gcount())));
  return text;
}

/// A line is no event if it is longer.
constexpr std::size_t max_line_bytes = std::size_t{16} << 20;

/// A part of `size` bytes, or of as many as the first line needs.
std::string read_lines(std::ifstream& stream, std::uintmax_t offset, std::size_t size) {
  std::string text = read_part(stream, offset, size);
  std::string more = text;
  while (more.size() == size && more.find('\n') == std::string::npos &&
         text.size() < max_line_bytes) {
    more = read_part(stream, offset + text.size(), size);
    text += more;
  }
  return text;
}

/// Behind the line of that offset, of which there may be anything; 0 while it is not whole.
std::uintmax_t next_line(std::ifstream& stream, std::uintmax_t offset) {
  stream.clear();
  stream.seekg(static_cast<std::streamoff>(offset));
  stream.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  return stream.eof() ? 0 : static_cast<std::uintmax_t>(stream.tellg());
}

/// Tells the files of two runs apart; empty before the first line is whole.
std::string mark_of(std::ifstream& stream) {
  constexpr std::size_t size = 256;
  const std::string begin = read_part(stream, 0, size);
  const std::size_t end = begin.find('\n');
  if (end == std::string::npos && begin.size() < size) return {};
  return fmt::format("{:x}", std::hash<std::string>()(begin.substr(0, end)));
}

}  // namespace

std::string read_events(const std::filesystem::path& file, std::string_view question) {
  const std::string place = "question";
  const nlohmann::json document = parse_json(question, place);
  require_fields(document, {"after", "file"}, place);
  const JsonField asked(document, place);
  std::uintmax_t after = static_cast<std::uintmax_t>(asked.count_or_0("after"));
  const std::string known = asked.text_or("file");

  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  const bool exists = error != std::errc::no_such_file_or_directory;
  if (exists && error) throw Error(ErrorCode::io, error.message(), file.string());
  std::ifstream stream;
  if (exists) stream.open(file, std::ios::binary);
  if (!stream) throw Error(ErrorCode::io, "cannot be read", file.string());
  const std::string mark = exists ? mark_of(stream) : "";
  const bool is_restarted = after > 0 && (!exists || size < after || mark != known);
  if (is_restarted) after = 0;
  std::string text;
  if (exists) text = read_lines(stream, after, ExploreService::max_events_bytes);

  std::string events;
  int damaged = 0;
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    const std::string_view line(text.data() + begin, end - begin);
    begin = end + 1;
    // As it is: writing it again would recurse as deep as it is nested.
    if (line.starts_with('{') && nlohmann::json::accept(line)) {
      if (!events.empty()) events += ',';
      events += line;
    } else if (!line.empty()) {
      ++damaged;
    }
  }
  if (begin == 0 && text.size() >= max_line_bytes) {
    const std::uintmax_t next = next_line(stream, after);
    if (next > 0) ++damaged;
    begin = next > 0 ? static_cast<std::size_t>(next - after) : 0;
  }
  return fmt::format(
      R"({{"next":{},"file":"{}","restarted":{},"more":{},"damaged":{},"events":[{}]}})"
      "\n",
      after + begin, mark, is_restarted, after + begin < size && begin > 0, damaged, events);
}

}  // namespace scission::explore
