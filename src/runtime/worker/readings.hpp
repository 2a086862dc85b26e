// What /metrics shows of a worker besides its requests.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "runtime/metrics/metrics.hpp"
#include "runtime/worker/services.hpp"

namespace scission::runtime {

/// Connections, which the worker's listeners know.
struct ConnectionCounts {
  std::int64_t grpc_accepted = 0;
  std::int64_t grpc_refused = 0;
  std::int64_t http_accepted = 0;
  std::int64_t http_refused = 0;
  int http_open = 0;
  std::map<int, std::int64_t> http_refused_requests;  ///< by HTTP's status
};

/// Reads the models, the disk of the store, this process and the certificate now; skips what cannot
/// be read. Takes some files' time: below a millisecond.
std::vector<Reading> read_gauges(const WorkerContext& worker, const WorkerOptions& options,
                                 const ConnectionCounts& connections);

}  // namespace scission::runtime
