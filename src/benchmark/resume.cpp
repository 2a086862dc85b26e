#include "scission/benchmark/benchmark.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace scission {
namespace {

/// A list such as "threads (2 there, 1 now)", without duplicates.
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

/// The shape without the batch size.
std::string item(const std::vector<std::int64_t>& shape) {
  return shape.empty() ? "" : fmt::format("{}", fmt::join(shape.begin() + 1, shape.end(), "×"));
}

void compare_hosts(const HostContext& there, const HostContext& now, Differences& differences) {
  const auto optimized = [](const HostContext& host) {
    return std::string(host.is_optimized ? "on" : "off");
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

const BenchmarkModel* model_called(const std::vector<BenchmarkModel>& models,
                                   const std::string& model) {
  const auto found = std::find_if(models.begin(), models.end(),
                                  [&](const BenchmarkModel& job) { return job.name == model; });
  return found == models.end() ? nullptr : &*found;
}

// All models have one batch size, also those that are not measured now.
void compare_inputs(const ModelProfile& there, const std::vector<BenchmarkModel>& models,
                    Differences& differences) {
  if (models.empty()) return;
  differences.compare("the batch", batch(there.input_shape), batch(models[0].input_shape));
  if (const BenchmarkModel* job = model_called(models, there.model)) {
    differences.compare(there.model + "'s input", item(there.input_shape), item(job->input_shape));
  }
}

}  // namespace

void check_same_conditions(const SystemProfile& earlier, const HostContext& now,
                           const std::vector<BenchmarkModel>& models, const std::string& place) {
  Differences differences;
  compare_hosts(earlier.host, now, differences);
  for (const ModelProfile& model : earlier.models) compare_inputs(model, models, differences);
  if (differences.found().empty()) return;
  throw Error(
      ErrorCode::mismatch,
      fmt::format("was measured under other conditions: {}", fmt::join(differences.found(), ", ")),
      place);
}

int passes_done(const SystemProfile& system, const std::string& model, int passes) {
  const ModelProfile* found = system.find(model);
  if (found == nullptr) return 0;
  const int done = pass_count(*found);
  return done >= passes || has_samples_of_passes(*found) ? done : 0;
}

}  // namespace scission
