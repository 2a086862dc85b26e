// scission-predict: the best ways to distribute a model, from profiles and a network file.
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <limits>
#include <system_error>
#include <utility>

#include "base/text_table.hpp"
#include "predict/request.hpp"
#include "problem_arguments.hpp"
#include "progress.hpp"
#include "scission/codec.hpp"
#include "scission/explore.hpp"
#include "scission/plan/problem.hpp"
#include "scission/report.hpp"
#include "tool.hpp"

namespace {

using namespace scission;
using namespace scission::apps;

const char* const notes = R"(
Arguments:
  PROFILES      a folder of profiles: PLATFORM-NAME.json (scission-benchmark) and PLATFORM-NAME.dat
                (the original tool), in any mixture
  NETWORK.csv   links: source,destination,ping(ms),bandwidth(mbps); each end a system or a platform.
                energy(J/MB) and price(per GB) may follow. Looked for in the working directory,
                then in PROFILES
  MODEL         one of the models in the profiles

NAME is a platform, which stands for all its systems, or a system; @NAME is always a system.

CRITERIA, separated by commas:
  7             layer 7 must run there                !7     it must not
  -1            no layer may run there                !-1    at least one must
  name, @name   this system must run a layer          !name  it must not be used
  (a bare number is a layer; a system whose name is all digits is written @2500)

TIME is seconds (0.8) or a share of the total compute time (20%). MB is 10^6 bytes.

OBJ is latency, period, traffic, energy or money, or a weighted sum of them, as in
'latency + 0.5 energy', with weights per second, MB, joule and unit of money. The period is the time
between two results when inputs follow each other and the stages overlap. With --codecs, error and
disagreement are quantities too, with weights per 100 %.

SYSTEMS.csv   system,power(W),price(per hour),memory(MB) of systems or whole platforms; unknown
              figures are left empty. Looked for as NETWORK.csv is

The options of the first Scission are accepted as it spells them, also shortened: --input MB,
--result 3 (docs/compatibility.md).

On a terminal, a verdict and a table of the plans with 95 % intervals are printed; plans in brackets
cannot be told apart by the measurements. In a pipe, and with --format lines, each plan is one line,
as in the original: the latency, the data sent over all links, other quantities that the objective
or a limit names, and the layers on each platform or, with --any-order, the stages in order. The
source of the input is named even where it runs no layer.

Examples:
  scission-predict data/example network.csv resnet50
  scission-predict data/example network.csv vgg19 -d '!-1' -e 10 -c 16
  scission-predict data/example network.csv mobilenet --device-time 20% --edge-upload 0.3 --json
  scission-predict data/example network.csv resnet50 --keep-on device 0-4 --explain
  scission-predict data/example network.csv resnet50 --objective period --max-stages 2
  scission-predict data/example network.csv vgg19 --pareto latency,traffic
  scission-predict profiles network.csv resnet50 --codecs fp16,int8+zstd --max-error 1%
  scission-predict data/example network.csv vgg19 --sensitivity device,edge --no-plot
  scission-predict data/example network.csv vgg19 --link device,edge 8,25 --slowdown box 2

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no plan fits.
)";

/// The problem under the conditions that --link and --slowdown state.
PartitionProblem under_conditions(PartitionProblem problem, const Request& request) {
  try {
    return with_conditions(std::move(problem), request.conditions, request.query.sources);
  } catch (const Error& error) {
    const bool is_option =
        error.place().starts_with("link ") || error.place().starts_with("slowdown ");
    throw Error(error.code(), error.message(), (is_option ? "--" : "") + error.place());
  }
}

/// Throws for a name that is no codec. Of a codec that no profile has measured the search says how
/// to measure it.
void validate_codec_names(const PartitionProblem& problem, const Query& query) {
  for (const std::string& name : query.codecs) {
    const bool is_measured =
        std::any_of(problem.codecs.begin(), problem.codecs.end(),
                    [&](const CodecCosts& codec) { return codec.name == name; });
    if (!is_measured) parse_option("codecs", name, parse_codecs);
  }
}

/// The plans in the request's format; the original's line where no plan fits.
std::string plans_text(const PartitionProblem& problem, const Request& request,
                       const SearchResult& result) {
  // The original's answer, which is not an error to it.
  if (result.plans.empty()) return "No results for the specified configuration\n";
  return scission::apps::plans_text(problem, request.query, result, request.format);
}

void print_answer(const PartitionProblem& problem, const Request& request,
                  const QueryAnswer& answer) {
  std::cout << (request.as_json
                    ? format_answer_json(problem, request.query, answer)
                    : plans_text(problem, request, answer.result) +
                          format_analyses(problem, request.query, answer, stdout_width()));
}

// Where no plan fits, that is printed before the search for the reason, which may take long.
QueryAnswer find_answer(const PartitionProblem& problem, Request request) {
  const BackgroundProgress progress("searching", request.time_limit_s);
  request.analyses.on_result = [&](const SearchResult& result) {
    if (!result.plans.empty() || request.as_json) return;
    std::cout << plans_text(problem, request, result) << std::flush;
  };
  try {
    return answer_query(problem, request.query, request.analyses,
                        {.time_limit_s = request.time_limit_s});
  } catch (const Error& error) {
    // A layer that the model does not have: the original's answer, as where no plan fits, and then
    // the error, which is one of usage.
    QueryAnswer none;
    none.result.bound = std::numeric_limits<double>::infinity();
    const bool is_layer = error.code() == ErrorCode::infeasible;
    if (is_layer) print_answer(problem, request, none);
    const bool is_option = error.place() == "codecs" || error.place().starts_with("sensitivity ");
    throw Error(is_layer ? ErrorCode::invalid_argument : error.code(), error.message(),
                (is_option ? "--" : "") + error.place());
  }
}

void print_reasons(const QueryAnswer& answer) {
  if (answer.infeasibility) {
    const std::string reasons = format_infeasibility(*answer.infeasibility);
    fmt::print(stderr, "{}", text::fitted(reasons, terminal_width(STDERR_FILENO)));
  } else if (answer.result.is_optimal) {
    fmt::print(stderr, "No plan fits; the time limit ended before the cause was found.\n");
  }
}

/// Draws the pictures of the answer and names their files on stderr. Without gnuplot it warns: the
/// answer stands all the same.
void draw_pictures(const PartitionProblem& problem, const Request& request,
                   const QueryAnswer& answer) {
  try {
    for (const std::string& stem :
         draw_answer(problem, request.query, answer, request.output, request.keeps_scripts)) {
      const std::string path = (request.output / stem).lexically_normal().string();
      fmt::print(stderr, "Picture: {}.png and .svg\n", path);
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported) throw;
    spdlog::warn("no picture: {}", error.what());
  }
}

int run(const Arguments& arguments) {
  validate_problem_arguments("scission-predict", arguments);
  Request request = make_request(arguments);
  const bool needs_intervals = request.as_json || request.format == PlanFormat::table;
  auto [measured, note] =
      load_problem(arguments, {.reads_samples = needs_intervals,
                               .appends_platforms = request.query.route == Route::any_order});
  const PartitionProblem problem = under_conditions(std::move(measured), request);
  validate_codec_names(problem, request.query);
  if (request.assumes_input) request.query.input_bytes = default_input_bytes(problem);
  const QueryAnswer answer = find_answer(problem, request);
  const bool has_plan = !answer.result.plans.empty();
  if (has_plan || request.as_json) print_answer(problem, request, answer);
  if (has_plan && request.analyses.with_runner_up) {
    std::cout << format_best_plan(problem, request.query, answer, stdout_width());
  }
  std::cout.flush();
  print_notes(answer_notes(problem, request.query, answer, request.assumes_input));
  if (has_plan && !note.empty()) spdlog::warn("{}", note);
  if (!has_plan) print_reasons(answer);
  if (has_plan && request.draws) draw_pictures(problem, request, answer);
  return has_plan ? exit_done : exit_no_plan;
}

Tool tool() {
  return {.name = "scission-predict",
          .summary = "Ranks the ways to distribute a model's layers over machines.",
          .usage = "PROFILES NETWORK.csv MODEL [OPTION...]",
          .notes = notes,
          .positional = {"profiles", "network", "model"},
          .add_options = add_options,
          .run = run,
          .two_valued = {{"--on", "NAME CRITERIA"},
                         {"--link", "FROM,TO MS,MBIT/S"},
                         {"--slowdown", "NAME FACTOR"},
                         {"--upload", "NAME MB"},
                         {"--time", "NAME TIME"},
                         {"--memory", "NAME MB"},
                         {"--keep-on", "NAME LAYERS"}},
          .originals = predict_originals()};
}

}  // namespace

int main(int argc, char** argv) { return scission::apps::run_tool(tool(), argc, argv); }
