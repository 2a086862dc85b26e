#include "load.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string>
#include <vector>

#include "data_file.hpp"
#include "scission/network.hpp"
#include "scission/profile_io.hpp"
#include "scission/system_figures.hpp"

namespace scission::predict {
namespace {

// The original spells its models in lower case whatever the user wrote.
std::string find_model(const std::vector<SystemProfile>& profiles, std::string name) {
  const std::vector<std::string> known = known_models(profiles);
  if (std::find(known.begin(), known.end(), name) != known.end()) return name;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return name;
}

// Where the order does not matter, platforms that the default does not know follow it.
std::vector<std::string> platforms_of(const cxxopts::ParseResult& arguments,
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

}  // namespace

PartitionProblem load_problem(const cxxopts::ParseResult& arguments) {
  const std::filesystem::path folder = arguments["profiles"].as<std::string>();
  const std::vector<SystemProfile> profiles = read_profiles(folder);
  const Network network =
      read_network(apps::here_or_beside(arguments["network"].as<std::string>(), folder));
  const std::string model = find_model(profiles, arguments["model"].as<std::string>());
  PartitionProblem problem =
      make_problem(profiles, network, model, platforms_of(arguments, profiles));
  if (arguments.count("systems")) {
    const auto path = apps::here_or_beside(arguments["systems"].as<std::string>(), folder);
    apply_system_figures(read_system_figures(path), problem);
  }
  return problem;
}

}  // namespace scission::predict
