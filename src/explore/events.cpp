#include "explore/events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <functional>
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
  if (exists) text = read_part(stream, after, ExploreService::max_events_bytes);

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
  if (begin == 0 && text.size() == ExploreService::max_events_bytes) {
    begin = text.size();  // of a line that is longer than any event
    ++damaged;
  }
  return fmt::format(
      R"({{"next":{},"file":"{}","restarted":{},"more":{},"damaged":{},"events":[{}]}})"
      "\n",
      after + begin, mark, is_restarted, after + begin < size && begin > 0, damaged, events);
}

}  // namespace scission::explore
