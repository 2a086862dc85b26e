// A sweep over workers: its design (factors, levels, plans), its measurement and its prediction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scission/backend.hpp"
#include "scission/base.hpp"
#include "scission/model.hpp"
#include "scission/plan/plan.hpp"
#include "scission/profile.hpp"
#include "scission/runtime/gather/gather.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "scission/runtime/wire/wire.hpp"
#include "scission/sweep.hpp"

namespace scission::runtime {

/// What a factor changes.
enum class FactorKind {
  link_rate,     ///< the rate of one link or of all links, in Mbit/s
  cpu_stress,    ///< the load of one system's processors, in %
  memory_stress  ///< the occupied share of one system's memory, in %
};

/// How much of a system's resources are occupied, in % from 0 to 100.
struct SCISSION_EXPORT SweepStress {
  int cpu_percent = 0;
  int memory_percent = 0;
};

/// A factor of the design, and what it means for the machines.
struct SCISSION_EXPORT SweepFactor {
  FactorKind kind = FactorKind::link_rate;
  Factor factor;               ///< as sweep.json stores it; its levels are numbers
  std::vector<double> values;  ///< of the levels, in their order: Mbit/s or %
  std::string system = {};     ///< the stressed system; empty for a rate
  std::string one_end = {};    ///< of the link; empty: the rate is that of all links
  std::string other_end = {};
};

/// The levels of factors of one kind, as a comma-separated list gives them.
struct SCISSION_EXPORT FactorText {
  FactorKind kind = FactorKind::link_rate;
  /// Link rates: {"50", "25"} for all links, {"edge-cloud=50", "25"} for one.
  /// Stress: {"edge=0", "50", "cloud=0", "100"}: a level without a name belongs to the name before.
  std::vector<std::string> items;
  std::string place;  ///< named in errors
};

/// The factors in the order of `texts`. Throws Error(invalid_argument) with the text's place for a
/// system that `systems` does not contain, a level that is no number in range (rates > 0, stress
/// whole numbers from 0 to 100), a repeated level, and a repeated factor.
SCISSION_EXPORT std::vector<SweepFactor> parse_factors(const std::vector<FactorText>& texts,
                                                       const std::vector<std::string>& systems);

/// The systems that compute, in the order of plans: `chosen`, or without any all of `named`. Throws
/// Error(invalid_argument) for one that is chosen twice or not named.
SCISSION_EXPORT std::vector<std::string> select_systems(const std::vector<std::string>& named,
                                                        const std::vector<std::string>& chosen);

/// "all" → 0, "best:5" → 5, for fastest_plans(). Throws Error(invalid_argument) for anything else.
SCISSION_EXPORT int parse_plan_choice(const std::string& text);

/// A plan as consecutive layers, each run on one system.
using RoutePlan = std::vector<Placement>;

/// Every plan with at most one stage on each of `systems`, visited in the given order; systems may
/// be left out. Stages end after `last_layers` (ascending; the last one is the model's last layer).
/// Plans with fewer cuts come first, then the order follows systems and layers.
/// Throws Error(invalid_argument) when there are more than `max_count`. O(plans · systems).
SCISSION_EXPORT std::vector<RoutePlan> enumerate_routes(const std::vector<std::string>& systems,
                                                        const std::vector<int>& last_layers,
                                                        std::size_t max_count);

/// "device:0-4|edge:5-90": the plan's label in sweep.json.
SCISSION_EXPORT std::string format_plan_label(const RoutePlan& plan);

/// A sweep of these plans and factors without any condition.
SCISSION_EXPORT Sweep empty_sweep(const std::string& model, const std::vector<SweepFactor>& factors,
                                  const std::vector<std::string>& systems,
                                  const std::vector<RoutePlan>& plans);

/// The plans that are among the `count` fastest under any condition of the sweep, in its
/// order; `plans` are the sweep's. O(conditions · plans · log plans).
SCISSION_EXPORT std::vector<RoutePlan> fastest_plans(const Sweep& sweep,
                                                     const std::vector<RoutePlan>& plans,
                                                     int count);

/// When one measurement is precise enough, and when it is given up.
struct SCISSION_EXPORT SweepPrecision {
  double width = 0.1;      ///< of the median's 95 % interval, as a share of the median
  int count = 8;           ///< minimum number of requests
  int max_count = 40;      ///< maximum number of requests
  int warmup = 2;          ///< requests before the measured ones
  int tries = 3;           ///< of a measurement that fails or stays imprecise
  double deadline_s = 60;  ///< of one request
};

/// The machines of a sweep, and how their conditions are set.
struct SCISSION_EXPORT SweepMachines {
  std::string source;                ///< name of this machine, where requests begin
  std::vector<std::string> systems;  ///< that may compute, in the order in which plans visit them
  std::map<std::string, std::string> addresses;         ///< of the workers, by system
  std::map<std::string, std::string> deploy_addresses;  ///< the same, for sending segments
  Security security;
  double delay_ms = 0;     ///< one-way delay of every link
  std::string relay_host;  ///< this machine's address as workers see it; empty: the loopback
  /// Program that sets link rates in the network, called with the rate in Mbit/s and, for one link,
  /// the names of both ends; empty: relays in this process set them.
  std::string set_network;
};

/// Whether relay_host is missing: relays set the rates, and a worker is on another machine.
SCISSION_EXPORT bool needs_relay_host(const SweepMachines& machines);

/// A sweep's design and its output.
struct SCISSION_EXPORT SweepOptions {
  SweepMachines machines;
  std::vector<SweepFactor> factors;
  SweepPrecision precision;
  int repeats = 1;               ///< blocks; each measures everything once, in its own random order
  std::uint64_t seed = 1;        ///< of the random orders
  double pause_s = 0.05;         ///< before each request
  std::filesystem::path folder;  ///< gets sweep.json, journal.jsonl and, of two systems, study/
  /// Further inputs that determine the results, such as the model's file, as name and text. The
  /// journal stores it with the options above, and a sweep is resumed only with the same.
  std::map<std::string, std::string> identity;
};

/// The model of a sweep. The functions bind a backend, so that this library needs none.
struct SCISSION_EXPORT SweepModel {
  std::string name;
  /// Writes a plan's segments into the folder, which exists.
  std::function<std::vector<StageAssignment>(const RoutePlan& plan,
                                             const std::filesystem::path& folder)>
      write_segments;
  StageLoader load;            ///< for the stages that run in this process
  std::vector<Tensor> inputs;  ///< of every request
};

/// Profiles and links that predictions are computed from. Files that exist are read; missing
/// profiles are made by `benchmark`, missing links are measured.
struct SCISSION_EXPORT SweepProfiles {
  std::filesystem::path folder;  ///< FOLDER/under-…/PLATFORM-SYSTEM.json, FOLDER/network-….csv
  std::string model;             ///< the model's name in the profiles
  double input_bytes = 0;        ///< size of one request's inputs
  std::string source_platform = "device";  ///< platform of this machine's profiles
  std::string worker_platform = "worker";  ///< platform of the workers' profiles
  /// Benchmarks the model on a system under a stress level; `worker` is null for this machine.
  std::function<SystemProfile(const std::string& system, const SweepStress& stress, Client* worker)>
      benchmark;
};

/// Profiles by benchmark_locally() and benchmark_remotely() with these options, in their folder.
SCISSION_EXPORT SweepProfiles sweep_profiles(const GatherOptions& options, double input_bytes);

/// Progress of a sweep.
struct SCISSION_EXPORT SweepProgress {
  std::string phase;       ///< "sweep", "measuring links"
  double fraction = 0;     ///< 0 to 1
  double remaining_s = 0;  ///< estimated
  std::string detail;      ///< what happens now, in one line
};

/// What a sweep reports while it runs. All may be empty; all are called by the calling thread.
struct SCISSION_EXPORT SweepCallbacks {
  std::function<void(const SweepProgress&)> on_progress;
  std::function<void(const std::string&)> on_warning;  ///< one line; the sweep continues
  std::function<void(const std::string&)> on_event;    ///< one line: what is measured, and how
  /// Called between requests and before benchmarks. What it throws ends the sweep: the stress is
  /// stopped, the files are written, and the exception is passed on.
  std::function<void()> check;
};

/// How many of a sweep's measurements succeeded. Each block counts by itself.
struct SCISSION_EXPORT SweepCounts {
  std::size_t measured = 0;
  std::size_t unstable = 0;  ///< of the measured ones: less precise than requested
  std::size_t failed = 0;
};

/// A finished sweep.
struct SCISSION_EXPORT SweepResult {
  Sweep sweep;
  SweepCounts counts;
};

/// What is done with the plans of a sweep.
struct SCISSION_EXPORT SweepSteps {
  bool predicts = false;                    ///< instead of measuring
  int best = 0;                             ///< above 0: only these fastest_plans() of a prediction
  std::function<SweepProfiles()> profiles;  ///< called for predictions
  std::function<SweepModel()> model;        ///< called for measurements
};

/// Connections to the workers of a sweep, and the relays between them, for as long as it lives. Not
/// thread-safe.
class SCISSION_EXPORT SweepSession {
 public:
  /// Throws Error(invalid_argument) where needs_relay_host(), and as Relay and Client do.
  explicit SweepSession(SweepOptions options, SweepCallbacks callbacks = {});
  ~SweepSession();
  SweepSession(const SweepSession&) = delete;
  SweepSession& operator=(const SweepSession&) = delete;

  /// Measures every plan under every condition, in randomised complete blocks, and resumes what
  /// options.folder's journal contains. A plan that cannot be measured is missing from the sweep,
  /// with the reason in the notes. Writes the folder after each block and at the end; segments that
  /// were not on the workers before are removed. Throws Error(mismatch) for a journal of another
  /// sweep, Error(damaged) with its line, Error(io), and what callbacks.check throws.
  SweepResult measure(const SweepModel& model, const std::vector<RoutePlan>& plans);

  /// Predicts, and writes, or measures the plans, all or the best. Warns of measurements that are
  /// less precise than requested. Throws as the functions below and above do.
  SweepResult run(std::vector<RoutePlan> plans, const SweepSteps& steps);

  /// Computes the same sweep from one profile per system and stress level, and the links at each
  /// combination of rates: the number of benchmarks is a sum where that of measurements is a
  /// product. Writes no sweep. Throws Error(mismatch) when a plan ends inside a block of the
  /// profiles or a link is missing, as the benchmarks and measure_links() do, and what
  /// callbacks.check throws.
  Sweep predict(const SweepProfiles& profiles, const std::vector<RoutePlan>& plans);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// One session that measures `plans`. Throws as SweepSession does.
///
///     SweepOptions options;
///     options.machines = {.source = "edge", .systems = {"edge", "cloud"}, .addresses = workers,
///                         .deploy_addresses = workers};
///     options.factors = parse_factors({{FactorKind::link_rate, {"50", "10"}, "rates"}},
///                                     options.machines.systems);
///     options.folder = "measured";
///     const auto plans = enumerate_routes(options.machines.systems, {3, 7, 12}, 1000);
///     const SweepResult result = run_sweep(options, model, plans);
SCISSION_EXPORT SweepResult run_sweep(const SweepOptions& options, const SweepModel& model,
                                      const std::vector<RoutePlan>& plans,
                                      const SweepCallbacks& callbacks = {});

}  // namespace scission::runtime
