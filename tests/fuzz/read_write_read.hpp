// What all of our own formats promise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "scission/base.hpp"

namespace scission::fuzz {

/// Any text is read or refused with an Error; what was read is written and read back the same.
template <typename Parse, typename Format>
int read_write_read(const std::uint8_t* data, std::size_t size, Parse parse, Format format) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string written;
  try {
    written = format(parse(text, "fuzz"));
  } catch (const Error&) {
    return 0;
  }
  if (format(parse(written, "written")) != written) std::abort();
  return 0;
}

}  // namespace scission::fuzz
