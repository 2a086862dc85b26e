// Going on where an earlier run ended.
#pragma once

#include <string>
#include <vector>

#include "job.hpp"
#include "scission/profile/profile.hpp"

namespace scission::apps {

/// Throws Error(mismatch) that names everything that differs unless the earlier models were
/// measured as the jobs are going to be: same processor, threads, device, backend, and input.
/// What a profile of an older Scission does not say is taken to be the same.
void check_same_conditions(const SystemProfile& earlier, const HostContext& now,
                           const std::vector<Job>& jobs, const std::string& place);

/// How many of the passes wanted the profile has of a model. 0 where it has some, but not the
/// samples that later ones are joined with: such a model is measured anew.
int passes_done(const SystemProfile& profile, const std::string& model, int wanted);

/// The jobs of whose models the profile has fewer passes than wanted.
std::vector<Job> remaining_jobs(const std::vector<Job>& jobs, const SystemProfile& earlier,
                                int wanted);

}  // namespace scission::apps
