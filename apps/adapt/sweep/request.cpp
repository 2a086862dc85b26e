#include "adapt/sweep/request.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "command_line.hpp"
#include "connection_options.hpp"

namespace scission::sweep {
namespace {

using Arguments = cxxopts::ParseResult;
using Words = std::vector<std::string>;

Words words_of(const Arguments& arguments, const std::string& option) {
  return arguments.count(option) ? arguments[option].as<Words>() : Words{};
}

std::string text_of(const Arguments& arguments, const std::string& option) {
  return arguments.count(option) ? arguments[option].as<std::string>() : std::string();
}

int count_of(const Arguments& arguments, const std::string& option, int least, int most) {
  const int number = arguments[option].as<int>();
  if (number >= least && number <= most) return number;
  throw apps::usage_error(fmt::format("must be from {} to {}", least, most), "--" + option);
}

double amount_of(const Arguments& arguments, const std::string& option) {
  const double amount = arguments[option].as<double>();
  if (std::isfinite(amount) && amount >= 0) return amount;
  throw apps::usage_error("must be 0 or more", "--" + option);
}

Precision precision_of(const Arguments& arguments) {
  constexpr int most = 100'000;
  Precision precision;
  precision.width = apps::parse_precision(arguments["precision"].as<std::string>());
  precision.count = count_of(arguments, "count", 1, most);
  precision.max_count = count_of(arguments, "max-count", precision.count, most);
  precision.warmup = count_of(arguments, "warmup", 0, most);
  precision.tries = count_of(arguments, "tries", 1, 100);
  precision.deadline_s = amount_of(arguments, "deadline");
  return precision;
}

/// The source first, then those of --workers as they were given.
Words named_systems(const SweepRequest& request, const Arguments& arguments) {
  Words systems{request.source};
  for (const std::string& item : words_of(arguments, "workers")) {
    const std::string name = item.substr(0, item.find('='));
    if (std::find(systems.begin(), systems.end(), name) == systems.end()) systems.push_back(name);
  }
  return systems;
}

Words computing_systems(const Words& named, const Arguments& arguments) {
  Words asked = words_of(arguments, "systems");
  if (asked.empty()) return named;
  for (const std::string& system : asked) {
    if (std::count(asked.begin(), asked.end(), system) == 1 &&
        std::find(named.begin(), named.end(), system) != named.end()) {
      continue;
    }
    throw apps::usage_error(
        fmt::format("'{}' is there twice, or none of {}", system, fmt::join(named, ", ")),
        "--systems");
  }
  return asked;
}

void read_addresses(const Arguments& arguments, SweepRequest& request) {
  request.addresses = apps::worker_addresses(arguments);
  if (request.addresses.empty()) {
    throw apps::usage_error("say where a worker is: --workers cloud=HOST:PORT", "--workers");
  }
  request.deploy_addresses = request.addresses;
  for (const auto& [system, address] :
       apps::parse_addresses(words_of(arguments, "deploy-workers"), "--deploy-workers")) {
    request.deploy_addresses[system] = address;
  }
  request.security = apps::security_of(arguments, apps::NetworkRole::client);
}

/// For scission-benchmark, here and on workers.
Words benchmark_options(const Arguments& arguments) {
  Words options{"--max-time", fmt::format("{}", amount_of(arguments, "max-time")), "--pause",
                fmt::format("{}", apps::pause_of(arguments))};
  for (const char* option : {"cuts", "grain", "order", "input-shape"}) {
    if (arguments.count(option) == 0) continue;
    options.insert(options.end(), {fmt::format("--{}", option), text_of(arguments, option)});
  }
  return options;
}

SweepOptionTexts texts_of(const SweepRequest& request, const Arguments& arguments) {
  SweepOptionTexts texts;
  texts["MODEL"] = request.model;
  texts["INPUT"] = request.image.string();
  texts["--name"] = request.source;
  texts["--systems"] = text::join(request.systems, ",");
  for (const SweepFactor& factor : request.factors) {
    texts[factor.factor.name] = text::join(factor.factor.levels, ",");
  }
  for (const char* option : {"plans", "precision", "set-network"}) {
    texts[fmt::format("--{}", option)] = text_of(arguments, option);
  }
  for (const char* option : {"cuts", "grain", "order", "input-shape"}) {
    texts[fmt::format("--{}", option)] = text_of(arguments, option);
  }
  texts["--count"] = std::to_string(request.precision.count);
  texts["--max-count"] = std::to_string(request.precision.max_count);
  texts["--pause"] = fmt::format("{}", request.pause_s);
  texts["--warmup"] = std::to_string(request.precision.warmup);
  texts["--repeats"] = std::to_string(request.repeats);
  texts["--seed"] = std::to_string(request.seed);
  texts["--delay"] = fmt::format("{}", request.delay_ms);
  texts["--speed"] = fmt::format("{}", request.speed);
  texts["--threads"] = request.threads ? std::to_string(*request.threads) : "";
  return texts;
}

void add_condition_options(cxxopts::Options& options) {
  const auto words = [] { return cxxopts::value<Words>(); };
  options.add_options("Conditions")                                                           //
      ("network", "rates of all links in Mbit/s, or of one: A-B=50,25", words(), "50,25,10")  //
      ("cpu", "stress of a system's processors in %; also --SYSTEM-cpu 0,50,100", words(),
       "SYSTEM=0,50,100")                                                                     //
      ("memory", "of its memory; also --SYSTEM-memory 0,50,100", words(), "SYSTEM=0,50,100")  //
      ("delay", "of every link, one way, in ms", cxxopts::value<double>()->default_value("0"),
       "MS")  //
      ("host", "this machine's address, as workers elsewhere see it", cxxopts::value<std::string>(),
       "HOST")  //
      ("set-network", "a program that sets the rate instead of relays; needs root where tc does",
       cxxopts::value<std::string>(), "PROGRAM")  //
      ("plans", "which ones: all, or best:K in any condition, as predicted; also --cuts",
       cxxopts::value<std::string>()->default_value("all"), "all|best:K")  //
      ("systems", "that compute, in the order of plans (default: all)", words(), "A,B");
}

void add_measuring_options(cxxopts::Options& options) {
  const Precision usual;
  const auto number = [](int value) {
    return cxxopts::value<int>()->default_value(std::to_string(value));
  };
  const auto amount = [](const char* value) {
    return cxxopts::value<double>()->default_value(value);
  };
  options.add_options("Measuring")  //
      ("precision", "± of the median, with 95 % confidence, as a share of it",
       cxxopts::value<std::string>()->default_value("5%"), "P")                              //
      ("count", "requests a measurement, at least", number(usual.count), "N")                //
      ("max-count", "and at most", number(usual.max_count), "N")                             //
      ("warmup", "requests before them", number(usual.warmup), "N")                          //
      ("tries", "of a measurement that fails or stays imprecise", number(usual.tries), "N")  //
      ("deadline", "seconds of one request", amount("60"), "S")                              //
      ("repeats", "of the whole grid, each in an order of its own", number(1), "N")          //
      ("seed", "of the orders", cxxopts::value<std::uint64_t>()->default_value("1"), "N")    //
      ("predict", "the grid instead of measuring it, from benchmarks under each stress")     //
      ("profiles", "benchmarks, made where missing (default: DIR/profiles)",
       cxxopts::value<std::string>(), "DIR")                       //
      ("max-time", "seconds of one benchmark", amount("20"), "S")  //
      ("pause", "rest before each request, and before each timed run of a benchmark",
       amount("0.05"), "S");
}

}  // namespace

void add_options(cxxopts::Options& options) {
  const auto text = [] { return cxxopts::value<std::string>(); };
  add_condition_options(options);
  add_measuring_options(options);
  options.add_options()                                                    //
      ("name", "this machine's (default: its host name)", text(), "NAME")  //
      ("deploy-workers", "sends segments there instead", cxxopts::value<Words>(),
       "NAME=HOST:PORT,…")                                                         //
      ("threads", "of one operation on this machine", cxxopts::value<int>(), "N")  //
      ("speed", "for testbeds: what runs here takes 1 / SHARE times as long",
       cxxopts::value<double>()->default_value("1"), "SHARE")                          //
      ("o,output", "where everything is kept", text()->default_value("sweep"), "DIR")  //
      ("json", "print the sweep instead of a summary");
}

SweepRequest read_request(const Arguments& arguments) {
  SweepRequest request;
  request.model = text_of(arguments, "model");
  request.image = text_of(arguments, "image");
  request.source = arguments.count("name") ? text_of(arguments, "name") : apps::host_name();
  read_addresses(arguments, request);
  const Words named = named_systems(request, arguments);
  request.systems = computing_systems(named, arguments);
  request.factors = make_factors(
      {words_of(arguments, "network"), words_of(arguments, "cpu"), words_of(arguments, "memory")},
      named);
  request.cuts = parse_cuts(arguments["plans"].as<std::string>());
  request.precision = precision_of(arguments);
  request.repeats = count_of(arguments, "repeats", 1, 1000);
  request.seed = arguments["seed"].as<std::uint64_t>();
  request.pause_s = apps::pause_of(arguments);
  request.delay_ms = amount_of(arguments, "delay");
  request.host = text_of(arguments, "host");
  request.set_network = text_of(arguments, "set-network");
  if (arguments.count("threads")) request.threads = count_of(arguments, "threads", 1, 1024);
  request.speed = apps::speed_of(arguments);
  request.folder = text_of(arguments, "output");
  request.profiles = arguments.count("profiles")
                         ? std::filesystem::path(text_of(arguments, "profiles"))
                         : request.folder / "profiles";
  request.benchmark_options = benchmark_options(arguments);
  request.predicts = arguments.count("predict") > 0;
  request.as_json = arguments.count("json") > 0;
  request.texts = texts_of(request, arguments);
  return request;
}

}  // namespace scission::sweep
