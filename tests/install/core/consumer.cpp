// Reads a network from memory with the installed core and asks what a transfer takes.
#include <iostream>
#include <scission/scission.hpp>

int main() {
  const scission::Network network =
      scission::parse_network("source,destination,ping(ms),bandwidth(mbps)\npi,vm,20,8\n", "here");
  const auto link = network.find({"pi", "device"}, {"vm", "cloud"});
  if (!link) return 1;
  std::cout << scission::version() << ": " << scission::format_duration(link->transfer_s(1e6))
            << "\n";
  return link->transfer_s(1e6) > 1 ? 0 : 1;
}
