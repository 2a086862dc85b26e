#include "runtime/wire/tokens.hpp"

#include <algorithm>
#include <string_view>
#include <system_error>

#include "base/file.hpp"
#include "scission/base.hpp"
#include "scission/runtime/wire/wire.hpp"

namespace scission::runtime {

std::string read_secret(const std::filesystem::path& file) {
  std::error_code error;
  const auto kind = std::filesystem::status(file, error).type();
  const bool is_missing =
      kind == std::filesystem::file_type::not_found || error;  // read_file() says
  if (!is_missing && kind != std::filesystem::file_type::regular) {
    throw Error(ErrorCode::io, "is not a regular file", file.string());
  }
  return read_file(file);
}

void validate_token(const std::string& token, const std::string& place) {
  constexpr std::size_t min_length = 16;
  const auto is_in_token = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') ||
           std::string_view("-._~+/=").find(letter) != std::string_view::npos;
  };
  if (token.size() >= min_length && std::all_of(token.begin(), token.end(), is_in_token)) return;
  throw Error(ErrorCode::damaged,
              "a token must have 16 or more characters, of letters, digits and -._~+/=; "
              "`openssl rand -hex 32` prints one",
              place);
}

std::string read_token(const std::filesystem::path& file) {
  const std::string text = read_secret(file);
  std::string token = text.substr(0, text.find('\n'));
  while (!token.empty() && (token.back() == ' ' || token.back() == '\r')) token.pop_back();
  validate_token(token, file.string());
  return token;
}

}  // namespace scission::runtime
