#include "terminal.hpp"

#include <sys/ioctl.h>

#include <algorithm>
#include <sstream>

#include "base/text.hpp"

namespace scission::apps {
namespace {

std::string fitted_line(const std::string& line, std::size_t width) {
  const std::size_t own = std::min(line.find_first_not_of(' '), line.size());
  const std::size_t indent = own == 0 ? 0 : own + 2;
  std::string fitted;
  std::string rest = line;
  while (text::character_count(rest) > width) {
    // Bytes are no fewer than characters, so this may break a little early.
    const std::size_t begin = std::min(rest.find_first_not_of(' '), rest.size());
    std::size_t space = rest.rfind(' ', width);
    if (space == std::string::npos || space <= begin) space = rest.find(' ', begin);
    if (space == std::string::npos) break;
    fitted += rest.substr(0, rest.find_last_not_of(' ', space) + 1) + '\n';
    const std::size_t next = rest.find_first_not_of(' ', space);
    rest = std::string(indent, ' ') + (next == std::string::npos ? "" : rest.substr(next));
  }
  return fitted + rest;
}

bool is_prose(const std::string& line) { return !line.empty() && line.front() != ' '; }

}  // namespace

std::optional<std::size_t> terminal_width(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
  return size.ws_col;
}

std::string fitted(const std::string& text, std::size_t width) {
  std::string all;
  std::istringstream lines(text);
  std::string paragraph;
  bool is_wide = false;
  std::string as_it_is;
  const auto end_paragraph = [&] {
    if (!paragraph.empty()) all += is_wide ? fitted_line(paragraph, width) + '\n' : as_it_is;
    paragraph.clear();
    as_it_is.clear();
    is_wide = false;
  };
  for (std::string line; std::getline(lines, line);) {
    if (is_prose(line)) {
      paragraph += (paragraph.empty() ? "" : " ") + line;
      as_it_is += line + '\n';
      is_wide = is_wide || text::character_count(line) > width;
    } else {
      end_paragraph();
      all += fitted_line(line, width) + '\n';
    }
  }
  end_paragraph();
  return all;
}

}  // namespace scission::apps
