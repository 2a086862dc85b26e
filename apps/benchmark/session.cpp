#include "session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pass_share.hpp"
#include "resume.hpp"
#include "scission/measure/measure.hpp"
#include "tool.hpp"

namespace scission::apps {
namespace {

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Session::Session(const Request& request, const std::vector<Job>& jobs, const HostContext& host)
    : request_(request),
      outputs_(request),
      passes_(possible_passes(request.measure, request.passes)),
      jobs_(jobs),
      asked_for_(jobs.size()) {
  outputs_.prepare();
  system_.platform = request.platform;
  system_.name = request.name;
  system_.host = host;
  if (!request.resumes) {
    outputs_.check_nothing_is_lost(jobs);
    return;
  }
  std::optional<SystemProfile> earlier = outputs_.read_earlier();
  if (!earlier) return;
  check_same_conditions(*earlier, host, jobs, outputs_.profile().string());
  jobs_ = remaining_jobs(jobs, *earlier, passes_);
  system_ = *std::move(earlier);
}

int Session::run() {
  show_earlier();
  try {
    measure_all();
  } catch (const Interrupted& interruption) {
    return interrupted(interruption.signal);
  }
  show_end();
  return exit_code_of_failures();
}

void Session::measure_all() {
  for (int pass = 0; pass < passes_; ++pass) measure_pass(pass);
}

void Session::measure_pass(int pass) {
  for (std::size_t index = 0; index < jobs_.size(); ++index) {
    const std::string& model = jobs_[index].model;
    if (has(failed_, model) || passes_done(system_, model, passes_) != pass) continue;
    if (const std::optional<int> signal = interrupts_.take()) throw Interrupted{*signal};
    measure_one(index, pass);
  }
}

JobOptions Session::options_of(std::size_t index, int pass) const {
  JobOptions options;
  options.measure = share_of_pass(request_.measure, pass, passes_);
  options.timeout_s = request_.model_timeout_s;
  options.label = fmt::format("{} {}/{}", jobs_[index].model, index + 1, jobs_.size());
  if (passes_ > 1) options.label += fmt::format(", pass {}/{}", pass + 1, passes_);
  options.interrupts = &interrupts_;
  return options;
}

void Session::measure_one(std::size_t index, int pass) {
  const Job& job = jobs_[index];
  std::optional<ModelProfile> profile;
  try {
    profile = joined(measure_in_child(job, options_of(index, pass)));
  } catch (const Error& error) {
    show_failure(job.model, error);
  }
  // Not in the try: what cannot be written is no failure of the model.
  if (profile) keep(*std::move(profile));
  if (is_finished(job.model)) finish(job.model);
}

ModelProfile Session::joined(ModelProfile pass) const {
  if (passes_done(system_, pass.model, passes_) == 0) return pass;
  return join_passes(*system_.find(pass.model), pass, request_.measure.precision);
}

void Session::keep(ModelProfile profile) {
  const auto earlier =
      std::find_if(system_.models.begin(), system_.models.end(),
                   [&](const ModelProfile& model) { return model.model == profile.model; });
  if (earlier == system_.models.end()) {
    system_.models.push_back(std::move(profile));
  } else {
    *earlier = std::move(profile);
  }
  outputs_.write(system_);
}

bool Session::lacks_a_pass(const std::string& model) const {
  return passes_done(system_, model, passes_) < passes_ &&
         std::any_of(jobs_.begin(), jobs_.end(),
                     [&](const Job& job) { return job.model == model; });
}

bool Session::is_finished(const std::string& model) const {
  return has(failed_, model) || !lacks_a_pass(model);
}

void Session::finish(const std::string& model) {
  const ModelProfile* profile = system_.find(model);
  if (profile == nullptr) return;
  show_row(*profile);
  draw(*profile);
}

int Session::exit_code_of_failures() const {
  if (failure_codes_.empty()) return exit_done;
  const int first = failure_codes_.front();
  const bool all_alike = failure_codes_.size() == asked_for_ &&
                         std::all_of(failure_codes_.begin(), failure_codes_.end(),
                                     [&](int code) { return code == first; });
  return all_alike ? first : exit_failed;
}

}  // namespace scission::apps
