// A model's segments brought to the workers that are to run them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scission/backend/stage_model.hpp"
#include "scission/base/export.hpp"
#include "scission/model/segments.hpp"
#include "scission/plan/plan.hpp"
#include "scission/runtime/client/client.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::runtime {

/// Connections to workers, and to foreign servers, by systems' names.
using Clients = std::map<std::string, std::shared_ptr<Client>>;

/// A segment, and where it is to run.
struct SCISSION_EXPORT Assignment {
  std::string system;
  Segment segment;
  std::filesystem::path file;  ///< that holds it, wherever its manifest is
  /// Not empty: the system is a foreign server that has the model already, under this name.
  std::string foreign_model;
};

/// The segments of a plan, one a stage, and where each is to run; `folder` holds their files, which
/// write_segments() wrote for its cuts. Throws Error(mismatch) when the manifest has not one
/// segment of these layers for each placement.
SCISSION_EXPORT std::vector<Assignment> assignments_of(const std::vector<Placement>& placements,
                                                       const SegmentManifest& manifest,
                                                       const std::filesystem::path& folder);

/// How long deploying may take, and what loads segments here.
struct SCISSION_EXPORT DeployOptions {
  double deadline_s = 300;  ///< of one segment on its way to one worker
  StageLoader load;         ///< for what runs in this process
  /// Called from several threads, one at a time.
  std::function<void(const std::string& system, std::int64_t sent, std::int64_t total)> on_progress;
  /// See UploadOptions. Called from several threads at once.
  std::function<double()> share;
};

/// "MODEL-" and the first 12 digits of the segment's checksum, so that segments of several plans
/// lie side by side, and equal ones are one.
SCISSION_EXPORT std::string served_name(const std::string& model, const Segment& segment);

/// Connects to all of the addresses. Throws as Client's constructor does.
SCISSION_EXPORT Clients connect(const std::map<std::string, std::string>& addresses,
                                const Security& security);

/// Tells each worker where all of them are. Throws as Client::set_peers() does; systems that are
/// `foreign` are told nothing, and of.
SCISSION_EXPORT void introduce(const Clients& clients, double deadline_s,
                               const std::vector<std::string>& foreign = {});

/// Brings every segment to its system, all systems at the same time, and tells the workers where
/// the others are. A system without a client is this process: its segments are loaded here, by
/// `options.load`. The pipeline's stages, in the assignments' order, are returned.
/// Throws as Client::deploy() and the loader do, after every system has ended what it was at (the
/// first failure in the assignments' order), and Error(invalid_argument) on a system that has
/// no client while there is no loader, and on no assignments.
SCISSION_EXPORT std::vector<PipelineStage> deploy_stages(const std::string& model,
                                                         const std::vector<Assignment>& assignments,
                                                         const Clients& clients,
                                                         const DeployOptions& options);

}  // namespace scission::runtime
