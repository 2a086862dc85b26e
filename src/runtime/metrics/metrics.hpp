// What a worker counts of its requests, and the text that Prometheus reads.
#pragma once

#include <grpcpp/support/status.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "scission/runtime/wire/wire.hpp"

namespace scission::runtime {

/// Upper bounds of the histogram of computing times, in seconds; the last bucket has none.
inline constexpr std::array<double, 14> compute_bounds_s{
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5};

/// Sums over the requests for one model since the worker's start.
struct ModelTotals {
  std::int64_t succeeded = 0;
  std::int64_t early = 0;                      ///< of the succeeded: ended by an early exit
  std::map<std::string, std::int64_t> failed;  ///< by the name of gRPC's status
  double failed_s = 0;                         ///< time of all failed requests
  // Times of the succeeded requests, in seconds.
  double total_s = 0;  ///< from arrival to the answer
  double deserialise_s = 0;
  double queue_s = 0;
  double compute_s = 0;
  double serialise_s = 0;
  std::int64_t received_bytes = 0;  ///< messages of all requests
  std::int64_t sent_bytes = 0;      ///< messages of all answers
  std::int64_t last_ms = 0;         ///< end of the last request, in milliseconds since 1970
  std::array<std::int64_t, compute_bounds_s.size() + 1> compute_counts = {};  ///< by bucket

  std::int64_t failures() const;  ///< of all reasons
};

/// How one request ended.
struct RequestResult {
  std::string model;  ///< the name that it was given; empty: no model was found for the request
  grpc::StatusCode code = grpc::StatusCode::OK;
  bool is_early = false;
  StageTiming timing;
  std::size_t sent_bytes = 0;
};

/// Totals by model. At most 1,000 models are told apart; further ones count as "other", so that
/// names of deployments do not fill the memory. Thread-safe.
class RequestMetrics {
 public:
  void record(const RequestResult& result);  ///< O(log models), below 1 µs

  std::map<std::string, ModelTotals> totals() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, ModelTotals> totals_;
};

/// A quantity that is read when it is asked for.
struct Reading {
  std::string name;
  std::string help;
  double value = 0;
  std::map<std::string, std::string> labels = {};
  bool is_counter = false;
};

/// Prometheus' text format 0.0.4. Readings of one name must follow each other.
std::string format_metrics(const std::map<std::string, ModelTotals>& totals,
                           const std::vector<Reading>& readings);

/// The name of a status in gRPC's documentation, "NOT_FOUND".
std::string status_name(grpc::StatusCode code);

}  // namespace scission::runtime
