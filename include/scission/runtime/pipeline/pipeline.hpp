// A plan at work: requests through stages on several systems.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "scission/backend/stage_model.hpp"
#include "scission/base/export.hpp"
#include "scission/runtime/client/client.hpp"

namespace scission::runtime {

/// Where a stage runs.
struct SCISSION_EXPORT PipelineStage {
  std::string system;
  std::string model;               ///< the name that it is served under
  std::shared_ptr<Client> client;  ///< null: in this process, by `local`
  std::shared_ptr<StageModel> local;
  /// A server of the protocol that is none of ours: it passes nothing on, the caller does.
  bool is_foreign = false;
  /// What the stage calls its inputs, given to tensors that come from the caller or from a stage
  /// that may call them otherwise. Empty: they keep their names.
  std::vector<std::string> input_names;
};

/// Deadlines, and when a call is sent again.
struct SCISSION_EXPORT PipelineOptions {
  std::string source;  ///< the caller's own system, as hops name it
  /// Of one call, all stages behind it and all attempts at it included: what is late is not sent
  /// again.
  double deadline_s = 10;
  RetryOptions retry;
};

/// What became of a request.
struct SCISSION_EXPORT PipelineResult {
  std::vector<Tensor> outputs;
  std::vector<HopTiming> hops;  ///< one for every stage, in order
  double latency_s = 0;         ///< from send() to this
  int attempts = 1;             ///< of the call that needed the most
  bool is_answered = false;
  /// Of the last attempt, where there is no answer. Where nobody says which system failed, it is
  /// the call's first one.
  CallFailure failure;
};

/// Requests through stages. Neighbouring stages on workers of ours are one call: the workers hand
/// tensors on directly. Stages in this process run one at a time on a thread that all pipelines
/// share, while other requests are under way.
class SCISSION_EXPORT Pipeline {
 public:
  /// Throws Error(invalid_argument) on no stages, or one with neither client nor `local`.
  Pipeline(std::vector<PipelineStage> stages, PipelineOptions options);
  /// Waits for what is under way, each request's `done` included; what fails now is not sent again.
  /// Not from within a `done`.
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  const std::vector<PipelineStage>& stages() const;  ///< as given

  /// Calls `done` exactly once, from a thread that must not be kept; it must not throw.
  /// Thread-safe; bounding what is under way is the caller's.
  void send(std::vector<Tensor> inputs, std::function<void(PipelineResult)> done);

  /// The same, waiting for it.
  PipelineResult run(std::vector<Tensor> inputs);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace scission::runtime
