#include "resume.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "scission/base/error.hpp"
#include "scission/measure/measure.hpp"

namespace scission::apps {
namespace {

/// "threads (2 there, 1 now)", each that differs once.
class Differences {
 public:
  void compare(const std::string& what, const std::string& there, const std::string& now) {
    if (there.empty() || now.empty() || there == now) return;
    const std::string difference = fmt::format("{} ({} there, {} now)", what, there, now);
    if (std::find(found_.begin(), found_.end(), difference) == found_.end()) {
      found_.push_back(difference);
    }
  }

  const std::vector<std::string>& found() const { return found_; }

 private:
  std::vector<std::string> found_;
};

std::string number(std::int64_t value) { return value > 0 ? std::to_string(value) : ""; }

std::string batch(const std::vector<std::int64_t>& shape) {
  return shape.empty() ? "" : number(shape[0]);
}

/// Without the batch.
std::string item(const std::vector<std::int64_t>& shape) {
  return shape.empty() ? "" : fmt::format("{}", fmt::join(shape.begin() + 1, shape.end(), "×"));
}

void compare_hosts(const HostContext& there, const HostContext& now, Differences& differences) {
  const auto optimized = [](const HostContext& host) {
    return std::string(host.is_optimized ? "with --optimize" : "without");
  };
  differences.compare("the processor", there.cpu, now.cpu);
  differences.compare("threads", number(there.threads), number(now.threads));
  differences.compare("the device", there.device, now.device);
  differences.compare("how models are cut", there.split, now.split);
  differences.compare("optimisation", optimized(there), optimized(now));
  const auto stress = [](const HostContext& host) {
    return host.stress.empty() ? std::string("none") : host.stress;
  };
  differences.compare("the stress", stress(there), stress(now));
  differences.compare(there.backend + "'s version", there.backend_version, now.backend_version);
}

const Job* job_of(const std::vector<Job>& jobs, const std::string& model) {
  const auto found =
      std::find_if(jobs.begin(), jobs.end(), [&](const Job& job) { return job.model == model; });
  return found == jobs.end() ? nullptr : &*found;
}

// The batch is everybody's, also of a model that nobody asks for now.
void compare_inputs(const ModelProfile& there, const std::vector<Job>& jobs,
                    Differences& differences) {
  if (jobs.empty()) return;
  differences.compare("the batch", batch(there.input_shape), batch(jobs[0].input_shape));
  if (const Job* job = job_of(jobs, there.model)) {
    differences.compare(there.model + "'s input", item(there.input_shape), item(job->input_shape));
  }
}

}  // namespace

void check_same_conditions(const SystemProfile& earlier, const HostContext& now,
                           const std::vector<Job>& jobs, const std::string& place) {
  Differences differences;
  compare_hosts(earlier.host, now, differences);
  for (const ModelProfile& model : earlier.models) compare_inputs(model, jobs, differences);
  if (differences.found().empty()) return;
  throw Error(ErrorCode::mismatch,
              fmt::format("was measured under other conditions: {}; measure as it was, or anew "
                          "without --resume",
                          fmt::join(differences.found(), ", ")),
              place);
}

int passes_done(const SystemProfile& profile, const std::string& model, int wanted) {
  const ModelProfile* found = profile.find(model);
  if (found == nullptr) return 0;
  const int done = pass_count(*found);
  return done >= wanted || has_samples_of_passes(*found) ? done : 0;
}

std::vector<Job> remaining_jobs(const std::vector<Job>& jobs, const SystemProfile& earlier,
                                int wanted) {
  std::vector<Job> remaining;
  std::copy_if(jobs.begin(), jobs.end(), std::back_inserter(remaining),
               [&](const Job& job) { return passes_done(earlier, job.model, wanted) < wanted; });
  return remaining;
}

}  // namespace scission::apps
