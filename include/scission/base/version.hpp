// Which Scission this is.
#pragma once

#pragma GCC visibility push(default)
namespace scission {

/// "0.1.0", as the build was configured.
const char* version() noexcept;

}  // namespace scission
#pragma GCC visibility pop
