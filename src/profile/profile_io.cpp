#include "scission/profile/profile_io.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/file.hpp"
#include "profile/profile_json.hpp"
#include "scission/base/error.hpp"

namespace scission {
namespace {

namespace fs = std::filesystem;

SystemProfile read_dat(const fs::path& path) {
  const std::string stem = path.stem().string();
  const std::size_t dash = stem.find('-');
  if (dash == std::string::npos || dash == 0 || dash + 1 == stem.size()) {
    throw Error(ErrorCode::damaged, "a .dat must be called PLATFORM-NAME.dat, as in edge-box.dat",
                path.string());
  }
  SystemProfile profile;
  profile.platform = stem.substr(0, dash);
  profile.name = stem.substr(dash + 1);
  profile.models = parse_profile_dat(read_file(path), path.string());
  return profile;
}

// Empty for what is no profile and does not claim to be one.
std::optional<SystemProfile> read_if_profile(const fs::path& path) {
  if (path.extension() == ".dat") return read_dat(path);
  if (path.extension() == ".json") return parse_if_profile_json(read_file(path), path.string());
  return std::nullopt;
}

// A .dat that was written beside the profile of the same name says nothing more than that.
bool is_copy(fs::path path) {
  std::error_code ignored;
  if (path.extension() != ".dat") return false;
  path.replace_extension(".json");
  return fs::is_regular_file(path, ignored) && read_if_profile(path).has_value();
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    throw Error(ErrorCode::not_found, "no such folder of profiles", folder.string());
  }
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) files.push_back(entry->path());
  }
  if (error) throw Error(ErrorCode::io, "cannot be read: " + error.message(), folder.string());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

void write_profile(const SystemProfile& profile, const fs::path& path) {
  write_file_atomically(path, format_profile_json(profile));
}

SystemProfile read_profile(const fs::path& path) {
  if (path.extension() == ".json") return parse_profile_json(read_file(path), path.string());
  if (path.extension() == ".dat") return read_dat(path);
  throw Error(ErrorCode::unsupported, "a profile's name ends in .json or .dat", path.string());
}

std::vector<SystemProfile> read_profiles(const fs::path& folder) {
  std::vector<SystemProfile> profiles;
  std::map<std::string, fs::path> file_of;
  for (const fs::path& path : files_in(folder)) {
    if (is_copy(path)) continue;
    std::optional<SystemProfile> profile = read_if_profile(path);
    if (!profile) continue;
    const auto [known, is_new] = file_of.emplace(profile->name, path);
    if (!is_new) {
      throw Error(ErrorCode::mismatch,
                  fmt::format("is of the system '{}', as is {}; keep one of them", profile->name,
                              known->second.filename().string()),
                  path.string());
    }
    profiles.push_back(*std::move(profile));
  }
  if (!profiles.empty()) return profiles;
  throw Error(ErrorCode::not_found,
              "holds no profile, neither PLATFORM-NAME.json nor PLATFORM-NAME.dat; make one with "
              "scission-benchmark",
              folder.string());
}

}  // namespace scission
