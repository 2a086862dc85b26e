// What both ends of a connection share: limits, routes, timings, failures, transport security.
// docs/security.md states the threat model; who may deploy is decided in
// src/runtime/worker/control_service.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scission/base.hpp"

namespace scission::runtime {

/// Upper bounds on one message with tensors. A message beyond any of them is refused: before it is
/// read in worker/worker.cpp (gRPC) and rest/rest_session.cpp (HTTP), as its tensors are counted in
/// wire/infer_codec.cpp and rest/infer_json.cpp, and before tensors are decoded in
/// wire/coded_tensors.cpp. Uploads have limits of their own, in worker/control_service.cpp.
struct SCISSION_EXPORT MessageLimits {
  std::int64_t bytes = std::int64_t{512} << 20;         ///< the whole message
  std::int64_t tensor_bytes = std::int64_t{256} << 20;  ///< each tensor
  int tensors = 256;                                    ///< number of tensors
  /// Codecs that tensors may be coded by; empty: all that are registered. The limits of sizes apply
  /// to coded and to decoded tensors.
  std::optional<std::vector<std::string>> codecs = {};
};

/// A later stage of a request's route.
struct SCISSION_EXPORT RouteStop {
  std::string system;  ///< by name; the worker before it must know the address
  std::string model;   ///< the name that the stage is served under there
  /// Codec of the tensors that are sent to this stage; empty, or unknown to the sender: not
  /// encoded. It may change between two requests.
  std::string codec = {};
};

/// Times of one stage of one request, measured by the worker that ran it. Seconds on that worker's
/// steady clock.
struct SCISSION_EXPORT StageTiming {
  std::string system;
  double deserialise_s = 0;  ///< message bytes to tensors
  double queue_s = 0;        ///< waiting for the stages of other requests
  double compute_s = 0;
  double serialise_s = 0;  ///< tensors to the bytes of the next request, or of the answer
  double next_s = 0;   ///< from sending the next stage's request to its answer; 0 at the last stage
  double total_s = 0;  ///< from the request's arrival to handing over the answer
  std::size_t received_bytes = 0;  ///< size of the request's message
  double decode_s = 0;             ///< of what came coded; no part of deserialise_s
  /// Coding what is sent on, or the answer, with the wait for the coding thread; no part of
  /// serialise_s.
  double encode_s = 0;
  int raw_tensors = 0;  ///< tensors sent on without the codec that was asked for
};

/// Times of one hop of one request: the transfer to a stage, and the stage. Summed over all hops
/// they are the request's latency, less the overhead between them.
struct SCISSION_EXPORT HopTiming {
  std::string from;
  std::string to;
  std::size_t bytes = 0;
  double serialise_s = 0;  ///< at the sender; the last hop of a call includes its answer's
  /// Both directions on the wire and in the operating system: what the sender waited, less what the
  /// receiver took. A foreign server reports no times, so its hop has all of them here.
  double transfer_s = 0;
  double deserialise_s = 0;  ///< at the receiver; the last hop of a call includes the answer's
  double queue_s = 0;
  double compute_s = 0;
  std::string codec = {};  ///< that was asked for; empty: none
  double encode_s = 0;     ///< at the sender; the last hop of a call includes its answer's
  double decode_s = 0;     ///< at the receiver; the last hop of a call includes the answer's
  /// Tensors that crossed as they are although a codec was asked for: it could not code their
  /// values, as infinities, or would have made them larger, or the sender does not have it.
  int raw_tensors = 0;
};

/// Why a call failed.
struct SCISSION_EXPORT CallFailure {
  std::string message;  ///< one line
  std::string system;   ///< where it failed, if a worker reported it
  /// The call may succeed when repeated, here or elsewhere: the worker is unreachable, late or
  /// busy.
  bool is_transient = false;
  bool is_busy = false;  ///< a queue is full: retry the same worker later
  /// The worker does not have the model, or no address of the next system: the plan has to be
  /// deployed again.
  bool is_undeployed = false;
  bool is_stalled = false;  ///< the system answered no health check; see PipelineOptions
  /// Of a stalled system: the worker that sent the checks, because it forwards requests there; the
  /// system may answer others. Empty: this process.
  std::string observer = {};
  /// After this time a busy server wants the call again, in seconds; 0: it does not say.
  double retry_after_s = 0;

  /// Whether the plan cannot continue as it is, though another plan might.
  bool is_loss() const { return (is_transient && !is_busy) || is_undeployed; }
};

/// A segment stored on a worker.
struct SCISSION_EXPORT StoredModel {
  std::string model;  ///< the name that it is served under
  std::string sha256;
  std::int64_t bytes = 0;
  std::string given_name;   ///< without the checksum's digits and the lease that `model` ends with
  bool is_whole = false;    ///< a whole model, which requests may name by `given_name` as well
  std::string lease;        ///< empty: it stays until it is dropped
  double lease_left_s = 0;  ///< until the lease ends, unless it is renewed
};

/// A benchmark that a worker runs on its own machine.
struct SCISSION_EXPORT BenchmarkJob {
  std::string model;     ///< a built-in model's name, or the name of a deployed model
  std::string options;   ///< further options of scission-benchmark, separated by '\n'
  std::string platform;  ///< of the profile
  /// The worker refuses while it holds a lease of another client, whose requests would wait.
  bool only_if_alone = false;
  /// The worker's file of a deployed model, filled in by the worker; empty for a built-in model.
  std::filesystem::path file = {};
  /// Whether the caller has gone, filled in by the worker; empty: never.
  std::function<bool()> is_cancelled = {};
};

// --- Transport security ---

/// PEM files. Their users throw Error(not_found | io | damaged) with the file as place, and
/// Error(invalid_argument) on a certificate without its key or a key without its certificate.
struct SCISSION_EXPORT TlsFiles {
  /// Certificates of the authorities that the other end's certificate must be signed by. Empty: a
  /// client trusts gRPC's default roots, a server requests no certificate.
  std::filesystem::path authority;
  std::filesystem::path certificate;  ///< of this end, with its chain; optional for a client
  std::filesystem::path key;          ///< of the certificate
};

/// How one end of a connection authenticates itself and the other end.
struct SCISSION_EXPORT Security {
  std::optional<TlsFiles> tls;
  bool allows_insecure = false;  ///< permit plain text beyond the loopback interface
  /// File with the token that a client sends with each call, as in `Authorization: Bearer TOKEN`,
  /// see read_token(); empty: none. Servers ignore it.
  std::filesystem::path token_file = {};
};

/// Who may run models on a worker, and how much each client may ask for. If the token file
/// and the names of certificates are both empty, every caller that reaches the port may infer,
/// without limits.
///
/// Otherwise a caller needs a token of the file, or a verified client certificate. A certificate
/// with one of the names may infer and do nothing else; any other one may deploy and infer without
/// limits, as those of operators and of other workers.
struct SCISSION_EXPORT InferAccess {
  /// A client in each line: NAME TOKEN. Blank lines and lines that begin with '#' are passed over.
  /// A client may have several tokens. Empty: no tokens.
  std::filesystem::path token_file;
  /// Common names or subject alternative names of client certificates.
  std::vector<std::string> certificates;
  double requests_per_s = 0;  ///< of each client, in bursts of up to a second's; 0: unlimited
  int requests = 0;           ///< of each client, under way at a time; 0: unlimited

  /// Whether a caller needs a token or a certificate.
  bool is_restricted() const { return !token_file.empty() || !certificates.empty(); }
};

/// The token in the first line of the file. Throws Error(not_found | io), and Error(damaged) on a
/// token that is shorter than 16 characters or has others than letters, digits and -._~+/=, with
/// the file as place.
SCISSION_EXPORT std::string read_token(const std::filesystem::path& file);

/// A line of warning when the certificate ends within 30 days of `now`; empty otherwise. Throws
/// Error(not_found | io | damaged) with the file as place.
SCISSION_EXPORT std::string expiry_warning(const TlsFiles& files, std::time_t now);

/// Whether only this machine can reach the address: 127.0.0.0/8, [::1], localhost, unix:PATH.
SCISSION_EXPORT bool is_loopback(const std::string& address);

/// Throws Error(invalid_argument) with the options to set when `address` is not a loopback address
/// and `security` has neither TLS nor allows_insecure.
SCISSION_EXPORT void validate_security(const std::string& address, const Security& security);

}  // namespace scission::runtime
