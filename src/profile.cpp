#include "scission/profile.hpp"

#include <fmt/format.h>

#include <limits>

#include "scission/error.hpp"

namespace scission {
namespace {

// Seconds; more is a mistake, and sums of them must stay finite.
constexpr double most_s = 1e12;

bool is_amount(double value) { return value >= 0 && value <= most_s; }

bool is_summary(const Summary& summary) {
  return summary.count >= 0 && is_amount(summary.median) && is_amount(summary.p5) &&
         is_amount(summary.p95) && is_amount(summary.mad) && is_amount(summary.interval.low) &&
         is_amount(summary.interval.high);
}

// What is wrong with a block that should begin at `first_layer`; empty when nothing is.
std::string fault_of(const BlockTiming& timing, int first_layer) {
  const Block& block = timing.block;
  if (block.first_layer != first_layer) {
    return fmt::format("begins at layer {}, but should at {}", block.first_layer, first_layer);
  }
  if (block.last_layer < block.first_layer) {
    return fmt::format("ends at layer {}, before its first, {}", block.last_layer,
                       block.first_layer);
  }
  if (block.last_layer == std::numeric_limits<int>::max()) return "its last layer is too large";
  if (!is_amount(timing.seconds)) return "its seconds must be a number from 0 to 10^12";
  if (!is_summary(timing.summary)) return "its summary must consist of numbers from 0 to 10^12";
  if (block.output_bytes < 0) return "its output must not be below 0 bytes";
  if (timing.parameters < 0) return "its parameters must not be fewer than 0";
  if (timing.weight_bytes < 0 || timing.peak_activation_bytes < 0) {
    return "its memory must not be below 0 bytes";
  }
  return {};
}

}  // namespace

double ModelProfile::blocks_seconds() const {
  double sum = 0;
  for (const BlockTiming& timing : blocks) sum += timing.seconds;
  return sum;
}

const ModelProfile* SystemProfile::find(const std::string& model) const {
  for (const ModelProfile& profile : models) {
    if (profile.model == model) return &profile;
  }
  return nullptr;
}

void validate(const ModelProfile& profile, const std::string& place) {
  const auto fail = [&](const std::string& fault) {
    throw Error(ErrorCode::damaged, fmt::format("model {}: {}", profile.model, fault), place);
  };
  if (profile.blocks.empty()) fail("has no blocks");
  if (!is_amount(profile.whole_seconds)) fail("whole_seconds must be a number from 0 to 10^12");
  if (!is_summary(profile.whole))
    fail("the whole model's summary must consist of numbers from 0 to 10^12");
  int first_layer = 0;
  for (std::size_t index = 0; index < profile.blocks.size(); ++index) {
    const std::string fault = fault_of(profile.blocks[index], first_layer);
    if (!fault.empty()) fail(fmt::format("block {}: {}", index, fault));
    first_layer = profile.blocks[index].block.last_layer + 1;
  }
}

}  // namespace scission
