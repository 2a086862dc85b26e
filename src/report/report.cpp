#include "scission/report/report.hpp"

#include "report/pareto_chart.hpp"
#include "report/picture_files.hpp"
#include "report/plan_chart.hpp"
#include "report/sensitivity_chart.hpp"
#include "scission/base/error.hpp"

namespace scission {

void draw_plan(const PartitionProblem& problem, const Plan& plan, double input_bytes,
               const std::filesystem::path& folder, const std::string& stem) {
  require_picture_name(stem);
  draw_script(plan_chart_script(problem, plan, input_bytes, stem), folder, stem);
}

void draw_pareto(const PartitionProblem& problem, const Query& query, const ParetoFront& front,
                 const std::vector<Metric>& measures, const std::filesystem::path& folder,
                 const std::string& stem) {
  require_picture_name(stem);
  if (front.plans.empty()) {
    throw Error(ErrorCode::invalid_argument, "there is no plan on the front to draw", stem);
  }
  draw_script(pareto_chart_script(problem, query, front, measures, stem), folder, stem);
}

void draw_sensitivity(const PartitionProblem& problem, const Query& query,
                      const std::vector<SensitivityRange>& ranges, const std::string& axis_title,
                      double now, const std::filesystem::path& folder, const std::string& stem) {
  require_picture_name(stem);
  if (ranges.empty()) {
    throw Error(ErrorCode::invalid_argument, "there is no range to draw", stem);
  }
  draw_script(sensitivity_chart_script(problem, query, ranges, axis_title, now, stem), folder,
              stem);
}

}  // namespace scission
