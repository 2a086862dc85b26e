#include "security_options.hpp"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <system_error>

#include "scission/base/error.hpp"

namespace scission::apps {
namespace {

void refuse(const std::string& message, const std::string& option) {
  throw Error(ErrorCode::invalid_argument, message, option);
}

std::filesystem::path file_of(const cxxopts::ParseResult& arguments, const std::string& option) {
  if (arguments.count(option) == 0) return {};
  std::filesystem::path file = arguments[option].as<std::string>();
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) return file;
  throw Error(ErrorCode::not_found, "is not there; --" + option + " wants a PEM file",
              file.string());
}

void check(const runtime::TlsFiles& files, NetworkRole role) {
  if (files.certificate.empty() != files.key.empty()) {
    refuse("goes with the other of --tls-cert and --tls-key",
           files.key.empty() ? "--tls-cert" : "--tls-key");
  }
  if (role == NetworkRole::client && files.authority.empty()) {
    refuse("needs --tls-ca, the certificates that servers' are signed by", "--tls-cert");
  }
  if (role == NetworkRole::server && files.certificate.empty()) {
    refuse("needs --tls-cert and --tls-key, this server's own", "--tls-ca");
  }
}

}  // namespace

void add_security_options(cxxopts::Options& options) {
  options.add_options("Connection")  //
      ("tls-ca", "TLS: the certificates that the other end's must be signed by",
       cxxopts::value<std::string>(), "PEM")                                             //
      ("tls-cert", "TLS: this end's certificate", cxxopts::value<std::string>(), "PEM")  //
      ("tls-key", "TLS: this end's private key", cxxopts::value<std::string>(), "PEM")   //
      ("insecure", "plain text beyond this machine, where the network is trusted");
}

runtime::Security security_of(const cxxopts::ParseResult& arguments, NetworkRole role) {
  runtime::Security security;
  security.allows_insecure = arguments.count("insecure") > 0;
  const runtime::TlsFiles files{file_of(arguments, "tls-ca"), file_of(arguments, "tls-cert"),
                                file_of(arguments, "tls-key")};
  if (files.authority.empty() && files.certificate.empty() && files.key.empty()) return security;
  if (security.allows_insecure) refuse("not together with TLS", "--insecure");
  check(files, role);
  security.tls = files;
  return security;
}

void warn_of_plain_text(const std::vector<std::string>& addresses,
                        const runtime::Security& security) {
  if (security.tls || !security.allows_insecure) return;
  for (const std::string& address : addresses) {
    if (runtime::is_loopback(address)) continue;
    spdlog::warn("plain text to and from {}: anyone on the way can read and change it", address);
  }
}

}  // namespace scission::apps
