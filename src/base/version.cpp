#include "scission/base.hpp"

#define SCISSION_TEXT_OF(number) #number
#define SCISSION_JOINED(major, minor, patch) \
  SCISSION_TEXT_OF(major) "." SCISSION_TEXT_OF(minor) "." SCISSION_TEXT_OF(patch)

namespace scission {

const char* version() noexcept {
  return SCISSION_JOINED(SCISSION_VERSION_MAJOR, SCISSION_VERSION_MINOR, SCISSION_VERSION_PATCH);
}

}  // namespace scission
