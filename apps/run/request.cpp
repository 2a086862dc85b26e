#include "request.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "base/file.hpp"
#include "connection_options.hpp"
#include "problem_arguments.hpp"
#include "progress.hpp"
#include "scission/backend.hpp"
#include "scission/codec.hpp"

namespace scission::run {
namespace {

using apps::Arguments;

void read_load(const Arguments& arguments, Request& request) {
  request.load.count = apps::int_of(arguments, "count", 1);
  request.load.warmup = apps::int_of(arguments, "warmup", 0);
  request.load.concurrency = apps::int_of(arguments, "concurrency", 1);
  if (arguments.count("rate")) request.load.requests_per_s = apps::positive_of(arguments, "rate");
  request.deployment.deadline_s = apps::positive_of(arguments, "deadline");
  request.deployment.stall_timeout_s = apps::positive_of(arguments, "stall-timeout");
  if (request.load.requests_per_s > 0 && arguments.count("concurrency")) {
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

/// One codec, or "raw"; empty without the option.
std::string codec_of(const Arguments& arguments) {
  const std::string name = apps::text_of(arguments, "codec");
  if (name.empty() || name == "raw" || find_codec(name) != nullptr) return name;
  throw apps::usage_error(
      fmt::format("'{}' is not a codec; there are raw, {}", name, fmt::join(codec_names(), ", ")),
      "--codec");
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
  request.codec = codec_of(arguments);
  request.load.pause_s = apps::pause_of(arguments);
  if (request.load.pause_s > 0 &&
      (request.load.requests_per_s > 0 || request.load.concurrency > 1)) {
    throw apps::usage_error("not together with --rate or a --concurrency above 1", "--pause");
  }
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

/// What --workers names instead.
std::string named_otherwise(const Request& request) {
  std::vector<std::string> names;
  for (const auto& [name, address] : request.deployment.addresses) names.push_back(name);
  if (names.empty()) return {};
  return fmt::format(" (it names {})", fmt::join(names, ", "));
}

std::vector<std::string> benchmark_options(const apps::Arguments& arguments) {
  double pause_s = apps::pause_of(arguments);
  const bool has_rate = arguments.count("rate") > 0 && arguments.count("pause") == 0;
  if (has_rate) pause_s = std::min(pause_s, 1 / apps::positive_of(arguments, "rate"));
  std::vector<std::string> options{"--max-time",
                                   fmt::format("{}", arguments["max-time"].as<double>()), "--pause",
                                   fmt::format("{}", pause_s)};
  const std::vector<std::string> split = apps::split_words(arguments);
  options.insert(options.end(), split.begin(), split.end());
  return options;
}

}  // namespace

void add_load_options(cxxopts::Options& options) {
  const auto number = [](const char* usual) { return apps::int_value(usual); };
  options.add_options("Requests")                                                           //
      ("count", "number of requests that are reported", number("20"), "N")                  //
      ("warmup", "number of requests before them that are not reported", number("3"), "N")  //
      ("concurrency", "number of requests in flight at a time", number("1"), "N")           //
      ("rate", "requests per second, sent at equal intervals (default: as --concurrency allows)",
       apps::double_value(), "R")                                                               //
      ("deadline", "time limit of a request, in seconds", apps::double_value("30"), "SECONDS")  //
      ("stall-timeout",
       "time without an answered health check after which a machine counts as lost, in seconds; "
       "applies where another plan can take over",
       apps::double_value("1.5"), "SECONDS")  //
      ("deploy-workers",
       "addresses of workers for the upload of segments, where that path is faster than the one of "
       "tensors (default: those of --workers)",
       apps::list_value(), "NAME=HOST:PORT,...")  //
      ("verify",
       "compare every answer with the whole model run here; the largest difference may be this "
       "share of the largest number, as processors and thread counts round differently, and in "
       "addition the error that a plan's codecs may make",
       apps::double_value()->implicit_value("1e-4"), "TOLERANCE")  //
      ("keep", "leave the segments on the workers")                //
      ("json", "print all results as JSON");
}

void add_options(cxxopts::Options& options) {
  const auto number = [](const char* usual) { return apps::int_value(usual); };
  options.add_options()  //
      ("model", "file of the plans' model (default: the built-in one of its name)",
       apps::text_value(), "FILE.pt")                                      //
      ("plan", "rank of the plan to run", number("1"), "N")                //
      ("best", "run the N best plans and compare them", number("1"), "N")  //
      ("codec",
       "code what crosses every hop by this codec, or by none with raw (default: as the plan says)",
       apps::text_value(), "NAME")  //
      ("pause",
       "idle time before each request, in seconds: that of the profiles' benchmarks, as a machine "
       "that waits for requests is slower than a busy one",
       apps::double_value("0"), "SECONDS")  //
      ("turns", "send the requests in N rounds, each over all plans; 1: one plan after the other",
       number("1"),
       "N")  //
      ("threads", "threads of one operation in this process (default: the backend's)",
       apps::int_value(), "N")  //
      ("speed", "for testbeds: stages in this process take 1 / FRACTION times as long",
       apps::double_value("1"), "FRACTION")  //
      ("foreign",
       "system whose server is not a Scission worker but speaks the Open Inference Protocol, and "
       "the name under which it serves the model (default: none)",
       apps::list_value(), "SYSTEM=MODEL")  //
      ("failover",
       "deploy the --best N plans (default 5) ahead; when a machine is lost, the next plan "
       "without it takes over")  //
      ("no-explain",
       "do not measure machines and links again, about 10 seconds for each machine, when a latency "
       "differs from its plan by 5 % or more and by more than the 95 % intervals")  //
      ("log", "write a row for each request to this file", apps::text_value(),
       "FILE.csv")  //
      ("trace", "write the timeline of each request to this file, for Perfetto (ui.perfetto.dev)",
       apps::text_value(), "FILE.json")  //
      ("events", "write what happens to this file as it happens, for scission-explore --follow",
       apps::text_value(), "FILE.jsonl")  //
      ("learn",
       "add how long each system took, compared with the plans, to this file, which "
       "scission-predict --corrections reads",
       apps::text_value(), "FILE.json")  //
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
  request.deployment.keeps_models = arguments.count("keep") > 0;
  request.as_json = arguments.count("json") > 0;
  return request;
}

static std::filesystem::path place_of(const std::filesystem::path& file) {
  std::error_code error;
  auto place = std::filesystem::weakly_canonical(std::filesystem::absolute(file), error);
  return error ? file : place;  // opening it will say why
}

void validate_outputs(const Arguments& arguments) {
  std::map<std::filesystem::path, std::string> files;
  for (const char* const name : {"plans", "inputs", "model", "image", "network", "corrections"}) {
    const std::string file = arguments.count(name) ? apps::text_of(arguments, name) : "";
    if (!file.empty()) files.try_emplace(place_of(file), fmt::format("an input, {}", file));
  }
  for (const char* const name : {"log", "trace", "learn", "events"}) {
    if (arguments.count(name) == 0) continue;
    const std::string option = fmt::format("--{}", name);
    const std::filesystem::path file = apps::text_of(arguments, name);
    if (file.empty()) throw apps::usage_error("needs the name of a file", option);
    const auto [known, is_new] = files.try_emplace(place_of(file), option);
    if (!is_new) {
      throw apps::usage_error(fmt::format("has the same file as {}", known->second), option);
    }
    require_writable(file);
  }
}

Request read_request(const Arguments& arguments) {
  validate_outputs(arguments);
  Request request = read_load_request(arguments);
  read_plans(arguments, request);
  request.image = apps::text_of(arguments, "image");
  request.log = apps::text_of(arguments, "log");
  request.trace = apps::text_of(arguments, "trace");
  request.learn = apps::text_of(arguments, "learn");
  request.events = apps::text_of(arguments, "events");
  request.deployment.foreign = read_foreign(arguments);
  return request;
}

void read_connections(const Arguments& arguments, Request& request) {
  request.deployment.addresses = apps::worker_addresses(arguments);
  request.deployment.deploy_addresses =
      apps::deploy_addresses(arguments, request.deployment.addresses);
  request.deployment.security = apps::security_of(arguments, apps::NetworkRole::client);
}

void validate_systems(const std::vector<PlanTimeline>& plans, const Request& request) {
  for (const PlanTimeline& plan : plans) {
    for (const Placement& stage : placements_of(plan)) {
      if (stage.system == plan.source || request.deployment.addresses.count(stage.system) > 0)
        continue;
      throw apps::usage_error(
          fmt::format("a plan runs layers on {}, and nothing says where that is; add "
                      "{}=HOST:PORT{}",
                      stage.system, stage.system, named_otherwise(request)),
          "--workers");
    }
  }
  for (const auto& [system, model] : request.deployment.foreign) {
    if (request.deployment.addresses.count(system) == 0) {
      throw apps::usage_error(system + " has no address; add it to --workers", "--foreign");
    }
  }
}

runtime::PlanDeploymentOptions deployment_options(const Request& request, std::string model,
                                                  std::string source,
                                                  const apps::Interrupts* interrupts) {
  runtime::PlanDeploymentOptions options = request.deployment;
  options.model = std::move(model);
  options.source = std::move(source);
  if (!request.fails_over) options.stall_timeout_s = 0;
  options.load = throttled(with_warmup(load_segment,
                                       [threads = request.threads] {
                                         if (threads) set_threads_of_backends(*threads);
                                       }),
                           request.speed);
  const auto progress = std::make_shared<std::optional<apps::Progress>>();
  options.on_upload = [progress, interrupts](const std::string& system, std::int64_t sent,
                                             std::int64_t total) {
    if (!*progress) progress->emplace("deploying");
    (*progress)->update(total > 0 ? static_cast<double>(sent) / static_cast<double>(total) : 1, 0,
                        "to " + system);
    const std::optional<int> signal = interrupts ? interrupts->take() : std::nullopt;
    if (signal) throw apps::Interrupted{*signal};
  };
  options.on_deployed = [progress] { progress->reset(); };
  return options;
}

void require_names(const runtime::PlanDeployment& deployment, const Request& request) {
  for (const auto& [system, client] : deployment.deploy_clients()) {
    if (request.deployment.foreign.count(system) == 0) apps::require_name(system, *client);
  }
}

void add_gather_options(cxxopts::Options& options) {
  options.add_options("Machine")  //
      ("name", "name of this machine's system (default: its host name)", apps::text_value(),
       "NAME")  //
      ("threads", "threads of one operation on this machine (default: the backend's)",
       apps::int_value(), "N")  //
      ("speed", "for testbeds: stages on this machine take 1 / FRACTION times as long",
       apps::double_value("1"), "FRACTION");
  options.add_options("Measuring")  //
      ("max-time", "time for benchmarking the model on each machine, in seconds",
       apps::double_value("20"), "SECONDS")  //
      ("pause",
       "idle time before each timed run, in seconds: a machine that waits for requests is slower "
       "than one that computes without a pause",
       apps::double_value("0.05"), "SECONDS");
}

void add_codec_options(cxxopts::Options& options) {
  options.add_options("Codecs")  //
      ("codecs",
       "codecs that each hop may choose from, or all: names separated by commas; raw is always "
       "allowed (default: raw alone)",
       apps::list_value(), "NAMES|all")  //
      ("calibrate",
       "inputs on which --codecs are measured: a folder of pictures or of .npy files, one picture, "
       "or random for random numbers, which say nothing about accuracy",
       apps::text_value(), "FOLDER");
  apps::add_error_limit_options(options, "Codecs");
}

void read_codec_query(const apps::Arguments& arguments, Query& query) {
  query.codecs = apps::codec_words_of(arguments);
  apps::read_error_limits(arguments, query.limits);
  if (!query.codecs.empty()) return;
  for (const char* option : {"calibrate", "max-error", "min-agreement"}) {
    if (arguments.count(option)) {
      throw apps::usage_error("only with --codecs", fmt::format("--{}", option));
    }
  }
}

/// What --codecs and --calibrate say of the measurement.
void read_codecs(const apps::Arguments& arguments, runtime::GatherOptions& options) {
  options.codecs = apps::codec_words_of(arguments);
  options.calibration = apps::text_of(arguments, "calibrate");
  const std::string names = fmt::format("{}", fmt::join(options.codecs, ","));
  apps::require_calibration(apps::parse_option("codecs", names, parse_codecs), options.calibration);
}

runtime::GatherOptions gather_options(const ModelSource& source, const apps::Arguments& arguments) {
  runtime::GatherOptions options;
  options.model = arguments["model"].as<std::string>();
  options.remote_model = {source.name, source.file, input_tensors(source), source.backend->name()};
  options.source = apps::text_of(arguments, "name", apps::host_name());
  options.benchmark_options = benchmark_options(arguments);
  options.operators = apps::words_of(arguments, "operators");
  options.speed = apps::speed_of(arguments);
  if (arguments.count("codecs")) read_codecs(arguments, options);
  if (arguments.count("threads")) {
    options.threads = std::to_string(arguments["threads"].as<int>());
  }
  const auto progress = std::make_shared<apps::Progress>("measuring links");
  options.on_link_progress = [progress](int done, int total, const std::string& link,
                                        double remaining_s) {
    progress->update(static_cast<double>(done) / total, remaining_s, link);
  };
  return options;
}

}  // namespace scission::run
