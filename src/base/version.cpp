#include "scission/base/version.hpp"

namespace scission {

const char* version() noexcept { return SCISSION_VERSION; }

}  // namespace scission
