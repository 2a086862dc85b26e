#include "runtime/worker/stored_peers.hpp"

#include <nlohmann/json.hpp>

#include "base/json_field.hpp"

namespace scission::runtime {

std::string format_peers(const std::map<std::string, std::string>& addresses) {
  nlohmann::ordered_json peers = nlohmann::ordered_json::array();
  for (const auto& [system, address] : addresses) {
    peers.push_back({{"system", system}, {"address", address}});
  }
  return nlohmann::ordered_json{{"peers", std::move(peers)}}.dump(2) + "\n";
}

std::map<std::string, std::string> parse_peers(std::string_view text, const std::string& place) {
  const nlohmann::json document = parse_json(text, place);
  const JsonField root(document, place);
  const JsonField peers = root.at("peers");
  std::map<std::string, std::string> addresses;
  for (const JsonField& peer : peers.elements()) {
    addresses[peer.at("system").text()] = peer.at("address").text();
  }
  return addresses;
}

}  // namespace scission::runtime
