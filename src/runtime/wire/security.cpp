#include "scission/runtime/wire/security.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

/// Empty, or ':' and digits.
bool is_port(std::string_view text) {
  if (text.empty()) return true;
  const auto is_digit = [](char letter) { return letter >= '0' && letter <= '9'; };
  return text.size() > 1 && text.front() == ':' &&
         std::all_of(text.begin() + 1, text.end(), is_digit);
}

bool is_loopback_ipv4(const std::string& host) {
  if (host == "localhost") return true;
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

bool is_loopback_ipv6(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1 && IN6_IS_ADDR_LOOPBACK(&address);
}

}  // namespace

// An address that is not understood completely is not loopback: gRPC accepts further forms
// ("ipv4:127.0.0.1:1,10.0.0.1:1"), and a name that only begins like an address may lead anywhere.
bool is_loopback(const std::string& address) {
  if (address.find('\0') != std::string::npos) return false;
  constexpr std::string_view unix_prefix = "unix:";
  if (address.starts_with(unix_prefix)) return address.size() > unix_prefix.size();
  if (address.starts_with('[')) {
    const std::size_t close = address.find(']');
    return close != std::string::npos && is_loopback_ipv6(address.substr(1, close - 1)) &&
           is_port(std::string_view(address).substr(close + 1));
  }
  const std::size_t colon = std::min(address.find(':'), address.size());
  return is_loopback_ipv4(address.substr(0, colon)) &&
         is_port(std::string_view(address).substr(colon));
}

void validate_security(const std::string& address, const Security& security) {
  if (security.tls || security.allows_insecure || is_loopback(address)) return;
  throw Error(ErrorCode::invalid_argument,
              "is not a loopback address, and without TLS anyone on the network path can read and "
              "change the traffic: give certificates (--tls-ca, --tls-cert, --tls-key), or "
              "--insecure on a trusted network",
              address);
}

}  // namespace scission::runtime
