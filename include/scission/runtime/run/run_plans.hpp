// Plans deployed for as long as they are needed, and run: one by one, in turns, or with failover.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "scission/backend.hpp"
#include "scission/base.hpp"
#include "scission/model.hpp"
#include "scission/plan/network.hpp"
#include "scission/plan/plan.hpp"
#include "scission/plan/problem.hpp"
#include "scission/runtime/client/client.hpp"
#include "scission/runtime/gather/gather.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "scission/runtime/wire/wire.hpp"
#include "scission/stats.hpp"

namespace scission::runtime {

/// Which workers plans are deployed on, and how.
struct SCISSION_EXPORT PlanDeploymentOptions {
  std::string model;                                    ///< served under names that begin with it
  std::string source;                                   ///< system of this process
  std::map<std::string, std::string> addresses;         ///< of workers for tensors, by system
  std::map<std::string, std::string> deploy_addresses;  ///< for segments; empty: `addresses`
  /// Systems of other servers of the protocol, which serve the model under these names already.
  std::map<std::string, std::string> foreign;
  Security security;
  StageLoader load;            ///< of segments that run in this process
  double deadline_s = 30;      ///< of a request
  double stall_timeout_s = 0;  ///< see PipelineOptions
  bool keeps_models = false;   ///< without a lease: the segments stay until they are dropped
  /// Called during uploads, from several threads, one at a time; may be empty. An exception from it
  /// ends the deployment.
  std::function<void(const std::string& system, std::int64_t sent, std::int64_t total)> on_upload;
  std::function<void()>
      on_deployed;  ///< called after each deployment, also a failed one; may be empty
};

/// Deploys plans when their pipelines are requested, under a lease: segments and addresses are of
/// this object alone, and the destructor removes them.
class SCISSION_EXPORT PlanDeployment {
 public:
  /// Connects to all workers. Throws Error(io | unsupported) when a worker is unreachable or no
  /// worker.
  explicit PlanDeployment(PlanDeploymentOptions options);
  PlanDeployment(const PlanDeployment&) = delete;
  PlanDeployment& operator=(const PlanDeployment&) = delete;

  /// A pipeline of the plan. `share`: the fraction of the links that uploads may take, see
  /// UploadOptions; empty: all. `may_wait`: see PipelineOptions. Throws as deploy_stages() and
  /// `on_upload` do.
  std::shared_ptr<Pipeline> pipeline(const std::vector<StageAssignment>& plan,
                                     const std::function<double()>& share = {},
                                     const std::function<bool()>& may_wait = {});

  /// Removes the plan's segments from their workers, except for those of a plan in `kept`. A worker
  /// that is unreachable keeps its segments until the lease ends there.
  void remove(const std::vector<StageAssignment>& plan,
              const std::vector<std::vector<StageAssignment>>& kept);

  const Clients& clients() const { return clients_; }                ///< for requests
  const Clients& deploy_clients() const { return deploy_clients_; }  ///< for segments

  /// Whether a worker that was lost has all its segments again; it then gets the addresses of the
  /// other workers. Of a link, see FailoverSwitch::lost, whether its first worker reaches the other
  /// one. Thread-safe once all pipelines have been requested.
  bool has_recovered(const std::string& system) const;

 private:
  void use_tensor_addresses(std::vector<PipelineStage>& stages) const;

  std::string name_of(const StageAssignment& assignment) const;

  PlanDeploymentOptions options_;
  std::unique_ptr<Lease> lease_;  ///< null when the models are kept
  Clients clients_;
  Clients deploy_clients_;
  std::map<std::string, std::set<std::string>> deployed_;  ///< models that this object deployed
};

/// Asks once a second, on its own thread, whether lost systems are back, and restores their plans.
class SCISSION_EXPORT RecoveryMonitor {
 public:
  /// `has_recovered` may block. `on_return` is called for each system that is back; may be empty.
  /// `failover` must outlive this.
  RecoveryMonitor(Failover& failover, std::function<bool(const std::string& system)> has_recovered,
                  std::function<void(const std::string& system)> on_return = {});
  ~RecoveryMonitor();
  RecoveryMonitor(const RecoveryMonitor&) = delete;
  RecoveryMonitor& operator=(const RecoveryMonitor&) = delete;

 private:
  struct Thread;
  std::unique_ptr<Thread> thread_;
};

// --- What a run does, as it happens ---

/// Estimates of a machine, or of a link.
struct SCISSION_EXPORT ResourceEstimate {
  std::string system;   ///< the machine, or the sender of the link
  std::string to = {};  ///< the receiver of the link; empty for a machine
  double factor = 1;    ///< of the times as given
  double stddev = 0;    ///< of the factor's logarithm: 0.1 is about 10 %
  bool is_lost = false;
  std::optional<double> megabits_per_s = {};  ///< of a link without a curve
};

/// Writes what a run does to a file as it happens, one JSON object a line; docs/running.md
/// describes the lines. Times are seconds since the construction. Members do not throw: a line that
/// cannot be written is the last one, and failure() says why. Thread-safe.
class SCISSION_EXPORT RunEventLog {
 public:
  /// Takes the reason of the first failure.
  using OnFailure = std::function<void(const std::string& why)>;

  /// Replaces the file. `on_failure` is called at once, with failure(), when a line cannot be
  /// written; it must not throw, nor use this object. Throws Error(io) with the file as place.
  RunEventLog(const std::filesystem::path& file, std::string model, OnFailure on_failure = {});
  ~RunEventLog();  ///< writes that the run has ended, if it had started
  RunEventLog(const RunEventLog&) = delete;
  RunEventLog& operator=(const RunEventLog&) = delete;

  /// The first line. `links` have systems as ends; empty: unknown.
  void start(const std::vector<std::string>& systems, const std::vector<NetworkRow>& links);
  /// A plan runs from now on. `number` counts from 1.
  void plan(int number, const PlanTimeline& plan, const std::string& why);
  /// A request was sent; the number that answered() takes, from 1 on.
  int sent();
  /// The request was answered by that plan, or has failed.
  void answered(int request, int plan, const PipelineResult& result);
  /// `expected_latency_s`: of the running plan; +∞ when it cannot run.
  void estimates(const std::vector<ResourceEstimate>& estimates, double expected_latency_s);

  std::string failure() const;  ///< empty: everything was written

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// A plan to run, and its segments.
struct SCISSION_EXPORT RunnablePlan {
  PlanTimeline plan;
  std::vector<StageAssignment> stages;
  std::optional<Interval> latency_interval = {};  ///< 95 %, of the planned latency; empty: unknown
};

/// A machine or a link of a plan, in seconds of one request.
struct SCISSION_EXPORT ErrorComponent {
  std::string system;   ///< the machine, or the sender of the link
  std::string to = {};  ///< the receiver of the link; empty for a machine
  double planned_s = 0;
  std::optional<double> run_s;  ///< median of the run; empty for the output's way back, which
                                ///< the other transfers contain
  std::optional<double> remeasured_s;  ///< measured again after the run; empty if that failed
  std::string failure = {};            ///< why it could not be measured again

  double change_s() const;  ///< remeasured_s − planned_s; 0 if not measured again
};

/// Decomposition of a run's prediction error into the changes of its machines and links since they
/// were measured for the plan, and a residual: the error of the cost model, and the changes of what
/// could not be measured again.
struct SCISSION_EXPORT PredictionError {
  double error_s = 0;                    ///< median latency of the run − planned latency
  std::vector<ErrorComponent> machines;  ///< in the order in which the plan reaches them
  std::vector<ErrorComponent> links;     ///< a link that a plan uses twice is two
  double residual_s = 0;                 ///< error_s − Σ change_s()
};

/// One request of a run.
struct SCISSION_EXPORT RequestRecord {
  double due_s = 0;      ///< when it was due, since the first request was
  double latency_s = 0;  ///< from then on to the answer, or to the failure
  int attempts = 1;      ///< see PipelineResult
  bool is_answered = false;
  std::vector<std::string> systems;  ///< that answered, in order
  std::string failure;               ///< why there is no answer
  std::string id = {};               ///< in the workers' logs, see RequestEvent
  std::vector<HopTiming> hops = {};  ///< of the stages that answered, in order
  int rank = 1;                      ///< of the plan that answered or failed
};

/// One plan that was run.
struct SCISSION_EXPORT PlanRun {
  int rank = 1;  ///< PlanRunOptions::first_rank for the first plan
  PlanTimeline plan;
  RunSummary summary;
  int wrong = 0;          ///< answers that differ by more than the tolerance
  double difference = 0;  ///< the largest one of an answer
  int checked = 0;        ///< answers that were compared
  /// Whether a codec of the plan loses something; other answers must be those of the whole model.
  bool is_lossy = false;
  /// Of a lossy plan: the difference that its codecs may make, PlanTimeline::error. NaN: unknown;
  /// no answer counts as wrong then.
  double error_bound = 0;
  std::vector<FailoverSwitch> switches;
  std::optional<Interval> planned_interval = {};    ///< RunnablePlan::latency_interval
  std::optional<PredictionError> explanation = {};  ///< by attribute_errors()
  std::vector<RequestRecord> requests;              ///< in the order of sending
};

/// What is sent, in which order, and what its sender observes. All functions may be empty.
struct SCISSION_EXPORT PlanRunOptions {
  std::vector<Tensor> inputs;  ///< of every request
  /// Of the inputs of the same indices, see Pipeline::send(); no use of them is made where plans
  /// fail over.
  std::vector<CodedTensor> coded_inputs = {};
  /// To each plan; its on_result and on_progress are not called.
  LoadOptions load = {};
  int first_rank = 1;
  /// Rounds over all plans that the requests are sent in. With several, all plans are deployed at
  /// once, and what slows the machines down for a while slows all of them.
  int turns = 1;
  /// All plans are deployed ahead; requests go to the first one, and the next one takes over when a
  /// system is lost. The result is one run.
  bool fails_over = false;
  /// How far an answer is from what is expected.
  std::function<double(const std::vector<Tensor>& outputs)> difference = {};
  double tolerance = 0;  ///< of differences; PlanRun::error_bound comes on top
  int checked_answers = std::numeric_limits<int>::max();  ///< of each plan, the first ones
  /// Called with each answer of a round.
  std::function<void(int rank, int done, int total)> on_progress = {};
  /// Called with each request that has ended, one call at a time; must return soon.
  std::function<void(int rank, const PipelineResult& result)> on_result = {};
  /// Called by another thread when a system that was lost is back.
  std::function<void(const std::string& system)> on_return = {};
  std::shared_ptr<RunEventLog> events = {};  ///< of what is sent, warm-up requests too; may be null
};

/// Deploys and runs the plans and adds each to `runs` when it is done; what is thrown leaves the
/// earlier ones there. After LoadOptions::should_continue has returned false, the runs so far are
/// added, except for those without an answer. Throws as PlanDeployment::pipeline() and run_load()
/// do, and Error(io) with the plan as place when none of its requests was answered.
SCISSION_EXPORT void run_plans(PlanDeployment& deployment, const std::vector<RunnablePlan>& plans,
                               const PlanRunOptions& options, std::vector<PlanRun>& runs);

/// The runs as JSON; docs/running.md describes the fields.
SCISSION_EXPORT std::string format_runs_json(const std::string& model,
                                             const std::vector<PlanRun>& runs);

// --- Why a run deviates from its plan ---

/// Whether the run took another time than planned: its median latency is off by at least 5 % of the
/// plan's, and the 95 % intervals of the two do not meet. An unknown interval of
/// the plan counts as half to twice its latency. False for a run without an answer to most requests
/// or with a switch to another plan.
SCISSION_EXPORT bool deviates_from_plan(const PlanRun& run);

/// For each run that deviates from its plan: measures again the plan's machines, by a benchmark of
/// the model with these options, and its links, each once, and adds the explanation to the run.
/// `workers` are those that can be benchmarked, by system; the source is benchmarked here unless it
/// is one of them. What cannot be measured again is noted in its ErrorComponent. Between
/// measurements it asks `should_continue`, which may be empty, and adds no explanation after false.
SCISSION_EXPORT void attribute_errors(std::vector<PlanRun>& runs, const Clients& workers,
                                      const GatherOptions& options,
                                      const std::function<bool()>& should_continue = {});

/// The explanation in lines, each with its line end, the last of which names the main cause. Empty
/// for a run without an explanation.
SCISSION_EXPORT std::string format_explanation(const PlanRun& run);

// --- What runs teach about the times of systems ---

/// What the stages of all runs show of their systems' times: a factor of what the profile states,
/// and what each stage takes in addition. A stage's time is the median of its run; `applied` are
/// the corrections that the plans contain, which the result replaces. A short stage changes the
/// factor little: the fit expects factors to differ by 20 %, and stages by 1 ms (standard
/// deviations). Left out are runs with a switch to another plan or without an answer to most
/// requests, plans whose times are means over early exits, and stages without a time, as those of
/// foreign servers. Nothing is learned of the systems `left_out`. O(stages of all runs).
SCISSION_EXPORT Corrections learn_corrections(const std::string& model,
                                              const std::vector<PlanRun>& runs,
                                              const std::vector<SystemCorrection>& applied = {},
                                              const std::set<std::string>& left_out = {});

/// Systems of the plans whose profiles were measured with another pause than requests are sent
/// with: a machine that waits for requests is slower than a busy one, which is no error of its
/// profile. Pauses within a factor of 2 are alike; at a rate, those up to the time between two
/// requests. `pauses_s`: System::pause_s by system; nothing is known of the others.
SCISSION_EXPORT std::set<std::string> systems_with_other_pause(
    const std::map<std::string, double>& pauses_s, const std::vector<PlanTimeline>& plans,
    const LoadOptions& load);

/// "--learn: nothing can be learned of box (--pause 0.05): requests are sent with no pause, and …";
/// empty without such systems.
SCISSION_EXPORT std::string format_pause_mismatch(const std::map<std::string, double>& pauses_s,
                                                  const std::set<std::string>& systems,
                                                  const LoadOptions& load);

/// "edge takes 1.12 times as long as benchmarked, and 300 µs more for each stage; cloud 0.98
/// times"; empty without a correction.
SCISSION_EXPORT std::string format_corrections(const Corrections& corrections);

/// Planned and measured latency of each run, a line each with its line end:
/// "pi 0-6 → box 7-25: planned 82.1 ms, took 95.2 ms (+16.0 %)".
SCISSION_EXPORT std::string format_planned_and_measured(const std::vector<PlanRun>& runs);

/// The runs as text: for each plan where the time went, a row a hop beside the plan's values, and
/// its explanation; of several plans a ranking, measured beside planned. With `are_verified` a last
/// line says how near the answers are to the whole model's, where none is wrong or missing. Tables
/// wider than `width` characters have a block of lines for each row; empty: no limit. O(runs).
SCISSION_EXPORT std::string format_runs(const std::vector<PlanRun>& runs, bool are_verified,
                                        std::optional<std::size_t> width = {});

/// Sets the codec of every hop; "raw": no codec. The plan's times and traffic stay as
/// they were planned; its error becomes unknown where the codec loses something.
SCISSION_EXPORT void replace_codecs(const std::string& codec, PlanTimeline& plan);

/// The first plan with a wrong answer or without an answer, in one line without a line end; empty
/// if all requests of all plans were answered correctly.
SCISSION_EXPORT std::string find_fault(const std::vector<PlanRun>& runs);

/// A row for each request: "rank,due_s,latency_s,attempts,answered,systems,failure". Systems are
/// separated by spaces.
SCISSION_EXPORT std::string format_requests_csv(const std::vector<PlanRun>& runs);

/// The timelines of all requests in Chrome's trace event format, which Perfetto opens: a row for
/// each machine and each link, further rows where requests overlap there, and the runs one after
/// the other. The spans of a request follow each other from when it was due, and last as long as
/// its latency: serialise, encode, transfer, deserialise, decode, queue and compute of each hop, as
/// HopTiming has them, and before them "wait", the rest: waiting to be sent, earlier attempts, and
/// what lies between the hops. No clocks of other machines are read: only durations are known
/// there. O(n log n) in the requests.
SCISSION_EXPORT std::string format_trace_json(const std::vector<PlanRun>& runs);

/// A transfer of other bytes than planned.
struct SCISSION_EXPORT TransferDifference {
  int after_layer = 0;
  double bytes = 0;
  double planned_bytes = 0;
};

/// Cuts the model as the plan says, into `folder`, which it creates. `place` names the plan in
/// errors. Where transfer_difference() finds one, `on_warning` gets a line about it. Throws as
/// write_plan() does.
SCISSION_EXPORT RunnablePlan
write_runnable_plan(const OpenModel& model, const PlanTimeline& plan, const std::string& place,
                    const std::filesystem::path& folder,
                    const std::function<void(const std::string& warning)>& on_warning = {});

/// The systems that every plan uses, except for the sources: no plan takes over when one is lost.
/// There must be a plan. O(plans · systems).
SCISSION_EXPORT std::vector<std::string> indispensable_systems(
    const std::vector<PlanTimeline>& plans);

/// The first transfer of the plan whose bytes are not those that its segments pass on: profiles of
/// another input shape or batch promise other times. The transfer of the input does not count.
SCISSION_EXPORT std::optional<TransferDifference> transfer_difference(
    const PlanTimeline& plan, const SegmentManifest& manifest);

}  // namespace scission::runtime
