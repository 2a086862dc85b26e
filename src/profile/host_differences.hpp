// What differs between two profiles besides their times.
#pragma once

#include <string>
#include <vector>

#include "scission/profile/profile.hpp"

namespace scission {

/// "threads: 2 before, 1 after", for every setting and part of the machine that both state.
/// Neither the date nor the network name is one.
std::vector<std::string> host_differences(const SystemProfile& before, const SystemProfile& after);

/// The same of how one model was measured: its input's shape, and warnings that a profile has.
std::vector<std::string> model_differences(const ModelProfile& before, const ModelProfile& after);

}  // namespace scission
