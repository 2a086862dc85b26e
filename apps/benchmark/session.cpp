#include "session.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "measure_job.hpp"
#include "resume.hpp"
#include "scission/profile_io.hpp"
#include "tool.hpp"

namespace scission::apps {
namespace {

constexpr const char* tool = "scission-benchmark";

void say(const std::string& line) {
  std::fflush(stdout);
  fmt::print(stderr, "{}: {}\n", tool, line);
}

std::string names_of(const std::vector<ModelProfile>& models) {
  std::vector<std::string> names;
  for (const ModelProfile& model : models) names.push_back(model.model);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Session::Session(const Request& request, const std::vector<Job>& jobs, const HostContext& host)
    : request_(request), outputs_(request), jobs_(jobs), asked_for_(jobs.size()) {
  outputs_.prepare();
  system_.platform = request.platform;
  system_.name = request.name;
  system_.host = host;
  if (!request.resumes) return;
  std::optional<SystemProfile> earlier = outputs_.read_earlier();
  if (!earlier) return;
  check_same_conditions(*earlier, host, jobs, outputs_.profile().string());
  jobs_ = remaining_jobs(jobs, *earlier);
  system_ = *std::move(earlier);
}

int Session::run() {
  if (!system_.models.empty()) {
    say(fmt::format("going on with {}, which has {}", outputs_.profile().string(),
                    names_of(system_.models)));
  }
  for (const ModelProfile& model : system_.models) show_row(model);
  try {
    measure_all();
  } catch (const Interrupted& interruption) {
    return interrupted(interruption.signal);
  }
  show_end();
  return exit_code_of_failures();
}

void Session::measure_all() {
  for (std::size_t index = 0; index < jobs_.size(); ++index) {
    if (const std::optional<int> signal = interrupts_.take()) throw Interrupted{*signal};
    measure_one(index);
  }
}

void Session::measure_one(std::size_t index) {
  const Job& job = jobs_[index];
  JobOptions options;
  options.measure = request_.measure;
  options.timeout_s = request_.model_timeout_s;
  options.label = fmt::format("{} {}/{}", job.model, index + 1, jobs_.size());
  options.interrupts = &interrupts_;
  std::optional<ModelProfile> profile;
  try {
    profile = measure_in_child(job, options);
  } catch (const Error& error) {
    show_failure(job.model, error);
  }
  // Not in the try: what cannot be written is no failure of the model.
  if (profile) keep(*std::move(profile));
}

void Session::keep(ModelProfile profile) {
  system_.models.push_back(std::move(profile));
  outputs_.write(system_);
  show_row(system_.models.back());
  draw(system_.models.back());
}

void Session::draw(const ModelProfile& profile) {
  if (!draws_) return;
  try {
    outputs_.draw(profile);
  } catch (const Error& error) {
    // Without gnuplot the next one fails alike.
    draws_ = error.code() != ErrorCode::unsupported;
    std::fflush(stdout);
    spdlog::warn("no picture: {}", error.what());
  }
}

void Session::show_row(const ModelProfile& profile) {
  if (request_.as_json) return;
  if (!std::exchange(has_header_, true)) fmt::print("{}", table_.header());
  fmt::print("{}", table_.add(profile));
  std::fflush(stdout);
}

void Session::show_failure(const std::string& model, const Error& error) {
  const std::string what = error.what();
  const std::string line = what.substr(0, what.find('\n'));
  say(error.place().find(model) == std::string::npos ? model + ": " + line : line);
  failed_.push_back(model);
  failure_codes_.push_back(exit_code(error.code()));
}

void Session::show_end() const {
  if (request_.as_json) {
    if (!system_.models.empty()) fmt::print("{}", format_profile_json(system_));
  } else if (!system_.models.empty()) {
    fmt::print("\n");
    for (const auto& path : outputs_.paths()) fmt::print("{}\n", path.string());
  }
  std::fflush(stdout);
  for (const ModelProfile& model : system_.models) {
    for (const std::string& warning : model.warnings) spdlog::warn("{}: {}", model.model, warning);
  }
  if (!failed_.empty() && asked_for_ > 1) {
    say(fmt::format("{} of {} models failed: {}", failed_.size(), asked_for_,
                    fmt::join(failed_, ", ")));
  }
}

int Session::interrupted(int signal) const {
  const std::size_t done = system_.models.size();
  say(done == 0 ? "interrupted before the first model was measured; nothing is written"
                : fmt::format("interrupted; {} has {}; the same command with --resume measures "
                              "the others",
                              outputs_.profile().string(), names_of(system_.models)));
  constexpr int ended_by_signal = 128;
  return ended_by_signal + signal;
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
