#include "scission/measure/measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "measure/estimates.hpp"
#include "measure/warnings.hpp"
#include "scission/base/error.hpp"

namespace scission {
namespace {

// The rounds of each pass; a profile without `passes` counts as one.
std::vector<int> passes_of(const ModelProfile& profile) {
  if (!profile.passes.empty()) return profile.passes;
  return {profile.whole.count};
}

bool is_summarized(const std::vector<double>& samples, int rounds, const Summary& summary) {
  constexpr double rounding_s = 1e-9;
  return static_cast<int>(samples.size()) == rounds && summary.count == rounds &&
         std::abs(median(samples) - summary.median) <= rounding_s;
}

[[noreturn]] void throw_mismatch(const ModelProfile& profile, const std::string& message) {
  throw Error(ErrorCode::mismatch, message + "; measure it again", "model " + profile.model);
}

void check_samples(const ModelProfile& profile) {
  if (has_samples_of_passes(profile)) return;
  throw_mismatch(profile, "a pass lacks the samples that its times are computed from");
}

void check_same_blocks(const ModelProfile& earlier, const ModelProfile& pass) {
  const bool are_same = std::equal(
      earlier.blocks.begin(), earlier.blocks.end(), pass.blocks.begin(), pass.blocks.end(),
      [](const BlockTiming& a, const BlockTiming& b) { return a.block == b.block; });
  if (earlier.model != pass.model) {
    throw_mismatch(earlier, fmt::format("a later pass measured another model, {}", pass.model));
  }
  if (!are_same) throw_mismatch(earlier, "a later pass has other blocks");
}

template <typename T>
void append(std::vector<T>& all, const std::vector<T>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

void append_samples(ModelProfile& joint, const ModelProfile& pass) {
  append(joint.whole_samples, pass.whole_samples);
  for (std::size_t i = 0; i < joint.blocks.size(); ++i) {
    append(joint.blocks[i].samples, pass.blocks[i].samples);
  }
}

}  // namespace

int pass_count(const ModelProfile& profile) {
  return std::max(1, static_cast<int>(profile.passes.size()));
}

bool has_samples_of_passes(const ModelProfile& profile) {
  const std::vector<int> passes = passes_of(profile);
  const int rounds = std::accumulate(passes.begin(), passes.end(), 0);
  return rounds > 0 && is_summarized(profile.whole_samples, rounds, profile.whole) &&
         std::all_of(profile.blocks.begin(), profile.blocks.end(), [&](const BlockTiming& timing) {
           return is_summarized(timing.samples, rounds, timing.summary);
         });
}

ModelProfile join_passes(const ModelProfile& earlier, const ModelProfile& pass, double precision) {
  check_same_blocks(earlier, pass);
  check_samples(earlier);
  check_samples(pass);
  ModelProfile joint = earlier;
  joint.passes = passes_of(earlier);
  append(joint.passes, passes_of(pass));
  append_samples(joint, pass);
  append(joint.warnings, pass.warnings);
  joint.repetitions = static_cast<int>(joint.whole_samples.size());
  joint.warmup += pass.warmup;
  joint.measuring_seconds += pass.measuring_seconds;
  joint.peak_rss_bytes = std::max(joint.peak_rss_bytes, pass.peak_rss_bytes);
  const std::vector<TimeEstimate> wholes = summarise_samples(joint);
  joint.warnings = joint_warnings(joint, joint.warnings, wholes, precision);
  return joint;
}

}  // namespace scission
