// scission-worker: serves segments of models over the Open Inference Protocol.
#include <fmt/format.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "connection_options.hpp"
#include "interrupts.hpp"
#include "log.hpp"
#include "progress.hpp"
#include "scission/backend.hpp"
#include "scission/model.hpp"
#include "scission/runtime/client/client.hpp"
#include "scission/runtime/gather/gather.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "scission/runtime/worker/worker.hpp"
#include "tool.hpp"

namespace {

using namespace scission;
using namespace scission::apps;

const char* const notes = R"(
Serves the Open Inference Protocol (gRPC), with health checks and reflection, and receives segments
of models from scission-run, scission-plan and other tools. Once it listens, it prints one line on
stdout: "scission-worker: NAME listens on HOST:PORT". With --http it serves the protocol's REST half
as well (curl, Triton's and KServe's HTTP clients), and /metrics for Prometheus, with the same limits,
TLS and errors; a second line on stdout says where.

DIR keeps the segments, which are checked when the worker starts again. One thread runs all of them;
an operation uses --threads. A request may name the systems that its tensors go on to; their
addresses come from whoever deploys, or from --peer. Requests above the limit of --queue are
refused, so that the sender waits and memory does not fill up.

Beyond this machine (any address but 127.0.0.1, localhost, [::1] and unix:PATH) the worker requires
TLS: --tls-cert and --tls-key are its own; clients with a certificate signed by --tls-ca may deploy,
drop and measure, others may only infer. --insecure allows plain text in a trusted network: everybody
who reaches the port can then run code on this machine, because a segment is code.

--list, --health, --drop and --load ask workers that run already. A model has a full name, which
ends with digits of its checksum and with the lease that it belongs to, and the name that it was
given, by which whole models can be asked for.

With --infer-token-file or --infer-client only these clients may infer: by `authorization: Bearer
TOKEN` as metadata of gRPC or as a header of HTTP, or by their certificate. Certificates that
--infer-client does not name may still deploy, and infer without limits. Other workers of a route are
such callers, too; without TLS they need --token-file.

On SIGHUP the worker reads certificates, keys and token files again; a file that it cannot use is
reported, and the earlier ones stay in use. On SIGTERM or SIGINT the worker reports that it is not ready, completes its requests within
--drain-time and ends. A second signal ends it at once.

Examples:
  scission-worker --name edge1
  scission-worker --name edge1 --listen 127.0.0.1:0 --models /var/lib/scission --threads 4
  scission-worker --name edge1 --listen 0.0.0.0:8001 --tls-cert edge1.pem --tls-key edge1.key \
    --tls-ca authority.pem
  scission-worker --name edge1 --listen 0.0.0.0:8001 --insecure --peer cloud1=10.0.1.5:8001
  scission-worker --name edge1 --http 127.0.0.1:8000
  scission-worker --name edge1 --infer-token-file clients.txt --client-rate 10
  scission-worker --list 127.0.0.1:8001
  scission-worker --health 10.0.0.2:8001 10.0.1.5:8001 --insecure --json
  scission-worker --drop lenet 127.0.0.1:8001
  scission-worker --load segments 127.0.0.1:8001

Exit codes: 0 ended by a signal, or done, 1 failed, 2 wrong usage.
)";

// --- Commands that ask running workers ---

constexpr double deadline_s = 10;
constexpr double upload_deadline_s = 3600;
constexpr std::array<const char*, 4> commands{"list", "health", "drop", "load"};

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
  fmt::print("{}", as_json ? runtime::format_workers_json(workers)
                           : runtime::format_stored_models(workers, stdout_width()));
  return is_complete ? exit_done : exit_failed;
}

int health(const Clients& clients, bool as_json) {
  std::vector<runtime::WorkerStatus> workers;
  for (const auto& client : clients) workers.push_back(worker_status(*client, deadline_s));
  fmt::print("{}", as_json ? runtime::format_workers_json(workers)
                           : runtime::format_workers(workers, stdout_width()));
  const bool are_ready = std::all_of(workers.begin(), workers.end(), [](const auto& worker) {
    return worker.state == runtime::WorkerState::ready;
  });
  return are_ready ? exit_done : exit_failed;
}

int drop(const Clients& clients, const std::string& model) {
  for (const auto& client : clients) {
    client->drop(model, deadline_s);
    fmt::print("dropped {} at {}\n", model, client->address());
  }
  return exit_done;
}

/// With a line on the terminal.
void deploy(runtime::Client& client, const runtime::Deployment& deployment) {
  std::atomic<double> fraction = 0;
  const BackgroundProgress line(fmt::format("{} to {}", deployment.model, client.address()),
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
  return exit_done;
}

Clients connect(const Arguments& arguments) {
  const Words addresses = words_of(arguments, "addresses");
  if (addresses.empty()) throw usage_error("say where a worker is: HOST:PORT");
  for (const std::string& address : addresses) {
    if (is_address(address)) continue;
    throw usage_error(fmt::format("'{}' is not an address; write HOST:PORT", address));
  }
  const auto security = security_of(arguments, NetworkRole::client);
  warn_of_plain_text(addresses, security);
  Clients clients;
  for (const std::string& address : addresses) {
    clients.push_back(std::make_unique<runtime::Client>(address, security));
  }
  return clients;
}

/// Adds --list, --health, --drop, --load and --json.
void add_command_options(cxxopts::Options& options) {
  options.add_options("Command")                                                                 //
      ("list", "list the models of the workers at HOST:PORT…")                                   //
      ("health", "show whether the workers at HOST:PORT… are ready; exit code 1 if one is not")  //
      ("drop",
       "remove MODEL from the workers at HOST:PORT…: one by its full name, or all without a lease "
       "that have this given name",
       text_value(), "MODEL")  //
      ("load", "deploy the segments in DIR to the workers at HOST:PORT…; they stay until dropped",
       text_value(), "DIR")  //
      ("json", "print what --list and --health find as JSON");
}

/// Whether the command line has one of them.
bool has_command(const Arguments& arguments) {
  return std::any_of(commands.begin(), commands.end(),
                     [&](const char* command) { return arguments.count(command) > 0; });
}

/// Runs the one that is given, on the workers at the addresses behind it.
int run_worker_command(const Arguments& arguments) {
  const auto given = std::count_if(commands.begin(), commands.end(), [&](const char* command) {
    return arguments.count(command) > 0;
  });
  if (given > 1) throw usage_error("--list, --health, --drop and --load exclude each other");
  if (arguments.count("name") > 0) {
    throw usage_error("names a worker to start; not together with --list and the like", "--name");
  }
  const Clients clients = connect(arguments);
  const bool as_json = arguments.count("json") > 0;
  if (arguments.count("list") > 0) return list(clients, as_json);
  if (arguments.count("health") > 0) return health(clients, as_json);
  if (arguments.count("drop") > 0) return drop(clients, arguments["drop"].as<std::string>());
  return load(clients, arguments["load"].as<std::string>());
}

// --- The worker ---

struct WorkerRequest {
  runtime::WorkerOptions worker;  ///< without the functions that run models
  std::optional<int> threads;     ///< nothing: the backend's default
  double speed = 1;               ///< a fraction of this machine's; see throttled()
  double drain_time_s = 10;
};

namespace fs = std::filesystem;

/// $XDG_STATE_HOME/scission/NAME, or else ~/.local/state/scission/NAME.
fs::path usual_store(const std::string& name) {
  if (name.find('/') != std::string::npos || name == "." || name == "..") {
    throw usage_error("is needed, as no folder can have this name", "--models");
  }
  const char* const state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && fs::path(state).is_absolute()) return fs::path(state) / "scission" / name;
  const char* const home = std::getenv("HOME");
  if (home != nullptr && *home != '\0') return fs::path(home) / ".local/state/scission" / name;
  throw usage_error("is needed where there is no $HOME", "--models");
}

/// The address in an option; port 0 is any free one.
std::string listen_of(const Arguments& arguments, const std::string& option) {
  auto listen = arguments[option].as<std::string>();
  if (is_address(listen) || (listen.ends_with(":0") && listen.size() > 2)) return listen;
  throw usage_error(
      fmt::format("'{}' is not an address; write HOST:PORT, as in 127.0.0.1:8001", listen),
      "--" + option);
}

runtime::WorkerLimits limits_of(const Arguments& arguments) {
  constexpr int most_mebibytes = 2047;  // of a 32-bit number of bytes
  runtime::WorkerLimits limits;
  limits.queued_requests = int_of(arguments, "queue", 1, 10'000);
  limits.message.bytes = std::int64_t{int_of(arguments, "max-message", 1, most_mebibytes)} << 20;
  if (arguments.count("max-message")) limits.message.tensor_bytes = limits.message.bytes;
  limits.connections = int_of(arguments, "max-connections", 1, 1'000'000);
  limits.storage_bytes = std::int64_t{int_of(arguments, "storage", 1, 1'000'000)} << 30;
  return limits;
}

void add_options(cxxopts::Options& options) {
  const auto number = [](std::int64_t usual) { return int_value(fmt::format("{}", usual)); };
  const runtime::WorkerLimits usual;
  options.add_options()                                                       //
      ("name", "name of this system, as plans use it", text_value(), "NAME")  //
      ("listen", "address to listen on; port 0: any free port", text_value("127.0.0.1:8001"),
       "HOST:PORT")  //
      ("http",
       "address of the HTTP server, which offers the REST API of the Open Inference Protocol and "
       "/metrics; port 0: any free port (default: no HTTP)",
       text_value(), "HOST:PORT")  //
      ("models", "folder of deployed segments (default: ~/.local/state/scission/NAME)",
       text_value(),
       "DIR")                                                                         //
      ("threads", "threads of one operation (default: all cores)", int_value(), "N")  //
      ("speed", "for testbeds: computations take 1 / FRACTION times as long", double_value("1"),
       "FRACTION")  //
      ("peer", "fixed address of another worker; later updates do not override it", list_value(),
       "NAME=HOST:PORT,...")  //
      ("operators", "shared libraries with operators that segments need; no others are ever loaded",
       list_value(), "LIB.so,...")  //
      ("drain-time", "grace period for in-flight requests after SIGTERM, in seconds",
       double_value("10"), "S")  //
      ("queue", "maximum number of waiting and running requests; further requests are refused",
       number(usual.queued_requests),
       "N")  //
      ("max-message",
       "maximum size of a request, in MiB; a given value also limits each tensor, 256 MiB "
       "otherwise",
       number(usual.message.bytes >> 20), "MIB")  //
      ("max-connections",
       "maximum number of open connections; a further one replaces one without an accepted call, "
       "or is "
       "closed",
       number(usual.connections), "N")  //
      ("storage", "limit of all deployed segments together, in GiB",
       number(usual.storage_bytes >> 30), "GIB");
  add_command_options(options);
  options.add_options("Connection")  //
      ("infer-token-file",
       "file of clients that may infer, a line for each: NAME TOKEN (default: every client may)",
       text_value(),
       "FILE")  //
      ("infer-client",
       "names in certificates of clients that may infer and do nothing else (default: every client "
       "may infer)",
       list_value(), "NAME,...")  //
      ("client-rate",
       "maximum rate of requests of each client that --infer-token-file or --infer-client names, "
       "per second; further requests are refused (default: unlimited)",
       double_value(), "R")  //
      ("client-requests",
       "maximum number of concurrent requests of each client that --infer-token-file or "
       "--infer-client names; further requests are refused (default: unlimited)",
       int_value(), "N");
  add_security_options(options);
  add_log_options(options);
}

runtime::InferAccess access_of(const Arguments& arguments) {
  runtime::InferAccess access;
  access.token_file = text_of(arguments, "infer-token-file");
  access.certificates = words_of(arguments, "infer-client");
  if (arguments.count("client-rate")) access.requests_per_s = positive_of(arguments, "client-rate");
  access.requests = optional_int_of(arguments, "client-requests", 1).value_or(0);
  for (const char* const option : {"client-rate", "client-requests"}) {
    if (access.is_restricted() || arguments.count(option) == 0) continue;
    throw usage_error("needs clients: --infer-token-file or --infer-client",
                      std::string("--") + option);
  }
  if (!access.certificates.empty() && arguments.count("tls-ca") == 0) {
    throw usage_error("needs --tls-ca, the certificates that sign those of clients",
                      "--infer-client");
  }
  return access;
}

WorkerRequest read_request(const Arguments& arguments) {
  if (arguments.count("addresses") > 0) {
    throw usage_error("has no meaning without --list, --health, --drop or --load",
                      words_of(arguments, "addresses").front());
  }
  if (arguments.count("name") == 0) {
    throw usage_error("--name is needed; see scission-worker --help");
  }
  for (const std::string& library : words_of(arguments, "operators")) {
    load_operators_of_backends(library);
  }
  WorkerRequest request;
  request.worker.name = arguments["name"].as<std::string>();
  if (request.worker.name.empty()) throw usage_error("must not be empty", "--name");
  request.worker.listen = listen_of(arguments, "listen");
  if (arguments.count("http") > 0) request.worker.http = listen_of(arguments, "http");
  request.worker.store = arguments.count("models") ? fs::path(arguments["models"].as<std::string>())
                                                   : usual_store(request.worker.name);
  request.worker.peers = parse_addresses(words_of(arguments, "peer"), "--peer");
  request.worker.limits = limits_of(arguments);
  request.worker.notifies_service_manager = true;
  request.worker.security = security_of(arguments, NetworkRole::server);
  request.worker.peer_security = request.worker.security;
  request.worker.access = access_of(arguments);
  request.threads = optional_int_of(arguments, "threads", 1, 1024);
  request.speed = speed_of(arguments);
  request.drain_time_s = non_negative_of(arguments, "drain-time");
  return request;
}

std::vector<std::string> addresses_of(const runtime::WorkerOptions& options) {
  std::vector<std::string> addresses{options.listen};
  if (!options.http.empty()) addresses.push_back(options.http);
  for (const auto& [system, address] : options.peers) addresses.push_back(address);
  return addresses;
}

/// Sets how segments are run. OpenMP's number of threads belongs to the computing thread.
void set_backend(runtime::WorkerOptions& options, std::optional<int> threads, double speed) {
  keep_freed_memory();
  for (const Backend* backend : backends()) {
    options.backends.push_back(backend->name());
    const std::string warning = threads ? backend->threading_warning(*threads) : "";
    if (!warning.empty()) spdlog::warn(warning);
  }
  options.on_compute_thread = [threads] {
    if (threads) set_threads_of_backends(*threads);
  };
  // A segment's first run, which warms it up, is not throttled: it would take minutes.
  options.load = throttled(with_warmup(load_segment, options.on_compute_thread), speed);
}

/// The address with the port that was found for it.
std::string with_port(const std::string& address, int port) {
  if (address.starts_with("unix:")) return address;
  return fmt::format("{}:{}", address.substr(0, address.rfind(':')), port);
}

void announce(const runtime::WorkerOptions& options, const runtime::Worker& worker) {
  fmt::print("scission-worker: {} listens on {}\n", options.name,
             with_port(options.listen, worker.port()));
  if (!options.http.empty()) {
    fmt::print("scission-worker: {} serves HTTP on {}\n", options.name,
               with_port(options.http, worker.http_port()));
  }
  std::fflush(stdout);
}

/// Each connection needs a descriptor; what systems allow by default is meant for select().
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void warn_of_expiry(const runtime::Security& security) {
  if (!security.tls) return;
  try {
    const std::string warning = runtime::expiry_warning(*security.tls, std::time(nullptr));
    if (!warning.empty()) spdlog::warn(warning);
  } catch (
      const Error& error) {  // the file is being replaced, or has gone: this worker has read it
    spdlog::warn("{}", error.what());
  }
}

void reload(runtime::Worker& worker, const runtime::Security& security) {
  try {
    worker.reload();
    spdlog::info("certificates and tokens were read again");
    warn_of_expiry(security);
  } catch (const Error& error) {
    spdlog::error("{}; the earlier certificates and tokens stay in use", error.what());
  }
}

/// Waits for a signal that ends the worker. Reloads on SIGHUP, and warns each day of a certificate
/// that ends soon.
void wait_for_end(sigset_t signals, runtime::Worker& worker, const runtime::Security& security) {
  constexpr timespec day{24 * 60 * 60, 0};
  sigaddset(&signals, SIGHUP);
  warn_of_expiry(security);
  while (true) {
    const int signal = sigtimedwait(&signals, nullptr, &day);
    if (signal == SIGHUP) {
      reload(worker, security);
    } else if (signal > 0) {
      return;
    } else if (errno == EAGAIN) {
      warn_of_expiry(security);
    }
  }
}

/// Whether there are files that SIGHUP has the worker read again. Without any, the signal ends the
/// worker with its terminal, as other programs.
bool can_reload(const runtime::WorkerOptions& options) {
  return options.security.tls || !options.access.token_file.empty() ||
         !options.peer_security.token_file.empty();
}

/// What the worker did for a request, for the log.
void log_request(const runtime::RequestEvent& event) {
  const runtime::StageTiming& timing = event.timing;
  const bool is_answered = event.failure.empty() && event.status == "OK";
  log_event(spdlog::level::debug, is_answered ? "request answered" : "request failed",
            {{"request", event.id},
             {"client", event.client},
             {"model", event.model},
             {"next", event.next},
             {"status", event.status},
             {"failure", event.failure},
             {"exit", std::string(event.is_early ? "early" : "")},
             {"total_s", timing.total_s},
             {"decode_s", timing.deserialise_s + timing.decode_s},
             {"queue_s", timing.queue_s},
             {"compute_s", timing.compute_s},
             {"encode_s", timing.serialise_s + timing.encode_s},
             {"next_s", timing.next_s},
             {"received_bytes", static_cast<std::int64_t>(timing.received_bytes)}});
}

/// Serves until a signal, then drains; a second signal ends the process at once.
void serve(const WorkerRequest& request, runtime::BenchmarkProgram& benchmarks,
           const sigset_t& signals) {
  runtime::Worker worker(request.worker);
  announce(request.worker, worker);
  wait_for_end(signals, worker, request.worker.security);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  spdlog::info("ending, within {} s", request.drain_time_s);
  benchmarks.stop();
  worker.drain(request.drain_time_s);
  // Everything is answered and on the disk. The destructor would wait for a model that hangs.
  spdlog::shutdown();
  std::fflush(nullptr);
  std::_Exit(exit_done);
}

int run(const Arguments& arguments) {
  if (has_command(arguments)) return run_worker_command(arguments);
  WorkerRequest request = read_request(arguments);
  raise_descriptor_limit();
  const sigset_t signals = block_signals({SIGINT, SIGTERM});  // every thread made later inherits it
  if (can_reload(request.worker)) block_signals({SIGHUP});
  warn_of_plain_text(addresses_of(request.worker), request.worker.security);
  set_backend(request.worker, request.threads, request.speed);
  runtime::BenchmarkProgram benchmarks(request.worker.name, request.speed,
                                       words_of(arguments, "operators"));
  request.worker.benchmark = [&](const runtime::BenchmarkJob& job) { return benchmarks.run(job); };
  request.worker.on_event = [](const std::string& event) { spdlog::info(event); };
  request.worker.on_warning = [](const std::string& event) { spdlog::warn(event); };
  if (spdlog::should_log(spdlog::level::debug)) request.worker.on_request = log_request;
  serve(request, benchmarks, signals);
  return exit_done;
}

Tool tool() {
  return {.name = "scission-worker",
          .summary = "Serves segments of models to other machines.",
          .usage = "--name NAME [OPTION...] | --list|--health|--drop MODEL|--load DIR HOST:PORT…",
          .notes = notes,
          .positional = {"addresses..."},
          .add_options = add_options,
          .run = run};
}

}  // namespace

int main(int argc, char** argv) { return run_tool(tool, argc, argv, register_backends); }
