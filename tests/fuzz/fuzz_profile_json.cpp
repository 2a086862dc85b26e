// Any text is a profile or an Error; and a profile that was read is written and read back the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "scission/error.hpp"
#include "scission/profile_io.hpp"

namespace {

void check_round_trip(const scission::SystemProfile& profile) {
  const std::string written = scission::format_profile_json(profile);
  const scission::SystemProfile read = scission::parse_profile_json(written, "written.json");
  if (scission::format_profile_json(read) != written) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  scission::SystemProfile profile;
  try {
    profile = scission::parse_profile_json(text, "fuzz.json");
  } catch (const scission::Error&) {
    return 0;
  }
  check_round_trip(profile);
  return 0;
}
