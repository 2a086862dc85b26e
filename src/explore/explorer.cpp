// Answers, and the page with the first of them.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>

#include "base/json_field.hpp"
#include "base/numbers.hpp"
#include "explore/grid.hpp"
#include "explore/page_files.hpp"
#include "explore/page_json.hpp"
#include "explore/question.hpp"
#include "explore/ranges.hpp"
#include "scission/base.hpp"
#include "scission/explore.hpp"
#include "scission/search/analysis.hpp"
#include "scission/search/plan_io.hpp"

namespace scission {
namespace {

using namespace explore;

class Clock {
 public:
  double elapsed_s() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// As a question and a command name a system: "@vm" where a platform has the same name.
std::string id_of(const PartitionProblem& problem, const System& system) {
  const auto& platforms = problem.platforms;
  const bool is_ambiguous =
      std::find(platforms.begin(), platforms.end(), system.name) != platforms.end();
  return (is_ambiguous ? "@" : "") + system.name;
}

const char* name_of(Knob knob) {
  return knob == Knob::bandwidth ? "bandwidth" : knob == Knob::delay ? "delay" : "slowdown";
}

Json slider_json(const Slider& slider) {
  Json json = {{"knob", name_of(slider.knob)}, {"from", slider.from}};
  if (slider.to) json["to"] = *slider.to;
  json["low"] = slider.low;
  json["high"] = slider.high;
  json["base"] = slider.base;
  return json;
}

/// The page looks their sliders up by knob and systems.
Json ranges_json(const std::vector<PlanRange>& ranges, PlanList& plans) {
  return json_array(ranges, [&](const PlanRange& range) {
    return Json{range.low, range.high, plans.index_of(range.plan)};
  });
}

}  // namespace

struct Explorer::Impl {
  PartitionProblem problem;
  Query query;
  std::vector<std::string> command;
  std::vector<Metric> metrics;  ///< that all plans have figures for

  bool has_figures(Metric metric) const {
    if ((metric == Metric::error || metric == Metric::disagreement) && problem.codecs.empty()) {
      return false;
    }
    Query one = query;
    one.objective = single_objective(metric);
    one.result_count = 1;
    try {
      search(problem, one, {.time_limit_s = 1.0});
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  /// 1 where no slowdown is set.
  double factor_of(const Conditions& conditions, int system) const {
    double factor = 1;
    for (const SlowdownSetting& one : conditions.slowdowns) {
      if (problem.is_named(one.system, system)) factor = one.factor;
    }
    return factor;
  }

  std::vector<Slider> sliders(const Query& asked) const {
    return sliders_of(problem, asked.route == Route::any_order, asked.return_to.has_value());
  }

  // Of links and machines in their order, as far as the time suffices.
  void add_ranges(const PartitionProblem& changed, const Question& question, const Clock& clock,
                  Json& json) const {
    PlanList plans;
    Json lists = Json::array();
    bool is_complete = true;
    for (const Slider& slider : sliders(question.query)) {
      // A slider is as the page shows it, also where its link now has another bandwidth.
      const double rest_s = question.time_limit_s - clock.elapsed_s();
      if (!(rest_s > 0)) {
        is_complete = false;
        break;
      }
      Json one = slider_json(slider);
      try {
        one["ranges"] = ranges_json(
            ranges_of(changed, question.query, slider, factor_of(question.conditions, slider.from),
                      {.time_limit_s = rest_s}),
            plans);
      } catch (const Error& error) {
        if (error.code() == ErrorCode::interrupted) is_complete = false;
        one["reason"] = error.message();
      }
      lists.push_back(std::move(one));
    }
    json["ranges"] = std::move(lists);
    json["range_plans"] = json_array(plans.plans(), [&](const Plan& plan) {
      return Json{{"text", describe_plan(changed, plan)},
                  {"system", busiest_system(changed, plan)}};
    });
    json["is_complete"] = is_complete;
  }

  Json plans_json(const PartitionProblem& changed, const Query& asked,
                  const std::vector<Plan>& plans) const {
    return json_array(plans, [&](const Plan& plan) {
      return plan_json(changed, plan, asked.objective, asked.input_bytes);
    });
  }

  Json answer(const Question& question) const {
    const Clock clock;
    const PartitionProblem changed =
        with_conditions(problem, question.conditions, question.query.sources);
    const Query& asked = question.query;
    const QueryAnswer found = answer_query(changed, asked, {.pareto = question.pareto},
                                           {.time_limit_s = question.time_limit_s});
    Json json = {{"plans", plans_json(changed, asked, found.result.plans)},
                 {"is_optimal", found.result.is_optimal}};
    if (!found.result.plans.empty()) {
      const Verdict verdict = judge(changed, asked, found.result);
      json["verdict"] = format_verdict(changed, asked, found.result, verdict);
      json["note"] = format_groups(verdict.groups);
      if (!found.result.is_optimal) json["proof"] = format_proof(changed, asked, found.result);
    } else {
      json["infeasible"] = found.infeasibility ? format_infeasibility(*found.infeasibility)
                                               : std::string("No plan was found in time.");
    }
    if (found.pareto) {
      json["pareto"] = {
          {"metrics", json_array(found.pareto->metrics, [](Metric one) { return to_string(one); })},
          {"is_complete", found.pareto->front.is_complete},
          {"plans", plans_json(changed, asked, found.pareto->front.plans)}};
    }
    if (question.wants_ranges && !found.result.plans.empty()) {
      add_ranges(changed, question, clock, json);
    }
    std::vector<std::string> words = command;
    words.insert(words.end(), question.options.begin(), question.options.end());
    // What was not finished here would not end in a moment there either.
    if (!found.result.is_optimal || (found.pareto && !found.pareto->front.is_complete)) {
      words.insert(words.end(), {"--time-limit", fmt::format("{}", question.time_limit_s)});
    }
    json["command"] = format_command(words);
    json["seconds"] = clock.elapsed_s();
    return json;
  }

  Json setup() const {
    Json json = {{"version", version()},
                 {"model", problem.model},
                 {"input_bytes", query.input_bytes},
                 {"platforms", problem.platforms},
                 {"last_layer", problem.last_layer()}};
    json["systems"] = json_array(problem.systems, [&](const System& system) {
      return Json{
          {"name", system.name}, {"id", id_of(problem, system)}, {"platform", system.platform}};
    });
    json["blocks"] = json_array(problem.blocks, [](const Block& block) {
      return Json{block.first_layer, block.last_layer, block.output_bytes};
    });
    for (int system = 0; system < problem.system_count(); ++system) {
      Json row = Json::array();
      for (int block = 0; block < problem.block_count(); ++block) {
        row.push_back(problem.expected_s(system, block));
      }
      json["seconds"].push_back(std::move(row));
    }
    json["metrics"] = json_array(metrics, [](Metric one) { return to_string(one); });
    json["codecs"] = json_array(problem.codecs, [](const CodecCosts& one) { return one.name; });
    json["sliders"] = Json::array();
    // Of links in any order: the page hides those that plans in the platforms' order cannot use.
    for (const Slider& slider : sliders_of(problem, true, false)) {
      json["sliders"].push_back(slider_json(slider));
    }
    json["returns"] = query.return_to.has_value();
    json["exit_shares"] = format_exit_shares(problem.exit_shares);
    return json;
  }
};

Explorer::Explorer(PartitionProblem problem, Query query, std::vector<std::string> command)
    : impl_(std::make_unique<Impl>(
          Impl{std::move(problem), std::move(query), std::move(command), {}})) {
  search(impl_->problem, impl_->query, {.time_limit_s = 1.0});  // throws where no question can work
  for (const Metric metric : all_metrics()) {
    if (impl_->has_figures(metric)) impl_->metrics.push_back(metric);
  }
}

Explorer::~Explorer() = default;
Explorer::Explorer(Explorer&&) noexcept = default;
Explorer& Explorer::operator=(Explorer&&) noexcept = default;

std::string Explorer::answer(std::string_view question) const {
  return format_json(impl_->answer(parse_question(question, impl_->query)), -1);
}

std::string Explorer::page(const std::string& followed) const {
  Json setup = impl_->setup();
  if (!followed.empty()) setup["follow"] = followed;
  // What the page asks first.
  setup["answer"] =
      impl_->answer(parse_question(R"({"pareto": ["latency", "traffic"]})", impl_->query));
  return format_page(impl_->problem.model, setup);
}

std::string Explorer::grid_page(const GridOptions& options) const {
  Json setup = impl_->setup();
  setup["answer"] = impl_->answer(
      parse_question(R"({"pareto": ["latency", "traffic"], "ranges": false})", impl_->query));
  setup["grid"] = grid_json(impl_->problem, impl_->query, options.max_points);
  return format_page(impl_->problem.model, setup);
}

}  // namespace scission
