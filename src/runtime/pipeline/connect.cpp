// Connections to systems by name.
#include <algorithm>

#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::runtime {

Clients connect(const std::map<std::string, std::string>& addresses, const Security& security) {
  Clients clients;
  for (const auto& [system, address] : addresses) {
    clients.emplace(system, std::make_shared<Client>(address, security));
  }
  return clients;
}

void announce_peers(const Clients& clients, double deadline_s,
                    const std::vector<std::string>& foreign) {
  const auto is_foreign = [&](const std::string& system) {
    return std::find(foreign.begin(), foreign.end(), system) != foreign.end();
  };
  for (const auto& [system, client] : clients) {
    if (is_foreign(system)) continue;
    std::map<std::string, std::string> peers;
    for (const auto& [other, at] : clients) {
      // Itself as well: a route may come by it twice in a row.
      if (!is_foreign(other)) peers.emplace(other, at->address());
    }
    client->set_peers(peers, deadline_s);
  }
}

}  // namespace scission::runtime
