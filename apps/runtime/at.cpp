#include "at.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scission/base/error.hpp"

namespace scission::apps {
bool is_address(const std::string& text) {
  if (text.starts_with("unix:")) return text.size() > 5;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  const std::string port = text.substr(colon + 1);
  const bool has_digits = !port.empty() && port.size() <= 5 &&
                          std::all_of(port.begin(), port.end(),
                                      [](char letter) { return letter >= '0' && letter <= '9'; });
  return has_digits && std::stoi(port) >= 1 && std::stoi(port) <= 65535;
}

void add_address_option(cxxopts::Options& options) {
  options.add_options()("workers", "where the systems' workers listen",
                        cxxopts::value<std::vector<std::string>>(), "NAME=HOST:PORT,…");
}

Addresses addresses_of(const cxxopts::ParseResult& arguments) {
  if (arguments.count("workers") == 0) return {};
  return parse_addresses(arguments["workers"].as<std::vector<std::string>>(), "--workers");
}

Addresses parse_addresses(const std::vector<std::string>& items, const std::string& option) {
  Addresses addresses;
  for (const std::string& item : items) {
    const std::size_t equals = item.find('=');
    const bool has_both = equals != std::string::npos && equals > 0;
    if (!has_both || !is_address(item.substr(equals + 1))) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("'{}' is no system's address; write NAME=HOST:PORT", item), option);
    }
    if (!addresses.emplace(item.substr(0, equals), item.substr(equals + 1)).second) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("'{}' is given twice", item.substr(0, equals)), option);
    }
  }
  return addresses;
}

}  // namespace scission::apps
