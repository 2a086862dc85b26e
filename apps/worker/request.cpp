#include "request.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "connection_options.hpp"

namespace scission::apps {
namespace {

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

/// Port 0 is any free one.
std::string listen_of(const Arguments& arguments) {
  auto listen = arguments["listen"].as<std::string>();
  if (is_address(listen) || (listen.ends_with(":0") && listen.size() > 2)) return listen;
  throw usage_error(
      fmt::format("'{}' is not an address; write HOST:PORT, as in 127.0.0.1:8001", listen),
      "--listen");
}

runtime::WorkerLimits limits_of(const Arguments& arguments) {
  constexpr int most_mebibytes = 2047;  // of a 32-bit number of bytes
  runtime::WorkerLimits limits;
  limits.queued_requests = int_of(arguments, "queue", 1, 10'000);
  limits.message.bytes = std::int64_t{int_of(arguments, "max-message", 1, most_mebibytes)} << 20;
  if (arguments.count("max-message")) limits.message.tensor_bytes = limits.message.bytes;
  limits.storage_bytes = std::int64_t{int_of(arguments, "storage", 1, 1'000'000)} << 30;
  return limits;
}

}  // namespace

void add_worker_options(cxxopts::Options& options) {
  const auto text = [] { return cxxopts::value<std::string>(); };
  const auto number = [](std::int64_t usual) {
    return cxxopts::value<int>()->default_value(fmt::format("{}", usual));
  };
  const runtime::WorkerLimits usual;
  options.add_options()                                                 //
      ("name", "name of this system, as plans use it", text(), "NAME")  //
      ("listen", "address to listen on; port 0: any free port",
       text()->default_value("127.0.0.1:8001"),
       "HOST:PORT")  //
      ("models", "folder of deployed segments (default: ~/.local/state/scission/NAME)", text(),
       "DIR")                                                                                   //
      ("threads", "threads of one operation (default: all cores)", cxxopts::value<int>(), "N")  //
      ("speed", "for testbeds: computations take 1 / FRACTION times as long",
       cxxopts::value<double>()->default_value("1"), "FRACTION")  //
      ("peer", "fixed address of another worker; later updates do not override it",
       cxxopts::value<Words>(), "NAME=HOST:PORT,…")  //
      ("drain-time", "grace period for in-flight requests after SIGTERM, in seconds",
       cxxopts::value<double>()->default_value("10"), "S")  //
      ("queue", "requests at a time; further ones are refused", number(usual.queued_requests),
       "N")                                                                                 //
      ("max-message", "largest request, in MiB", number(usual.message.bytes >> 20), "MIB")  //
      ("storage", "limit of all deployed segments together, in GiB",
       number(usual.storage_bytes >> 30), "GIB");
  add_security_options(options);
}

WorkerRequest read_worker_request(const Arguments& arguments) {
  if (arguments.count("name") == 0) {
    throw usage_error("--name is needed; see scission-worker --help");
  }
  WorkerRequest request;
  request.worker.name = arguments["name"].as<std::string>();
  if (request.worker.name.empty()) throw usage_error("must not be empty", "--name");
  request.worker.listen = listen_of(arguments);
  request.worker.store = arguments.count("models") ? fs::path(arguments["models"].as<std::string>())
                                                   : usual_store(request.worker.name);
  request.worker.peers = parse_addresses(words_of(arguments, "peer"), "--peer");
  request.worker.limits = limits_of(arguments);
  request.worker.security = security_of(arguments, NetworkRole::server);
  request.worker.peer_security = request.worker.security;
  request.threads = optional_int_of(arguments, "threads", 1, 1024);
  request.speed = speed_of(arguments);
  request.drain_time_s = non_negative_of(arguments, "drain-time");
  return request;
}

}  // namespace scission::apps
