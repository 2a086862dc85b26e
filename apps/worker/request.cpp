#include "request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "at.hpp"
#include "command_line.hpp"
#include "scission/base/error.hpp"
#include "security_options.hpp"

namespace scission::apps {
namespace {

namespace fs = std::filesystem;

using Arguments = cxxopts::ParseResult;

Error wrong_usage(const std::string& message, const std::string& place = {}) {
  return {ErrorCode::invalid_argument, message, place};
}

int number_of(const Arguments& arguments, const std::string& option, int most) {
  const int number = arguments[option].as<int>();
  if (number >= 1 && number <= most) return number;
  throw wrong_usage(fmt::format("must be from 1 to {}", most), "--" + option);
}

/// $XDG_STATE_HOME/scission/NAME, or else ~/.local/state/scission/NAME.
fs::path usual_store(const std::string& name) {
  if (name.find('/') != std::string::npos || name == "." || name == "..") {
    throw wrong_usage("is needed, as the name is none of a folder", "--models");
  }
  const char* const state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && fs::path(state).is_absolute()) return fs::path(state) / "scission" / name;
  const char* const home = std::getenv("HOME");
  if (home != nullptr && *home != '\0') return fs::path(home) / ".local/state/scission" / name;
  throw wrong_usage("is needed where there is no $HOME", "--models");
}

/// Port 0 is any free one.
std::string listen_of(const Arguments& arguments) {
  auto listen = arguments["listen"].as<std::string>();
  if (is_address(listen) || (listen.ends_with(":0") && listen.size() > 2)) return listen;
  throw wrong_usage(
      fmt::format("'{}' is no address; write HOST:PORT, as in 127.0.0.1:8001", listen), "--listen");
}

double drain_time_of(const Arguments& arguments) {
  const double seconds = arguments["drain-time"].as<double>();
  if (std::isfinite(seconds) && seconds >= 0) return seconds;
  throw wrong_usage("must be 0 or more seconds", "--drain-time");
}

runtime::WorkerLimits limits_of(const Arguments& arguments) {
  constexpr int most_mebibytes = 2047;  // what gRPC's own number holds
  runtime::WorkerLimits limits;
  limits.queued_requests = number_of(arguments, "queue", 10'000);
  limits.message.bytes = std::int64_t{number_of(arguments, "max-message", most_mebibytes)} << 20;
  if (arguments.count("max-message")) limits.message.tensor_bytes = limits.message.bytes;
  limits.storage_bytes = std::int64_t{number_of(arguments, "storage", 1'000'000)} << 30;
  return limits;
}

std::map<std::string, std::string> peers_of(const Arguments& arguments) {
  if (arguments.count("peer") == 0) return {};
  return parse_addresses(arguments["peer"].as<std::vector<std::string>>(), "--peer");
}

void add_limit_options(cxxopts::Options& options) {
  const runtime::WorkerLimits usual;
  options.add_options()  //
      ("queue", "requests at a time; more are refused",
       cxxopts::value<int>()->default_value(fmt::format("{}", usual.queued_requests)), "N")  //
      ("max-message", "MiB of one request",
       cxxopts::value<int>()->default_value(fmt::format("{}", usual.message.bytes >> 20)),
       "MIB")  //
      ("storage", "GiB of deployed segments in all",
       cxxopts::value<int>()->default_value(fmt::format("{}", usual.storage_bytes >> 30)), "GIB");
}

}  // namespace

void add_worker_options(cxxopts::Options& options) {
  options.add_options()                                                                        //
      ("name", "this system's name, as plans have it", cxxopts::value<std::string>(), "NAME")  //
      ("listen", "where it listens; port 0 is any free one",
       cxxopts::value<std::string>()->default_value("127.0.0.1:8001"), "HOST:PORT")  //
      ("models", "keeps deployed segments there (default: ~/.local/state/scission/NAME)",
       cxxopts::value<std::string>(), "DIR")                                                   //
      ("threads", "that one operation uses (default: all cores)", cxxopts::value<int>(), "N")  //
      ("speed", "for testbeds: everything computed takes 1 / SHARE times as long",
       cxxopts::value<double>()->default_value("1"), "SHARE")  //
      ("peer", "where another system is, whatever is said later",
       cxxopts::value<std::vector<std::string>>(), "NAME=HOST:PORT,…")  //
      ("drain-time", "so long may requests go on after SIGTERM",
       cxxopts::value<double>()->default_value("10"), "S");
  add_limit_options(options);
  add_security_options(options);
}

WorkerRequest read_worker_request(const Arguments& arguments) {
  if (arguments.count("name") == 0) {
    throw wrong_usage("--name is needed; see scission-worker --help");
  }
  if (!arguments.unmatched().empty()) {
    throw wrong_usage(fmt::format("\"{}\" is one argument too many; see scission-worker --help",
                                  arguments.unmatched().front()));
  }
  WorkerRequest request;
  request.worker.name = arguments["name"].as<std::string>();
  if (request.worker.name.empty()) throw wrong_usage("must not be empty", "--name");
  request.worker.listen = listen_of(arguments);
  request.worker.store = arguments.count("models") ? fs::path(arguments["models"].as<std::string>())
                                                   : usual_store(request.worker.name);
  request.worker.peers = peers_of(arguments);
  request.worker.limits = limits_of(arguments);
  request.worker.security = security_of(arguments, NetworkRole::server);
  request.worker.peer_security = request.worker.security;
  if (arguments.count("threads")) request.threads = number_of(arguments, "threads", 1024);
  request.speed = speed_of(arguments);
  request.drain_time_s = drain_time_of(arguments);
  return request;
}

}  // namespace scission::apps
