// Traces of links and loads.
#include "read_write_read.hpp"
#include "scission/control.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return scission::fuzz::read_write_read(data, size, scission::parse_condition_trace,
                                         scission::format_condition_trace);
}
