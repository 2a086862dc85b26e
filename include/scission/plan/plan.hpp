// A plan: which system runs which layers, what that costs and how certain that is, and how plans
// are compared.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base.hpp"
#include "scission/plan/network.hpp"
#include "scission/plan/problem.hpp"
#include "scission/stats.hpp"

namespace scission {

/// Consecutive blocks on one system. Indices refer to the PartitionProblem.
struct SCISSION_EXPORT Stage {
  int system = 0;
  int first_block = 0;
  int last_block = 0;

  friend bool operator==(const Stage&, const Stage&) = default;
};

/// What a plan costs; NaN: unknown. With exit shares, the mean over all requests.
struct SCISSION_EXPORT PlanMetrics {
  double latency_s =
      std::numeric_limits<double>::quiet_NaN();  ///< compute + setup + transfer + coding
  double compute_s = std::numeric_limits<double>::quiet_NaN();  ///< of the blocks
  double setup_s = std::numeric_limits<double>::quiet_NaN();    ///< of the stages
  double transfer_s = std::numeric_limits<double>::quiet_NaN();
  double coding_s = std::numeric_limits<double>::quiet_NaN();  ///< encoding and decoding
  /// The busy time of the busiest system or directed link, see Link::busy_s(): when stages overlap,
  /// one input is finished every period. Without setup times: a busy system does not wait.
  double period_s = std::numeric_limits<double>::quiet_NaN();
  double traffic_bytes = std::numeric_limits<double>::quiet_NaN();  ///< over all hops, as coded
  /// Σ CodecCosts::error of the hops: a bound under the assumption that errors are additive.
  double error = std::numeric_limits<double>::quiet_NaN();
  double disagreement = std::numeric_limits<double>::quiet_NaN();  ///< the same of disagreements
  /// Σ seconds × power of the system + Σ bytes × energy of the link; NaN where one is unknown. The
  /// seconds include setup. Where no link of the problem states its energy, sending takes none.
  double energy_j = std::numeric_limits<double>::quiet_NaN();
  /// Σ hours × price of the system + Σ bytes × price of the link; NaN as for energy.
  double money = std::numeric_limits<double>::quiet_NaN();
};

/// Stages in order, covering all blocks. The input lies on `source`. Where there is a
/// `destination`, the last stage's system sends the output there.
struct SCISSION_EXPORT Plan {
  int source = 0;
  std::vector<Stage> stages;
  std::optional<int> destination = {};
  /// How what crosses is coded: for each stage what enters it, then what leaves the last one. Index
  /// into PartitionProblem::codecs, or `raw`, as where nothing crosses. Empty: all raw.
  std::vector<int> codecs = {};
  static constexpr int raw = -1;
  /// Of a plan that a search returned: its cost for the links, times and input of that search.
  /// NaN in other plans; plan_cost() computes it.
  PlanMetrics cost = {};

  /// Codec of what enters the stage; of the output for `stage` = stages.size().
  int codec(std::size_t stage) const { return codecs.empty() ? raw : codecs.at(stage); }

  /// Whether the plans run the same stages on the same systems and code the same hops alike; costs
  /// are not compared.
  friend bool operator==(const Plan& a, const Plan& b) {
    return a.source == b.source && a.stages == b.stages && a.destination == b.destination &&
           a.codecs == b.codecs;
  }
};

/// One transfer of a plan.
struct SCISSION_EXPORT Hop {
  int from = 0;
  int to = 0;
  double bytes = 0;    ///< of a request that comes here, as coded
  double share = 1;    ///< of the requests that come here: 1 without exit shares
  double seconds = 0;  ///< on the link, mean over all requests
  int codec = Plan::raw;
  double encode_s = 0;  ///< at the sender, mean over all requests
  double decode_s = 0;  ///< at the receiver, mean over all requests
};

/// The cost of a plan, itemised.
struct SCISSION_EXPORT PlanCost : PlanMetrics {
  PlanCost() : PlanMetrics{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0} {}

  // Means over all requests.
  std::vector<double> stage_s;        ///< compute time of each stage
  std::vector<double> stage_setup_s;  ///< setup time of each stage
  std::vector<Hop> hops;              ///< one for each change of system, including input and output
};

/// The memory that a plan needs on a system: the weights of all blocks there, plus the largest
/// activations of any of them. 0 for a system without a stage.
/// Throws Error(invalid_argument) when the problem states no memory.
SCISSION_EXPORT double plan_memory_bytes(const PartitionProblem& problem, const Plan& plan,
                                         int system);

/// Computes the cost of a plan from the problem alone; no search is involved.
/// `input_bytes` is the size of the input of block 0. O(blocks + systems² + hops log hops).
/// Throws Error(invalid_argument) when the stages do not cover the blocks in order or refer to an
/// unknown system, or have a destination although the problem has exit shares, and Error(mismatch)
/// when a hop has no link.
SCISSION_EXPORT PlanCost plan_cost(const PartitionProblem& problem, const Plan& plan,
                                   double input_bytes);

// --- Objectives: what plans are compared by ---

enum class Metric { latency, period, traffic, energy, money, error, disagreement };

/// "latency", "period", …
SCISSION_EXPORT std::string to_string(Metric metric);
SCISSION_EXPORT const std::vector<Metric>& all_metrics();

/// In seconds, seconds, bytes, joules, the user's currency, or as shares of 1.
SCISSION_EXPORT double metric_value(Metric metric, const PlanMetrics& cost);

/// "9.01 s", "2.41 MB", "12.3 J", "0.00123"; "unknown" for NaN. Errors and disagreements: "0.4 %".
SCISSION_EXPORT std::string format_metric(Metric metric, double value);

/// A weighted sum of metrics: the weight of one second of latency, one second of period, one byte,
/// one joule, one unit of money, an error or a disagreement of 1. All weights are ≥ 0, at least one
/// is above 0. An objective of a single metric has the weight 1.
struct SCISSION_EXPORT Objective {
  double latency = 1;
  double period = 0;
  double traffic = 0;
  double energy = 0;
  double money = 0;
  double error = 0;
  double disagreement = 0;

  double weight(Metric metric) const;             ///< the field of that metric
  void set_weight(Metric metric, double weight);  ///< sets the field of that metric

  friend bool operator==(const Objective&, const Objective&) = default;
};

/// The objective of one metric.
SCISSION_EXPORT Objective single_objective(Metric metric);

/// The weighted sum of a plan's metrics. Metrics of weight 0 do not count, known or not.
SCISSION_EXPORT double objective_value(const Objective& objective, const PlanMetrics& cost);

/// Parses "energy", or a weighted sum "latency + 0.5 energy + 0.01 traffic". Each term is an
/// optional weight (default 1) and a metric. Weights are per second, per MB of traffic, per joule
/// and per unit of money. Throws Error(invalid_argument) that quotes the invalid term.
SCISSION_EXPORT Objective parse_objective(std::string_view text);

/// Parses "latency,energy": two or more distinct metrics. Throws Error(invalid_argument).
SCISSION_EXPORT std::vector<Metric> parse_metrics(std::string_view text);

// --- Placements: a plan by names and layers ---

/// Consecutive layers on one system.
struct SCISSION_EXPORT Placement {
  int first_layer = 0;
  int last_layer = 0;
  std::string system;
  std::string codec = {};  ///< of what enters the stage; empty: raw

  friend bool operator==(const Placement&, const Placement&) = default;
};

/// The stages of the best plan in a file written by `scission-predict --json`
/// (docs/plan-format.md), in order and without gaps from layer 0. Throws
/// Error(not_found | io | damaged) with the file and field as place, Error(unsupported) for a newer
/// version of the format, and Error(invalid_argument) when the file contains no plan.
SCISSION_EXPORT std::vector<Placement> read_placements(const std::filesystem::path& path);

/// The stages of a plan by names and layers. Throws Error(invalid_argument) for a system or block
/// that the problem does not have.
SCISSION_EXPORT std::vector<Placement> placements_of(const PartitionProblem& problem,
                                                     const Plan& plan);

/// The plan with these placements and the input on the system `source`. Throws Error(mismatch) for
/// a system or codec that the problem does not have, and where a placement does not end with a
/// block.
SCISSION_EXPORT Plan plan_from_placements(const PartitionProblem& problem,
                                          const std::vector<Placement>& placements,
                                          const std::string& source);

/// The systems of a plan's stages, in order: "pi → box → vm". Long routes are shortened by "…".
SCISSION_EXPORT std::string systems_of_route(const PartitionProblem& problem, const Plan& plan);

/// The systems with their layers: "pi 0-6 → box 7-25", followed by " → pi" for a destination. A hop
/// that is coded names its codec: "pi 0-6 → int8 → box 7-25".
SCISSION_EXPORT std::string layers_of_route(const PartitionProblem& problem, const Plan& plan);

// --- Timelines: a plan by names and times, as a Gantt chart shows it ---

/// A stage on a system, or a transfer from one.
struct SCISSION_EXPORT TimelineItem {
  bool is_transfer = false;
  std::string system = {};  ///< the computing system, or the sender
  std::string to = {};      ///< the receiver of a transfer
  int first_layer = 0;      ///< of a stage
  int last_layer = 0;
  double bytes = 0;                           ///< of a transfer, as coded
  std::string codec = {};                     ///< of a transfer; empty: raw
  double encode_s = 0;                        ///< of a transfer, part of `seconds`
  double decode_s = 0;                        ///< of a transfer, part of `seconds`
  double begin_s = 0;                         ///< after the arrival of the input
  double seconds = 0;                         ///< with exit shares, the mean over all requests
  double setup_s = 0;                         ///< of a stage, part of `seconds`
  std::optional<double> without_exit_s = {};  ///< of a request that takes no exit; empty: `seconds`

  friend bool operator==(const TimelineItem&, const TimelineItem&) = default;
};

/// A plan's cost and the sequence of its stages and transfers for one input, without overlap.
struct SCISSION_EXPORT PlanTimeline {
  std::string source = {};                      ///< the system that holds the input
  std::optional<std::string> destination = {};  ///< the system that receives the output
  double latency_s = 0;
  double compute_s = 0;
  double setup_s = 0;
  double transfer_s = 0;
  double coding_s = 0;
  double period_s = 0;
  double traffic_bytes = 0;
  double error = 0;                     ///< as PlanMetrics::error
  double disagreement = 0;              ///< as PlanMetrics::disagreement
  std::optional<double> energy_j = {};  ///< empty: unknown
  std::optional<double> money = {};     ///< empty: unknown
  std::vector<TimelineItem> items = {};

  /// The systems in the order in which the plan reaches them, the source first.
  std::vector<std::string> systems() const;

  /// Whether the times are means over requests of which some end at early exits.
  bool is_mean() const;

  /// The systems with their layers: "pi 0-6 → box 7-25", with codecs as layers_of_route() has them.
  std::string route() const;
  std::string route_to_destination() const;  ///< the same, followed by " → pi" for a destination

  friend bool operator==(const PlanTimeline&, const PlanTimeline&) = default;
};

/// The stages of a timeline, in order.
SCISSION_EXPORT std::vector<Placement> placements_of(const PlanTimeline& plan);

/// The timeline of a plan. Throws as plan_cost() does.
SCISSION_EXPORT PlanTimeline timeline_of(const PartitionProblem& problem, const Plan& plan,
                                         double input_bytes);

// --- How far the measurements determine the latency of a plan ---

/// The 95 % prediction interval of the latency of a single run, from the uncertainty of the
/// measured times and the run-to-run variation (TimeUncertainty::run). The errors of one system's
/// blocks are correlated by TimeUncertainty::correlation, those of setup times and of different
/// systems are independent, and links count as exact. A system that runs the whole model has the
/// interval of the whole model's time where that is known (TimeUncertainty::relative). Empty if a
/// system of the plan has no intervals. O(systems · blocks).
/// Throws as plan_cost() does.
SCISSION_EXPORT std::optional<Interval> latency_interval(const PartitionProblem& problem,
                                                         const Plan& plan, double input_bytes);

/// The 95 % interval of the mean latency of `plan` minus that of `reference`, without the
/// run-to-run variation. What both run on the same system cancels out. Empty if a system that runs
/// other blocks has no intervals. O(systems · blocks). Throws as plan_cost() does.
SCISSION_EXPORT std::optional<Interval> latency_difference_interval(const PartitionProblem& problem,
                                                                    const Plan& reference,
                                                                    const Plan& plan,
                                                                    double input_bytes);

// --- Kubernetes ---

// A plan on Kubernetes: the workers of its systems as Deployments and Services.

/// What the documents of a plan say beside its systems.
struct SCISSION_EXPORT KubernetesOptions {
  std::string image =
      "scission";          ///< container image with the tools, as in data/deploy/Containerfile
  std::string model = {};  ///< named in comments only
  /// Bytes of the segments' files in the order of the placements, for the memory that each worker
  /// requests; empty: no request.
  std::vector<std::int64_t> segment_bytes = {};
};

/// YAML documents for `kubectl apply`: for each system of the placements, in order of its first
/// stage, a PersistentVolumeClaim for deployed segments, a Deployment of one `scission-worker` that
/// is pinned by the node label `scission/system: SYSTEM`, and a Service `scission-SYSTEM` with gRPC
/// on port 8001 and HTTP on 8000. Workers use TLS with the certificate of the secret
/// `scission-SYSTEM-tls`, and are probed over HTTPS. Field names are those of Kubernetes 1.24 and
/// later (apps/v1, v1). Throws Error(invalid_argument) with the system as place if its name cannot
/// be a label or two systems would have one Service name, and if the image is empty or has blanks.
SCISSION_EXPORT std::string kubernetes_manifest(const std::vector<Placement>& placements,
                                                const KubernetesOptions& options);

}  // namespace scission
