// scission-relay: emulates a slow link.
#include <fmt/format.h>
#include <signal.h>

#include <cstdio>
#include <string>

#include "interrupts.hpp"
#include "log.hpp"
#include "runtime/relay/relay.hpp"
#include "tool.hpp"

namespace {

using namespace scission;
using namespace scission::apps;

const char* const notes = R"(
Forwards TCP connections to --to. Each piece of data arrives no sooner than over a link of the given
rate and delay: first its bytes ÷ the rate, which all connections share, then the delay. No
privileges are needed. A message and its short answer take --delay + --return-delay + bytes ÷ --rate.

Without --return-rate and --return-delay the return direction is like the forward direction. The
relay runs until SIGTERM or SIGINT.

Examples:
  scission-relay --listen 127.0.0.1:9001 --to 127.0.0.1:8001 --rate 100 --delay 5
  scission-relay --to 127.0.0.1:8001 --rate 20 --return-rate 100 --delay 15
  scission-worker --name edge1 --listen 127.0.0.1:8001 --peer cloud1=127.0.0.1:9001

Exit codes: 0 ended by a signal, 1 failed, 2 wrong usage.
)";

void add_options(cxxopts::Options& options) {
  const auto zero = [] { return double_value("0"); };
  options.add_options()  //
      ("listen", "address to listen on; port 0: any free port",
       cxxopts::value<std::string>()->default_value("127.0.0.1:0"), "HOST:PORT")               //
      ("to", "address to forward connections to", cxxopts::value<std::string>(), "HOST:PORT")  //
      ("rate", "forward rate in Mbit/s; 0: unlimited", zero(), "MBIT")                         //
      ("delay", "forward one-way delay in ms", zero(), "MS")                                   //
      ("return-rate", "return rate in Mbit/s (default: --rate)", double_value(),
       "MBIT")  //
      ("return-delay", "return one-way delay in ms (default: --delay)", double_value(), "MS");
  add_log_options(options);
}

runtime::RelayOptions relay_options(const Arguments& arguments) {
  if (arguments.count("to") == 0) {
    throw usage_error("--to is needed; see scission-relay --help");
  }
  const auto figure = [&](const std::string& option, const std::string& otherwise) {
    return non_negative_of(arguments, arguments.count(option) ? option : otherwise);
  };
  runtime::RelayOptions options;
  options.listen = arguments["listen"].as<std::string>();
  options.target = arguments["to"].as<std::string>();
  options.forward = {figure("rate", "rate"), figure("delay", "delay")};
  options.backward = {figure("return-rate", "rate"), figure("return-delay", "delay")};
  return options;
}

int relay(const Arguments& arguments) {
  const runtime::RelayOptions wanted = relay_options(arguments);
  const sigset_t signals = block_signals({SIGINT, SIGTERM});  // the relay's thread inherits it
  const runtime::Relay running(wanted);
  const std::string host = wanted.listen.substr(0, wanted.listen.rfind(':'));
  fmt::print("scission-relay: listens on {}:{}\n", host, running.port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  return exit_done;
}

Tool tool() {
  return {.name = "scission-relay",
          .summary = "Relays TCP connections over an emulated link of a given rate and delay.",
          .usage = "--to HOST:PORT [OPTION...]",
          .notes = notes,
          .add_options = add_options,
          .run = relay};
}

}  // namespace

int main(int argc, char** argv) { return scission::apps::run_tool(tool(), argc, argv); }
