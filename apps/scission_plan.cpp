// scission-plan: benchmarks, measures links, searches and runs, in one command.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "connection_options.hpp"
#include "open_model.hpp"
#include "problem_arguments.hpp"
#include "run/request.hpp"
#include "scission/base.hpp"
#include "scission/prepare.hpp"
#include "scission/runtime/gather/gather.hpp"
#include "scission/runtime/run/run_plans.hpp"
#include "scission/search/plan_io.hpp"
#include "scission/search/search.hpp"
#include "tool.hpp"

namespace {

using namespace scission;
using namespace scission::apps;

const char* const notes = R"(
The steps, one after the other: benchmark the model on this machine and on every worker, measure the
links between all of them over the connections that tensors take later, find the best plans in any
order of the machines, and run the best ones. Then the machines' times are corrected by what the run
took and the plans are ranked again; if another plan is the best now, it is run, too. DIR keeps the
profiles, network.csv, plans.json and corrections.json, which scission-predict, scission-report and
scission-run read.

After each run a table has a row for each hop; scission-run --help defines its columns (serialise,
transfer, queue, compute, …).

INPUT is a JPEG or PNG; without it, seeded random numbers are sent.

--codecs measures what codecs do to what crosses a link, on the inputs of --calibrate, and plans may
code each hop by one of them. Workers measure their times only, on random inputs; a codec that codes
pictures has none there, and all leaves it out.

Examples:
  scission-plan resnet50 photo.jpg --workers edge1=10.0.0.2:8001,cloud1=10.0.1.5:8001 --insecure
  scission-plan net.pt --input-shape 1,3,224,224 --workers edge1=10.0.0.2:8001 --insecure --best 3
  scission-plan resnet50 --workers edge1=10.0.0.2:8001 --insecure --codecs fp16,int8+zstd \
    --calibrate photos/ --max-error 1%

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no plan fits, 130 after Ctrl-C.
)";

void add_options(cxxopts::Options& options) {
  const auto number = [](const char* usual) { return cxxopts::value<int>()->default_value(usual); };
  run::add_gather_options(options);
  options.add_options()  //
      ("o,output", "folder for profiles, network.csv and plans.json", text_value("."),
       "DIR")                                                          //
      ("result-count", "number of plans to find", number("5"), "N")    //
      ("best", "run the N best plans", number("1"), "N")               //
      ("count", "number of requests to each plan", number("20"), "N")  //
      ("rate",
       "requests per second that the plan is for: plans must sustain them, the run sends them, and "
       "benchmarks pause no longer than between two of them (default: one request after the other, "
       "with the --pause of the benchmarks before each)",
       cxxopts::value<double>(), "R")                    //
      ("no-run", "find the plans without running them")  //
      ("no-correct",
       "do not correct the times of systems by the measured run, and do not rank and run plans "
       "again")  //
      ("no-explain",
       "do not measure machines and links again, about 10 seconds for each machine, when a latency "
       "differs from its plan by 5 % or more and by more than the 95 % intervals");
  run::add_codec_options(options);
  add_exit_share_option(options);
  add_corrections_option(options);
  add_format_option(options);
  add_workers_option(options);
  add_split_options(options);
  add_security_options(options);
}

/// Requests per second; empty: one after the other.
std::optional<double> rate_of(const Arguments& arguments) {
  if (arguments.count("rate") == 0) return std::nullopt;
  return positive_of(arguments, "rate");
}

/// `system`: the source, to which answers return.
Query query_of(const ModelSource& source, const std::string& system, const Arguments& arguments) {
  Query query;
  if (exit_shares_of(arguments).empty()) query.return_to = "@" + system;
  query.input_bytes = input_bytes(source);
  query.route = Route::any_order;
  query.result_count = arguments["result-count"].as<int>();
  run::read_codec_query(arguments, query);
  if (const auto rate = rate_of(arguments)) query.limits.period_s = 1 / *rate;
  return query;
}

/// The question, and its best plans.
struct Ranking {
  PartitionProblem measured;  ///< `problem` without corrections
  PartitionProblem problem;
  Query query;
  SearchResult result;
};

/// Searches and writes plans.json.
void rank(Ranking& ranking, const std::filesystem::path& file) {
  ranking.result = search(ranking.problem, ranking.query);
  if (ranking.result.plans.empty()) {
    throw Error(ErrorCode::infeasible,
                ranking.query.limits.period_s
                    ? "no plan fits: none sustains that many requests per second; lower --rate"
                    : "no plan fits: this machine has no link to any worker");
  }
  write_file_atomically(file, format_result_json(ranking.problem, ranking.query, ranking.result));
}

void print_plans(const Ranking& ranking, const Arguments& arguments) {
  fmt::print("{}\n", apps::plans_text(ranking.problem, ranking.query, ranking.result,
                                      plan_format(arguments)));
  std::fflush(stdout);
}

Ranking find_plans(const std::vector<SystemProfile>& profiles, const Network& network,
                   const ModelSource& source, const Arguments& arguments,
                   const std::filesystem::path& folder) {
  PartitionProblem measured = make_problem(profiles, network, source.name,
                                           {runtime::source_platform, runtime::worker_platform});
  apply_exit_shares(arguments, measured);
  Ranking ranking{
      measured, std::move(measured), query_of(source, profiles.front().name, arguments), {}};
  apply_corrections(arguments, ranking.problem);
  rank(ranking, folder / "plans.json");
  print_plans(ranking, arguments);
  print_notes(problem_notes(ranking.problem, ranking.query, false));
  const std::string note = setup_warning(profiles, source.name, folder, folder / "network.csv");
  if (!note.empty()) spdlog::warn("{}", note);
  return ranking;
}

int run_best(const std::filesystem::path& plans, int count, const Arguments& arguments,
             std::vector<runtime::PlanRun>& runs) {
  run::Request request;
  request.plans = plans;
  request.image = text_of(arguments, "image");
  request.plan_count = count;
  request.load.count = arguments["count"].as<int>();
  request.load.requests_per_s = rate_of(arguments).value_or(0);
  if (!rate_of(arguments)) {
    request.load.pause_s = pause_of(arguments);
    spdlog::info("the run pauses {} s before each request, as the benchmarks did (--pause)",
                 request.load.pause_s);
  }
  request.explains = arguments.count("no-explain") == 0;
  request.threads = optional_int_of(arguments, "threads", 1);
  request.speed = speed_of(arguments);
  request.tolerance = 1e-4;
  return run::run_plans(request, arguments, &runs);
}

/// Corrects the times by what the runs of the plans took, ranks the plans again, and writes
/// corrections.json. False where the runs teach nothing.
bool learn(const std::vector<runtime::PlanRun>& runs, const std::filesystem::path& folder,
           Ranking& ranking) {
  const Corrections applied{ranking.problem.model, ranking.problem.corrections};
  const Corrections learned = runtime::learn_corrections(applied.model, runs, applied.systems);
  if (learned.systems.empty()) return false;
  const Corrections all = merge_corrections(applied, learned);
  ranking.problem = ranking.measured;
  apply_corrections(all, ranking.problem);
  rank(ranking, folder / "plans.json");
  write_file_atomically(folder / "corrections.json", format_corrections_json(all));
  fmt::print("\nCorrected by what was measured: {}.\n", runtime::format_corrections(learned));
  return true;
}

/// Ranks the plans again by what the runs took, and runs the best one unless it was run already.
int correct(Ranking& ranking, std::vector<runtime::PlanRun> runs,
            const std::filesystem::path& folder, const Arguments& arguments) {
  if (!learn(runs, folder, ranking)) return exit_done;
  const std::vector<Placement> best = placements_of(ranking.problem, ranking.result.plans.front());
  const bool was_run = std::any_of(runs.begin(), runs.end(), [&](const runtime::PlanRun& run) {
    return placements_of(run.plan) == best;
  });
  int exit_code = exit_done;
  if (was_run) {
    fmt::print("The best plan is still one of those that were run.\n");
  } else {
    fmt::print("Another plan is the best now:\n");
    print_plans(ranking, arguments);
    std::vector<runtime::PlanRun> again;
    exit_code = run_best(folder / "plans.json", 1, arguments, again);
    learn(again, folder, ranking);
    runs.insert(runs.end(), again.begin(), again.end());
  }
  fmt::print("{}", runtime::format_planned_and_measured(runs));
  return exit_code;
}

/// Throws before anything is measured.
void validate(const Arguments& arguments) {
  plan_format(arguments);
  exit_shares_of(arguments);
  positive_of(arguments, "max-time");
  rate_of(arguments);
  Query query;
  run::read_codec_query(arguments, query);
  for (const char* option : {"result-count", "best", "count"}) int_of(arguments, option, 1);
}

int make_plan(const Arguments& arguments) {
  validate(arguments);
  const ModelSource source = find_model(arguments);
  const Addresses addresses = worker_addresses(arguments);
  require_workers(addresses);
  runtime::Lease lease;
  const runtime::Clients workers =
      runtime::connect(addresses, security_of(arguments, NetworkRole::client), lease.id());
  for (const auto& [system, worker] : workers) require_name(system, *worker, true);
  lease.hold(workers);
  runtime::GatherOptions options = run::gather_options(source, arguments);
  options.image = text_of(arguments, "image");
  request_inputs(source, options.image);  // throws before anything is measured
  options.folder = arguments["output"].as<std::string>();
  const std::vector<SystemProfile> profiles = runtime::gather_profiles(workers, options);
  const Network network = runtime::gather_links(workers, profiles, options,
                                                query_of(source, options.source, arguments));
  options.on_link_progress = {};  // clears the line on the terminal
  Ranking ranking = find_plans(profiles, network, source, arguments, options.folder);
  if (arguments.count("no-run")) return exit_done;
  std::vector<runtime::PlanRun> runs;
  const int exit_code =
      run_best(options.folder / "plans.json", arguments["best"].as<int>(), arguments, runs);
  if (exit_code != exit_done || arguments.count("no-correct")) return exit_code;
  if (rate_of(arguments) && arguments.count("pause")) {
    spdlog::warn(
        "no corrections: requests at --rate cannot be compared with benchmarks of another --pause");
    return exit_code;
  }
  return correct(ranking, std::move(runs), options.folder, arguments);
}

Tool tool() {
  return {.name = "scission-plan",
          .summary = "Benchmarks, measures links, searches and runs, in one command.",
          .usage = "MODEL [INPUT] --workers NAME=HOST:PORT,… [OPTION...]",
          .notes = model_help() + notes,
          .positional = {"model", "image"},
          .add_options = add_options,
          .run = make_plan};
}

}  // namespace

int main(int argc, char** argv) { return run_tool(tool, argc, argv, register_backends); }
