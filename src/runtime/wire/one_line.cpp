#include "runtime/wire/one_line.hpp"

#include <algorithm>

namespace scission::runtime {
namespace {

constexpr std::size_t most = 300;

bool is_control(char letter) { return static_cast<unsigned char>(letter) < 32 || letter == 127; }
bool continues_letter(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

}  // namespace

std::string one_line(std::string_view text) {
  std::size_t length = std::min(text.size(), most);
  // A letter of several bytes in UTF-8 is not cut apart.
  while (length < text.size() && length > 0 && continues_letter(text[length])) --length;
  std::string line(text.substr(0, length));
  std::replace_if(line.begin(), line.end(), is_control, ' ');
  if (length < text.size()) line += "…";
  return line;
}

}  // namespace scission::runtime
