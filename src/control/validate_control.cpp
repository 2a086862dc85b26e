#include "control/validate_control.hpp"

#include <fmt/format.h>

#include <cmath>

#include "scission/base/error.hpp"

namespace scission {
namespace {

[[noreturn]] void refuse(const char* option, const char* demand, double value) {
  throw Error(ErrorCode::invalid_argument, fmt::format("must be {}, not {}", demand, value),
              option);
}

void require_above_0(const char* option, double value) {
  if (!(value > 0 && std::isfinite(value))) refuse(option, "above 0 and finite", value);
}

void require_not_below_0(const char* option, double value) {
  if (!(value >= 0 && std::isfinite(value))) refuse(option, "0 or more and finite", value);
}

void validate(const TimeScaleOptions& options) {
  require_above_0("start_spread", options.start_spread);
  require_above_0("spread", options.spread);
  require_above_0("fixed_spread", options.fixed_spread);
  require_above_0("forgetting_s", options.forgetting_s);
  require_above_0("first_noise", options.first_noise);
  require_not_below_0("allowance", options.allowance);
  require_above_0("threshold", options.threshold);
  require_above_0("outlier", options.outlier);
}

}  // namespace

void validate(const ControllerOptions& options) {
  require_above_0("horizon_s", options.horizon_s);
  require_not_below_0("switch_cost_s", options.switch_cost_s);
  require_not_below_0("least_gain", options.least_gain);
  require_not_below_0("confidence", options.confidence);
  require_not_below_0("hope", options.hope);
  require_not_below_0("breach_s", options.breach_s);
  require_not_below_0("probe_after_s", options.probe_after_s);
  require_not_below_0("lost_probe_s", options.lost_probe_s);
  require_above_0("lost_retry_s", options.lost_retry_s);
  validate(options.links);
  validate(options.systems);
}

}  // namespace scission
