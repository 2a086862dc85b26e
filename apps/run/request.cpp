#include "request.hpp"

#include <fmt/format.h>

#include <cmath>

#include "connection_options.hpp"

namespace scission::run {
namespace {

using apps::Arguments;

void read_load(const Arguments& arguments, Request& request) {
  request.requests = apps::int_of(arguments, "count", 1);
  request.warmup = apps::int_of(arguments, "warmup", 0);
  request.concurrency = apps::int_of(arguments, "concurrency", 1);
  if (arguments.count("rate")) request.requests_per_s = apps::positive_of(arguments, "rate");
  request.deadline_s = apps::positive_of(arguments, "deadline");
  request.stall_timeout_s = apps::positive_of(arguments, "stall-timeout");
  if (request.requests_per_s > 0 && arguments.count("concurrency")) {
    throw apps::usage_error("not together with --rate", "--concurrency");
  }
}

std::map<std::string, std::string> read_foreign(const Arguments& arguments) {
  std::map<std::string, std::string> foreign;
  for (const std::string& item : apps::words_of(arguments, "foreign")) {
    const std::size_t sign = item.find('=');
    if (sign == 0 || sign == std::string::npos || sign + 1 == item.size()) {
      throw apps::usage_error(fmt::format("'{}' is not SYSTEM=MODEL", item), "--foreign");
    }
    foreign[item.substr(0, sign)] = item.substr(sign + 1);
  }
  return foreign;
}

std::optional<double> tolerance_of(const Arguments& arguments) {
  if (arguments.count("verify") == 0) return std::nullopt;
  const double tolerance = arguments["verify"].as<double>();
  if (!(tolerance >= 0)) throw apps::usage_error("must be 0 or more", "--verify");
  return tolerance;
}

void read_plans(const Arguments& arguments, Request& request) {
  if (arguments.count("plans") == 0) {
    throw apps::usage_error(
        "the output of scission-predict --json is needed; see scission-run --help", "PLANS");
  }
  request.plans = arguments["plans"].as<std::string>();
  request.first_plan = apps::int_of(arguments, "plan", 1);
  request.plan_count = apps::int_of(arguments, "best", 1);
  if (arguments.count("best") && arguments.count("plan"))
    throw apps::usage_error("not together with --plan", "--best");
  request.turns = apps::int_of(arguments, "turns", 1);
  request.tests_itself = arguments.count("no-self-test") == 0;
  // A benchmark makes up its inputs, which may take another time than those of files.
  request.explains = arguments.count("no-explain") == 0 && arguments.count("input-files") == 0;
  request.fails_over = arguments.count("failover") > 0;
  if (request.fails_over && arguments.count("best") == 0) {
    constexpr int plans_ahead = 5;
    request.plan_count = plans_ahead;
  }
}

}  // namespace

void add_load_options(cxxopts::Options& options) {
  const auto number = [](const char* usual) { return cxxopts::value<int>()->default_value(usual); };
  options.add_options("Requests")                                                           //
      ("count", "number of requests that are reported", number("20"), "N")                  //
      ("warmup", "number of requests before them that are not reported", number("3"), "N")  //
      ("concurrency", "number of requests in flight at a time", number("1"), "N")           //
      ("rate", "requests per second, sent at equal intervals (default: as --concurrency allows)",
       cxxopts::value<double>(), "R")  //
      ("deadline", "time limit of a request, in seconds",
       cxxopts::value<double>()->default_value("30"), "SECONDS")  //
      ("stall-timeout",
       "a machine in use that has answered no health check for this long, in seconds, is lost, "
       "where another plan can take over",
       cxxopts::value<double>()->default_value("1.5"), "SECONDS")  //
      ("deploy-workers",
       "other addresses of workers for sending segments, on a faster path than that of tensors",
       cxxopts::value<apps::Words>(), "NAME=HOST:PORT,...")  //
      ("verify",
       "compare every answer with the whole model run here; the largest difference may be this "
       "share of the largest number, as processors and thread counts round differently",
       cxxopts::value<double>()->implicit_value("1e-4"), "TOLERANCE")  //
      ("keep", "leave the segments on the workers")                    //
      ("json", "print all results as JSON");
}

void add_options(cxxopts::Options& options) {
  const auto number = [](const char* usual) { return cxxopts::value<int>()->default_value(usual); };
  options.add_options()  //
      ("model", "TorchScript file of the plans' model (default: the built-in one of its name)",
       cxxopts::value<std::string>(), "FILE.pt")                           //
      ("plan", "rank of the plan to run", number("1"), "N")                //
      ("best", "run the N best plans and compare them", number("1"), "N")  //
      ("turns", "send the requests of several plans in N rounds over all plans", number("1"),
       "N")  //
      ("threads", "threads of one operation in this process (default: LibTorch's)",
       cxxopts::value<int>(), "N")  //
      ("speed", "for testbeds: stages in this process take 1 / FRACTION times as long",
       cxxopts::value<double>()->default_value("1"), "FRACTION")  //
      ("foreign", "system of another server of the protocol, and its name for the model",
       cxxopts::value<apps::Words>(), "SYSTEM=MODEL")  //
      ("failover",
       "deploy the --best N plans (default 5) ahead; when a machine is lost, the next plan "
       "without it takes over")  //
      ("no-explain",
       "do not measure machines and links again when a run misses its plan by 5 % or more and by "
       "more than the 95 % intervals; takes about 10 seconds for each machine")  //
      ("log", "write a row for each request to this file", cxxopts::value<std::string>(),
       "FILE.csv")  //
      ("no-self-test",
       "do not compare the first answer of each plan with the whole model, which is run here once");
  add_load_options(options);
}

Request read_load_request(const Arguments& arguments) {
  Request request;
  read_load(arguments, request);
  request.threads = apps::optional_int_of(arguments, "threads", 1);
  request.speed = apps::speed_of(arguments);
  request.tolerance = tolerance_of(arguments);
  request.keeps = arguments.count("keep") > 0;
  request.as_json = arguments.count("json") > 0;
  return request;
}

Request read_request(const Arguments& arguments) {
  Request request = read_load_request(arguments);
  read_plans(arguments, request);
  request.image = apps::text_of(arguments, "image");
  request.log = apps::text_of(arguments, "log");
  request.foreign = read_foreign(arguments);
  return request;
}

void read_connections(const Arguments& arguments, Request& request) {
  request.addresses = apps::worker_addresses(arguments);
  request.deploy_addresses = apps::deploy_addresses(arguments, request.addresses);
  request.security = apps::security_of(arguments, apps::NetworkRole::client);
}

}  // namespace scission::run
