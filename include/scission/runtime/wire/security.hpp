// Transport security of clients and workers. docs/security.md states the threat model; who may
// deploy is decided in src/runtime/worker/control_service.cpp.
#pragma once

#include <ctime>
#include <filesystem>
#include <optional>
#include <string>

#include "scission/base/export.hpp"

namespace scission::runtime {

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
};

/// A line of warning when the certificate ends within 30 days of `now`; empty otherwise. Throws
/// Error(not_found | io | damaged) with the file as place.
SCISSION_EXPORT std::string expiry_warning(const TlsFiles& files, std::time_t now);

/// Whether only this machine can reach the address: 127.0.0.0/8, [::1], localhost, unix:PATH.
SCISSION_EXPORT bool is_loopback(const std::string& address);

/// Throws Error(invalid_argument) with the options to set when `address` is not a loopback address
/// and `security` has neither TLS nor allows_insecure.
SCISSION_EXPORT void validate_security(const std::string& address, const Security& security);

}  // namespace scission::runtime
