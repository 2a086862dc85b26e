#include "connection_options.hpp"

#include <fmt/format.h>
#include <grpc/support/log.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace scission::apps {
namespace {

std::filesystem::path file_of(const Arguments& arguments, const std::string& option,
                              const char* kind) {
  if (arguments.count(option) == 0) return {};
  std::filesystem::path file = arguments[option].as<std::string>();
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) return file;
  throw Error(ErrorCode::not_found, fmt::format("does not exist; --{} takes {}", option, kind),
              file.string());
}

void check(const runtime::TlsFiles& files, NetworkRole role) {
  if (files.certificate.empty() != files.key.empty()) {
    throw usage_error("needs both --tls-cert and --tls-key",
                      files.key.empty() ? "--tls-cert" : "--tls-key");
  }
  if (role == NetworkRole::client && files.authority.empty()) {
    throw usage_error("needs --tls-ca, the certificates that sign those of servers", "--tls-cert");
  }
  if (role == NetworkRole::server && files.certificate.empty()) {
    throw usage_error("needs --tls-cert and --tls-key, this server's own", "--tls-ca");
  }
}

void log_message(gpr_log_func_args* message) { spdlog::debug("transport: {}", message->message); }

void send_transport_log_to_spdlog() {
  if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function(log_message);
}

}  // namespace

bool is_address(const std::string& text) {
  if (text.starts_with("unix:")) return text.size() > 5;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  const std::string port = text.substr(colon + 1);
  const bool has_digits = !port.empty() && port.size() <= 5 &&
                          std::all_of(port.begin(), port.end(),
                                      [](char letter) { return letter >= '0' && letter <= '9'; });
  return has_digits && std::stoi(port) >= 1 && std::stoi(port) <= 65535;
}

void add_workers_option(cxxopts::Options& options) {
  options.add_options()("workers", "addresses of the systems' workers; can be repeated",
                        cxxopts::value<Words>(), "NAME=HOST:PORT,...");
}

Addresses worker_addresses(const Arguments& arguments) {
  return parse_addresses(words_of(arguments, "workers"), "--workers");
}

void require_workers(const Addresses& addresses, const std::string& example) {
  if (!addresses.empty()) return;
  throw usage_error(fmt::format("say where a worker is: --workers {}=HOST:PORT", example),
                    "--workers");
}

Addresses parse_addresses(const Words& items, const std::string& option) {
  Addresses addresses;
  for (const std::string& item : items) {
    const std::size_t equals = item.find('=');
    const bool has_both = equals != std::string::npos && equals > 0;
    if (!has_both || !is_address(item.substr(equals + 1))) {
      throw usage_error(fmt::format("'{}' is not NAME=HOST:PORT", item), option);
    }
    if (!addresses.emplace(item.substr(0, equals), item.substr(equals + 1)).second) {
      throw usage_error(fmt::format("'{}' is given twice", item.substr(0, equals)), option);
    }
  }
  return addresses;
}

Addresses deploy_addresses(const Arguments& arguments, Addresses addresses) {
  for (const auto& [system, address] :
       parse_addresses(words_of(arguments, "deploy-workers"), "--deploy-workers")) {
    addresses[system] = address;
  }
  return addresses;
}

void add_security_options(cxxopts::Options& options) {
  options.add_options("Connection")  //
      ("tls-ca", "TLS: file of the CA certificates that verify the certificate of the other end",
       cxxopts::value<std::string>(), "PEM")                                                     //
      ("tls-cert", "TLS: file of this end's certificate", cxxopts::value<std::string>(), "PEM")  //
      ("tls-key", "TLS: file of this end's private key", cxxopts::value<std::string>(), "PEM")   //
      ("token-file",
       "file with the bearer token that is sent with each call to a worker (default: no token)",
       cxxopts::value<std::string>(), "FILE")  //
      ("insecure", "allow plain text beyond this machine, in a trusted network");
}

runtime::Security security_of(const Arguments& arguments, NetworkRole role) {
  send_transport_log_to_spdlog();
  runtime::Security security;
  security.allows_insecure = arguments.count("insecure") > 0;
  security.token_file = file_of(arguments, "token-file", "a file with a token");
  if (!security.token_file.empty()) (void)runtime::read_token(security.token_file);
  const char* const pem = "a PEM file";
  const runtime::TlsFiles files{file_of(arguments, "tls-ca", pem),
                                file_of(arguments, "tls-cert", pem),
                                file_of(arguments, "tls-key", pem)};
  if (files.authority.empty() && files.certificate.empty() && files.key.empty()) return security;
  if (security.allows_insecure) throw usage_error("not together with TLS", "--insecure");
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

void require_name(const std::string& system, const runtime::Client& worker, bool must_answer) {
  constexpr double deadline_s = 2;
  constexpr double longest_wait_s = 10;
  std::string name;
  try {
    name = worker.server(must_answer ? longest_wait_s : deadline_s).name;
  } catch (const Error& error) {
    if (!must_answer) return;
    throw Error(error.code(), error.message(), fmt::format("{} ({})", system, worker.address()));
  }
  if (name == system) return;
  throw Error(ErrorCode::mismatch,
              fmt::format("the worker there calls itself {0}, and --workers calls it {1}; write "
                          "{0}={2}, or start that worker with --name {1}",
                          name, system, worker.address()),
              worker.address());
}

}  // namespace scission::apps
