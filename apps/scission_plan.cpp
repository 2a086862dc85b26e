// scission-plan: from a model and workers to the best way to run it, in one command.
#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cxxopts.hpp>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "at.hpp"
#include "base/file.hpp"
#include "command_line.hpp"
#include "names.hpp"
#include "open_model.hpp"
#include "plan/gather.hpp"
#include "plan/gather_options.hpp"
#include "run/prepare.hpp"
#include "run/request.hpp"
#include "run/session.hpp"
#include "scission/base/error.hpp"
#include "scission/search/plan_io.hpp"
#include "scission/search/search.hpp"
#include "security_options.hpp"
#include "tool.hpp"

namespace {

using namespace scission;

const char* const epilog = R"(
One after the other: the model is benchmarked on this machine and, by the workers themselves, on
every one that --workers names; the links between all of them are measured over the connections that
tensors take later; the best plans in any order of the machines are found; and the best ones are
run. Everything is kept in DIR: the profiles, network.csv and plans.json, which scission-predict,
scission-report and scission-run read.

INPUT is a JPEG or PNG; without it, seeded random numbers go in.

Examples:
  scission-plan resnet50 photo.jpg --workers edge1=10.0.0.2:8001,cloud1=10.0.1.5:8001 --insecure
  scission-plan net.pt --input-shape 1,3,224,224 --workers edge1=10.0.0.2:8001 --insecure --best 3

Exit codes: 0 done, 1 it failed, 2 wrong usage, 3 no plan fits.
)";

cxxopts::Options make_options() {
  const auto text = [] { return cxxopts::value<std::string>(); };
  cxxopts::Options options("scission-plan",
                           "Benchmarks, measures links, searches and runs, in one command.\n");
  options.custom_help("MODEL [INPUT] --workers SYSTEM=HOST:PORT,… [options]");
  plan::add_gather_options(options);
  options.add_options()                                                                  //
      ("o,output", "where everything is kept", text()->default_value("."), "DIR")        //
      ("result-count", "plans to find", cxxopts::value<int>()->default_value("5"), "N")  //
      ("best", "run the N best plans", cxxopts::value<int>()->default_value("1"), "N")   //
      ("count", "requests for each", cxxopts::value<int>()->default_value("20"), "N")    //
      ("no-run", "find the plans, run none");
  apps::add_address_option(options);
  apps::add_split_options(options);
  apps::add_security_options(options);
  options.add_options()("h,help", "this text")("version", "the version");
  options.add_options("positional")("model", "", text())("image", "", text());
  options.parse_positional({"model", "image"});
  options.positional_help("");
  return options;
}

std::string text_of(const cxxopts::ParseResult& arguments, const std::string& option,
                    const std::string& otherwise = {}) {
  return arguments.count(option) ? arguments[option].as<std::string>() : otherwise;
}

/// Prints the plans and writes plans.json.
std::filesystem::path find_plans(const std::vector<SystemProfile>& profiles, const Network& network,
                                 const apps::ModelSource& source,
                                 const cxxopts::ParseResult& arguments,
                                 const std::filesystem::path& folder) {
  const PartitionProblem problem =
      make_problem(profiles, network, source.name, {plan::source_platform, plan::worker_platform});
  Query query;
  query.input_bytes = plan::input_bytes(source);
  query.route = Route::any_order;
  query.result_count = arguments["result-count"].as<int>();
  const SearchResult result = search(problem, query);
  if (result.plans.empty()) {
    throw Error(ErrorCode::infeasible, "no plan fits: no links lead from this machine anywhere");
  }
  int rank = 0;
  for (const Plan& plan : result.plans) {
    fmt::print("{}\n", format_result_line(problem, query, plan, ++rank));
  }
  fmt::print("\n");
  std::fflush(stdout);
  std::filesystem::path file = folder / "plans.json";
  write_file_atomically(file, format_result_json(problem, query, result));
  return file;
}

int run_best(const std::filesystem::path& plans, const cxxopts::ParseResult& arguments) {
  run::Request request;
  request.plans = plans;
  request.image = text_of(arguments, "image");
  request.plan_count = arguments["best"].as<int>();
  request.requests = arguments["count"].as<int>();
  if (arguments.count("threads")) request.threads = arguments["threads"].as<int>();
  request.speed = apps::speed_of(arguments);
  request.tolerance = 1e-4;
  return run::run_plans(request, arguments);
}

/// Throws Error(io) that names the system, too.
void require_answer(const std::string& system, const runtime::Client& worker) {
  constexpr double deadline_s = 10;
  try {
    worker.server(deadline_s);
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), fmt::format("{} ({})", system, worker.address()));
  }
  apps::warn_of_other_name(system, worker);
}

int make_plan(const cxxopts::ParseResult& arguments) {
  const apps::ModelSource source = apps::find_model(arguments);
  const apps::Addresses addresses = apps::addresses_of(arguments);
  if (addresses.empty()) {
    throw Error(ErrorCode::invalid_argument, "say where a worker is: --workers edge1=HOST:PORT",
                "--workers");
  }
  const runtime::Clients workers =
      runtime::connect(addresses, apps::security_of(arguments, apps::NetworkRole::client));
  for (const auto& [system, worker] : workers) require_answer(system, *worker);
  plan::GatherOptions options = plan::gather_options(source, arguments);
  options.image = text_of(arguments, "image");
  run::request_inputs(source, options.image);  // throws before anything is measured
  options.folder = text_of(arguments, "output");
  const std::vector<SystemProfile> profiles = plan::gather_profiles(workers, options);
  const Network network = plan::gather_links(workers, profiles, options);
  const std::filesystem::path plans =
      find_plans(profiles, network, source, arguments, options.folder);
  return arguments.count("no-run") ? apps::exit_done : run_best(plans, arguments);
}

int body(int argc, char** argv) {
  cxxopts::Options options = make_options();
  const cxxopts::ParseResult arguments = apps::parse_options(options, argc, argv);
  if (arguments.count("help")) {
    std::cout << apps::help_of(options, std::string(apps::model_help) + epilog);
    return apps::exit_done;
  }
  if (!arguments.unmatched().empty()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("\"{}\" is one argument too many; see scission-plan --help",
                            arguments.unmatched().front()));
  }
  return make_plan(arguments);
}

}  // namespace

int main(int argc, char** argv) {
  return scission::apps::run_tool("scission-plan", argc, argv, body);
}
