#include "runtime/rest/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/require.hpp"
#include "runtime/wire/certificates.hpp"
#include "runtime/wire/channel.hpp"
#include "scission/base.hpp"

namespace scission::runtime {
namespace {

void require_tls(bool is_done, const std::filesystem::path& file) {
  if (is_done) return;
  ERR_clear_error();
  throw Error(ErrorCode::damaged, "cannot be used for TLS", file.string());
}

struct Release {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

}  // namespace

TlsContext make_tls_context(const Security& security) {
  if (!security.tls) return {};
  validate_server_tls(*security.tls);  // says more of what is wrong with the files than OpenSSL
  const TlsFiles& files = *security.tls;
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  require_tls(context && SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) == 1,
              files.certificate);
  require_tls(SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) == 1,
              files.certificate);
  require_tls(SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) == 1,
              files.key);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  if (files.authority.empty()) return context;
  require_tls(SSL_CTX_load_verify_locations(context.get(), files.authority.c_str(), nullptr) == 1,
              files.authority);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

std::vector<std::string> certificate_names(const SSL& session) {
  const std::unique_ptr<X509, Release> certificate(SSL_get1_peer_certificate(&session));
  if (!certificate || SSL_get_verify_result(&session) != X509_V_OK) return {};
  return names_of_certificate(*certificate);
}

}  // namespace scission::runtime
