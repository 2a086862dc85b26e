#include "answer.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "scission/plan/network.hpp"
#include "scission/plan/problem.hpp"
#include "scission/profile/profile.hpp"

namespace scission::predict {
namespace {

// The original converts the model's name to lower case.
std::string find_model(const std::vector<SystemProfile>& profiles, std::string name) {
  const std::vector<std::string> known = known_models(profiles);
  if (std::find(known.begin(), known.end(), name) != known.end()) return name;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return name;
}

// Where the order does not matter, platforms that the default does not know follow it.
std::vector<std::string> platforms_of(const apps::Arguments& arguments,
                                      const std::vector<SystemProfile>& profiles) {
  auto platforms = arguments["platforms"].as<std::vector<std::string>>();
  if (arguments.count("platforms") || !arguments.count("any-order")) return platforms;
  for (const SystemProfile& profile : profiles) {
    if (std::find(platforms.begin(), platforms.end(), profile.platform) == platforms.end()) {
      platforms.push_back(profile.platform);
    }
  }
  return platforms;
}

std::string without_digits(std::string text) {
  std::erase_if(text, [](unsigned char letter) { return std::isdigit(letter) != 0; });
  return text;
}

// A network may name more systems than have been measured. A name close to one of them causes a
// warning; edge2 is not meant to be edge1.
void warn_of_misspelt_names(const Network& network, const std::vector<SystemProfile>& profiles,
                            const std::filesystem::path& path) {
  std::vector<std::string> known = default_platforms();
  for (const SystemProfile& profile : profiles) {
    known.insert(known.end(), {profile.name, profile.platform});
  }
  std::set<std::string> names;
  for (const NetworkRow& row : network.rows()) names.insert({row.source, row.destination});
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string meant = suggest(name, known);
    if (meant.empty() || without_digits(name) == without_digits(meant)) continue;
    spdlog::warn("{}: '{}' is no system or platform of the profiles, did you mean '{}'?",
                 path.string(), name, meant);
  }
}

std::vector<int> systems_on(const PartitionProblem& problem, const std::string& platform) {
  std::vector<int> systems;
  for (int system = 0; system < problem.system_count(); ++system) {
    if (problem.systems[system].platform == platform) systems.push_back(system);
  }
  return systems;
}

std::set<int> systems_of(const Plan& plan) {
  std::set<int> systems{plan.source};
  for (const Stage& stage : plan.stages) systems.insert(stage.system);
  if (plan.destination) systems.insert(*plan.destination);
  return systems;
}

std::string list(const PartitionProblem& problem, const std::vector<int>& systems) {
  std::vector<std::string> names;
  for (int system : systems) names.push_back(problem.systems[system].name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::vector<int> used_of(const PartitionProblem& problem, const std::vector<int>& systems,
                         const Plan& best, const std::string& platform) {
  const std::set<int> in_plan = systems_of(best);
  std::vector<int> used;
  for (int system : systems) {
    if (in_plan.contains(system)) used.push_back(system);
  }
  if (!used.empty()) return used;
  if (systems.size() == 1) return systems;
  throw apps::usage_error(fmt::format("the best plan uses no system of {}; name one: {}", platform,
                                      list(problem, systems)));
}

int find_system(const PartitionProblem& problem, const std::string& name) {
  for (int system = 0; system < problem.system_count(); ++system) {
    if (problem.systems[system].name == name) return system;
  }
  std::vector<int> all(problem.systems.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int>(i);
  throw apps::usage_error(fmt::format("no platform or system '{}'; there is {} and {}", name,
                                      fmt::join(problem.platforms, ", "), list(problem, all)));
}

std::vector<int> meant_by(const PartitionProblem& problem, const Plan& best,
                          const std::string& name) {
  const std::vector<int> platform = systems_on(problem, name);
  if (!platform.empty()) return used_of(problem, platform, best, name);
  return {find_system(problem, name.starts_with('@') ? name.substr(1) : name)};
}

std::vector<SensitivityAnswer> links_between(const PartitionProblem& problem,
                                             const std::vector<int>& sources,
                                             const std::vector<int>& destinations) {
  std::vector<SensitivityAnswer> links;
  for (int from : sources) {
    for (int to : destinations) {
      if (from == to || !problem.link(from, to)) continue;
      links.push_back({problem.systems[from].name, problem.systems[to].name,
                       problem.link(from, to)->megabits_per_s});
    }
  }
  if (!links.empty()) return links;
  throw apps::usage_error(
      fmt::format("no link from {} to {}", list(problem, sources), list(problem, destinations)));
}

/// The links ("FROM,TO") or systems ("NAME") that are meant, with their present value and no
/// ranges yet. A platform means those of its systems that the plan uses, else its only one.
/// Throws Error(invalid_argument) for an unknown name, an ambiguous platform and a missing link.
std::vector<SensitivityAnswer> sensitivity_targets(const PartitionProblem& problem,
                                                   const Plan& best, const std::string& target) {
  const std::size_t comma = target.find(',');
  const std::vector<int> first = meant_by(problem, best, target.substr(0, comma));
  if (comma != std::string::npos) {
    return links_between(problem, first, meant_by(problem, best, target.substr(comma + 1)));
  }
  std::vector<SensitivityAnswer> systems;
  for (int system : first) systems.push_back({problem.systems[system].name, std::nullopt, 1});
  return systems;
}

/// The target with its ranges, over the request's range or 1/100 to 100 times the present value.
SensitivityAnswer sensitivity_of(const PartitionProblem& problem, const Request& request,
                                 SensitivityAnswer target, const SearchOptions& options) {
  constexpr double widest = 100;
  const auto [low, high] = request.sensitivity_range.value_or(
      std::pair(target.present_value / widest, target.present_value * widest));
  target.ranges =
      target.to ? bandwidth_sensitivity(problem, request.query,
                                        {target.from, *target.to, low, high}, options)
                : slowdown_sensitivity(problem, request.query, {target.from, low, high}, options);
  return target;
}

// The explanation is left out where the time does not suffice for it.
std::optional<Infeasibility> explain(const PartitionProblem& problem, const Query& query,
                                     const SearchOptions& options) {
  try {
    return explain_infeasibility(problem, query, options);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::infeasible) throw;
    return std::nullopt;
  }
}

// The ranges stay empty where the time does not suffice.
SensitivityAnswer ranges_in_time(const PartitionProblem& problem, const Request& request,
                                 const SensitivityAnswer& target, const SearchOptions& options) {
  try {
    return sensitivity_of(problem, request, target, options);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::infeasible) throw;
    return target;
  }
}

std::vector<SensitivityAnswer> find_sensitivity(const PartitionProblem& problem,
                                                const Request& request, const Plan& best,
                                                const TimeBudget& budget) {
  std::vector<SensitivityAnswer> answers;
  for (const std::string& target : request.sensitivity) {
    try {
      for (const SensitivityAnswer& one : sensitivity_targets(problem, best, target)) {
        answers.push_back(ranges_in_time(problem, request, one, budget.options()));
      }
    } catch (const Error& error) {
      throw Error(error.code(), error.message(), "--sensitivity " + target);
    }
  }
  return answers;
}

}  // namespace

PartitionProblem load_problem(const apps::Arguments& arguments) {
  const std::filesystem::path folder = arguments["profiles"].as<std::string>();
  const std::vector<SystemProfile> profiles = read_profiles(folder);
  const auto network_file = apps::find_data_file(arguments["network"].as<std::string>(), folder);
  const Network network = read_network(network_file);
  warn_of_misspelt_names(network, profiles, network_file);
  const std::string model = find_model(profiles, arguments["model"].as<std::string>());
  PartitionProblem problem =
      make_problem(profiles, network, model, platforms_of(arguments, profiles));
  if (arguments.count("systems")) {
    const auto path = apps::find_data_file(arguments["systems"].as<std::string>(), folder);
    apply_system_figures(read_system_figures(path), problem);
  }
  return problem;
}

SearchOptions TimeBudget::options() const {
  SearchOptions options;
  if (seconds_) {
    const double spent = std::chrono::duration<double>(Clock::now() - start_).count();
    options.time_limit_s = std::max(0.0, *seconds_ - spent);
  }
  return options;
}

QueryAnswer complete_answer(const PartitionProblem& problem, const Request& request,
                            SearchResult result, const TimeBudget& budget) {
  QueryAnswer answer;
  answer.result = std::move(result);
  if (answer.result.plans.empty()) {
    if (answer.result.is_optimal) {
      answer.infeasibility = explain(problem, request.query, budget.options());
    }
    return answer;
  }
  if (!request.pareto.empty()) {
    answer.pareto = {request.pareto,
                     pareto_front(problem, request.query, request.pareto, budget.options())};
  }
  answer.sensitivity = find_sensitivity(problem, request, answer.result.plans.front(), budget);
  return answer;
}

std::optional<Plan> find_runner_up(const PartitionProblem& problem, const Request& request,
                                   const SearchResult& result, const TimeBudget& budget) {
  if (result.plans.size() > 1) return result.plans[1];
  if (request.query.result_count > 1) return std::nullopt;
  Query query = request.query;
  query.result_count = 2;
  const SearchResult two = search(problem, query, budget.options());
  return two.plans.size() > 1 ? std::optional(two.plans[1]) : std::nullopt;
}

}  // namespace scission::predict
