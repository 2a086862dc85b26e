// scission-worker: serves segments of models over the Open Inference Protocol.
#include <fmt/format.h>
#include <signal.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <cstdlib>
#include <cxxopts.hpp>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "scission/backend/stage_model.hpp"
#include "scission/runtime/worker/worker.hpp"
#include "scission/torchscript/execute/backend.hpp"
#include "scission/torchscript/execute/stage_model.hpp"
#include "security_options.hpp"
#include "tool.hpp"
#include "transport_log.hpp"
#include "worker/benchmark_child.hpp"
#include "worker/request.hpp"

namespace {

using namespace scission;
using namespace scission::apps;

const char* const epilog = R"(
Serves the Open Inference Protocol (gRPC), with health checks and reflection, and takes segments of
models from scission-run, scission-plan and others. When it is there, it prints one line on stdout:
"scission-worker: NAME listens on HOST:PORT".

Segments are kept in DIR and checked when the worker starts again. All of them are run by one
thread; an operation uses --threads. A request may name systems that its tensors go on to: where
these are is told by whoever deploys, or by --peer. More than --queue requests at a time are
refused, so that the sender waits instead of the memory filling up.

Beyond this machine (anything but 127.0.0.1, localhost, [::1] and unix:PATH) it takes TLS: --tls-cert
and --tls-key are this worker's; with --tls-ca, those whose certificate is signed by it may deploy,
drop and measure, the others infer only. --insecure does without, where the network is trusted:
everyone who reaches the port may run code on this machine then, as a segment is code.

On SIGTERM or SIGINT it says that it is no longer ready, finishes what it has within --drain-time
and ends. A second signal ends it at once.

Examples:
  scission-worker --name edge1
  scission-worker --name edge1 --listen 127.0.0.1:0 --models /var/lib/scission --threads 4
  scission-worker --name edge1 --listen 0.0.0.0:8001 --tls-cert edge1.pem --tls-key edge1.key \
    --tls-ca authority.pem
  scission-worker --name edge1 --listen 0.0.0.0:8001 --insecure --peer cloud1=10.0.1.5:8001

Exit codes: 0 ended by a signal, 1 it failed, 2 wrong usage.
)";

cxxopts::Options make_options() {
  cxxopts::Options options("scission-worker", "Serves segments of models to other machines.\n");
  options.custom_help("--name NAME [OPTION...]");
  add_worker_options(options);
  options.add_options()("h,help", "this text")("version", "the version");
  return options;
}

std::vector<std::string> addresses_of(const runtime::WorkerOptions& options) {
  std::vector<std::string> addresses{options.listen};
  for (const auto& [system, address] : options.peers) addresses.push_back(address);
  return addresses;
}

// Before any other thread is made, so that all of them leave the signals to the first one.
sigset_t hold_ending_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

/// How segments are run; OpenMP's number of threads is the computing thread's own.
void set_backend(runtime::WorkerOptions& options, std::optional<int> threads, double speed) {
  torchscript::keep_freed_memory();
  if (threads) {
    const std::string warning = torchscript::threading_warning(*threads);
    if (!warning.empty()) spdlog::warn(warning);
  }
  options.on_compute_thread = [threads] {
    if (threads) torchscript::set_threads(*threads);
  };
  options.load = with_warmup(throttled(torchscript::load_stage, speed), options.on_compute_thread);
}

void announce(const runtime::WorkerOptions& options, int port) {
  const std::string& listen = options.listen;
  const bool has_port = !listen.starts_with("unix:");
  fmt::print("scission-worker: {} listens on {}\n", options.name,
             has_port ? fmt::format("{}:{}", listen.substr(0, listen.rfind(':')), port) : listen);
  std::fflush(stdout);
}

/// Until a signal; then drains, a second signal ending the process as signals do.
void serve(const WorkerRequest& request, BenchmarkChild& benchmarks, const sigset_t& signals) {
  runtime::Worker worker(request.worker);
  announce(request.worker, worker.port());
  int signal = 0;
  sigwait(&signals, &signal);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  spdlog::info("ending, within {} s", request.drain_time_s);
  benchmarks.stop();
  worker.drain(request.drain_time_s);
  // Everything is answered and on the disk. A model that hangs would keep the destructor for ever.
  spdlog::shutdown();
  std::fflush(nullptr);
  std::_Exit(exit_done);
}

int run(int argc, char** argv) {
  cxxopts::Options options = make_options();
  const cxxopts::ParseResult arguments = apps::parse_options(options, argc, argv);
  if (arguments.count("help")) {
    std::cout << help_of(options, epilog);
    return exit_done;
  }
  WorkerRequest request = read_worker_request(arguments);
  const sigset_t signals = hold_ending_signals();
  send_transport_log_to_spdlog();
  warn_of_plain_text(addresses_of(request.worker), request.worker.security);
  set_backend(request.worker, request.threads, request.speed);
  BenchmarkChild benchmarks(request.worker.name, request.speed);
  request.worker.benchmark = [&](const runtime::BenchmarkJob& job) { return benchmarks.run(job); };
  request.worker.on_event = [](const std::string& event) { spdlog::info(event); };
  serve(request, benchmarks, signals);
  return exit_done;
}

}  // namespace

int main(int argc, char** argv) {
  return scission::apps::run_tool("scission-worker", argc, argv, run);
}
