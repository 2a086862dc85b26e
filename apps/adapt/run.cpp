// scission-adapt run: a model at work, and another plan when that pays.
#include <fmt/format.h>

#include <cxxopts.hpp>
#include <iostream>
#include <string>

#include "adapt/commands.hpp"
#include "adapt/run/request.hpp"
#include "adapt/run/session.hpp"
#include "command_line.hpp"
#include "connection_options.hpp"
#include "open_model.hpp"
#include "scission/base/error.hpp"
#include "tool.hpp"

namespace scission::apps {
namespace {

const char* const epilog = R"(
INPUTS is a folder of images, a text file with a path a line, one image, or - for paths on standard
input; without it seeded random numbers go in. A folder or a list is sent once, unless --repeat;
random numbers --count times or for --seconds.

The best plan is deployed and requests are sent. What each of them takes of every link and system is
watched; that costs no traffic. When another plan is expected to be faster by more than a switch
costs, it is deployed and warmed beside the running one, and taken from one request to the next;
requests under way finish where they are. When a system is lost, what was under way is sent again
through the best plan without it. Only while no request is under way are links probed.

Profiles and network are --profiles DIR and --network FILE.csv, or else measured first, as
scission-plan does, and kept in -o DIR. --workers names the workers; this machine is the profile without
one, or --name.

It prints each switch as it happens (stderr), and at the end the plans, what each request took
through them, the switches, and how much longer than usual requests took around them.

Examples:
  scission-adapt run resnet50 photos/ --workers edge1=10.0.0.2:8001,cloud1=10.0.1.5:8001 --insecure
  find photos -name '*.jpg' | scission-adapt run resnet50 - --workers … --profiles plan --log out.csv
  scission-adapt run vgg19 --workers … --profiles plan --rate 5 --seconds 600 --verify --json
  scission-adapt run vgg19 --workers … --profiles plan --rehearse 2 --seconds 120

Exit codes: 0 done, 1 it failed, a request was not answered, or with --verify an answer is not the
whole model's; 2 wrong usage, 3 no plan fits.
)";

cxxopts::Options make_options() {
  cxxopts::Options options("scission-adapt run",
                           "Runs a model, and goes over to another plan when that pays.\n");
  options.custom_help("MODEL [INPUTS] --workers SYSTEM=HOST:PORT,… [OPTION...]");
  adaptive_run::add_options(options);
  add_workers_option(options);
  add_split_options(options);
  add_security_options(options);
  options.add_options()("h,help", "this text")("version", "the version");
  options.add_options("positional")("model", "", cxxopts::value<std::string>())(
      "inputs", "", cxxopts::value<std::string>());
  options.parse_positional({"model", "inputs"});
  options.positional_help("");
  return options;
}

}  // namespace

int run(int argc, char** argv) {
  cxxopts::Options options = make_options();
  const cxxopts::ParseResult arguments = parse_options(options, argc, argv);
  if (arguments.count("help")) {
    std::cout << help_of(options, std::string(model_help) + epilog);
    return exit_done;
  }
  if (!arguments.unmatched().empty()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("\"{}\" is one argument too many; see scission-adapt run --help",
                            arguments.unmatched().front()));
  }
  return adaptive_run::run_adaptively(adaptive_run::read_request(arguments), arguments);
}

}  // namespace scission::apps
