// TLS of HTTP connections, with the files and rules of gRPC's.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "scission/runtime/wire/wire.hpp"

namespace scission::runtime {

struct TlsRelease {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* session) const { SSL_free(session); }
};
using TlsContext = std::unique_ptr<SSL_CTX, TlsRelease>;
using TlsSession = std::unique_ptr<SSL, TlsRelease>;

/// TLS 1.2 or later with the certificate of `security`; null without TLS. As for gRPC, a client's
/// certificate is requested and verified if there is an authority, but not required. Throws as
/// validate_server_tls().
TlsContext make_tls_context(const Security& security);

/// names_of_certificate() of the other end's verified certificate; none without one.
std::vector<std::string> certificate_names(const SSL& session);

}  // namespace scission::runtime
