#include "scission/report.hpp"

#include <algorithm>
#include <array>

#include "gnuplot.hpp"
#include "pareto_chart.hpp"
#include "plan_chart.hpp"
#include "run_program.hpp"
#include "scission/error.hpp"
#include "scission/file.hpp"
#include "sensitivity_chart.hpp"

namespace scission {
namespace {

/// gnuplot would run what follows a leading |, take a leading - for an option, and a comment ends
/// with its line.
void require_file_name(const std::string& stem) {
  const bool is_plain = std::none_of(stem.begin(), stem.end(), [](char c) {
    return c == '/' || (static_cast<unsigned char>(c) < ' ');
  });
  if (stem.empty() || stem[0] == '|' || stem[0] == '.' || stem[0] == '-' || !is_plain) {
    throw Error(ErrorCode::invalid_argument, "cannot be the name of a picture", stem);
  }
}

void move_pictures(const std::filesystem::path& from, const std::filesystem::path& to,
                   const std::string& stem) {
  constexpr std::array endings{".gp", ".svg", ".png"};
  for (const char* ending : endings) {
    if (std::filesystem::exists(from / (stem + ending))) continue;
    throw Error(ErrorCode::io, "gnuplot drew nothing", stem + ending);
  }
  for (const char* ending : endings) {
    std::filesystem::rename(from / (stem + ending), to / (stem + ending));
  }
}

void draw(const std::string& script, const std::filesystem::path& folder, const std::string& stem) {
  try {
    std::filesystem::create_directories(folder);
    const WorkFolder work(folder);
    write_file_atomically(work.path() / (stem + ".gp"), script);
    run_gnuplot(work.path() / (stem + ".gp"));
    move_pictures(work.path(), folder, stem);
  } catch (const std::filesystem::filesystem_error& error) {
    throw Error(ErrorCode::io, error.code().message(), error.path1().string());
  }
}

}  // namespace

void draw_plan(const PartitionProblem& problem, const Plan& plan, double input_bytes,
               const std::filesystem::path& folder, const std::string& stem) {
  require_file_name(stem);
  draw(plan_chart_script(problem, plan, input_bytes, stem), folder, stem);
}

void draw_pareto(const PartitionProblem& problem, const Query& query, const ParetoFront& front,
                 const std::vector<Measure>& measures, const std::filesystem::path& folder,
                 const std::string& stem) {
  require_file_name(stem);
  if (front.plans.empty()) {
    throw Error(ErrorCode::invalid_argument, "there is no plan on the front to draw", stem);
  }
  draw(pareto_chart_script(problem, query, front, measures, stem), folder, stem);
}

void draw_sensitivity(const PartitionProblem& problem, const Query& query,
                      const std::vector<SensitivityRange>& ranges, const std::string& axis_title,
                      double now, const std::filesystem::path& folder, const std::string& stem) {
  require_file_name(stem);
  if (ranges.empty()) {
    throw Error(ErrorCode::invalid_argument, "there is no range to draw", stem);
  }
  draw(sensitivity_chart_script(problem, query, ranges, axis_title, now, stem), folder, stem);
}

}  // namespace scission
