// Whether workers are who --workers says they are.
#pragma once

#include <string>

#include "scission/runtime/client/client.hpp"

namespace scission::apps {

/// Warns of a worker that calls itself otherwise than `system`: two addresses may be exchanged.
/// One that does not answer is left to whoever calls it next.
void warn_of_other_name(const std::string& system, const runtime::Client& worker);

}  // namespace scission::apps
