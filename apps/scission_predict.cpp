// scission-predict: the best ways to distribute a model, from profiles and a network file.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <iostream>
#include <limits>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "predict/answer.hpp"
#include "predict/cost_breakdown.hpp"
#include "predict/options.hpp"
#include "predict/pictures.hpp"
#include "predict/print.hpp"
#include "predict/request.hpp"
#include "progress.hpp"
#include "tool.hpp"

namespace {

using namespace scission;
using namespace scission::predict;

using Clock = std::chrono::steady_clock;

void draw_progress(const std::stop_token& stop, std::optional<double> time_limit_s) {
  constexpr auto pause = std::chrono::milliseconds(250);
  const Clock::time_point start = Clock::now();
  apps::Progress progress("searching");
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  // The first pause is before the first line, so that a short search draws nothing.
  while (!wake.wait_for(lock, stop, pause, [&] { return stop.stop_requested(); })) {
    const double elapsed_s = std::chrono::duration<double>(Clock::now() - start).count();
    if (time_limit_s && *time_limit_s > 0) {
      progress.update(elapsed_s / *time_limit_s, std::max(0.0, *time_limit_s - elapsed_s));
    } else {
      progress.update();
    }
  }
}

/// While it exists, a line on the terminal shows how long the search has taken and, with a time
/// limit, how much of that is left. Nothing for searches of less than 2 s or without a terminal.
class SearchProgress {
 public:
  explicit SearchProgress(std::optional<double> time_limit_s)
      : thread_(
            [time_limit_s](const std::stop_token& stop) { draw_progress(stop, time_limit_s); }) {}

 private:
  std::jthread thread_;
};

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

// A constraint that no model could meet is answered as one that no plan meets, with the error's
// explanation.
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

// Where no plan fits, that is printed before the search for the reason, which may take long.
QueryAnswer find_answer(const PartitionProblem& problem, const Request& request,
                        const TimeBudget& budget) {
  const SearchProgress progress(request.time_limit_s);
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

int answer(const apps::Arguments& arguments) {
  if (arguments.count("model") == 0) {
    throw apps::usage_error(
        "PROFILES, NETWORK.csv and MODEL are needed; see scission-predict --help");
  }
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
  print_diagnostics(problem, request, answer);
  if (!has_plan) print_infeasibility(answer);
  if (has_plan && request.draws) draw_pictures(problem, request, answer);
  return has_plan ? apps::exit_done : apps::exit_no_plan;
}

apps::Tool tool() {
  return {.name = "scission-predict",
          .summary = "Ranks the ways to distribute a model's layers over machines.",
          .usage = "PROFILES NETWORK.csv MODEL [OPTION...]",
          .notes = predict::notes,
          .positional = {"profiles", "network", "model"},
          .add_options = add_options,
          .run = answer,
          .rewrite = join_named_values};
}

}  // namespace

int main(int argc, char** argv) { return scission::apps::run_tool(tool(), argc, argv); }
