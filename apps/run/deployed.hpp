// Segments on workers, for as long as they are needed.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "interrupts.hpp"
#include "request.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::run {

/// Brings plans' segments to their workers when they are asked for. At the end those that were not
/// there before are taken away again, unless --keep was given.
class Deployed {
 public:
  /// Throws Error(io | unsupported) when a worker is away, or is none. `interrupts` may be null.
  Deployed(const Request& request, std::string model, std::string source,
           std::vector<std::vector<runtime::StageAssignment>> plans,
           const apps::Interrupts* interrupts = nullptr);
  ~Deployed();
  Deployed(const Deployed&) = delete;
  Deployed& operator=(const Deployed&) = delete;

  /// Of the plan with that index. Throws as deploy_stages() does, and apps::Interrupted between two
  /// pieces of an upload.
  std::shared_ptr<runtime::Pipeline> pipeline(std::size_t plan);
  /// The same of a plan that is not among them. `share`: of its links, see UploadOptions.
  std::shared_ptr<runtime::Pipeline> pipeline(const std::vector<runtime::StageAssignment>& plan,
                                              const std::function<double()>& share = {});

  /// Takes the plan's segments away from their workers, but for those that were there before and
  /// those that a plan in `kept` has. A worker that is away keeps its own.
  void take_away(const std::vector<runtime::StageAssignment>& plan,
                 const std::vector<std::vector<runtime::StageAssignment>>& kept);

  const runtime::Clients& clients() const { return clients_; }

  /// Whether a worker that was lost has all its segments again; it is told where the others are
  /// then. Thread-safe once all pipelines are there.
  bool is_back(const std::string& system) const;

 private:
  void note_what_is_there();
  bool drop(const std::string& system, const std::string& model) const;
  void take_the_way_of_tensors(std::vector<runtime::PipelineStage>& stages) const;

  const Request& request_;
  const apps::Interrupts* interrupts_;
  std::string model_;
  std::string source_;
  std::vector<std::vector<runtime::StageAssignment>> plans_;
  runtime::Clients clients_;
  runtime::Clients deploy_clients_;
  std::map<std::string, std::set<std::string>> were_there_;  ///< models by system
  std::map<std::string, std::set<std::string>> brought_;
};

}  // namespace scission::run
