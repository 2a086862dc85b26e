#include "runtime/sweep/measure_plan.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "scission/base.hpp"
#include "scission/stats.hpp"

namespace scission::runtime {
namespace {

constexpr std::size_t min_samples = 6;

double width_of(const std::vector<double>& samples) {
  if (samples.size() < min_samples) return std::numeric_limits<double>::infinity();
  return relative_width(scission::summarise(samples));
}

std::vector<double> medians_of(const std::vector<std::vector<double>>& by_request) {
  std::vector<double> medians;
  for (std::size_t system = 0; system < by_request.front().size(); ++system) {
    std::vector<double> seconds;
    for (const std::vector<double>& request : by_request) seconds.push_back(request[system]);
    medians.push_back(median(std::move(seconds)));
  }
  return medians;
}

bool is_better(const Measurement& one, const std::optional<Measurement>& other) {
  return !other || other->samples.empty() || width_of(one.samples) < width_of(other->samples);
}

Measurement failed(const Error& error) {
  Measurement measurement;
  measurement.is_stable = false;
  measurement.failure = error.what();
  return measurement;
}

Measurement measure_once(const RequestSender& send, const SweepPrecision& precision,
                         const std::function<void()>& before_each) {
  for (int i = 0; i < precision.warmup; ++i) {
    before_each();
    send();
  }
  Measurement measurement;
  measurement.is_stable = false;
  std::vector<std::vector<double>> system_seconds;
  for (int done = 0; done < precision.max_count && !measurement.is_stable;) {
    before_each();
    RequestSample sample = send();
    measurement.samples.push_back(sample.seconds);
    system_seconds.push_back(std::move(sample.system_seconds));
    measurement.is_stable =
        ++done >= precision.count && is_precise(measurement.samples, precision.width);
  }
  measurement.system_seconds = medians_of(system_seconds);
  return measurement;
}

}  // namespace

bool is_precise(const std::vector<double>& samples, double width) {
  return width_of(samples) <= width;
}

Measurement measure(const RequestSender& send, const SweepPrecision& precision,
                    const std::function<void()>& before_each) {
  std::optional<Measurement> best;
  int tries = 0;
  while (tries < precision.tries && !(best && best->is_stable)) {
    ++tries;
    try {
      Measurement next = measure_once(send, precision, before_each);
      if (is_better(next, best)) best = std::move(next);
    } catch (const Error& error) {
      if (!best || best->samples.empty()) best = failed(error);
    }
  }
  best->tries = tries;
  return *std::move(best);
}

RequestSender sender(Pipeline& pipeline, const std::vector<Tensor>& inputs,
                     const std::vector<std::string>& systems) {
  return [&] {
    const PipelineResult result = pipeline.run(inputs);
    if (!result.is_answered) {
      throw Error(result.failure.is_undeployed ? ErrorCode::not_found : ErrorCode::io,
                  result.failure.message, result.failure.system);
    }
    RequestSample sample;
    sample.seconds = result.latency_s;
    sample.system_seconds.resize(systems.size());
    for (const HopTiming& hop : result.hops) {
      const auto system = std::find(systems.begin(), systems.end(), hop.to);
      if (system != systems.end()) {
        sample.system_seconds[static_cast<std::size_t>(system - systems.begin())] += hop.compute_s;
      }
    }
    return sample;
  };
}

}  // namespace scission::runtime
