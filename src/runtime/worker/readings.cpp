#include "runtime/worker/readings.hpp"

#include <ctime>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>
#include <utility>

#include "runtime/wire/certificates.hpp"
#include "runtime/worker/listener.hpp"
#include "runtime/worker/system_load.hpp"
#include "scission/base.hpp"

namespace scission::runtime {
namespace {

/// Files that several models share count once.
double stored_bytes(const std::vector<StoredModel>& models) {
  std::map<std::string, std::int64_t> files;
  for (const StoredModel& model : models) files[model.sha256] = model.bytes;
  double sum = 0;
  for (const auto& [file, bytes] : files) sum += static_cast<double>(bytes);
  return sum;
}

int open_descriptors() {
  std::error_code error;
  int count = 0;
  for (auto file = std::filesystem::directory_iterator("/proc/self/fd", error);
       !error && file != std::filesystem::directory_iterator(); file.increment(error)) {
    ++count;
  }
  return count;
}

class Readings {
 public:
  void add(const char* name, const char* help, double value,
           std::map<std::string, std::string> labels = {}, bool is_counter = false) {
    list_.push_back({name, help, value, std::move(labels), is_counter});
  }
  void count(const char* name, const char* help, std::int64_t value, const char* protocol) {
    add(name, help, static_cast<double>(value), {{"protocol", protocol}}, true);
  }
  std::vector<Reading> take() { return std::move(list_); }

 private:
  std::vector<Reading> list_;
};

void add_models(const WorkerContext& worker, const WorkerOptions& options, Readings& to) {
  const std::vector<StoredModel> models = worker.models.list();
  to.add("scission_models", "Models and segments that are served.",
         static_cast<double>(models.size()));
  to.add("scission_storage_used_bytes", "Bytes of the deployed segments' files.",
         stored_bytes(models));
  to.add("scission_storage_limit_bytes", "Limit of the deployed segments' files, --storage.",
         static_cast<double>(options.limits.storage_bytes));
  std::error_code error;
  const auto disk = std::filesystem::space(options.store, error);
  if (error) return;
  to.add("scission_storage_available_bytes", "Free bytes of the disk with the segments.",
         static_cast<double>(disk.available));
}

void add_process(Readings& to) {
  to.add("process_resident_memory_bytes", "Resident memory of the worker.",
         static_cast<double>(resident_memory_bytes()));
  const int descriptors = open_descriptors();
  if (descriptors > 0) to.add("process_open_fds", "Open descriptors of the worker.", descriptors);
  to.add("process_max_fds", "Limit of open descriptors.", descriptor_limit());
}

void add_connections(const ConnectionCounts& connections, Readings& to) {
  const char* const accepted = "scission_connections_accepted";
  const char* const refused = "scission_connections_refused";
  const char* const accepted_help = "Connections that were accepted.";
  const char* const refused_help = "Connections that were closed because there were too many.";
  to.count(accepted, accepted_help, connections.grpc_accepted, "grpc");
  to.count(accepted, accepted_help, connections.http_accepted, "http");
  to.count(refused, refused_help, connections.grpc_refused, "grpc");
  to.count(refused, refused_help, connections.http_refused, "http");
  to.add("scission_http_connections", "Open HTTP connections.", connections.http_open);
  for (const auto& [status, count] : connections.http_refused_requests) {
    to.add("scission_http_request_refused",
           "HTTP requests that were refused before they became calls, by HTTP's status.",
           static_cast<double>(count), {{"reason", std::to_string(status)}}, true);
  }
}

void add_clients(const AccessControl& access, Readings& to) {
  if (!access.is_restricted()) return;
  const std::map<std::string, ClientTotals> clients = access.totals();
  for (const auto& [name, totals] : clients) {
    to.add("scission_client_request_admitted", "Requests for inference within the client's limits.",
           static_cast<double>(totals.admitted), {{"client", name}}, true);
  }
  for (const auto& [name, totals] : clients) {
    const char* const metric = "scission_client_request_refused";
    const char* const help = "Requests for inference above a limit of the client.";
    to.add(metric, help, static_cast<double>(totals.above_rate),
           {{"client", name}, {"reason", "rate"}}, true);
    to.add(metric, help, static_cast<double>(totals.above_requests),
           {{"client", name}, {"reason", "requests"}}, true);
  }
  to.add("scission_unauthenticated_calls", "Calls without a client's token or certificate.",
         static_cast<double>(access.unauthenticated()), {}, true);
}

void add_certificate(const Security& security, Readings& to) {
  if (!security.tls || security.tls->certificate.empty()) return;
  constexpr double seconds_per_day = 86400;
  try {
    const double left_s = certificate_left_s(security.tls->certificate, std::time(nullptr));
    to.add("scission_certificate_days_left", "Days until the worker's certificate ends.",
           left_s / seconds_per_day);
  } catch (const Error&) {  // the file is being replaced
  }
}

}  // namespace

std::vector<Reading> read_gauges(const WorkerContext& worker, const WorkerOptions& options,
                                 const ConnectionCounts& connections) {
  Readings readings;
  readings.add("scission_worker_info", "The worker's name and version; always 1.", 1,
               {{"name", worker.name}, {"version", version()}});
  readings.add("scission_ready", "1 while the worker accepts requests.",
               worker.in_flight.is_open() ? 1 : 0);
  readings.add("scission_inference_pending_request_count",
               "Requests that are accepted and not answered yet, computing ones among them.",
               worker.in_flight.count());
  readings.add("scission_queue_limit", "Requests that are accepted at a time, --queue.",
               worker.limits.queued_requests);
  add_models(worker, options, readings);
  add_process(readings);
  add_connections(connections, readings);
  add_clients(worker.access, readings);
  add_certificate(options.security, readings);
  return readings.take();
}

}  // namespace scission::runtime
