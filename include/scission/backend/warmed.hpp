// Stages that are ready for their first request when they are handed out.
#pragma once

#include <functional>

#include "scission/backend/stage_model.hpp"
#include "scission/base/export.hpp"

namespace scission {

/// Loads as `load` does, then runs the stage once on zeros: what a first run prepares, for some
/// models a multiple of a run's time, no request waits for. All of that by a thread of its own with
/// a lower priority (nice 10), as other stages may be at work meanwhile; `on_thread` is called
/// there first, for what a backend sets by the thread. A stage that does not run on zeros is handed
/// out all the same. Throws what `load` throws.
SCISSION_EXPORT StageLoader warmed(StageLoader load, std::function<void()> on_thread = {});

}  // namespace scission
