#include "scission/plan/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <string_view>

#include "scission/base.hpp"

namespace scission {

namespace {

// What a worker takes without a model: 185 MB resident with LibTorch (scripts/soak).
constexpr std::int64_t process_bytes = std::int64_t{200} << 20;
constexpr std::size_t longest_label = 63;  // RFC 1123, and of Kubernetes' label values
constexpr std::string_view name_prefix = "scission-";
constexpr std::string_view longest_suffix = "-segments";

struct Worker {
  std::string system;
  std::string name;  ///< of the Deployment and the Service
  std::string layers;
  std::int64_t segment_bytes = 0;
};

bool is_alphanumeric(char letter) { return std::isalnum(static_cast<unsigned char>(letter)) != 0; }

/// As Kubernetes requires of label values.
bool can_be_label(const std::string& name) {
  if (name.empty() || !is_alphanumeric(name.front()) || !is_alphanumeric(name.back())) return false;
  return name_prefix.size() + name.size() + longest_suffix.size() <= longest_label &&
         std::all_of(name.begin(), name.end(), [](char letter) {
           return is_alphanumeric(letter) || letter == '-' || letter == '_' || letter == '.';
         });
}

/// As it requires of the names of Services: lower-case letters, digits and '-'.
std::string object_name(const std::string& system) {
  if (!can_be_label(system)) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("cannot be a label of Kubernetes: at most {} letters, digits, '-', '_' "
                            "and '.', the first and the last a letter or digit",
                            longest_label - name_prefix.size() - longest_suffix.size()),
                system);
  }
  std::string name(name_prefix);
  for (const char letter : system) {
    name += is_alphanumeric(letter)
                ? static_cast<char>(std::tolower(static_cast<unsigned char>(letter)))
                : '-';
  }
  return name;
}

std::vector<Worker> workers_of(const std::vector<Placement>& placements,
                               const std::vector<std::int64_t>& segment_bytes) {
  std::vector<Worker> workers;
  for (std::size_t i = 0; i < placements.size(); ++i) {
    const Placement& stage = placements[i];
    auto worker = std::find_if(workers.begin(), workers.end(),
                               [&](const Worker& one) { return one.system == stage.system; });
    if (worker == workers.end()) {
      workers.push_back({stage.system, object_name(stage.system), "", 0});
      worker = workers.end() - 1;
    }
    worker->layers += fmt::format("{}{}-{}", worker->layers.empty() ? "" : ", ", stage.first_layer,
                                  stage.last_layer);
    if (i < segment_bytes.size()) worker->segment_bytes += segment_bytes[i];
  }
  return workers;
}

void require_distinct_names(const std::vector<Worker>& workers) {
  std::map<std::string, std::string> systems;
  for (const Worker& worker : workers) {
    const auto [other, is_new] = systems.emplace(worker.name, worker.system);
    if (is_new) continue;
    throw Error(ErrorCode::invalid_argument,
                fmt::format("would have the same Service as {}, {}: rename one of them",
                            other->second, worker.name),
                worker.system);
  }
}

void require_image(const std::string& image) {
  const auto is_wrong = [](unsigned char letter) {
    return std::isgraph(letter) == 0 || letter == '"' || letter == '\\' || letter == '#';
  };
  if (!image.empty() && std::none_of(image.begin(), image.end(), is_wrong)) return;
  throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is not a container image", image),
              "image");
}

/// In mebibytes, rounded up: the process and its weights, which are in memory once.
std::string memory_request(std::int64_t segment_bytes) {
  constexpr std::int64_t mebibyte = std::int64_t{1} << 20;
  return fmt::format("          resources:\n            requests:\n              memory: {}Mi\n",
                     (process_bytes + segment_bytes + mebibyte - 1) / mebibyte);
}

std::string header_of(const std::vector<Worker>& workers, const KubernetesOptions& options) {
  std::string text = fmt::format(
      "# Workers for a plan{}: a Deployment, a Service and storage for each of its systems.\n",
      options.model.empty() ? "" : " of " + options.model);
  text += "# 1. Say which nodes they are:\n";
  for (const Worker& worker : workers) {
    text += fmt::format("#      kubectl label node NODE scission/system={}\n", worker.system);
  }
  text += "# 2. Give each a certificate for the name of its Service, signed by one authority:\n";
  for (const Worker& worker : workers) {
    text += fmt::format(
        "#      kubectl create secret generic {0}-tls --type kubernetes.io/tls \\\n"
        "#        --from-file tls.crt={1}.pem --from-file tls.key={1}.key --from-file "
        "ca.crt=ca.pem\n",
        worker.name, worker.system);
  }
  text += "# 3. kubectl apply -f kubernetes.yaml\n# 4. In the cluster, deploy and run the plan:\n";
  text += "#      scission-run PLAN.json --workers ";
  for (const Worker& worker : workers) {
    text += fmt::format("{}{}={}:8001", &worker == workers.data() ? "" : ",", worker.system,
                        worker.name);
  }
  return text + " \\\n#        --tls-ca ca.pem --tls-cert operator.pem --tls-key operator.key\n";
}

std::string storage_of(const Worker& worker) {
  return fmt::format(R"(---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {0}-segments
  labels:
    app.kubernetes.io/name: {0}
    app.kubernetes.io/part-of: scission
spec:
  accessModes:
    - ReadWriteOnce
  resources:
    requests:
      storage: 10Gi
)",
                     worker.name);
}

std::string deployment_of(const Worker& worker, const KubernetesOptions& options) {
  return fmt::format(R"(---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {0}
  labels:
    app.kubernetes.io/name: {0}
    app.kubernetes.io/part-of: scission
spec:
  # One worker for each system: requests name the system that they go to.
  replicas: 1
  strategy:
    type: Recreate
  selector:
    matchLabels:
      app.kubernetes.io/name: {0}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {0}
        app.kubernetes.io/part-of: scission
      annotations:
        scission/layers: "{2}"
        prometheus.io/scrape: "true"
        prometheus.io/scheme: https
        prometheus.io/port: "8000"
        prometheus.io/path: /metrics
    spec:
      nodeSelector:
        scission/system: "{1}"
      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        fsGroup: 10001
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: worker
          image: "{3}"
          args:
            - scission-worker
            - --name={1}
            - --listen=0.0.0.0:8001
            - --http=0.0.0.0:8000
            - --models=/var/lib/scission
            - --tls-ca=/etc/scission/ca.crt
            - --tls-cert=/etc/scission/tls.crt
            - --tls-key=/etc/scission/tls.key
          ports:
            - name: grpc
              containerPort: 8001
            - name: http
              containerPort: 8000
          startupProbe:
            httpGet:
              path: /v2/health/live
              port: http
              scheme: HTTPS
            periodSeconds: 2
            failureThreshold: 150
          livenessProbe:
            httpGet:
              path: /v2/health/live
              port: http
              scheme: HTTPS
            periodSeconds: 10
            failureThreshold: 6
          readinessProbe:
            httpGet:
              path: /v2/health/ready
              port: http
              scheme: HTTPS
            periodSeconds: 2
{4}          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop:
                - ALL
          volumeMounts:
            - name: segments
              mountPath: /var/lib/scission
            - name: certificates
              mountPath: /etc/scission
              readOnly: true
            - name: temporary
              mountPath: /tmp
      # Requests under way are completed first (--drain-time, 10 s).
      terminationGracePeriodSeconds: 30
      volumes:
        - name: segments
          persistentVolumeClaim:
            claimName: {0}-segments
        - name: certificates
          secret:
            secretName: {0}-tls
        - name: temporary
          emptyDir: {{}}
)",
                     worker.name, worker.system, worker.layers, options.image,
                     options.segment_bytes.empty() ? "" : memory_request(worker.segment_bytes));
}

std::string service_of(const Worker& worker) {
  return fmt::format(R"(---
apiVersion: v1
kind: Service
metadata:
  name: {0}
  labels:
    app.kubernetes.io/name: {0}
    app.kubernetes.io/part-of: scission
spec:
  selector:
    app.kubernetes.io/name: {0}
  ports:
    - name: grpc
      port: 8001
      targetPort: grpc
    - name: http
      port: 8000
      targetPort: http
)",
                     worker.name);
}

}  // namespace

std::string kubernetes_manifest(const std::vector<Placement>& placements,
                                const KubernetesOptions& options) {
  require_image(options.image);
  const std::vector<Worker> workers = workers_of(placements, options.segment_bytes);
  require_distinct_names(workers);
  std::string text = header_of(workers, options);
  for (const Worker& worker : workers) {
    text += storage_of(worker) + deployment_of(worker, options) + service_of(worker);
  }
  return text;
}

}  // namespace scission
