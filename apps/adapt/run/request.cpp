#include "adapt/run/request.hpp"

#include <cmath>

#include "adapt/controller_options.hpp"
#include "plan/gather_options.hpp"
#include "scission/base/error.hpp"
#include "shares.hpp"

namespace scission::adaptive_run {
namespace {

[[noreturn]] void refuse(const std::string& message, const std::string& option) {
  throw Error(ErrorCode::invalid_argument, message, option);
}

std::string text_of(const cxxopts::ParseResult& arguments, const std::string& option) {
  return arguments.count(option) ? arguments[option].as<std::string>() : std::string();
}

double seconds_of(const cxxopts::ParseResult& arguments, const std::string& option) {
  const double seconds = arguments[option].as<double>();
  if (!(seconds > 0) || !std::isfinite(seconds)) refuse("must be above 0", "--" + option);
  return seconds;
}

// A stream ends by itself, unless it begins again; random numbers do not.
void read_length(const cxxopts::ParseResult& arguments, RunRequest& request) {
  if (arguments.count("seconds")) request.seconds = seconds_of(arguments, "seconds");
  request.repeats = arguments.count("repeat") > 0;
  if (request.repeats && request.inputs == "-") refuse("cannot be read twice", "--repeat");
  const bool ends = !request.inputs.empty() && !request.repeats;
  if (arguments.count("count") || !(ends || request.seconds)) {
    request.count = request.common.requests;
  }
}

void read_places(const cxxopts::ParseResult& arguments, RunRequest& request) {
  request.profiles = text_of(arguments, "profiles");
  request.network = arguments["network"].as<std::string>();
  request.output = arguments["output"].as<std::string>();
  request.log = text_of(arguments, "log");
  if (request.profiles.empty() && arguments.count("network")) {
    refuse("only together with --profiles; without them both are measured", "--network");
  }
}

void read_adaptive(const cxxopts::ParseResult& arguments, RunRequest& request) {
  runtime::AdaptiveOptions& adaptive = request.adaptive;
  adaptive.controller = apps::controller_options(arguments);
  adaptive.plans_in_memory = arguments["plans-in-memory"].as<int>();
  if (adaptive.plans_in_memory < 1) refuse("must be 1 or more", "--plans-in-memory");
  if (arguments.count("lean") && arguments.count("plans-in-memory")) {
    refuse("is the same as --plans-in-memory 1; give one of them", "--lean");
  }
  if (arguments.count("lean")) adaptive.plans_in_memory = 1;
  adaptive.deploy_share =
      apps::parse_share(arguments["deploy-share"].as<std::string>(), "--deploy-share");
  if (adaptive.deploy_share < 0.01 || adaptive.deploy_share > 1) {
    refuse("must be 1% to 100%", "--deploy-share");
  }
  request.probes = arguments.count("no-probes") == 0;
  if (arguments.count("rehearse")) request.rehearse_s = seconds_of(arguments, "rehearse");
  adaptive.is_automatic = request.rehearse_s == 0 && arguments.count("stay") == 0;
}

}  // namespace

void add_options(cxxopts::Options& options) {
  const auto text = [] { return cxxopts::value<std::string>(); };
  run::add_load_options(options);
  options.add_options()                                                                    //
      ("seconds", "send for so long", cxxopts::value<double>(), "S")                       //
      ("repeat", "begin INPUTS again at their end")                                        //
      ("profiles", "profiles of all systems (default: they are measured)", text(), "DIR")  //
      ("network", "the links between them, here or beside the profiles",
       text()->default_value("network.csv"), "FILE.csv")                                 //
      ("o,output", "where what is measured is kept", text()->default_value("."), "DIR")  //
      ("log", "write a row for each request", text(), "FILE.csv");
  options.add_options("Controller")                                                             //
      ("lean", "one plan in memory: the old one goes before the new one comes, requests wait")  //
      ("plans-in-memory", "the running one and those kept beside it",
       cxxopts::value<int>()->default_value("2"), "N")  //
      ("deploy-share",
       "of a link that sending segments takes while requests flow: how much they are delayed, "
       "against how soon the next plan is there",
       text()->default_value("25%"), "SHARE")                        //
      ("no-probes", "nothing is sent but requests, even when idle")  //
      ("stay", "watch, but go over only when a system is lost")      //
      ("rehearse",
       "every so often go over to the next of the three best plans, whatever pays: shows what a "
       "switch costs here",
       cxxopts::value<double>(), "S");
  apps::add_controller_options(options);
  plan::add_gather_options(options);
}

RunRequest read_request(const cxxopts::ParseResult& arguments) {
  RunRequest request;
  request.common = run::read_load_request(arguments);
  run::read_connections(arguments, request.common);
  if (request.common.addresses.empty())
    refuse("say where a worker is: --workers edge1=HOST:PORT", "--workers");
  request.inputs = text_of(arguments, "inputs");
  read_length(arguments, request);
  read_places(arguments, request);
  read_adaptive(arguments, request);
  return request;
}

}  // namespace scission::adaptive_run
