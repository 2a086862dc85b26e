// Who may talk to whom. docs/security.md states the threat model.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "scission/base/export.hpp"

namespace scission::runtime {

/// PEM files. What uses them throws Error(not_found | io | damaged) with the file as place, and
/// Error(invalid_argument) on a certificate without its key, or the other way round.
struct SCISSION_EXPORT TlsFiles {
  /// Certificates that the other end's must be signed by. Empty: a client trusts gRPC's own roots,
  /// a server asks for no certificate.
  std::filesystem::path authority;
  std::filesystem::path certificate;  ///< this end's, the chain included; a client may have none
  std::filesystem::path key;          ///< the certificate's
};

/// How one end of a connection proves itself, and what it asks of the other.
struct SCISSION_EXPORT Security {
  std::optional<TlsFiles> tls;
  /// Plain text beyond the loopback interface is meant.
  bool allows_insecure = false;
};

/// Whether only this machine can reach the address: 127.0.0.0/8, [::1], localhost, unix:PATH.
SCISSION_EXPORT bool is_loopback(const std::string& address);

/// Throws Error(invalid_argument) that names the way out when `address` is no loopback and there is
/// neither TLS nor leave to do without.
SCISSION_EXPORT void check_security(const std::string& address, const Security& security);

}  // namespace scission::runtime
