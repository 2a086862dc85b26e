#include "runtime/wire/credentials.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "base/file.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

/// `kind` is what stands at the end of the line that PEM begins with: "CERTIFICATE".
std::string read_pem(const std::filesystem::path& file, std::string_view kind) {
  if (file.empty()) return {};
  std::string text = read_file(file);
  const std::size_t begin = text.find("-----BEGIN ");
  if (begin == std::string::npos || text.find(fmt::format("{}-----", kind), begin) == text.npos) {
    throw Error(ErrorCode::damaged, fmt::format("holds no {} in PEM", kind), file.string());
  }
  return text;
}

void require_pair(const TlsFiles& files) {
  if (files.certificate.empty() == files.key.empty()) return;
  const bool lacks_key = files.key.empty();
  throw Error(ErrorCode::invalid_argument,
              lacks_key ? "comes without its private key" : "comes without its certificate",
              (lacks_key ? files.certificate : files.key).string());
}

}  // namespace

std::shared_ptr<grpc::ChannelCredentials> client_credentials(const Security& security) {
  if (!security.tls) return grpc::InsecureChannelCredentials();
  require_pair(*security.tls);
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = read_pem(security.tls->authority, "CERTIFICATE");
  options.pem_private_key = read_pem(security.tls->key, "PRIVATE KEY");
  options.pem_cert_chain = read_pem(security.tls->certificate, "CERTIFICATE");
  return grpc::SslCredentials(options);
}

std::shared_ptr<grpc::ServerCredentials> server_credentials(const Security& security) {
  if (!security.tls) return grpc::InsecureServerCredentials();
  require_pair(*security.tls);
  if (security.tls->certificate.empty()) {
    throw Error(ErrorCode::invalid_argument,
                "a server with TLS needs a certificate and its private key");
  }
  grpc::SslServerCredentialsOptions options(security.tls->authority.empty()
                                                ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                                : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = read_pem(security.tls->authority, "CERTIFICATE");
  options.pem_key_cert_pairs.push_back({read_pem(security.tls->key, "PRIVATE KEY"),
                                        read_pem(security.tls->certificate, "CERTIFICATE")});
  return grpc::SslServerCredentials(options);
}

}  // namespace scission::runtime
