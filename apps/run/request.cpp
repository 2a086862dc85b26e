#include "request.hpp"

#include <fmt/format.h>

#include <cmath>

#include "at.hpp"
#include "command_line.hpp"
#include "scission/base/error.hpp"
#include "security_options.hpp"

namespace scission::run {
namespace {

[[noreturn]] void refuse(const std::string& message, const std::string& option) {
  throw Error(ErrorCode::invalid_argument, message, option);
}

int count_of(const cxxopts::ParseResult& arguments, const std::string& option, int least) {
  const int count = arguments[option].as<int>();
  if (count < least) refuse(fmt::format("must be {} or more", least), "--" + option);
  return count;
}

double amount_of(const cxxopts::ParseResult& arguments, const std::string& option) {
  const double amount = arguments[option].as<double>();
  if (!(amount > 0) || !std::isfinite(amount)) refuse("must be above 0", "--" + option);
  return amount;
}

void read_load(const cxxopts::ParseResult& arguments, Request& request) {
  request.requests = count_of(arguments, "count", 1);
  request.warmup = count_of(arguments, "warmup", 0);
  request.concurrency = count_of(arguments, "concurrency", 1);
  if (arguments.count("rate")) request.rate = amount_of(arguments, "rate");
  request.deadline_s = amount_of(arguments, "deadline");
  if (request.rate > 0 && arguments.count("concurrency")) {
    refuse("not together with --rate", "--concurrency");
  }
}

std::map<std::string, std::string> read_foreign(const cxxopts::ParseResult& arguments) {
  std::map<std::string, std::string> foreign;
  if (arguments.count("foreign") == 0) return foreign;
  for (const std::string& item : arguments["foreign"].as<std::vector<std::string>>()) {
    const std::size_t sign = item.find('=');
    if (sign == 0 || sign == std::string::npos || sign + 1 == item.size()) {
      refuse(fmt::format("'{}' is not SYSTEM=MODEL", item), "--foreign");
    }
    foreign[item.substr(0, sign)] = item.substr(sign + 1);
  }
  return foreign;
}

std::optional<double> tolerance_of(const cxxopts::ParseResult& arguments) {
  if (arguments.count("verify") == 0) return std::nullopt;
  const double tolerance = arguments["verify"].as<double>();
  if (!(tolerance >= 0)) refuse("must be 0 or more", "--verify");
  return tolerance;
}

void read_plans(const cxxopts::ParseResult& arguments, Request& request) {
  if (arguments.count("plans") == 0) {
    refuse("what scission-predict --json wrote is needed; see scission-run --help", "PLANS");
  }
  request.plans = arguments["plans"].as<std::string>();
  request.first_plan = count_of(arguments, "plan", 1);
  request.plan_count = count_of(arguments, "best", 1);
  if (arguments.count("best") && arguments.count("plan"))
    refuse("not together with --plan", "--best");
  request.turns = count_of(arguments, "turns", 1);
  request.fails_over = arguments.count("failover") > 0;
  if (request.fails_over && arguments.count("best") == 0) {
    constexpr int plans_ahead = 5;
    request.plan_count = plans_ahead;
  }
}

}  // namespace

void add_load_options(cxxopts::Options& options) {
  const auto number = [](const char* usual) { return cxxopts::value<int>()->default_value(usual); };
  options.add_options("Requests")                                                    //
      ("count", "requests that are reported", number("20"), "N")                     //
      ("warmup", "requests before them that are not", number("3"), "N")              //
      ("concurrency", "requests under way at once", number("1"), "N")                //
      ("rate", "requests a second, evenly, instead", cxxopts::value<double>(), "R")  //
      ("deadline", "seconds that a request may take", cxxopts::value<double>()->default_value("30"),
       "SECONDS")  //
      ("deploy-workers",
       "addresses for sending the segments, where the way of the tensors is too slow",
       cxxopts::value<std::vector<std::string>>(), "NAME=HOST:PORT,…")  //
      ("verify",
       "hold every answer against the whole model run here; other processors and thread counts "
       "round otherwise, so they may differ by a share of the largest number",
       cxxopts::value<double>()->implicit_value("1e-4"), "TOLERANCE")  //
      ("keep", "leave the segments on the workers")                    //
      ("json", "print everything for programs");
}

void add_options(cxxopts::Options& options) {
  const auto number = [](const char* usual) { return cxxopts::value<int>()->default_value(usual); };
  options.add_options()  //
      ("model", "the plans' model, where it is a file (default: the built-in one of its name)",
       cxxopts::value<std::string>(), "FILE.pt")                           //
      ("plan", "the plan to run, by its rank", number("1"), "N")           //
      ("best", "run the N best plans and compare them", number("1"), "N")  //
      ("turns", "send the requests of several plans in N goes, plan after plan", number("1"),
       "N")                                                                        //
      ("threads", "of one operation in this process", cxxopts::value<int>(), "N")  //
      ("speed", "for testbeds: what runs here takes 1 / SHARE times as long",
       cxxopts::value<double>()->default_value("1"), "SHARE")  //
      ("foreign", "a system that is another server of the protocol, and the model there",
       cxxopts::value<std::vector<std::string>>(), "SYSTEM=MODEL")  //
      ("failover",
       "deploy the --best N plans (default 5) ahead; when a machine is lost, the next "
       "one without it takes over");
  add_load_options(options);
  options.add_options("positional")("plans", "", cxxopts::value<std::string>())(
      "image", "", cxxopts::value<std::string>());
}

Request read_load_request(const cxxopts::ParseResult& arguments) {
  Request request;
  read_load(arguments, request);
  if (arguments.count("threads")) request.threads = count_of(arguments, "threads", 1);
  request.speed = apps::speed_of(arguments);
  request.tolerance = tolerance_of(arguments);
  request.keeps = arguments.count("keep") > 0;
  request.as_json = arguments.count("json") > 0;
  return request;
}

Request read_request(const cxxopts::ParseResult& arguments) {
  Request request = read_load_request(arguments);
  read_plans(arguments, request);
  if (arguments.count("image")) request.image = arguments["image"].as<std::string>();
  request.foreign = read_foreign(arguments);
  return request;
}

void read_connections(const cxxopts::ParseResult& arguments, Request& request) {
  request.addresses = apps::addresses_of(arguments);
  request.deploy_addresses = request.addresses;
  if (arguments.count("deploy-workers")) {
    for (const auto& [system, address] : apps::parse_addresses(
             arguments["deploy-workers"].as<std::vector<std::string>>(), "--deploy-workers")) {
      request.deploy_addresses[system] = address;
    }
  }
  request.security = apps::security_of(arguments, apps::NetworkRole::client);
}

}  // namespace scission::run
