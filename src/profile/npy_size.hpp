// Sizes as the original counts them: of the .npy file that it saves a block's output in.
#pragma once

#include <cstdint>

namespace scission {

inline constexpr std::int64_t npy_header_bytes = 128;  ///< before the payload

}  // namespace scission
