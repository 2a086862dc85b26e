// scission-predict: the best ways to distribute a model, from profiles and a network file.
#include <fmt/format.h>

#include <iostream>
#include <limits>
#include <utility>

#include "command_line.hpp"
#include "predict/answer.hpp"
#include "predict/explain.hpp"
#include "predict/load.hpp"
#include "predict/named_values.hpp"
#include "predict/options.hpp"
#include "predict/pictures.hpp"
#include "predict/print.hpp"
#include "predict/request.hpp"
#include "predict/waiting.hpp"
#include "scission/base/error.hpp"
#include "tool.hpp"

namespace {

using namespace scission;
using namespace scission::predict;

void print_answer(const PartitionProblem& problem, const Request& request,
                  const QueryAnswer& answer) {
  if (request.as_json) {
    std::cout << format_answer_json(problem, request.query, answer);
    return;
  }
  std::cout << plan_lines(problem, request.query, answer.result);
  if (answer.pareto) std::cout << pareto_table(problem, request.query, *answer.pareto);
  for (const SensitivityAnswer& one : answer.sensitivity) {
    std::cout << sensitivity_table(problem, request.query, one);
  }
}

// A demand that no model could meet is answered as one that no plan meets, and explained.
SearchResult search_or_answer(const PartitionProblem& problem, const Request& request,
                              const TimeBudget& budget) {
  try {
    return search(problem, request.query, budget.options());
  } catch (const Error& error) {
    QueryAnswer none;
    none.result.bound = std::numeric_limits<double>::infinity();
    if (error.code() == ErrorCode::infeasible) print_answer(problem, request, none);
    throw;
  }
}

// That no plan fits is told before it is found out why, which may take its time.
QueryAnswer find_answer(const PartitionProblem& problem, const Request& request,
                        const TimeBudget& budget) {
  const Waiting waiting(request.time_limit_s);
  SearchResult result = search_or_answer(problem, request, budget);
  if (result.plans.empty() && !request.as_json) {
    std::cout << plan_lines(problem, request.query, result) << std::flush;
  }
  return complete_answer(problem, request, std::move(result), budget);
}

void print_explanation(const PartitionProblem& problem, const Request& request,
                       const QueryAnswer& answer, const TimeBudget& budget) {
  const Plan& best = answer.result.plans.front();
  std::cout << explain_plan(problem, request.query, best,
                            find_runner_up(problem, request, answer.result, budget));
}

int answer(const cxxopts::ParseResult& arguments) {
  const Request request = make_request(arguments);
  const PartitionProblem problem = load_problem(arguments);
  const TimeBudget budget(request.time_limit_s);
  const QueryAnswer answer = find_answer(problem, request, budget);
  const bool has_plan = !answer.result.plans.empty();

  if (has_plan || request.as_json) print_answer(problem, request, answer);
  if (has_plan && request.explain && !request.as_json) {
    print_explanation(problem, request, answer, budget);
  }
  std::cout.flush();
  print_reservations(problem, request, answer);
  if (!has_plan) print_infeasibility(answer);
  if (has_plan && request.draws) draw_pictures(problem, request, answer);
  return has_plan ? apps::exit_done : apps::exit_no_plan;
}

int run(int argc, char** argv) {
  cxxopts::Options options = make_options();
  const JoinedArguments joined(argc, argv);
  const cxxopts::ParseResult arguments =
      apps::parse_options(options, joined.count(), joined.values());
  if (arguments.count("help")) {
    std::cout << help_text(options);
    return apps::exit_done;
  }
  if (arguments.count("model") == 0) {
    throw Error(ErrorCode::invalid_argument,
                "PROFILES, NETWORK.csv and MODEL are needed; see scission-predict --help");
  }
  if (!arguments.unmatched().empty()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("'{}' is one argument too many; see scission-predict --help",
                            arguments.unmatched().front()));
  }
  return answer(arguments);
}

}  // namespace

int main(int argc, char** argv) {
  return scission::apps::run_tool("scission-predict", argc, argv, run);
}
