// Plans on workers for as long as they are needed, and workers that come back.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "scission/backend/backend.hpp"
#include "scission/base/export.hpp"
#include "scission/runtime/client/client.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "scission/runtime/wire/security.hpp"

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
  StageLoader load;           ///< of segments that run in this process
  double deadline_s = 30;     ///< of a request
  bool keeps_models = false;  ///< the destructor leaves the segments on the workers
  /// Called during uploads, from several threads, one at a time; may be empty. An exception from it
  /// ends the deployment.
  std::function<void(const std::string& system, std::int64_t sent, std::int64_t total)> on_upload;
  std::function<void()>
      on_deployed;  ///< called after each deployment, also a failed one; may be empty
};

/// Deploys plans when their pipelines are requested. The destructor removes the segments that were
/// not on the workers before.
class SCISSION_EXPORT PlanDeployment {
 public:
  /// Connects to all workers. Throws Error(io | unsupported) when a worker is away or no worker.
  explicit PlanDeployment(PlanDeploymentOptions options);
  ~PlanDeployment();
  PlanDeployment(const PlanDeployment&) = delete;
  PlanDeployment& operator=(const PlanDeployment&) = delete;

  /// A pipeline of the plan. `share`: the fraction of the links that uploads may take, see
  /// UploadOptions; empty: all. Throws as deploy_stages() and `on_upload` do.
  std::shared_ptr<Pipeline> pipeline(const std::vector<StageAssignment>& plan,
                                     const std::function<double()>& share = {});

  /// Removes the plan's segments from their workers, except for those that were there before and
  /// those of a plan in `kept`. A worker that is away keeps its segments.
  void remove(const std::vector<StageAssignment>& plan,
              const std::vector<std::vector<StageAssignment>>& kept);

  const Clients& clients() const { return clients_; }                ///< for requests
  const Clients& deploy_clients() const { return deploy_clients_; }  ///< for segments

  /// Whether a worker that was lost has all its segments again; it then gets the addresses of the
  /// other workers. Thread-safe once all pipelines have been requested.
  bool is_back(const std::string& system) const;

 private:
  bool drop(const std::string& system, const std::string& model) const;
  void use_tensor_addresses(std::vector<PipelineStage>& stages) const;

  PlanDeploymentOptions options_;
  Clients clients_;
  Clients deploy_clients_;
  std::map<std::string, std::set<std::string>> earlier_;   ///< models on a system before
  std::map<std::string, std::set<std::string>> deployed_;  ///< models that this object deployed
};

/// Asks once a second, on its own thread, whether lost systems are back, and restores their plans.
class SCISSION_EXPORT ReturnWatch {
 public:
  /// `is_back` may block. `on_return` is called for each system that is back; may be empty.
  /// `failover` must outlive this.
  ReturnWatch(Failover& failover, std::function<bool(const std::string& system)> is_back,
              std::function<void(const std::string& system)> on_return = {});
  ~ReturnWatch();
  ReturnWatch(const ReturnWatch&) = delete;
  ReturnWatch& operator=(const ReturnWatch&) = delete;

 private:
  struct Thread;
  std::unique_ptr<Thread> thread_;
};

}  // namespace scission::runtime
