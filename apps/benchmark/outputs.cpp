#include "outputs.hpp"

#include <fmt/ranges.h>

#include <system_error>

#include "base/file.hpp"
#include "scission/profile/profile.hpp"
#include "scission/report/pictures.hpp"

namespace scission::apps {
namespace {

namespace fs = std::filesystem;

/// As many bytes as a model's profile takes: on a full disk an empty file still can be made.
void try_to_write_in(const fs::path& folder) {
  const fs::path trial = folder / ".scission-benchmark-trial";
  constexpr std::size_t bytes = 65536;
  try {
    write_file_atomically(trial, std::string(bytes, ' '));
  } catch (const Error& error) {
    throw Error(ErrorCode::io, "cannot write a file in this folder: " + error.message(),
                folder.string());
  }
  std::error_code ignored;
  fs::remove(trial, ignored);
}

void check_replaceable(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored) || fs::is_regular_file(file, ignored)) return;
  throw Error(ErrorCode::io, "exists and is not a regular file", file.string());
}

/// A model's name comes from its file's and may hold what is awkward in another's.
std::string plain(std::string name) {
  for (char& letter : name) {
    if (letter == '/' || static_cast<unsigned char>(letter) < ' ') letter = '_';
  }
  return name;
}

}  // namespace

Outputs::Outputs(const Request& request) : request_(request) {}

fs::path Outputs::named(const std::string& ending) const {
  return request_.folder / (request_.system() + ending);
}

std::vector<fs::path> Outputs::paths() const {
  std::vector<fs::path> paths{profile()};
  if (request_.with_dat) paths.push_back(named(".dat"));
  if (request_.with_csv) paths.push_back(named(".csv"));
  if (request_.with_statistics) paths.push_back(named("-statistics.csv"));
  return paths;
}

void Outputs::prepare() const {
  make_folder(request_.folder);
  try_to_write_in(request_.folder);
  for (const fs::path& path : paths()) check_replaceable(path);
  check_replaceable(samples_path(profile()));
}

// The profile is last: what it has is in the others too, whenever this is interrupted.
void Outputs::write(const SystemProfile& system) const {
  write_file_atomically(samples_path(profile()), format_samples_csv(system));
  if (request_.with_dat) write_file_atomically(named(".dat"), format_profile_dat(system));
  if (request_.with_csv) write_file_atomically(named(".csv"), format_blocks_csv(system));
  if (request_.with_statistics) {
    write_file_atomically(named("-statistics.csv"), format_statistics_csv(system));
  }
  write_profile(system, profile());
}

void Outputs::draw(const ModelProfile& model) const {
  if (!request_.with_pictures) return;
  const std::string stem = request_.system() + "-" + plain(model.model);
  draw_block_times(model, request_.system(), request_.folder, stem + "-times");
  draw_block_costs(model, request_.folder, stem + "-costs");
}

void Outputs::check_nothing_is_lost(const std::vector<BenchmarkModel>& jobs) const {
  std::vector<std::string> lost;
  try {
    const std::optional<SystemProfile> earlier = read_earlier();
    if (!earlier) return;
    for (const ModelProfile& model : earlier->models) lost.push_back(model.model);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
    return;
  }
  for (const BenchmarkModel& job : jobs) std::erase(lost, job.name);
  if (lost.empty()) return;
  throw Error(ErrorCode::mismatch,
              fmt::format("has {} too, which would be lost; --resume keeps what it has, another "
                          "folder (-o) keeps both, or remove it",
                          fmt::join(lost, ", ")),
              profile().string());
}

std::optional<SystemProfile> Outputs::read_earlier() const {
  std::error_code ignored;
  if (!fs::exists(profile(), ignored)) return std::nullopt;
  SystemProfile system = read_profile(profile());
  const fs::path samples = samples_path(profile());
  if (fs::exists(samples, ignored)) add_samples(system, read_file(samples), samples.string());
  return system;
}

}  // namespace scission::apps
