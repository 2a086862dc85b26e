#include "load.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "data_file.hpp"
#include "scission/plan/network.hpp"
#include "scission/plan/problem.hpp"
#include "scission/profile/profile_io.hpp"

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

std::string without_digits(std::string text) {
  std::erase_if(text, [](unsigned char letter) { return std::isdigit(letter) != 0; });
  return text;
}

// A network may name more systems than have been measured. One that is nearly one of them is told;
// edge2 is not meant to be edge1.
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

}  // namespace

PartitionProblem load_problem(const cxxopts::ParseResult& arguments) {
  const std::filesystem::path folder = arguments["profiles"].as<std::string>();
  const std::vector<SystemProfile> profiles = read_profiles(folder);
  const auto network_file = apps::here_or_beside(arguments["network"].as<std::string>(), folder);
  const Network network = read_network(network_file);
  warn_of_misspelt_names(network, profiles, network_file);
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
