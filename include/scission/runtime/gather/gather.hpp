// Profiles of several machines and the links between them, for the search of plans.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scission/base.hpp"
#include "scission/model.hpp"
#include "scission/plan/network.hpp"
#include "scission/plan/problem.hpp"
#include "scission/profile.hpp"
#include "scission/runtime/client/client.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "scission/runtime/wire/wire.hpp"
#include "scission/search/search.hpp"

namespace scission::runtime {

/// The options of scission-benchmark that a worker accepts: how to measure, never which files.
inline constexpr std::array<std::string_view, 18> remote_benchmark_options{
    "batch",     "calibrate",     "codecs",     "cuts",   "grain",   "input-shape",
    "max-time",  "model-timeout", "optimize",   "order",  "passes",  "pause",
    "precision", "repetitions",   "stage-wait", "stress", "threads", "warmup"};

/// A model for a worker to benchmark.
struct SCISSION_EXPORT RemoteModel {
  std::string name;                ///< in the profile
  std::filesystem::path file;      ///< empty: a built-in model, which the worker has, too
  std::vector<TensorSpec> inputs;  ///< of a file
  std::string backend = {};        ///< that opens the file
};

/// How a worker benchmarks.
struct SCISSION_EXPORT RemoteBenchmark {
  std::string platform;
  std::vector<std::string> options;  ///< "--max-time", "20", …; see remote_benchmark_options
  double deadline_s = 3600;
  bool only_if_alone = false;  ///< see BenchmarkJob
};

/// Makes the worker `system` benchmark the model on its machine and returns its profile of this one
/// model. A file is sent to it first and dropped afterwards.
/// Throws as Client::deploy() and Client::benchmark() do.
SCISSION_EXPORT SystemProfile benchmark_on_worker(const std::string& system, Client& worker,
                                                  const RemoteModel& model,
                                                  const RemoteBenchmark& benchmark);

/// Observes benchmark_models_on_worker(); all functions may be empty.
struct SCISSION_EXPORT RemoteBenchmarkObserver {
  std::function<void(const RemoteModel& model)> on_start = {};
  std::function<void(const ModelProfile& model)> on_model = {};  ///< it is in the file
  std::function<void(const RemoteModel& model, const Error& error)> on_failure = {};
};

/// Has the worker benchmark one model after the other, and writes the profile to `file` after each.
/// A model that fails is left out. Throws Error(io) when the file cannot be written.
SCISSION_EXPORT SystemProfile benchmark_models_on_worker(const std::string& system, Client& worker,
                                                         const std::vector<RemoteModel>& models,
                                                         const RemoteBenchmark& benchmark,
                                                         const std::filesystem::path& file,
                                                         const RemoteBenchmarkObserver& observer);

/// A worker's side of it: runs the program scission-benchmark, which is installed in the folder of
/// this program, one run at a time. run() is for one thread, stop() for any.
class SCISSION_EXPORT BenchmarkProgram {
 public:
  /// `name` is this system's; `speed` is the fraction of this machine's speed, 1: all of it;
  /// `operators` are the shared libraries that models may need, which only the worker names.
  explicit BenchmarkProgram(std::string name, double speed = 1,
                            std::vector<std::string> operators = {});
  ~BenchmarkProgram();
  BenchmarkProgram(const BenchmarkProgram&) = delete;
  BenchmarkProgram& operator=(const BenchmarkProgram&) = delete;

  /// The profile's JSON. Throws Error(unsupported) when the program is missing,
  /// Error(invalid_argument) unless the model was deployed or is named like a built-in one and all
  /// options are among remote_benchmark_options, Error(mismatch) with the program's last line when
  /// it fails, Error(io).
  std::string run(const BenchmarkJob& job);

  /// Ends the running benchmark; further ones are refused.
  void stop();

 private:
  struct Process;
  std::unique_ptr<Process> process_;
};

/// Called while links are measured, as LinkOptions::on_progress, with an estimate of the remaining
/// time in seconds.
using LinkProgress =
    std::function<void(int done, int total, const std::string& link, double remaining_s)>;

/// Which model to benchmark everywhere, and how.
struct SCISSION_EXPORT GatherOptions {
  std::string model;                           ///< a built-in model's name, or a file
  RemoteModel remote_model;                    ///< the same, for workers
  std::string source;                          ///< this machine's name
  std::string image;                           ///< input of the benchmark here; empty: random
  std::vector<std::string> benchmark_options;  ///< for scission-benchmark, on every machine
  std::vector<std::string> operators;          ///< libraries for the model, here; see --operators
  std::string threads;                         ///< here; empty: the backend's default
  double speed = 1;              ///< fraction of this machine's speed; see throttled()
  std::filesystem::path folder;  ///< of the profiles and network.csv
  /// Codecs to measure on every machine, or "all"; empty: none. What they do to sizes and to the
  /// output is measured here; workers measure only their times, on random inputs.
  std::vector<std::string> codecs = {};
  std::string calibration = {};   ///< here, see --calibrate of scission-benchmark
  std::string stress;             ///< during benchmarks: "cpu=50,memory=50"; empty: none
  double deadline_s = 3600;       ///< of one worker's benchmark
  bool only_if_alone = false;     ///< on workers; see BenchmarkJob
  LinkProgress on_link_progress;  ///< may be empty
};

/// The platforms of the profiles: this machine's, and that of all workers.
inline constexpr const char* source_platform = "device";
inline constexpr const char* worker_platform = "worker";

/// Benchmarks the model on this machine, by the program scission-benchmark, or on one worker, and
/// writes the profile to the folder. Throws Error(io | mismatch) with the system as place.
SCISSION_EXPORT SystemProfile benchmark_locally(const GatherOptions& options);
SCISSION_EXPORT SystemProfile benchmark_remotely(const std::string& system, Client& worker,
                                                 const GatherOptions& options);

/// Copies what codecs do to sizes and outputs, and the accuracy, from `reference` to `model`, of
/// the same model and cuts but measured on other inputs; times remain. Codecs that `reference` does
/// not have at a cut are removed there. O(n log n) in the values.
SCISSION_EXPORT void copy_codec_quality(const ModelProfile& reference, ModelProfile& model);

/// The most bytes that leave a block of any of the profiles. O(blocks).
SCISSION_EXPORT double largest_output(const std::vector<SystemProfile>& profiles);

/// Benchmarks the model here and on every worker, one after the other, and writes the profiles to
/// the folder. Throws Error(io | mismatch) with the system as place.
SCISSION_EXPORT std::vector<SystemProfile> gather_profiles(const Clients& workers,
                                                           const GatherOptions& options);

/// Tells the workers each other's addresses and measures the links between all of them. Calls
/// `on_progress`, which may be empty, instead of options.on_progress. Throws as measure_links() and
/// announce_peers() do.
SCISSION_EXPORT Network measure_all_links(const Clients& workers, const std::string& source,
                                          LinkOptions options, const LinkProgress& on_progress);

/// A line, without a line end, for each link whose times do not rise with the bytes: it states no
/// rate, so that larger messages would cost nothing more.
SCISSION_EXPORT std::vector<std::string> flat_link_warnings(const Network& network);

/// Measures the links up to largest_output() and writes them to network.csv in the folder. Throws
/// as measure_links() does.
SCISSION_EXPORT Network gather_links(const Clients& workers,
                                     const std::vector<SystemProfile>& profiles,
                                     const GatherOptions& options);

/// The same, with time in proportion to what a link can change in the answer to the query: first
/// all links for a short time, then those longer whose times could change the best plan's value or
/// the best plan itself, see link_rounds(). Throws as search() does, too.
SCISSION_EXPORT Network gather_links(const Clients& workers,
                                     const std::vector<SystemProfile>& profiles,
                                     const GatherOptions& options, const Query& query);

/// How many probes of each size a link deserves, by its sender and receiver: `few` where the best
/// plan and its value stay as they are when the link takes a third or three times its time; 9 where
/// only the value changes; 15 where another plan becomes the best. `few` without a plan.
/// O(links) searches. Throws as search() does.
SCISSION_EXPORT std::map<std::pair<std::string, std::string>, int> link_rounds(
    PartitionProblem problem, const Query& query, int few);

/// The problem of the model over these systems alone, the first of which is its first; profiles of
/// others are left out. Platforms are in the order of the systems' profiles.
/// Throws Error(not_found) for a system without a profile, Error(invalid_argument) for one whose
/// profile lacks the model, and as make_problem() does.
SCISSION_EXPORT PartitionProblem problem_of_systems(std::vector<SystemProfile> profiles,
                                                    const Network& network,
                                                    const std::string& model,
                                                    const std::vector<std::string>& systems);

/// What a search of plans needs.
struct SCISSION_EXPORT GatheredSetup {
  std::vector<SystemProfile> profiles;
  Network network;
};

/// Connects to the workers at these addresses, by system, takes a lease on them, and calls
/// gather_profiles() and gather_links(). Throws as connect(), gather_profiles() and gather_links()
/// do.
SCISSION_EXPORT GatheredSetup gather_setup(const std::map<std::string, std::string>& addresses,
                                           const Security& security, const GatherOptions& options);

/// problem_of_systems() of this machine, the first system, and all `workers`, which are addresses
/// by system. This machine is `source`; where that is empty, the only profile that is no worker's,
/// else the host's name. Throws as problem_of_systems() does, with `place` for a system without a
/// profile.
SCISSION_EXPORT PartitionProblem
problem_of_workers(const std::vector<SystemProfile>& profiles, const Network& network,
                   const std::string& model, std::string source,
                   const std::map<std::string, std::string>& workers, const std::string& place);

}  // namespace scission::runtime
