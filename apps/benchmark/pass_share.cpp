#include "pass_share.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace scission::apps {
namespace {

int rounds_before(const MeasureOptions& in_all, int pass, int passes) {
  return static_cast<int>(std::int64_t{in_all.max_rounds} * pass / passes);
}

}  // namespace

int possible_passes(const MeasureOptions& in_all, int passes) {
  return std::min(passes, in_all.max_rounds);
}

MeasureOptions share_of_pass(const MeasureOptions& in_all, int pass, int passes) {
  MeasureOptions share = in_all;
  share.precision = in_all.precision * std::sqrt(passes);
  share.max_time_s = in_all.max_time_s / passes;
  share.max_rounds = rounds_before(in_all, pass + 1, passes) - rounds_before(in_all, pass, passes);
  return share;
}

}  // namespace scission::apps
