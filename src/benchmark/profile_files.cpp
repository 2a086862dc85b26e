// The files of a benchmark, and what an earlier one left in them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/file.hpp"
#include "scission/base.hpp"
#include "scission/benchmark.hpp"

namespace scission {
namespace {

namespace fs = std::filesystem;

/// As many bytes as a model's profile takes: on a full disk an empty file still can be made.
void try_to_write_in(const fs::path& folder) {
  const fs::path trial = folder / ".scission-benchmark-trial";
  constexpr std::size_t bytes = 65536;
  try {
    write_file_atomically(trial, std::string(bytes, ' '));
  } catch (const Error& error) {
    // "cannot be written: No space left on device": of the folder, not of the trial.
    const std::string& message = error.message();
    const std::size_t reason = message.find(": ");
    throw Error(
        ErrorCode::io,
        "cannot be written to" + (reason == std::string::npos ? "" : message.substr(reason)),
        folder_text(folder));
  }
  std::error_code ignored;
  fs::remove(trial, ignored);
}

void validate_replaceable(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored) || fs::is_regular_file(file, ignored)) return;
  throw Error(ErrorCode::io, "exists and is not a regular file", file.string());
}

/// A list such as "threads (2 there, 1 now)", without duplicates.
class Differences {
 public:
  void compare(const std::string& what, const std::string& there, const std::string& now) {
    if (there.empty() || now.empty() || there == now) return;
    const std::string difference = fmt::format("{} ({} there, {} now)", what, there, now);
    if (std::find(found_.begin(), found_.end(), difference) == found_.end()) {
      found_.push_back(difference);
    }
  }

  const std::vector<std::string>& found() const { return found_; }

 private:
  std::vector<std::string> found_;
};

std::string number(std::int64_t value) { return value > 0 ? std::to_string(value) : ""; }

std::string batch(const std::vector<std::int64_t>& shape) {
  return shape.empty() ? "" : number(shape[0]);
}

/// The shape without the batch size.
std::string item(const std::vector<std::int64_t>& shape) {
  return shape.empty() ? "" : fmt::format("{}", fmt::join(shape.begin() + 1, shape.end(), "×"));
}

void compare_hosts(const HostContext& there, const HostContext& now, Differences& differences) {
  const auto optimized = [](const HostContext& host) {
    return std::string(host.is_optimized ? "on" : "off");
  };
  differences.compare("the processor", there.cpu, now.cpu);
  differences.compare("threads", number(there.threads), number(now.threads));
  differences.compare("the device", there.device, now.device);
  differences.compare("the pause before each run", format_duration(there.pause_s),
                      format_duration(now.pause_s));
  differences.compare("how models are cut", there.split, now.split);
  differences.compare("optimisation", optimized(there), optimized(now));
  const auto stress = [](const HostContext& host) {
    return host.stress.empty() ? std::string("none") : host.stress;
  };
  differences.compare("the stress", stress(there), stress(now));
  differences.compare(there.backend + "'s version", there.backend_version, now.backend_version);
}

const BenchmarkModel* model_called(const std::vector<BenchmarkModel>& models,
                                   const std::string& model) {
  const auto found = std::find_if(models.begin(), models.end(),
                                  [&](const BenchmarkModel& job) { return job.name == model; });
  return found == models.end() ? nullptr : &*found;
}

// All models have one batch size, also those that are not measured now.
void compare_inputs(const ModelProfile& there, const std::vector<BenchmarkModel>& models,
                    Differences& differences) {
  if (models.empty()) return;
  differences.compare("the batch", batch(there.input_shape), batch(models[0].input_shape));
  if (const BenchmarkModel* job = model_called(models, there.model)) {
    differences.compare(there.model + "'s input", item(there.input_shape), item(job->input_shape));
  }
}

}  // namespace

void validate_same_conditions(const SystemProfile& earlier, const HostContext& now,
                              const std::vector<BenchmarkModel>& models, const std::string& place) {
  Differences differences;
  compare_hosts(earlier.host, now, differences);
  for (const ModelProfile& model : earlier.models) compare_inputs(model, models, differences);
  if (differences.found().empty()) return;
  throw Error(
      ErrorCode::mismatch,
      fmt::format("was measured under other conditions: {}", fmt::join(differences.found(), ", ")),
      place);
}

void validate_system_name(const std::string& name, const std::string& place) {
  const bool is_plain = std::none_of(name.begin(), name.end(), [](unsigned char letter) {
    return letter < ' ' || letter == '/' || letter == ',';
  });
  if (is_plain && !name.empty() && name.front() != '!' && name.front() != '@' &&
      name.front() != ' ' && name.back() != ' ') {
    return;
  }
  throw Error(ErrorCode::invalid_argument,
              fmt::format("'{}' becomes part of a file name and of criteria: it must not contain "
                          "'/' or ',', start with '!', '@' or a space, or end with a space",
                          name),
              place);
}

void validate_platform(const std::string& platform, const std::string& place) {
  validate_system_name(platform, place);
  if (platform.find('-') == std::string::npos) return;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("'{}': the dash separates platform and name in PLATFORM-NAME.json,"
                          " so none in the platform",
                          platform),
              place);
}

void ProfileFiles::add_format(const std::string& format, const std::string& place) {
  if (format == "dat") {
    with_dat = true;
  } else if (format == "csv") {
    with_csv = true;
  } else if (format == "statistics") {
    with_statistics = true;
  } else if (format == "fork") {
    with_fork = true;
  } else if (format != "json") {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("'{}' is not a format; choose from json, dat, csv, statistics and fork",
                            format),
                place);
  }
}

std::string ProfileFiles::stem() const { return platform + "-" + name; }

fs::path ProfileFiles::profile() const { return folder / (stem() + ".json"); }

std::vector<fs::path> ProfileFiles::paths() const {
  std::vector<fs::path> paths{profile()};
  for (const auto& [is_wanted, ending] : {std::pair(with_dat, ".dat"), std::pair(with_csv, ".csv"),
                                          std::pair(with_statistics, "-statistics.csv")}) {
    if (is_wanted) paths.push_back(folder / (stem() + ending));
  }
  if (with_fork) {
    const std::vector<fs::path> more = fork_paths();
    paths.insert(paths.end(), more.begin(), more.end());
  }
  return paths;
}

std::vector<fs::path> ProfileFiles::fork_paths() const {
  return {folder / "benchmark_data" / fmt::format("{}-b{}.dat", stem(), batch),
          folder / "models_profiling" / fmt::format("{}-stats-b{}.csv", name, batch),
          folder / "models_profiling" / (stem() + "-stats.csv")};
}

ProfileFiles::ForkPictures ProfileFiles::fork_pictures(const std::string& model) const {
  const fs::path pictures = folder / "models_profiling" / model;
  return {pictures / fmt::format("{}-{}-performance-b{}", name, model, batch),
          pictures / (model + "-stats")};
}

void ProfileFiles::prepare() const {
  make_folder(folder);
  try_to_write_in(folder);
  for (const fs::path& path : paths()) {
    make_folder(path.parent_path());
    validate_replaceable(path);
  }
  validate_replaceable(samples_path(profile()));
}

// The profile is last: what it has is in the others too, whenever this is interrupted.
void ProfileFiles::write(const SystemProfile& system) const {
  const auto beside = [&](const char* ending) { return folder / (stem() + ending); };
  write_file_atomically(samples_path(profile()), format_samples_csv(system));
  if (with_dat) write_file_atomically(beside(".dat"), format_profile_dat(system));
  if (with_csv) write_file_atomically(beside(".csv"), format_blocks_csv(system));
  const bool has_codecs =
      std::any_of(system.models.begin(), system.models.end(),
                  [](const ModelProfile& model) { return !model.codecs.empty(); });
  if (with_csv && has_codecs) {
    write_file_atomically(beside(".codecs.csv"), format_codecs_csv(system));
  }
  if (with_statistics) {
    write_file_atomically(beside("-statistics.csv"), format_statistics_csv(system));
  }
  if (with_fork) {
    for (const fs::path& path : fork_paths()) {
      write_file_atomically(path, path.extension() == ".dat" ? format_profile_dat(system)
                                                             : format_statistics_csv(system));
    }
  }
  write_profile(system, profile());
}

std::optional<SystemProfile> ProfileFiles::read_earlier() const {
  std::error_code ignored;
  if (!fs::exists(profile(), ignored)) return std::nullopt;
  return read_sampled_profile(profile());
}

SystemProfile ProfileFiles::open(const HostContext& host, const std::vector<BenchmarkModel>& models,
                                 bool resumes) const {
  prepare();
  std::optional<SystemProfile> earlier = resumes ? read_earlier() : std::nullopt;
  if (earlier) {
    validate_same_conditions(*earlier, host, models, profile().string());
    return *std::move(earlier);
  }
  if (!resumes) validate_nothing_is_lost(models);
  SystemProfile system;
  system.platform = platform;
  system.name = name;
  system.host = host;
  return system;
}

void ProfileFiles::validate_nothing_is_lost(const std::vector<BenchmarkModel>& models) const {
  std::vector<std::string> lost;
  try {
    const std::optional<SystemProfile> earlier = read_earlier();
    if (!earlier) return;
    for (const ModelProfile& model : earlier->models) lost.push_back(model.model);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
    return;
  }
  for (const BenchmarkModel& model : models) std::erase(lost, model.name);
  if (lost.empty()) return;
  throw Error(ErrorCode::mismatch,
              fmt::format("has {} too, which would be lost", fmt::join(lost, ", ")),
              profile().string());
}

}  // namespace scission
