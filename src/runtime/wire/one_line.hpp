// Text from the other end of a connection, made fit for a message of ours.
#pragma once

#include <string>
#include <string_view>

namespace scission::runtime {

/// The text without control characters, at most some 300 bytes of it.
std::string one_line(std::string_view text);

}  // namespace scission::runtime
