// TLS of HTTP connections, with the files and rules of gRPC's.
#pragma once

#include <openssl/ssl.h>

#include <memory>

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
/// server_credentials().
TlsContext make_tls_context(const Security& security);

}  // namespace scission::runtime
