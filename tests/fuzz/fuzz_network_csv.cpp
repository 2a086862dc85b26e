// Network files.
#include "read_write_read.hpp"
#include "scission/plan/network.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return scission::fuzz::read_write_read(data, size, scission::parse_network,
                                         scission::format_network_csv);
}
