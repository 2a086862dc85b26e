// A plan on Kubernetes: the workers of its systems as Deployments and Services.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/plan/plan.hpp"

namespace scission {

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
