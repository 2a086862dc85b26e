#include "problem.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>

#include "problem_arguments.hpp"
#include "scission/plan/network.hpp"
#include "scission/profile.hpp"

namespace scission::predict {
namespace {

apps::Words platforms_of(const apps::Arguments& arguments,
                         const std::vector<SystemProfile>& profiles, bool appends) {
  auto platforms = arguments["platforms"].as<apps::Words>();
  if (arguments.count("platforms") || !appends) return platforms;
  for (const SystemProfile& profile : profiles) {
    if (std::find(platforms.begin(), platforms.end(), profile.platform) == platforms.end()) {
      platforms.push_back(profile.platform);
    }
  }
  return platforms;
}

}  // namespace

LoadedProblem load_problem(const std::string& tool, const apps::Arguments& arguments,
                           bool with_samples, bool appends_platforms) {
  apps::validate_argument_order(tool, arguments);
  const std::filesystem::path folder = arguments["profiles"].as<std::string>();
  std::vector<SystemProfile> profiles = apps::read_profiles_of(folder);
  if (with_samples) add_samples(profiles, folder);
  const auto network_file = apps::find_data_file(arguments["network"].as<std::string>(), folder);
  const Network network = read_network(network_file);
  for (const auto& [name, meant] : misspelt_names(network, profiles)) {
    spdlog::warn("{}: '{}' is no system or platform of the profiles, did you mean '{}'?",
                 network_file.string(), name, meant);
  }
  const std::string model = find_known_model(profiles, arguments["model"].as<std::string>());
  LoadedProblem loaded;
  loaded.note = setup_warning(profiles, model, folder, network_file);
  loaded.problem =
      make_problem(profiles, network, model, platforms_of(arguments, profiles, appends_platforms));
  if (arguments.count("systems")) {
    const auto path = apps::find_data_file(arguments["systems"].as<std::string>(), folder);
    apply_system_figures(read_system_figures(path), loaded.problem);
  }
  apps::apply_exit_shares(arguments, loaded.problem);
  apps::apply_corrections(arguments, loaded.problem);
  return loaded;
}

}  // namespace scission::predict
