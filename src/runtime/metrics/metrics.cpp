#include "runtime/metrics/metrics.hpp"

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace scission::runtime {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::size_t max_models = 1000;
constexpr const char* other_models = "other";

ClientMetric metric_with(const std::map<std::string, std::string>& labels) {
  ClientMetric metric;
  for (const auto& [name, value] : labels) {
    ClientMetric::Label label;
    label.name = name;
    label.value = value;
    metric.label.push_back(std::move(label));
  }
  return metric;
}

ClientMetric number_of(MetricType type, double value,
                       const std::map<std::string, std::string>& labels) {
  ClientMetric metric = metric_with(labels);
  if (type == MetricType::Counter) metric.counter.value = value;
  if (type == MetricType::Gauge) metric.gauge.value = value;
  return metric;
}

std::map<std::string, std::string> labels_of(const std::string& model) {
  return {{"model", model}, {"version", "1"}};
}

/// A counter with a value for each model.
struct Column {
  const char* name;
  const char* help;
  double (*value)(const ModelTotals& totals);
};

constexpr double us = 1e6;  ///< in a second

const std::array<Column, 9> columns{{
    {"scission_inference_request_success", "Requests that were answered.",
     [](const ModelTotals& t) { return static_cast<double>(t.succeeded); }},
    {"scission_inference_request_early", "Answered requests that ended at an early exit.",
     [](const ModelTotals& t) { return static_cast<double>(t.early); }},
    {"scission_inference_request_duration_us",
     "Time of answered requests, from arrival to the answer, in microseconds.",
     [](const ModelTotals& t) { return t.total_s * us; }},
    {"scission_inference_queue_duration_us",
     "Time that answered requests waited for others' computing, in microseconds.",
     [](const ModelTotals& t) { return t.queue_s * us; }},
    {"scission_inference_compute_input_duration_us",
     "Time for decoding answered requests, in microseconds.",
     [](const ModelTotals& t) { return t.deserialise_s * us; }},
    {"scission_inference_compute_infer_duration_us",
     "Time for running the model for answered requests, in microseconds.",
     [](const ModelTotals& t) { return t.compute_s * us; }},
    {"scission_inference_compute_output_duration_us",
     "Time for encoding the outputs of answered requests, in microseconds.",
     [](const ModelTotals& t) { return t.serialise_s * us; }},
    {"scission_inference_request_bytes", "Bytes of the messages of all requests.",
     [](const ModelTotals& t) { return static_cast<double>(t.received_bytes); }},
    {"scission_inference_response_bytes", "Bytes of the messages of all answers.",
     [](const ModelTotals& t) { return static_cast<double>(t.sent_bytes); }},
}};

using Totals = std::map<std::string, ModelTotals>;

MetricFamily family_of(const Column& column, const Totals& totals) {
  MetricFamily family{column.name, column.help, MetricType::Counter, {}};
  for (const auto& [model, sums] : totals) {
    family.metric.push_back(number_of(MetricType::Counter, column.value(sums), labels_of(model)));
  }
  return family;
}

MetricFamily failures_of(const Totals& totals) {
  MetricFamily family{"scission_inference_request_failure",
                      "Requests that failed, by gRPC's status.",
                      MetricType::Counter,
                      {}};
  for (const auto& [model, sums] : totals) {
    for (const auto& [reason, count] : sums.failed) {
      auto labels = labels_of(model);
      labels["reason"] = reason;
      family.metric.push_back(number_of(MetricType::Counter, static_cast<double>(count), labels));
    }
  }
  return family;
}

MetricFamily histogram_of(const Totals& totals) {
  MetricFamily family{"scission_inference_compute_infer_seconds",
                      "Time for running the model, by request, in seconds.",
                      MetricType::Histogram,
                      {}};
  for (const auto& [model, sums] : totals) {
    ClientMetric metric = metric_with(labels_of(model));
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < sums.compute_counts.size(); ++i) {
      count += static_cast<std::uint64_t>(sums.compute_counts[i]);
      const bool is_last = i == compute_bounds_s.size();
      ClientMetric::Bucket bucket;
      bucket.cumulative_count = count;
      bucket.upper_bound =
          is_last ? std::numeric_limits<double>::infinity() : compute_bounds_s.at(i);
      metric.histogram.bucket.push_back(bucket);
    }
    metric.histogram.sample_count = count;
    metric.histogram.sample_sum = sums.compute_s;
    family.metric.push_back(std::move(metric));
  }
  return family;
}

void append_readings(const std::vector<Reading>& readings, std::vector<MetricFamily>& to) {
  for (const Reading& reading : readings) {
    const MetricType type = reading.is_counter ? MetricType::Counter : MetricType::Gauge;
    if (to.back().name != reading.name) to.push_back({reading.name, reading.help, type, {}});
    to.back().metric.push_back(number_of(type, reading.value, reading.labels));
  }
}

}  // namespace

std::int64_t ModelTotals::failures() const {
  std::int64_t sum = 0;
  for (const auto& [reason, count] : failed) sum += count;
  return sum;
}

void RequestMetrics::record(const RequestResult& result) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::lock_guard lock(mutex_);
  auto found = totals_.find(result.model);
  if (found == totals_.end()) {
    found = totals_.try_emplace(totals_.size() < max_models ? result.model : other_models).first;
  }
  ModelTotals& sums = found->second;
  sums.received_bytes += static_cast<std::int64_t>(result.timing.received_bytes);
  sums.sent_bytes += static_cast<std::int64_t>(result.sent_bytes);
  sums.last_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  if (result.code != grpc::StatusCode::OK) {
    ++sums.failed[status_name(result.code)];
    sums.failed_s += result.timing.total_s;
    return;
  }
  ++sums.succeeded;
  sums.early += result.is_early ? 1 : 0;
  sums.total_s += result.timing.total_s;
  sums.deserialise_s += result.timing.deserialise_s;
  sums.queue_s += result.timing.queue_s;
  sums.compute_s += result.timing.compute_s;
  sums.serialise_s += result.timing.serialise_s;
  const auto* const bound =
      std::lower_bound(compute_bounds_s.begin(), compute_bounds_s.end(), result.timing.compute_s);
  ++sums.compute_counts.at(static_cast<std::size_t>(bound - compute_bounds_s.begin()));
}

std::map<std::string, ModelTotals> RequestMetrics::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

std::string format_metrics(const std::map<std::string, ModelTotals>& totals,
                           const std::vector<Reading>& readings) {
  std::vector<MetricFamily> families;
  for (const Column& column : columns) families.push_back(family_of(column, totals));
  families.push_back(failures_of(totals));
  families.push_back(histogram_of(totals));
  append_readings(readings, families);
  return prometheus::TextSerializer().Serialize(families);
}

std::string status_name(grpc::StatusCode code) {
  constexpr std::array<const char*, 17> names{"OK",
                                              "CANCELLED",
                                              "UNKNOWN",
                                              "INVALID_ARGUMENT",
                                              "DEADLINE_EXCEEDED",
                                              "NOT_FOUND",
                                              "ALREADY_EXISTS",
                                              "PERMISSION_DENIED",
                                              "RESOURCE_EXHAUSTED",
                                              "FAILED_PRECONDITION",
                                              "ABORTED",
                                              "OUT_OF_RANGE",
                                              "UNIMPLEMENTED",
                                              "INTERNAL",
                                              "UNAVAILABLE",
                                              "DATA_LOSS",
                                              "UNAUTHENTICATED"};
  const auto index = static_cast<std::size_t>(code);
  return index < names.size() ? names.at(index) : "UNKNOWN";
}

}  // namespace scission::runtime
