// Any text is what scission-predict --json prints, or an Error.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "scission/base.hpp"
#include "scission/plan/plan.hpp"
#include "scission/search/plan_io.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    scission::parse_answer_json({reinterpret_cast<const char*>(data), size}, "fuzz.json");
  } catch (const scission::Error&) {
  }
  return 0;
}
