// scission-plan: benchmarks, measures links, searches and runs, in one command.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <string>
#include <vector>

#include "backends.hpp"
#include "base/file.hpp"
#include "connection_options.hpp"
#include "open_model.hpp"
#include "problem_arguments.hpp"
#include "run/request.hpp"
#include "scission/base/error.hpp"
#include "scission/prepare/prepare.hpp"
#include "scission/runtime/gather/gather.hpp"
#include "scission/search/plan_io.hpp"
#include "scission/search/search.hpp"
#include "tool.hpp"

namespace {

using namespace scission;

const char* const notes = R"(
The steps, one after the other: benchmark the model on this machine and on every worker, measure the
links between all of them over the connections that tensors take later, find the best plans in any
order of the machines, and run the best ones. DIR keeps the profiles, network.csv and plans.json,
which scission-predict, scission-report and scission-run read.

INPUT is a JPEG or PNG; without it, seeded random numbers are sent.

Examples:
  scission-plan resnet50 photo.jpg --workers edge1=10.0.0.2:8001,cloud1=10.0.1.5:8001 --insecure
  scission-plan net.pt --input-shape 1,3,224,224 --workers edge1=10.0.0.2:8001 --insecure --best 3

Exit codes: 0 done, 1 it failed, 2 wrong usage, 3 no plan fits.
)";

void add_options(cxxopts::Options& options) {
  const auto number = [](const char* usual) { return cxxopts::value<int>()->default_value(usual); };
  run::add_gather_options(options);
  options.add_options()  //
      ("o,output", "folder for profiles, network.csv and plans.json", apps::text_value("."),
       "DIR")                                                          //
      ("result-count", "number of plans to find", number("5"), "N")    //
      ("best", "run the N best plans", number("1"), "N")               //
      ("count", "number of requests to each plan", number("20"), "N")  //
      ("no-run", "find the plans without running them")                //
      ("no-explain",
       "do not measure machines and links again when a run misses its plan by 5 % or more and by "
       "more than the 95 % intervals; takes about 10 seconds for each machine");
  apps::add_exit_share_option(options);
  apps::add_format_option(options);
  apps::add_workers_option(options);
  apps::add_split_options(options);
  apps::add_security_options(options);
}

Query query_of(const ModelSource& source, const apps::Arguments& arguments) {
  Query query;
  query.input_bytes = input_bytes(source);
  query.route = Route::any_order;
  query.result_count = arguments["result-count"].as<int>();
  return query;
}

/// Prints the plans and writes plans.json.
std::filesystem::path find_plans(const std::vector<SystemProfile>& profiles, const Network& network,
                                 const ModelSource& source, const apps::Arguments& arguments,
                                 const std::filesystem::path& folder) {
  PartitionProblem problem = make_problem(profiles, network, source.name,
                                          {runtime::source_platform, runtime::worker_platform});
  apps::apply_exit_shares(arguments, problem);
  const Query query = query_of(source, arguments);
  const SearchResult result = search(problem, query);
  if (result.plans.empty()) {
    throw Error(ErrorCode::infeasible, "no plan fits: this machine has no link to any worker");
  }
  fmt::print("{}\n", apps::plans_text(problem, query, result, apps::plan_format(arguments)));
  std::fflush(stdout);
  apps::print_notes(problem_notes(problem, query, false));
  const std::string note = setup_warning(profiles, source.name, folder, folder / "network.csv");
  if (!note.empty()) spdlog::warn("{}", note);
  std::filesystem::path file = folder / "plans.json";
  write_file_atomically(file, format_result_json(problem, query, result));
  return file;
}

int run_best(const std::filesystem::path& plans, const apps::Arguments& arguments) {
  run::Request request;
  request.plans = plans;
  request.image = apps::text_of(arguments, "image");
  request.plan_count = arguments["best"].as<int>();
  request.requests = arguments["count"].as<int>();
  request.explains = arguments.count("no-explain") == 0;
  request.threads = apps::optional_int_of(arguments, "threads", 1);
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
  apps::require_name(system, worker);
}

/// Throws before anything is measured.
void validate(const apps::Arguments& arguments) {
  apps::plan_format(arguments);
  apps::exit_shares_of(arguments);
  apps::positive_of(arguments, "max-time");
  for (const char* option : {"result-count", "best", "count"}) apps::int_of(arguments, option, 1);
}

int make_plan(const apps::Arguments& arguments) {
  validate(arguments);
  const ModelSource source = apps::find_model(arguments);
  const apps::Addresses addresses = apps::worker_addresses(arguments);
  if (addresses.empty()) {
    throw apps::usage_error("say where a worker is: --workers edge1=HOST:PORT", "--workers");
  }
  runtime::Lease lease;
  const runtime::Clients workers = runtime::connect(
      addresses, apps::security_of(arguments, apps::NetworkRole::client), lease.id());
  for (const auto& [system, worker] : workers) require_answer(system, *worker);
  lease.hold(workers);
  runtime::GatherOptions options = run::gather_options(source, arguments);
  options.image = apps::text_of(arguments, "image");
  request_inputs(source, options.image);  // throws before anything is measured
  options.folder = arguments["output"].as<std::string>();
  const std::vector<SystemProfile> profiles = runtime::gather_profiles(workers, options);
  const Network network =
      runtime::gather_links(workers, profiles, options, query_of(source, arguments));
  options.on_link_progress = {};  // clears the line on the terminal
  const std::filesystem::path plans =
      find_plans(profiles, network, source, arguments, options.folder);
  return arguments.count("no-run") ? apps::exit_done : run_best(plans, arguments);
}

apps::Tool tool() {
  return {.name = "scission-plan",
          .summary = "Benchmarks, measures links, searches and runs, in one command.",
          .usage = "MODEL [INPUT] --workers NAME=HOST:PORT,… [OPTION...]",
          .notes = apps::model_help() + notes,
          .positional = {"model", "image"},
          .add_options = add_options,
          .run = make_plan};
}

}  // namespace

int main(int argc, char** argv) {
  scission::apps::register_backends();
  return scission::apps::run_tool(tool(), argc, argv);
}
