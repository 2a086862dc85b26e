// Sweeps.
#include "read_write_read.hpp"
#include "scission/sweep.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return scission::fuzz::read_write_read(data, size, scission::parse_sweep, scission::format_sweep);
}
