#include "adapt/run_problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "data_file.hpp"
#include "plan/gather.hpp"
#include "plan/gather_options.hpp"
#include "scission/base/error.hpp"
#include "scission/profile/profile_io.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::apps {
namespace {

using Profiles = std::vector<SystemProfile>;

bool is_worker(const RunRequest& request, const std::string& system) {
  return request.common.addresses.count(system) > 0;
}

std::string source_name(const Profiles& profiles, const RunRequest& request,
                        const cxxopts::ParseResult& arguments) {
  if (arguments.count("name")) return arguments["name"].as<std::string>();
  std::vector<std::string> others;
  for (const SystemProfile& profile : profiles) {
    if (!is_worker(request, profile.name)) others.push_back(profile.name);
  }
  return others.size() == 1 ? others.front() : host_name();
}

void require(const Profiles& profiles, const std::string& system, const RunRequest& request) {
  const bool is_there = std::any_of(profiles.begin(), profiles.end(),
                                    [&](const auto& profile) { return profile.name == system; });
  if (is_there) return;
  throw Error(ErrorCode::not_found,
              fmt::format("has no profile of {}; benchmark it, or leave --profiles out", system),
              request.profiles.string());
}

/// The profiles of this machine, which comes first, and of the workers.
Profiles chosen(Profiles profiles, const std::string& source, const RunRequest& request) {
  require(profiles, source, request);
  for (const auto& [system, address] : request.common.addresses) require(profiles, system, request);
  const auto is_other = [&](const SystemProfile& profile) {
    return profile.name != source && !is_worker(request, profile.name);
  };
  profiles.erase(std::remove_if(profiles.begin(), profiles.end(), is_other), profiles.end());
  std::stable_partition(profiles.begin(), profiles.end(),
                        [&](const auto& profile) { return profile.name == source; });
  return profiles;
}

std::vector<std::string> platforms_of(const Profiles& profiles) {
  std::vector<std::string> platforms;
  for (const SystemProfile& profile : profiles) {
    const std::string& platform = profile.platform;
    if (std::find(platforms.begin(), platforms.end(), platform) == platforms.end()) {
      platforms.push_back(platform);
    }
  }
  return platforms;
}

Network measure(const RunRequest& request, const ModelSource& source,
                const cxxopts::ParseResult& arguments, Profiles& profiles) {
  plan::GatherOptions options = plan::gather_options(source, arguments);
  options.folder = request.output;
  const runtime::Clients workers =
      runtime::connect(request.common.addresses, request.common.security);
  profiles = plan::gather_profiles(workers, options);
  return plan::gather_links(workers, profiles, options);
}

}  // namespace

RunProblem find_problem(const RunRequest& request, const ModelSource& source,
                        const cxxopts::ParseResult& arguments) {
  Profiles profiles;
  Network network;
  if (request.profiles.empty()) {
    network = measure(request, source, arguments, profiles);
  } else {
    profiles = read_profiles(request.profiles);
    network = read_network(here_or_beside(request.network, request.profiles));
  }
  const std::string name = source_name(profiles, request, arguments);
  profiles = chosen(std::move(profiles), name, request);
  RunProblem found;
  found.problem = make_problem(profiles, network, source.name, platforms_of(profiles));
  found.query.input_bytes = plan::input_bytes(source);
  found.query.route = Route::any_order;
  found.query.sources = {"@" + name};
  return found;
}

}  // namespace scission::apps
