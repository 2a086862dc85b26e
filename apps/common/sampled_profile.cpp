#include "sampled_profile.hpp"

#include "base/file.hpp"
#include "scission/profile/profile_io.hpp"

namespace scission::apps {

SystemProfile read_sampled_profile(const std::filesystem::path& path) {
  SystemProfile profile = read_profile(path);
  const std::filesystem::path samples = samples_path(path);
  std::error_code ignored;
  if (std::filesystem::exists(samples, ignored)) {
    add_samples(profile, read_file(samples), samples.string());
  }
  return profile;
}

}  // namespace scission::apps
