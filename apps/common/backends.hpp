// The backends of the tools that open or run models.
#pragma once

namespace scission::apps {

/// Registers every backend that was built. The first thing that such a tool does.
void register_backends();

}  // namespace scission::apps
