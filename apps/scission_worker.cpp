// scission-worker: serves segments of models over the Open Inference Protocol.
#include <fmt/format.h>
#include <signal.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "connection_options.hpp"
#include "interrupts.hpp"
#include "scission/backend/backend.hpp"
#include "scission/runtime/gather/gather.hpp"
#include "scission/runtime/worker/worker.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "tool.hpp"
#include "worker/request.hpp"

namespace {

using namespace scission;
using namespace scission::apps;

const char* const notes = R"(
Serves the Open Inference Protocol (gRPC), with health checks and reflection, and receives segments
of models from scission-run, scission-plan and other tools. Once it listens, it prints one line on
stdout: "scission-worker: NAME listens on HOST:PORT".

DIR keeps the segments, which are checked when the worker starts again. One thread runs all of them;
an operation uses --threads. A request may name the systems that its tensors go on to; their
addresses come from whoever deploys, or from --peer. Requests above the limit of --queue are
refused, so that the sender waits and memory does not fill up.

Beyond this machine (any address but 127.0.0.1, localhost, [::1] and unix:PATH) the worker requires
TLS: --tls-cert and --tls-key are its own; clients with a certificate signed by --tls-ca may deploy,
drop and measure, others may only infer. --insecure allows plain text in a trusted network: everybody
who reaches the port can then run code on this machine, because a segment is code.

On SIGTERM or SIGINT the worker reports that it is not ready, completes its requests within
--drain-time and ends. A second signal ends it at once.

Examples:
  scission-worker --name edge1
  scission-worker --name edge1 --listen 127.0.0.1:0 --models /var/lib/scission --threads 4
  scission-worker --name edge1 --listen 0.0.0.0:8001 --tls-cert edge1.pem --tls-key edge1.key \
    --tls-ca authority.pem
  scission-worker --name edge1 --listen 0.0.0.0:8001 --insecure --peer cloud1=10.0.1.5:8001

Exit codes: 0 ended by a signal, 1 it failed, 2 wrong usage.
)";

std::vector<std::string> addresses_of(const runtime::WorkerOptions& options) {
  std::vector<std::string> addresses{options.listen};
  for (const auto& [system, address] : options.peers) addresses.push_back(address);
  return addresses;
}

/// Sets how segments are run. OpenMP's number of threads belongs to the computing thread.
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

/// Serves until a signal, then drains; a second signal ends the process at once.
void serve(const WorkerRequest& request, runtime::BenchmarkProgram& benchmarks,
           const sigset_t& signals) {
  runtime::Worker worker(request.worker);
  announce(request.worker, worker.port());
  int signal = 0;
  sigwait(&signals, &signal);
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
  WorkerRequest request = read_worker_request(arguments);
  const sigset_t signals = block_ending_signals();  // every thread made later inherits it
  send_transport_log_to_spdlog();
  warn_of_plain_text(addresses_of(request.worker), request.worker.security);
  set_backend(request.worker, request.threads, request.speed);
  runtime::BenchmarkProgram benchmarks(request.worker.name, request.speed);
  request.worker.benchmark = [&](const runtime::BenchmarkJob& job) { return benchmarks.run(job); };
  request.worker.on_event = [](const std::string& event) { spdlog::info(event); };
  serve(request, benchmarks, signals);
  return exit_done;
}

Tool tool() {
  return {.name = "scission-worker",
          .summary = "Serves segments of models to other machines.",
          .usage = "--name NAME [OPTION...]",
          .notes = notes,
          .add_options = add_worker_options,
          .run = run};
}

}  // namespace

int main(int argc, char** argv) { return scission::apps::run_tool(tool(), argc, argv); }
