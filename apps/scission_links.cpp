// scission-links: how long messages take between workers, as a network file.
#include <fmt/format.h>
#include <signal.h>
#include <spdlog/spdlog.h>

#include <cmath>
#include <cxxopts.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "links/print.hpp"
#include "links/request.hpp"
#include "names.hpp"
#include "progress.hpp"
#include "scission/base/error.hpp"
#include "scission/plan/network.hpp"
#include "scission/runtime/client/client.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "security_options.hpp"
#include "tool.hpp"

namespace {

using namespace scission;

const char* const epilog = R"(
Every pair of workers is measured in both directions, one after the other, over the same
connections that tensors take later: messages of 1 KiB, four times as much, and so on up to
--max-size, each several times. A time is from sending the message to having a short answer. Choose
--max-size as large as what your plans send (scission-split --list tells).

With --source the links from this machine count too; what goes to it cannot be measured and takes
the same figures. The file written by -o is what scission-predict takes as NETWORK
(docs/network-format.md). Workers learn from this tool where the others are, unless they were
started with addresses of their own (scission-worker --peer).

With --watch it measures until SIGINT or SIGTERM, and the file is replaced in one step each time; a
worker that is away then is a warning, and the file stays as it was.

Examples:
  scission-links --workers edge1=10.0.0.2:8001,cloud1=10.0.0.3:8001 --source pi -o network.csv --insecure
  scission-links --workers a=127.0.0.1:8001,b=127.0.0.1:8002 --max-size 600kB --json
  scission-links --workers a=127.0.0.1:8001,b=127.0.0.1:8002 -o network.csv --watch 60

Exit codes: 0 done, 1 a worker is away or the file cannot be written, 2 wrong usage.
)";

/// Where --watch is ended between two directions.
struct Ended {};

/// SIGINT and SIGTERM, kept to be asked for. Made before other threads are, which then leave the
/// signals alone.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }

  /// Waits for one of them, no longer than so many seconds.
  bool come_within(double seconds) const {
    const double whole = std::floor(std::min(seconds, 1e9));
    const timespec timeout{static_cast<time_t>(whole),
                           static_cast<long>((std::min(seconds, 1e9) - whole) * 1e9)};
    return sigtimedwait(&signals_, nullptr, &timeout) > 0;
  }

 private:
  sigset_t signals_{};
};

Network measure(const runtime::Clients& clients, const links::Request& request) {
  apps::Progress progress("measuring links");
  runtime::LinkOptions options = request.measuring;
  const auto tell_more = options.on_progress;
  options.on_progress = [&](int done, int total, const std::string& what) {
    if (tell_more) tell_more(done, total, what);
    progress.update(static_cast<double>(done) / total, (total - done) * options.max_time_s, what);
  };
  runtime::announce_peers(clients, options.deadline_s);
  return runtime::measure_links(clients, request.source, options);
}

void tell(const Network& network, const links::Request& request) {
  if (!request.output.empty()) write_network(network, request.output);
  std::cout << (request.as_json ? links::links_json(network) : links::links_table(network))
            << std::flush;
}

runtime::Clients connect(const links::Request& request) {
  std::vector<std::string> addresses;
  for (const auto& [system, address] : request.addresses) addresses.push_back(address);
  apps::warn_of_plain_text(addresses, request.security);
  runtime::Clients clients = runtime::connect(request.addresses, request.security);
  for (const auto& [system, client] : clients) apps::warn_of_other_name(system, *client);
  return clients;
}

void measure_again(const runtime::Clients& clients, const links::Request& request) {
  try {
    tell(measure(clients, request), request);
  } catch (const Error& error) {
    spdlog::warn("{}; the file stays as it was", error.what());
  }
}

int watch(links::Request request) {
  const EndSignals signals;
  request.measuring.on_progress = [&](int, int, const std::string&) {
    if (signals.come_within(0)) throw Ended();
  };
  const runtime::Clients clients = connect(request);
  try {
    tell(measure(clients, request), request);
    while (!signals.come_within(*request.watch_s)) measure_again(clients, request);
  } catch (const Ended&) {
  }
  return apps::exit_done;
}

int run(int argc, char** argv) {
  cxxopts::Options options("scission-links", "Measures the links between workers.\n");
  options.custom_help("--workers NAME=HOST:PORT,… [-o NETWORK.csv] [OPTION...]");
  links::add_options(options);
  const cxxopts::ParseResult arguments = apps::parse_options(options, argc, argv);
  if (arguments.count("help")) {
    std::cout << apps::help_of(options, epilog);
    return apps::exit_done;
  }
  const links::Request request = links::read_request(arguments);
  if (request.watch_s) return watch(request);
  tell(measure(connect(request), request), request);
  return apps::exit_done;
}

}  // namespace

int main(int argc, char** argv) {
  return scission::apps::run_tool("scission-links", argc, argv, run);
}
