// What a plan starts from: profiles of all systems, and the links between them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "remote_benchmark.hpp"
#include "scission/plan/network.hpp"
#include "scission/profile/profile.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "stress/stress.hpp"

namespace scission::plan {

struct GatherOptions {
  std::string model;                           ///< a built-in one's name, or a file
  apps::RemoteModel remote_model;              ///< the same, for workers
  std::string source;                          ///< this machine's name
  std::string image;                           ///< empty: none
  std::vector<std::string> benchmark_options;  ///< for scission-benchmark, everywhere alike
  std::string threads;                         ///< here; empty: as many as the backend takes
  double speed = 1;                            ///< of this machine; see throttled()
  std::filesystem::path folder;                ///< that everything is kept in
  StressLevel stress = {};                     ///< under which benchmarks are made
  double deadline_s = 3600;                    ///< of one worker's benchmark
};

/// The platforms of the profiles: this machine's, and everybody else's.
inline constexpr const char* source_platform = "device";
inline constexpr const char* worker_platform = "worker";

/// Benchmarks the model on this machine, or on one worker, and keeps the profile in the folder.
/// Throws Error(io | mismatch) with the system as place.
SystemProfile benchmark_here(const GatherOptions& options);
SystemProfile benchmark_there(const std::string& system, runtime::Client& worker,
                              const GatherOptions& options);

/// The most bytes that leave a block of any of them: what a link is measured up to.
double largest_output(const std::vector<SystemProfile>& profiles);

/// Benchmarks the model here and on every worker, one after the other, and keeps the profiles in
/// the folder. Throws Error(io | mismatch) with the system as place.
std::vector<SystemProfile> gather_profiles(const runtime::Clients& workers,
                                           const GatherOptions& options);

/// Measures the links up to the largest thing that can cross them, and keeps them in the folder as
/// network.csv. Throws as measure_links() does.
Network gather_links(const runtime::Clients& workers, const std::vector<SystemProfile>& profiles,
                     const GatherOptions& options);

}  // namespace scission::plan
