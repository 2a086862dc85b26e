#include "pictures.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "print.hpp"
#include "scission/base/error.hpp"
#include "scission/report/report.hpp"

namespace scission::predict {
namespace {

// A model's name may hold anything; a file's may not.
std::string file_stem(std::string stem) {
  for (char& letter : stem) {
    if (letter == '/' || static_cast<unsigned char>(letter) < ' ') letter = '_';
  }
  if (stem[0] == '.' || stem[0] == '|' || stem[0] == '-') stem[0] = '_';
  return stem;
}

std::string sensitivity_stem(const PartitionProblem& problem, const SensitivityAnswer& answer) {
  const std::string to = answer.to ? "-" + *answer.to : "";
  return fmt::format("{}-sensitivity-{}{}", problem.model, answer.from, to);
}

template <typename Draw>
void draw_one(const std::filesystem::path& folder, const std::string& name, Draw draw) {
  const std::string stem = file_stem(name);
  draw(stem);
  fmt::print(stderr, "Picture: {}.png and .svg\n", (folder / stem).lexically_normal().string());
}

void draw_best(const PartitionProblem& problem, const Request& request, const Plan& best) {
  const double latency_s = plan_cost(problem, best, request.query.input_bytes).latency_s;
  draw_one(request.output, fmt::format("{}-{:.2f}s", problem.model, latency_s),
           [&](const std::string& stem) {
             draw_plan(problem, best, request.query.input_bytes, request.output, stem);
           });
}

void draw_front(const PartitionProblem& problem, const Request& request,
                const ParetoAnswer& pareto) {
  draw_one(request.output, problem.model + "-pareto", [&](const std::string& stem) {
    draw_pareto(problem, request.query, pareto.front, pareto.metrics, request.output, stem);
  });
}

void draw_ranges(const PartitionProblem& problem, const Request& request,
                 const SensitivityAnswer& answer) {
  draw_one(request.output, sensitivity_stem(problem, answer), [&](const std::string& stem) {
    draw_sensitivity(problem, request.query, answer.ranges, sensitivity_title(answer),
                     answer.present_value, request.output, stem);
  });
}

}  // namespace

void draw_pictures(const PartitionProblem& problem, const Request& request,
                   const QueryAnswer& answer) {
  try {
    draw_best(problem, request, answer.result.plans.front());
    if (answer.pareto && !answer.pareto->front.plans.empty()) {
      draw_front(problem, request, *answer.pareto);
    }
    for (const SensitivityAnswer& one : answer.sensitivity) {
      if (!one.ranges.empty()) draw_ranges(problem, request, one);
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported) throw;
    spdlog::warn("no picture: {}", error.what());
  }
}

}  // namespace scission::predict
