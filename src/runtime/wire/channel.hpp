// Connections to servers, their credentials, and calls whose messages are bytes.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/channel_arguments.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "scission/runtime/wire/wire.hpp"

namespace scission::runtime {

/// Throws Error(mismatch) when the key is not the certificate's, and when the certificate has
/// expired at `now` or is not valid yet; Error(damaged) on what cannot be read, such as a key with
/// a passphrase. Nothing is checked without certificate and key.
void validate_certificate(const TlsFiles& files, std::time_t now);

// The credentials read the PEM files immediately. They throw Error(not_found | io) on a file that
// cannot be read and Error(damaged) on one without PEM of its kind, each with the file as place,
// Error(invalid_argument) on a certificate without its key or a key without its certificate, and
// what validate_certificate() throws.

/// Without an authority, the system's roots are trusted; without a certificate, the client stays
/// anonymous.
std::shared_ptr<grpc::ChannelCredentials> client_credentials(const Security& security);

/// What a client shows of itself, as it was read.
struct ClientIdentity {
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  std::string token;  ///< empty: none
};

/// Throws as client_credentials() and read_token().
ClientIdentity read_identity(const Security& security);

/// For a server, which needs a certificate.
void validate_server_tls(const TlsFiles& files);

/// Server credentials whose certificates can be exchanged while the server runs. A client's
/// certificate is requested and verified if there is an authority, but not required.
class ServerCertificates {
 public:
  /// Throws as validate_server_tls().
  explicit ServerCertificates(const Security& security);
  ~ServerCertificates();
  ServerCertificates(const ServerCertificates&) = delete;
  ServerCertificates& operator=(const ServerCertificates&) = delete;

  std::shared_ptr<grpc::ServerCredentials> credentials() const { return credentials_; }

  /// Reads the files again; new connections have their contents within two seconds. Throws as the
  /// constructor; nothing changes then. Without effect in plain text.
  void reload();

 private:
  struct Files;
  const Security security_;
  std::unique_ptr<Files> files_;  ///< null in plain text
  std::shared_ptr<grpc::ServerCredentials> credentials_;
};

/// Limits on an answer, which the caller has asked for: as large as a worker's limits can be set.
MessageLimits answer_limits();

/// Settings of all our connections: messages up to answer_limits(), metadata for the timings of 64
/// stages, fast reconnection to a server that comes back.
grpc::ChannelArguments channel_arguments();

/// A channel that shares no connections and has not connected yet. Its calls carry the token of
/// `security`. Throws as validate_security(), client_credentials() and read_token().
std::shared_ptr<grpc::Channel> make_channel(const std::string& address, const Security& security);

/// Likewise, without reading files and without validate_security().
std::shared_ptr<grpc::Channel> make_channel_as(const std::string& address,
                                               const ClientIdentity& identity);

/// A channel to a server of this process, at the address that it listens on, "0.0.0.0:1" as well.
/// The server's certificate is not verified, because it is issued for the names that others use.
std::shared_ptr<grpc::Channel> make_channel_to_self(const std::string& address,
                                                    const Security& security);

inline constexpr const char* infer_method = "/inference.GRPCInferenceService/ModelInfer";
inline constexpr const char* probe_method = "/scission.v1.Control/Probe";

inline constexpr const char* health_method = "/grpc.health.v1.Health/Check";

/// The result of a call, its message unparsed.
struct RawAnswer {
  grpc::Status status;
  grpc::ByteBuffer message;
  std::vector<std::string> stages;  ///< entries of stage_metadata, encoded
  std::string failed;               ///< the system in failed_metadata, if any
  std::string observer;             ///< the system in observer_metadata, if any
  bool is_early = false;            ///< whether there is early_metadata
  std::string retry_after;          ///< seconds, of a refusal that says so
  double seconds = 0;               ///< from start() to the answer
};

/// A unary call whose messages are neither parsed nor copied; not reusable.
class RawCall {
 public:
  RawCall(const std::shared_ptr<grpc::Channel>& channel, const char* method);

  /// Calls `done` once, on a gRPC thread, unless start() throws. The call must live until then.
  void start(const grpc::ByteBuffer& request, std::chrono::system_clock::time_point deadline,
             std::function<void(RawAnswer)> done);

  /// Sends this with the call. To be called before start().
  void add_metadata(const std::string& key, const std::string& value) {
    context_.AddMetadata(key, value);
  }

  /// Callable on any thread, even before start(): the answer becomes CANCELLED soon.
  void cancel() { context_.TryCancel(); }

 private:
  RawAnswer take_answer(const grpc::Status& status);

  grpc::GenericStub stub_;
  const char* method_;
  grpc::ClientContext context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  std::chrono::steady_clock::time_point started_;
  std::atomic<bool> is_started_ = false;  // orders start() before the answer for thread checkers
};

}  // namespace scission::runtime
