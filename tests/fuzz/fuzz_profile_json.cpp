// Profiles.
#include "read_write_read.hpp"
#include "scission/profile.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return scission::fuzz::read_write_read(data, size, scission::parse_profile_json,
                                         scission::format_profile_json);
}
