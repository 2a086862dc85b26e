#include "scission/runtime/client/client.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text_table.hpp"
#include "scission/base.hpp"

namespace scission::runtime {
namespace {

using Json = nlohmann::ordered_json;
using text::Align;
using text::Table;

Json model_json(const StoredModel& model) {
  Json json = {{"model", model.model},
               {"given_name", model.given_name},
               {"is_whole", model.is_whole},
               {"bytes", model.bytes},
               {"sha256", model.sha256}};
  if (model.lease.empty()) return json;
  json["lease"] = model.lease;
  json["lease_left_s"] = model.lease_left_s;
  return json;
}

Json worker_json(const WorkerStatus& worker) {
  Json json = {{"address", worker.address}, {"state", to_string(worker.state)}};
  if (worker.state == WorkerState::unreachable) {
    json["failure"] = worker.failure;
    return json;
  }
  json["name"] = worker.name;
  json["worker_version"] = worker.version;
  if (!worker.models) return json;
  json["models"] = Json::array();
  for (const StoredModel& model : *worker.models) json["models"].push_back(model_json(model));
  return json;
}

std::string lifetime_of(const StoredModel& model) {
  if (model.lease.empty()) return "stays";
  return fmt::format("{:.0f} s", model.lease_left_s);
}

/// A line for each worker that cannot be reached.
std::string failures_of(const std::vector<WorkerStatus>& workers) {
  std::string lines;
  for (const WorkerStatus& worker : workers) {
    if (!worker.failure.empty()) lines += fmt::format("{}: {}\n", worker.address, worker.failure);
  }
  return lines;
}

}  // namespace

std::string to_string(WorkerState state) {
  switch (state) {
    case WorkerState::ready:
      return "ready";
    case WorkerState::draining:
      return "draining";
    case WorkerState::unreachable:
      break;
  }
  return "unreachable";
}

WorkerStatus worker_status(const Client& worker, double deadline_s) {
  WorkerStatus status;
  status.address = worker.address();
  try {
    const ServerInfo server = worker.server(deadline_s);
    status.name = server.name;
    status.version = server.version;
    status.state = worker.is_ready(deadline_s) ? WorkerState::ready : WorkerState::draining;
  } catch (const Error& error) {
    status.failure = error.message();
  }
  return status;
}

std::string format_stored_models(const std::vector<WorkerStatus>& workers,
                                 std::optional<std::size_t> width) {
  Table table({{"worker", Align::left},
               {"model", Align::left},
               {"given name", Align::left},
               {"part", Align::left},
               {"size"},
               {"lease ends in"}},
              width);
  for (const WorkerStatus& worker : workers) {
    if (!worker.models) continue;
    for (const StoredModel& model : *worker.models) {
      table.add({worker.name, model.model, model.given_name, model.is_whole ? "whole" : "segment",
                 format_bytes(static_cast<double>(model.bytes)), lifetime_of(model)});
    }
  }
  return table.text() + failures_of(workers);
}

std::string format_workers(const std::vector<WorkerStatus>& workers,
                           std::optional<std::size_t> width) {
  Table table({{"address", Align::left},
               {"state", Align::left},
               {"name", Align::left},
               {"version", Align::left}},
              width);
  for (const WorkerStatus& worker : workers) {
    table.add({worker.address, to_string(worker.state), worker.name, worker.version});
  }
  return table.text() + failures_of(workers);
}

std::string format_workers_json(const std::vector<WorkerStatus>& workers) {
  Json json = {{"format", "scission-workers"}, {"version", 1}, {"workers", Json::array()}};
  for (const WorkerStatus& worker : workers) json["workers"].push_back(worker_json(worker));
  // Names are the workers' own, and may be of any bytes.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace scission::runtime
