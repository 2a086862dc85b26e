// Going on where an earlier run ended.
#pragma once

#include <string>
#include <vector>

#include "job.hpp"
#include "scission/profile.hpp"

namespace scission::apps {

/// Throws Error(mismatch) that names everything that differs unless the earlier models were
/// measured as the jobs are going to be: same processor, threads, device, backend, and input.
/// What a profile of an older Scission does not say is taken to be the same.
void check_same_conditions(const SystemProfile& earlier, const HostContext& now,
                           const std::vector<Job>& jobs, const std::string& place);

/// The jobs whose models the profile does not have.
std::vector<Job> remaining_jobs(const std::vector<Job>& jobs, const SystemProfile& earlier);

}  // namespace scission::apps
