// scission-relay: a slow link on a machine that has none.
#include <fmt/format.h>
#include <signal.h>

#include <cmath>
#include <cstdio>
#include <cxxopts.hpp>
#include <iostream>
#include <string>

#include "command_line.hpp"
#include "runtime/relay/relay.hpp"
#include "scission/base/error.hpp"
#include "tool.hpp"

namespace {

using namespace scission;

const char* const epilog = R"(
Passes TCP connections on to --to, each piece no sooner than a link of that rate and delay would
have it there: first its bytes ÷ the rate, all connections together, then the delay. Nothing of it
needs privileges. A message and its short answer take --delay + --return-delay + bytes ÷ --rate.

Without --return-rate and --return-delay the way back is like the way there. The relay runs until
SIGTERM or SIGINT.

Examples:
  scission-relay --listen 127.0.0.1:9001 --to 127.0.0.1:8001 --rate 100 --delay 5
  scission-relay --to 127.0.0.1:8001 --rate 20 --return-rate 100 --delay 15
  scission-worker --name edge1 --listen 127.0.0.1:8001 --peer cloud1=127.0.0.1:9001

Exit codes: 0 ended by a signal, 1 it failed, 2 wrong usage.
)";

cxxopts::Options make_options() {
  cxxopts::Options options("scission-relay", "Relays TCP like a link of some rate and delay.\n");
  options.custom_help("--to HOST:PORT [OPTION...]");
  options.add_options()  //
      ("listen", "where clients connect; port 0 is any free one",
       cxxopts::value<std::string>()->default_value("127.0.0.1:0"), "HOST:PORT")         //
      ("to", "where they are passed on to", cxxopts::value<std::string>(), "HOST:PORT")  //
      ("rate", "Mbit/s towards there; 0: as fast as it goes",
       cxxopts::value<double>()->default_value("0"), "MBIT")                                    //
      ("delay", "one way, in ms", cxxopts::value<double>()->default_value("0"), "MS")           //
      ("return-rate", "the same of the way back; as --rate", cxxopts::value<double>(), "MBIT")  //
      ("return-delay", "the same of the way back; as --delay", cxxopts::value<double>(), "MS")  //
      ("h,help", "this text")                                                                   //
      ("version", "the version");
  return options;
}

double figure(const cxxopts::ParseResult& arguments, const std::string& option,
              const std::string& otherwise) {
  const std::string& given = arguments.count(option) > 0 ? option : otherwise;
  const auto value = arguments[given].as<double>();
  if (std::isfinite(value) && value >= 0) return value;
  throw Error(ErrorCode::invalid_argument, "must be 0 or more, and finite", "--" + given);
}

runtime::RelayOptions relay_options(const cxxopts::ParseResult& arguments) {
  if (arguments.count("to") == 0) {
    throw Error(ErrorCode::invalid_argument, "--to is needed; see scission-relay --help");
  }
  if (!arguments.unmatched().empty()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("\"{}\" is one argument too many; see scission-relay --help",
                            arguments.unmatched().front()));
  }
  runtime::RelayOptions options;
  options.listen = arguments["listen"].as<std::string>();
  options.target = arguments["to"].as<std::string>();
  options.forward = {figure(arguments, "rate", "rate"), figure(arguments, "delay", "delay")};
  options.backward = {figure(arguments, "return-rate", "rate"),
                      figure(arguments, "return-delay", "delay")};
  return options;
}

// Before the relay's thread is made, so that it leaves them to sigwait() too.
sigset_t keep_ending_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

int run(int argc, char** argv) {
  cxxopts::Options options = make_options();
  const cxxopts::ParseResult arguments = apps::parse_options(options, argc, argv);
  if (arguments.count("help")) {
    std::cout << apps::help_of(options, epilog);
    return apps::exit_done;
  }
  const runtime::RelayOptions wanted = relay_options(arguments);
  const sigset_t signals = keep_ending_signals();
  const runtime::Relay relay(wanted);
  const std::string host = wanted.listen.substr(0, wanted.listen.rfind(':'));
  fmt::print("scission-relay: listens on {}:{}\n", host, relay.port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  return apps::exit_done;
}

}  // namespace

int main(int argc, char** argv) {
  return scission::apps::run_tool("scission-relay", argc, argv, run);
}
