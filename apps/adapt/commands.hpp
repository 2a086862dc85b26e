// The commands of scission-adapt.
#pragma once

#include "tool.hpp"

namespace scission::apps {

Tool analyse_command();
Tool replay_command();
Tool adaptive_run_command();  ///< with the runtime only
Tool sweep_command();         ///< with the runtime only
Tool trace_command();

}  // namespace scission::apps
