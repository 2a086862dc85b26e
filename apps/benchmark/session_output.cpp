// What a run of scission-benchmark prints.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <utility>

#include "resume.hpp"
#include "scission/profile/profile_io.hpp"
#include "session.hpp"
#include "tool.hpp"

namespace scission::apps {
namespace {

constexpr const char* tool = "scission-benchmark";

void say(const std::string& line) {
  std::fflush(stdout);
  fmt::print(stderr, "{}: {}\n", tool, line);
}

}  // namespace

void Session::show_earlier() {
  if (!system_.models.empty()) {
    say(fmt::format("going on with {}, which has {}", outputs_.profile().string(), progress()));
  }
  for (const ModelProfile& model : system_.models) {
    if (is_finished(model.model)) show_row(model);
  }
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
  const int kept = passes_done(system_, model, passes_);
  say((error.place().find(model) == std::string::npos ? model + ": " + line : line) +
      (kept > 0 ? fmt::format(" ({} of {} passes are kept)", kept, passes_) : ""));
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

void Session::show_unfinished() {
  for (const ModelProfile& model : system_.models) {
    if (!is_finished(model.model)) show_row(model);
  }
}

// "vgg19, resnet50 (1 of 3 passes)"
std::string Session::progress() const {
  std::vector<std::string> models;
  for (const ModelProfile& model : system_.models) {
    models.push_back(model.model);
    if (!lacks_a_pass(model.model)) continue;
    const int done = passes_done(system_, model.model, passes_);
    models.back() += done > 0 ? fmt::format(" ({} of {} passes)", done, passes_)
                              : " (without its single times, so it is measured anew)";
  }
  return fmt::format("{}", fmt::join(models, ", "));
}

int Session::interrupted(int signal) {
  show_unfinished();
  say(system_.models.empty()
          ? "interrupted before the first model was measured; nothing is written"
          : fmt::format("interrupted; {} has {}; the same command with --resume measures the rest",
                        outputs_.profile().string(), progress()));
  constexpr int ended_by_signal = 128;
  return ended_by_signal + signal;
}

}  // namespace scission::apps
