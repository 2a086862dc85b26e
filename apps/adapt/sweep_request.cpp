#include "adapt/sweep_request.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "connection_options.hpp"

namespace scission::apps {
namespace {

using runtime::FactorKind;

runtime::SweepPrecision precision_of(const Arguments& arguments) {
  constexpr int max = 100'000;
  runtime::SweepPrecision precision;
  precision.width = parse_precision(arguments["precision"].as<std::string>());
  precision.count = int_of(arguments, "count", 1, max);
  precision.max_count = int_of(arguments, "max-count", precision.count, max);
  precision.warmup = int_of(arguments, "warmup", 0, max);
  precision.tries = int_of(arguments, "tries", 1, 100);
  precision.deadline_s = non_negative_of(arguments, "deadline");
  return precision;
}

/// The source first, then the workers in the order of --workers.
Words named_systems(const std::string& source, const Arguments& arguments) {
  Words systems{source};
  for (const std::string& item : words_of(arguments, "workers")) {
    const std::string name = item.substr(0, item.find('='));
    if (std::find(systems.begin(), systems.end(), name) == systems.end()) systems.push_back(name);
  }
  return systems;
}

Words computing_systems(const Words& named, const Arguments& arguments) {
  Words chosen = words_of(arguments, "systems");
  if (chosen.empty()) return named;
  for (const std::string& system : chosen) {
    if (std::count(chosen.begin(), chosen.end(), system) == 1 &&
        std::find(named.begin(), named.end(), system) != named.end()) {
      continue;
    }
    throw usage_error(
        fmt::format("'{}' is given twice, or is not one of {}", system, fmt::join(named, ", ")),
        "--systems");
  }
  return chosen;
}

runtime::SweepMachines machines_of(const Arguments& arguments) {
  runtime::SweepMachines machines;
  machines.source = text_of(arguments, "name", host_name());
  machines.addresses = worker_addresses(arguments);
  if (machines.addresses.empty()) {
    throw usage_error("say where a worker is: --workers cloud=HOST:PORT", "--workers");
  }
  machines.deploy_addresses = deploy_addresses(arguments, machines.addresses);
  machines.security = security_of(arguments, NetworkRole::client);
  machines.systems = computing_systems(named_systems(machines.source, arguments), arguments);
  machines.delay_ms = non_negative_of(arguments, "delay");
  machines.relay_host = text_of(arguments, "host");
  machines.set_network = text_of(arguments, "set-network");
  return machines;
}

/// What the figures depend on beside the library's options. A journal's names stay as they are:
/// they decide whether an older sweep can be resumed.
std::map<std::string, std::string> identity_of(const SweepRequest& request,
                                               const Arguments& arguments) {
  std::map<std::string, std::string> texts;
  texts["MODEL"] = request.model;
  texts["INPUT"] = request.image.string();
  for (const char* option : {"plans", "precision", "cuts", "grain", "order", "input-shape"}) {
    texts[fmt::format("--{}", option)] = text_of(arguments, option);
  }
  texts["--speed"] = fmt::format("{}", request.speed);
  texts["--threads"] = request.threads ? std::to_string(*request.threads) : "";
  return texts;
}

/// The system and the option of "--edge-cpu"; nothing for any other word.
std::optional<std::pair<std::string, std::string>> split_stress_option(std::string_view word) {
  for (const std::string_view ending : {"-cpu", "-memory"}) {
    if (!word.starts_with("--") || !word.ends_with(ending)) continue;
    if (word.size() <= 2 + ending.size()) continue;  // --cpu itself
    const std::string_view system = word.substr(2, word.size() - 2 - ending.size());
    return {{std::string(system), "--" + std::string(ending.substr(1))}};
  }
  return std::nullopt;
}

bool chooses_plans(const std::string& option, const std::string& value) {
  return option == "--cuts" && (value == "all" || value.starts_with("best:"));
}

void add_condition_options(cxxopts::Options& options) {
  const auto words = [] { return cxxopts::value<Words>(); };
  options.add_options("Conditions")  //
      ("network", "rates of all links in Mbit/s, or of one link: A-B=50,25 (default: unlimited)",
       words(), "50,25,10")  //
      ("cpu", "processor stress of a system in %, also as --SYSTEM-cpu 0,50,100 (default: none)",
       words(), "SYSTEM=0,50,100")  //
      ("memory", "memory stress of a system in %, also as --SYSTEM-memory 0,50,100 (default: none)",
       words(), "SYSTEM=0,50,100")  //
      ("delay", "one-way delay of every link, in milliseconds",
       cxxopts::value<double>()->default_value("0"), "MS")  //
      ("host", "this machine's address as workers on other machines reach it",
       cxxopts::value<std::string>(), "HOST")  //
      ("set-network",
       "program that sets link rates, instead of relays; it may need root, as tc does",
       cxxopts::value<std::string>(), "PROGRAM")  //
      ("plans",
       "plans to measure: all, or best:K, the K fastest of each condition by a prediction; also "
       "as --cuts best:K",
       cxxopts::value<std::string>()->default_value("all"), "all|best:K")  //
      ("systems", "systems that compute, in the order of plans (default: all)", words(), "A,B");
}

void add_measuring_options(cxxopts::Options& options) {
  const runtime::SweepPrecision usual;
  const auto number = [](int value) {
    return cxxopts::value<int>()->default_value(std::to_string(value));
  };
  const auto amount = [](const char* value) {
    return cxxopts::value<double>()->default_value(value);
  };
  options.add_options("Measuring")  //
      ("precision", "half-width of the median's 95 % interval, as a share of the median",
       cxxopts::value<std::string>()->default_value("5%"), "P")                          //
      ("count", "minimum number of requests per measurement", number(usual.count), "N")  //
      ("max-count", "maximum number of requests per measurement", number(usual.max_count),
       "N")                                                                                 //
      ("warmup", "unmeasured requests before each measurement", number(usual.warmup), "N")  //
      ("tries", "attempts at a measurement that fails or stays imprecise", number(usual.tries),
       "N")                                                                                       //
      ("deadline", "time limit of one request, in seconds", amount("60"), "S")                    //
      ("repeats", "repetitions of the whole grid, each in its own random order", number(1), "N")  //
      ("seed", "seed of the random orders", cxxopts::value<std::uint64_t>()->default_value("1"),
       "N")                                                                                      //
      ("predict", "compute the grid from benchmarks under each stress instead of measuring it")  //
      ("profiles", "folder of those benchmarks; missing ones are made (default: DIR/profiles)",
       cxxopts::value<std::string>(), "DIR")                                      //
      ("max-time", "time limit of one benchmark, in seconds", amount("20"), "S")  //
      ("pause", "pause before each request and each timed run of a benchmark, in seconds",
       amount("0.05"), "S");
}

}  // namespace

void add_sweep_options(cxxopts::Options& options) {
  const auto text = [] { return cxxopts::value<std::string>(); };
  add_condition_options(options);
  add_measuring_options(options);
  options.add_options()                                                          //
      ("name", "name of this machine (default: its host name)", text(), "NAME")  //
      ("deploy-workers", "addresses for sending segments (default: those of --workers)",
       cxxopts::value<Words>(), "NAME=HOST:PORT,...")  //
      ("threads", "threads per operation on this machine (default: the backend's choice)",
       cxxopts::value<int>(), "N")  //
      ("speed", "for testbeds: speed of this machine, as a share of its real speed",
       cxxopts::value<double>()->default_value("1"), "SHARE")  //
      ("o,output", "folder for the sweep and its journal", text()->default_value("sweep"),
       "DIR")  //
      ("json", "print the sweep as JSON instead of a summary");
}

SweepRequest read_sweep_request(const Arguments& arguments) {
  SweepRequest request;
  request.model = text_of(arguments, "model");
  request.image = text_of(arguments, "image");
  runtime::SweepOptions& sweep = request.sweep;
  sweep.machines = machines_of(arguments);
  sweep.factors = runtime::parse_factors(
      {{FactorKind::link_rate, words_of(arguments, "network"), "--network"},
       {FactorKind::cpu_stress, words_of(arguments, "cpu"), "--cpu"},
       {FactorKind::memory_stress, words_of(arguments, "memory"), "--memory"}},
      named_systems(sweep.machines.source, arguments));
  request.best = parse_plan_choice(arguments["plans"].as<std::string>());
  sweep.precision = precision_of(arguments);
  sweep.repeats = int_of(arguments, "repeats", 1, 1000);
  sweep.seed = arguments["seed"].as<std::uint64_t>();
  sweep.pause_s = pause_of(arguments);
  request.threads = optional_int_of(arguments, "threads", 1, 1024);
  request.speed = speed_of(arguments);
  sweep.folder = arguments["output"].as<std::string>();
  request.profiles = text_of(arguments, "profiles", sweep.folder / "profiles");
  non_negative_of(arguments, "max-time");  // gather_options() hands it on
  request.predicts = arguments.count("predict") > 0;
  request.as_json = arguments.count("json") > 0;
  sweep.identity = identity_of(request, arguments);
  if (runtime::needs_relay_host(sweep.machines)) {
    throw usage_error(
        "workers on other machines need this machine's address, to reach the relays between them: "
        "--host 10.0.0.1; or set rates in the network itself: --set-network PROGRAM",
        "--host");
  }
  return request;
}

Words normalise_arguments(const Words& arguments) {
  Words all;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::size_t equals = arguments[i].find('=');
    const auto stress = split_stress_option(std::string_view(arguments[i]).substr(0, equals));
    const bool has_value = equals != std::string::npos;
    const bool has_next = !has_value && i + 1 < arguments.size();
    const std::string value = has_value  ? arguments[i].substr(equals + 1)
                              : has_next ? arguments[i + 1]
                                         : std::string();
    if (stress) {
      all.insert(all.end(), {stress->second, stress->first + "=" + value});
    } else if (chooses_plans(arguments[i].substr(0, equals), value)) {
      all.insert(all.end(), {"--plans", value});
    } else {
      all.push_back(arguments[i]);
      continue;
    }
    if (has_next) ++i;
  }
  return all;
}

int parse_plan_choice(const std::string& text) {
  constexpr std::string_view best = "best:";
  if (text == "all") return 0;
  if (text.starts_with(best)) {
    const auto count = text::to_int(std::string_view(text).substr(best.size()));
    if (count && *count >= 1) return *count;
  }
  throw usage_error(fmt::format("'{}' must be all or best:5", text), "--plans");
}

}  // namespace scission::apps
