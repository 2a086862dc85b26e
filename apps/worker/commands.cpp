#include "worker/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/text_table.hpp"
#include "connection_options.hpp"
#include "progress.hpp"
#include "scission/base.hpp"
#include "scission/model.hpp"
#include "scission/runtime/client/client.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "tool.hpp"

namespace scission::worker {
namespace {

using text::Align;

constexpr double deadline_s = 10;
constexpr double upload_deadline_s = 3600;
constexpr std::array<const char*, 4> commands{"list", "health", "drop", "load"};

std::string lifetime_of(const runtime::StoredModel& model) {
  if (model.lease.empty()) return "stays";
  return fmt::format("{:.0f} s", model.lease_left_s);
}

/// A line for each worker that cannot be reached.
std::string failures_of(const std::vector<runtime::WorkerStatus>& workers) {
  std::string lines;
  for (const runtime::WorkerStatus& worker : workers) {
    if (!worker.failure.empty()) lines += fmt::format("{}: {}\n", worker.address, worker.failure);
  }
  return lines;
}

std::string models_table(const std::vector<runtime::WorkerStatus>& workers) {
  text::Table table({{"worker", Align::left},
                     {"model", Align::left},
                     {"given name", Align::left},
                     {"part", Align::left},
                     {"size"},
                     {"lease ends in"}},
                    apps::stdout_width());
  for (const runtime::WorkerStatus& worker : workers) {
    if (!worker.models) continue;
    for (const runtime::StoredModel& model : *worker.models) {
      table.add({worker.name, model.model, model.given_name, model.is_whole ? "whole" : "segment",
                 format_bytes(static_cast<double>(model.bytes)), lifetime_of(model)});
    }
  }
  return table.text() + failures_of(workers);
}

std::string health_table(const std::vector<runtime::WorkerStatus>& workers) {
  text::Table table({{"address", Align::left},
                     {"state", Align::left},
                     {"name", Align::left},
                     {"version", Align::left}},
                    apps::stdout_width());
  for (const runtime::WorkerStatus& worker : workers) {
    table.add({worker.address, to_string(worker.state), worker.name, worker.version});
  }
  return table.text() + failures_of(workers);
}

using Clients = std::vector<std::unique_ptr<runtime::Client>>;

int list(const Clients& clients, bool as_json) {
  std::vector<runtime::WorkerStatus> workers;
  bool is_complete = true;
  for (const auto& client : clients) {
    workers.push_back(worker_status(*client, deadline_s));
    try {
      workers.back().models = client->list(deadline_s);
    } catch (const Error& error) {
      if (workers.back().failure.empty()) workers.back().failure = error.message();
      is_complete = false;
    }
  }
  fmt::print("{}", as_json ? format_workers_json(workers) : models_table(workers));
  return is_complete ? apps::exit_done : apps::exit_failed;
}

int health(const Clients& clients, bool as_json) {
  std::vector<runtime::WorkerStatus> workers;
  for (const auto& client : clients) workers.push_back(worker_status(*client, deadline_s));
  fmt::print("{}", as_json ? format_workers_json(workers) : health_table(workers));
  const bool are_ready = std::all_of(workers.begin(), workers.end(), [](const auto& worker) {
    return worker.state == runtime::WorkerState::ready;
  });
  return are_ready ? apps::exit_done : apps::exit_failed;
}

int drop(const Clients& clients, const std::string& model) {
  for (const auto& client : clients) {
    client->drop(model, deadline_s);
    fmt::print("dropped {} at {}\n", model, client->address());
  }
  return apps::exit_done;
}

/// With a line on the terminal.
void deploy(runtime::Client& client, const runtime::Deployment& deployment) {
  std::atomic<double> fraction = 0;
  const apps::BackgroundProgress line(fmt::format("{} to {}", deployment.model, client.address()),
                                      [&] { return fraction.load(); });
  runtime::UploadOptions options;
  options.on_progress = [&](std::int64_t arrived, std::int64_t total) {
    fraction = total > 0 ? static_cast<double>(arrived) / static_cast<double>(total) : 1;
  };
  client.deploy(deployment, upload_deadline_s, options);
}

int load(const Clients& clients, const std::filesystem::path& folder) {
  const SegmentManifest manifest = read_manifest(folder);
  for (const auto& client : clients) {
    for (const Segment& segment : manifest.segments) {
      const std::string name = runtime::served_name(manifest.model, segment);
      deploy(*client, {name, segment, folder / segment.file, manifest.segments.size() == 1,
                       manifest.any_batch});
      fmt::print("{} is served at {}\n", name, client->address());
    }
  }
  return apps::exit_done;
}

Clients connect(const apps::Arguments& arguments) {
  const apps::Words addresses = apps::words_of(arguments, "addresses");
  if (addresses.empty()) throw apps::usage_error("say where a worker is: HOST:PORT");
  for (const std::string& address : addresses) {
    if (apps::is_address(address)) continue;
    throw apps::usage_error(fmt::format("'{}' is not an address; write HOST:PORT", address));
  }
  const auto security = apps::security_of(arguments, apps::NetworkRole::client);
  apps::warn_of_plain_text(addresses, security);
  Clients clients;
  for (const std::string& address : addresses) {
    clients.push_back(std::make_unique<runtime::Client>(address, security));
  }
  return clients;
}

}  // namespace

void add_command_options(cxxopts::Options& options) {
  const auto text = [] { return cxxopts::value<std::string>(); };
  options.add_options("Command")                                                                 //
      ("list", "list the models of the workers at HOST:PORT…")                                   //
      ("health", "show whether the workers at HOST:PORT… are ready; exit code 1 if one is not")  //
      ("drop",
       "remove MODEL from the workers at HOST:PORT…: one by its full name, or all without a lease "
       "that have this given name",
       text(), "MODEL")  //
      ("load", "deploy the segments in DIR to the workers at HOST:PORT…; they stay until dropped",
       text(), "DIR")  //
      ("json", "print what --list and --health find as JSON");
}

bool has_command(const apps::Arguments& arguments) {
  return std::any_of(commands.begin(), commands.end(),
                     [&](const char* command) { return arguments.count(command) > 0; });
}

int run_command(const apps::Arguments& arguments) {
  const auto given = std::count_if(commands.begin(), commands.end(), [&](const char* command) {
    return arguments.count(command) > 0;
  });
  if (given > 1) throw apps::usage_error("--list, --health, --drop and --load exclude each other");
  if (arguments.count("name") > 0) {
    throw apps::usage_error("names a worker to start; not together with --list and the like",
                            "--name");
  }
  const Clients clients = connect(arguments);
  const bool as_json = arguments.count("json") > 0;
  if (arguments.count("list") > 0) return list(clients, as_json);
  if (arguments.count("health") > 0) return health(clients, as_json);
  if (arguments.count("drop") > 0) return drop(clients, arguments["drop"].as<std::string>());
  return load(clients, arguments["load"].as<std::string>());
}

}  // namespace scission::worker
