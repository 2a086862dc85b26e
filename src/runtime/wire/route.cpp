#include "runtime/wire/route.hpp"

#include <fmt/format.h>

#include <cctype>
#include <charconv>

#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

constexpr std::size_t most_stops = 64;

Error no_route(const std::string& message) {
  return {ErrorCode::invalid_argument, "is no route: " + message, "parameter scission_route"};
}

bool is_plain(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return (byte < 128 && std::isalnum(byte) != 0) || letter == '-' || letter == '.' || letter == '_';
}

std::string encode(std::string_view name) {
  std::string text;
  for (const char letter : name) {
    if (is_plain(letter)) {
      text += letter;
    } else {
      text += fmt::format("%{:02X}", static_cast<unsigned char>(letter));
    }
  }
  return text;
}

char decode_hex(std::string_view digits) {
  unsigned value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) {
    throw no_route("'%' is not followed by two hexadecimal digits");
  }
  return static_cast<char>(value);
}

std::string decode(std::string_view text) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      name += decode_hex(text.substr(i + 1, 2));
      i += 2;
    } else if (is_plain(text[i])) {
      name += text[i];
    } else {
      throw no_route("a character that is not encoded");
    }
  }
  if (name.empty()) throw no_route("an empty name");
  return name;
}

RouteStop decode_stop(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) throw no_route("a stop is SYSTEM/MODEL");
  return {decode(text.substr(0, slash)), decode(text.substr(slash + 1))};
}

}  // namespace

std::string encode_route(const std::vector<RouteStop>& route) {
  std::string text;
  for (const RouteStop& stop : route) {
    if (!text.empty()) text += ';';
    text += encode(stop.system) + '/' + encode(stop.model);
  }
  return text;
}

std::vector<RouteStop> decode_route(std::string_view text) {
  std::vector<RouteStop> route;
  while (!text.empty()) {
    if (route.size() == most_stops) throw no_route(fmt::format("more than {} stops", most_stops));
    const std::size_t end = std::min(text.find(';'), text.size());
    route.push_back(decode_stop(text.substr(0, end)));
    if (end + 1 == text.size()) throw no_route("it ends with ';'");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return route;
}

}  // namespace scission::runtime
