// A stage's times as an answer carries them.
#pragma once

#include <string>

#include "scission/runtime/wire/calls.hpp"

namespace scission::runtime {

/// The bytes of a scission.v1.StageTiming, an entry of stage_metadata.
std::string timing_text(const StageTiming& timing);

}  // namespace scission::runtime
