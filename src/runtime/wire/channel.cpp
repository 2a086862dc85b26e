#include "runtime/wire/channel.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/support/client_interceptor.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <mutex>
#include <string_view>
#include <utility>

#include "base/descriptor.hpp"
#include "base/require.hpp"
#include "base/seconds.hpp"
#include "runtime/wire/certificates.hpp"
#include "runtime/wire/message_fields.hpp"
#include "runtime/wire/tokens.hpp"

namespace scission::runtime {
namespace {

/// `kind` ends the line that the PEM block begins with, such as "CERTIFICATE".
std::string read_pem(const std::filesystem::path& file, std::string_view kind) {
  if (file.empty()) return {};
  std::string text = read_secret(file);
  const std::size_t begin = text.find("-----BEGIN ");
  if (begin == std::string::npos || text.find(fmt::format("{}-----", kind), begin) == text.npos) {
    throw Error(ErrorCode::damaged, fmt::format("contains no {} in PEM format", kind),
                file.string());
  }
  return text;
}

void validate_pair(const TlsFiles& files) {
  if (files.certificate.empty() == files.key.empty()) return;
  const bool lacks_key = files.key.empty();
  throw_invalid_argument(
      lacks_key ? "is given without its private key" : "is given without its certificate",
      (lacks_key ? files.certificate : files.key).string());
}

/// What a server's files contain.
struct ServerPem {
  std::string authority;
  std::string certificate;
  std::string key;
};

ServerPem read_server_pem(const TlsFiles& files) {
  validate_pair(files);
  if (files.certificate.empty()) {
    throw_invalid_argument("a server with TLS needs a certificate and its private key");
  }
  validate_certificate(files, std::time(nullptr));
  if (!files.authority.empty()) validate_authority(files.authority);
  return {read_pem(files.authority, "CERTIFICATE"), read_pem(files.certificate, "CERTIFICATE"),
          read_pem(files.key, "PRIVATE KEY")};
}

Error no_descriptors() {
  return {ErrorCode::io, "the system has no memory or no descriptors for the certificates"};
}

/// A file without a name, in memory.
Descriptor memory_file(std::string_view text) {
  Descriptor file(::memfd_create("scission-certificate", MFD_CLOEXEC));
  while (!text.empty()) {
    const ssize_t written = ::write(file.number(), text.data(), text.size());
    if (written <= 0) throw no_descriptors();
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return file;
}

std::string path_of(const Descriptor& file) {
  return fmt::format("/proc/self/fd/{}", file.number());
}

/// Makes `file`, whose number stays, what `by` is.
void replace(Descriptor& file, Descriptor by) {
  if (!file.is_open()) {
    file = std::move(by);
  } else if (::dup3(by.number(), file.number(), O_CLOEXEC) < 0) {
    throw no_descriptors();
  }
}

/// Sends a token with each call.
class TokenSender final : public grpc::experimental::Interceptor {
 public:
  explicit TokenSender(const std::string& header) : header_(header) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    using grpc::experimental::InterceptionHookPoints;
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      methods->GetSendInitialMetadata()->emplace(authorization_metadata, header_);
    }
    methods->Proceed();
  }

 private:
  const std::string& header_;  ///< of the factory, which outlives all calls
};

class TokenSenders final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit TokenSenders(const std::string& token) : header_("Bearer " + token) {}

  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo* /*info*/) override {
    return new TokenSender(header_);
  }

 private:
  const std::string header_;
};

/// Kept for the rest of the process, where leak checkers see it.
std::atomic<grpc::GenericStub*> callback_user{nullptr};

/// A stub whose channel has used gRPC's callback threads; without credentials it never connects.
grpc::GenericStub* make_callback_user() {
  auto stub = std::make_unique<grpc::GenericStub>(grpc::CreateChannel("", nullptr));
  grpc::ClientContext context;
  const grpc::ByteBuffer request(nullptr, 0);
  grpc::ByteBuffer response;
  const auto ended = std::make_shared<std::promise<void>>();
  stub->UnaryCall(&context, "/none", {}, &request, &response,
                  [ended](const grpc::Status&) { ended->set_value(); });
  ended->get_future().wait();
  return stub.release();
}

/// Keeps gRPC's callback threads alive for the rest of the process. Otherwise they end with the
/// last channel that used them; if a call that ends on such a thread is that channel's last owner,
/// the thread waits for itself, and gRPC 1.51 then frees memory that is still in use. Costs one
/// failing call per process.
void keep_callback_threads() {
  static std::once_flag once;
  std::call_once(once, [] { callback_user = make_callback_user(); });
}

/// Empty, or ':' and digits.
bool is_port(std::string_view text) {
  if (text.empty()) return true;
  const auto is_digit = [](char letter) { return letter >= '0' && letter <= '9'; };
  return text.size() > 1 && text.front() == ':' &&
         std::all_of(text.begin() + 1, text.end(), is_digit);
}

bool is_loopback_ipv4(const std::string& host) {
  if (host == "localhost") return true;
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

bool is_loopback_ipv6(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1 && IN6_IS_ADDR_LOOPBACK(&address);
}

}  // namespace

std::shared_ptr<grpc::ChannelCredentials> client_credentials(const Security& security) {
  if (!security.tls) return grpc::InsecureChannelCredentials();
  validate_pair(*security.tls);
  validate_certificate(*security.tls, std::time(nullptr));
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = read_pem(security.tls->authority, "CERTIFICATE");
  options.pem_private_key = read_pem(security.tls->key, "PRIVATE KEY");
  options.pem_cert_chain = read_pem(security.tls->certificate, "CERTIFICATE");
  return grpc::SslCredentials(options);
}

ClientIdentity read_identity(const Security& security) {
  return {client_credentials(security),
          security.token_file.empty() ? "" : read_token(security.token_file)};
}

void validate_server_tls(const TlsFiles& files) { read_server_pem(files); }

// gRPC exchanges certificates by watching files once a second. It does not validate them: with the
// key of another certificate every connection fails. So it watches files in memory
// that only get what was read and validated here.
struct ServerCertificates::Files {
  Descriptor authority;
  Descriptor certificate;
  Descriptor key;

  void set(const ServerPem& pem) {
    Descriptor new_authority = memory_file(pem.authority);
    Descriptor new_certificate = memory_file(pem.certificate);
    Descriptor new_key = memory_file(pem.key);
    replace(authority, std::move(new_authority));
    replace(key, std::move(new_key));
    replace(certificate, std::move(new_certificate));
  }
};

ServerCertificates::ServerCertificates(const Security& security) : security_(security) {
  if (!security_.tls) {
    credentials_ = grpc::InsecureServerCredentials();
    return;
  }
  constexpr unsigned watch_s = 1;
  files_ = std::make_unique<Files>();
  files_->set(read_server_pem(*security_.tls));
  const bool has_authority = !security_.tls->authority.empty();
  grpc::experimental::TlsServerCredentialsOptions options(
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
          path_of(files_->key), path_of(files_->certificate),
          has_authority ? path_of(files_->authority) : "", watch_s));
  options.watch_identity_key_cert_pairs();
  if (has_authority) options.watch_root_certs();
  options.set_cert_request_type(has_authority ? GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY
                                              : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  credentials_ = grpc::experimental::TlsServerCredentials(options);
}

ServerCertificates::~ServerCertificates() = default;

void ServerCertificates::reload() {
  if (files_) files_->set(read_server_pem(*security_.tls));
}

MessageLimits answer_limits() {
  MessageLimits limits;
  limits.bytes = std::int64_t{2047} << 20;
  limits.tensor_bytes = limits.bytes;
  return limits;
}

grpc::ChannelArguments channel_arguments() {
  grpc::ChannelArguments arguments;
  // Only the receiver limits a message: its refusal is clearer than a closed connection.
  arguments.SetMaxReceiveMessageSize(static_cast<int>(answer_limits().bytes));
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, 64 * 1024);
  // Reconnect after 50 ms, at the latest after 1 s. The minimum backoff is also the time limit of
  // one attempt to connect.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
  // Detects a server that vanished silently; deadlines end the calls earlier. A ping waits behind
  // the data being sent, so a short timeout would cut working connections on a slow link.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 30'000);
  // Clients of one process share neither connections nor backoff; and the link to the server is
  // measured, not one to a proxy from the environment.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return arguments;
}

std::shared_ptr<grpc::Channel> make_channel(const std::string& address, const Security& security) {
  validate_security(address, security);
  return make_channel_as(address, read_identity(security));
}

std::shared_ptr<grpc::Channel> make_channel_as(const std::string& address,
                                               const ClientIdentity& identity) {
  keep_callback_threads();
  if (identity.token.empty()) {
    return grpc::CreateCustomChannel(address, identity.credentials, channel_arguments());
  }
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(std::make_unique<TokenSenders>(identity.token));
  return grpc::experimental::CreateCustomChannelWithInterceptors(
      address, identity.credentials, channel_arguments(), std::move(interceptors));
}

std::shared_ptr<grpc::Channel> make_channel_to_self(const std::string& address,
                                                    const Security& security) {
  keep_callback_threads();
  std::string target = address;
  if (address.starts_with("0.0.0.0:")) target.replace(0, 7, "127.0.0.1");
  if (address.starts_with("[::]:")) target.replace(0, 4, "[::1]");
  if (!security.tls) {
    return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(),
                                     channel_arguments());
  }
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_verify_server_certs(false);
  options.set_check_call_host(false);
  options.set_certificate_verifier(std::make_shared<grpc::experimental::NoOpCertificateVerifier>());
  return grpc::CreateCustomChannel(target, grpc::experimental::TlsCredentials(options),
                                   channel_arguments());
}

RawCall::RawCall(const std::shared_ptr<grpc::Channel>& channel, const char* method)
    : stub_(channel), method_(method) {}

void RawCall::start(const grpc::ByteBuffer& request, std::chrono::system_clock::time_point deadline,
                    std::function<void(RawAnswer)> done) {
  request_ = request;
  context_.set_deadline(deadline);
  started_ = std::chrono::steady_clock::now();
  is_started_.store(true, std::memory_order_release);
  stub_.UnaryCall(
      &context_, method_, {}, &request_, &response_,
      [this, done = std::move(done)](const grpc::Status& status) { done(take_answer(status)); });
}

RawAnswer RawCall::take_answer(const grpc::Status& status) {
  (void)is_started_.load(std::memory_order_acquire);
  RawAnswer answer;
  answer.seconds = seconds_since(started_);
  answer.status = status;
  answer.message.Swap(&response_);
  for (const auto& [key, value] : context_.GetServerTrailingMetadata()) {
    if (key == stage_metadata) answer.stages.emplace_back(value.data(), value.size());
    if (key == early_metadata) answer.is_early = true;
    if (key == retry_after_metadata) answer.retry_after.assign(value.data(), value.size());
    if (key == failed_metadata) answer.failed.assign(value.data(), value.size());
    if (key == observer_metadata) answer.observer.assign(value.data(), value.size());
  }
  return answer;
}

// An address that is not understood completely is not loopback: gRPC accepts further forms
// ("ipv4:127.0.0.1:1,10.0.0.1:1"), and a name that only begins like an address may lead anywhere.
bool is_loopback(const std::string& address) {
  if (address.find('\0') != std::string::npos) return false;
  constexpr std::string_view unix_prefix = "unix:";
  if (address.starts_with(unix_prefix)) return address.size() > unix_prefix.size();
  if (address.starts_with('[')) {
    const std::size_t close = address.find(']');
    return close != std::string::npos && is_loopback_ipv6(address.substr(1, close - 1)) &&
           is_port(std::string_view(address).substr(close + 1));
  }
  const std::size_t colon = std::min(address.find(':'), address.size());
  return is_loopback_ipv4(address.substr(0, colon)) &&
         is_port(std::string_view(address).substr(colon));
}

void validate_security(const std::string& address, const Security& security) {
  if (security.tls || security.allows_insecure || is_loopback(address)) return;
  throw_invalid_argument(
      "is not a loopback address, and without TLS anyone on the network path can read and "
      "change the traffic: give certificates (--tls-ca, --tls-cert, --tls-key), or "
      "--insecure on a trusted network",
      address);
}

}  // namespace scission::runtime
