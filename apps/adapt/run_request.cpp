// The command line of scission-adapt run.
#include "adapt/commands.hpp"
#include "adapt/run.hpp"
#include "connection_options.hpp"
#include "plan/gather_options.hpp"

namespace scission::apps {
namespace {

// A folder or list ends by itself unless it repeats; random numbers do not.
void read_length(const Arguments& arguments, RunRequest& request) {
  if (arguments.count("seconds")) request.seconds = positive_of(arguments, "seconds");
  request.repeats = arguments.count("repeat") > 0;
  if (request.repeats && request.inputs == "-")
    throw usage_error("cannot be read twice", "--repeat");
  const bool ends = !request.inputs.empty() && !request.repeats;
  if (arguments.count("count") || !(ends || request.seconds)) {
    request.count = request.common.requests;
  }
}

void read_places(const Arguments& arguments, RunRequest& request) {
  request.profiles = text_of(arguments, "profiles");
  request.network = arguments["network"].as<std::string>();
  request.output = arguments["output"].as<std::string>();
  request.log = text_of(arguments, "log");
  if (request.profiles.empty() && arguments.count("network")) {
    throw usage_error("only together with --profiles; without them both are measured", "--network");
  }
}

void read_adaptive(const Arguments& arguments, RunRequest& request) {
  runtime::AdaptiveOptions& adaptive = request.adaptive;
  adaptive.controller = controller_options(arguments);
  adaptive.plans_in_memory = int_of(arguments, "plans-in-memory", 1);
  if (arguments.count("lean") && arguments.count("plans-in-memory")) {
    throw usage_error("is the same as --plans-in-memory 1; give only one of them", "--lean");
  }
  if (arguments.count("lean")) adaptive.plans_in_memory = 1;
  adaptive.deploy_share =
      parse_fraction(arguments["deploy-share"].as<std::string>(), "--deploy-share");
  if (adaptive.deploy_share < 0.01 || adaptive.deploy_share > 1) {
    throw usage_error("must be 1% to 100%", "--deploy-share");
  }
  request.probes = arguments.count("no-probes") == 0;
  if (arguments.count("rehearse")) request.rehearse_s = positive_of(arguments, "rehearse");
  adaptive.is_automatic = request.rehearse_s == 0 && arguments.count("stay") == 0;
}

}  // namespace

void add_run_options(cxxopts::Options& options) {
  const auto text = [] { return cxxopts::value<std::string>(); };
  run::add_load_options(options);
  options.add_options()  //
      ("seconds", "maximum time of sending, in seconds (default: unlimited)",
       cxxopts::value<double>(), "S")                //
      ("repeat", "start INPUTS again at their end")  //
      ("profiles", "folder with profiles of all systems (default: they are measured)", text(),
       "DIR")  //
      ("network", "the links between the systems; also looked for in --profiles",
       text()->default_value("network.csv"), "FILE.csv")  //
      ("o,output", "folder for measured profiles and links", text()->default_value("."),
       "DIR")  //
      ("log", "write a row for each request to this file", text(), "FILE.csv");
  options.add_options("Controller")                                                      //
      ("lean", "keep one plan in memory: requests wait while the next one is deployed")  //
      ("plans-in-memory", "maximum number of deployed plans, including the running one",
       cxxopts::value<int>()->default_value("2"), "N")  //
      ("deploy-share",
       "share of a link's bandwidth for deploying while requests are served; more deploys sooner "
       "and delays requests more",
       text()->default_value("25%"), "SHARE")                           //
      ("no-probes", "never probe idle links; only requests are sent")   //
      ("stay", "observe, but switch plans only when a system is lost")  //
      ("rehearse",
       "switch between the three best plans at this interval in seconds, to measure what a switch "
       "costs",
       cxxopts::value<double>(), "S");
  add_controller_options(options);
  plan::add_gather_options(options);
}

RunRequest read_run_request(const Arguments& arguments) {
  RunRequest request;
  request.common = run::read_load_request(arguments);
  run::read_connections(arguments, request.common);
  if (request.common.addresses.empty())
    throw usage_error("say where a worker is: --workers edge1=HOST:PORT", "--workers");
  request.inputs = text_of(arguments, "inputs");
  read_length(arguments, request);
  read_places(arguments, request);
  read_adaptive(arguments, request);
  return request;
}

}  // namespace scission::apps
