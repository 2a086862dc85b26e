// scission-links: measures the transfer times between workers and writes a network file.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "connection_options.hpp"
#include "interrupts.hpp"
#include "progress.hpp"
#include "scission/base.hpp"
#include "scission/plan/network.hpp"
#include "scission/report.hpp"
#include "scission/runtime/gather/gather.hpp"
#include "tool.hpp"

namespace {

using namespace scission;
using namespace scission::apps;

const char* const notes = R"(
Every pair of workers is measured in both directions, one after the other, over the connections that
tensors take later: messages of 1 KiB, 4 KiB, 16 KiB and so on up to --max-size, each several times.
A time is from sending the message to receiving a short answer. Set --max-size to the most bytes
that your plans send at once (scission-split --list shows them).

With --source, the links from and to this machine are measured too; the direction to it by answers
with payload. The file of -o is a network file for scission-predict (docs/network-format.md).
This tool tells each worker the addresses of the others, unless the worker was started with
--peer.

With --watch it measures until SIGINT or SIGTERM and replaces the file in one step each time. An
unreachable worker then causes a warning, and the file stays as it was.

Examples:
  scission-links --workers edge1=10.0.0.2:8001,cloud1=10.0.0.3:8001 --source pi -o network.csv --insecure
  scission-links --workers a=127.0.0.1:8001,b=127.0.0.1:8002 --max-size 600kB --json
  scission-links --workers a=127.0.0.1:8001,b=127.0.0.1:8002 -o network.csv --watch 60

Exit codes: 0 done, 1 a worker is unreachable or the file cannot be written, 2 wrong usage.
)";

struct Request {
  Addresses addresses;
  std::string source;  ///< the caller's own system; may be empty
  runtime::Security security;
  runtime::LinkOptions measuring;
  std::filesystem::path output;   ///< empty: nothing is written
  std::optional<double> watch_s;  ///< the pause between measurements; nothing: measure once
  bool as_json = false;
};

constexpr double min_message_bytes = 4096;  // four times the smallest one
constexpr double max_message_bytes = 512e6;

void add_options(cxxopts::Options& options) {
  add_workers_option(options);
  options.add_options()  //
      ("source", "name of this machine's system; measures the links from it as well", text_value(),
       "NAME")  //
      ("max-size", "size of the largest message, as 600kB or 12MB", text_value("4MB"),
       "SIZE")  //
      ("repeats", "maximum number of messages of each size; the median of their times is used",
       int_value("9"),
       "N")  //
      ("max-time", "approximate time for one direction of a pair, in seconds", double_value("20"),
       "SECONDS")  //
      ("deadline", "time after which a message is given up, in seconds", double_value("30"),
       "SECONDS")  //
      ("o,output", "network file to write (default: none)", text_value(),
       "FILE")  //
      ("watch", "measure again and rewrite the file after this pause, in seconds (default: once)",
       double_value(), "SECONDS")  //
      ("json", "print JSON");
  add_security_options(options);
}

// "12MB", "600kB", "4096".
std::size_t parse_size(const std::string& text) {
  const double bytes = parse_bytes(text).value_or(0);
  if (bytes >= min_message_bytes && bytes <= max_message_bytes)
    return static_cast<std::size_t>(bytes);
  throw usage_error(
      fmt::format("'{}' is not a size from {} to {}; write 600kB, 12MB or a number of bytes", text,
                  format_bytes(min_message_bytes), format_bytes(max_message_bytes)),
      "--max-size");
}

runtime::LinkOptions measuring_options(const Arguments& arguments) {
  runtime::LinkOptions options;
  options.bytes = runtime::link_sizes(parse_size(arguments["max-size"].as<std::string>()));
  options.repeats = int_of(arguments, "repeats", 1);
  options.max_time_s = positive_of(arguments, "max-time");
  options.deadline_s = positive_of(arguments, "deadline");
  return options;
}

void check(const Request& request) {
  if (request.addresses.empty()) {
    throw usage_error(
        "--workers is needed, to say where the workers are; see scission-links --help");
  }
  const bool has_other_source =
      !request.source.empty() && request.addresses.count(request.source) == 0;
  if (request.addresses.size() + (has_other_source ? 1 : 0) < 2) {
    throw usage_error("a link has two ends: give another worker, or --source", "--workers");
  }
  if (request.watch_s && request.output.empty()) {
    throw usage_error("needs -o FILE, the file to keep current", "--watch");
  }
}

Request read_request(const Arguments& arguments) {
  Request request;
  request.addresses = worker_addresses(arguments);
  request.source = text_of(arguments, "source");
  request.output = text_of(arguments, "output");
  if (arguments.count("watch")) request.watch_s = positive_of(arguments, "watch");
  request.as_json = arguments.count("json") > 0;
  check(request);
  if (!request.output.empty()) require_writable(request.output);
  request.measuring = measuring_options(arguments);
  request.security = security_of(arguments, NetworkRole::client);
  return request;
}

// `before_each` is called before each direction of a pair.
Network measure(const runtime::Clients& clients, const Request& request,
                const std::function<void()>& before_each) {
  Progress progress("measuring links");
  return runtime::measure_all_links(
      clients, request.source, request.measuring,
      [&](int done, int total, const std::string& link, double remaining_s) {
        if (before_each) before_each();
        progress.update(static_cast<double>(done) / total, remaining_s, link);
      });
}

void print_and_write(const Network& network, const Request& request) {
  for (const std::string& warning : runtime::flat_link_warnings(network))
    spdlog::warn("{}", warning);
  if (!request.output.empty()) write_network(network, request.output);
  std::cout << (request.as_json ? format_links_json(network)
                                : format_links(network, stdout_width()))
            << std::flush;
}

runtime::Clients connect(const Request& request, runtime::Lease& lease) {
  std::vector<std::string> addresses;
  for (const auto& [system, address] : request.addresses) addresses.push_back(address);
  warn_of_plain_text(addresses, request.security);
  runtime::Clients clients = runtime::connect(request.addresses, request.security, lease.id());
  for (const auto& [system, client] : clients) require_name(system, *client);
  lease.hold(clients);
  return clients;
}

int watch(const Request& request) {
  const Interrupts interrupts;
  const auto end_in_time = [&] {
    if (const auto signal = interrupts.take()) throw Interrupted{*signal};
  };
  runtime::Lease lease;
  const runtime::Clients clients = connect(request, lease);
  try {
    print_and_write(measure(clients, request, end_in_time), request);
    while (!interrupts.wait(*request.watch_s)) {
      try {
        print_and_write(measure(clients, request, end_in_time), request);
      } catch (const Error& error) {
        spdlog::warn("{}; the file stays as it was", error.what());
      }
    }
  } catch (const Interrupted&) {
  }
  return exit_done;
}

int run(const Arguments& arguments) {
  const Request request = read_request(arguments);
  if (request.watch_s) return watch(request);
  runtime::Lease lease;
  print_and_write(measure(connect(request, lease), request, {}), request);
  return exit_done;
}

Tool tool() {
  return {.name = "scission-links",
          .summary = "Measures the links between workers.",
          .usage = "--workers NAME=HOST:PORT,… [-o NETWORK.csv] [OPTION...]",
          .notes = notes,
          .add_options = add_options,
          .run = run};
}

}  // namespace

int main(int argc, char** argv) { return scission::apps::run_tool(tool(), argc, argv); }
