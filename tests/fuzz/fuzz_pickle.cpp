// Any bytes at all are a profile or an Error, never anything else.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "scission/base.hpp"
#include "scission/profile.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    scission::parse_profile_dat(bytes, "fuzz.dat");
  } catch (const scission::Error&) {
  }
  return 0;
}
