// The options and checks of tools that call workers: addresses, certificates, names, gRPC's log.
#pragma once

#include <cxxopts.hpp>
#include <map>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "scission/runtime/client/client.hpp"
#include "scission/runtime/wire/wire.hpp"

namespace scission::apps {

/// Addresses by systems' names.
using Addresses = std::map<std::string, std::string>;

/// HOST:PORT with a port from 1 to 65535, or "unix:PATH".
bool is_address(const std::string& text);

/// Adds --workers NAME=HOST:PORT, which may be given several times.
void add_workers_option(cxxopts::Options& options);

/// The value of --workers; empty where it is not given. Throws as parse_addresses() does.
Addresses worker_addresses(const Arguments& arguments);

/// Throws Error(invalid_argument) where there is none, with `example`, a system, in the message.
void require_workers(const Addresses& addresses, const std::string& example = "edge1");

/// Reads items such as "edge1=10.0.0.2:8001" and "edge2=unix:PATH". Throws Error(invalid_argument)
/// with `option` as place on anything else, and on a name given twice.
Addresses parse_addresses(const Words& items, const std::string& option);

/// `addresses` with those of --deploy-workers in their places. Throws as parse_addresses() does.
Addresses deploy_addresses(const Arguments& arguments, Addresses addresses);

enum class NetworkRole { client, server };

/// Adds --tls-ca, --tls-cert, --tls-key, --token-file and --insecure.
void add_security_options(cxxopts::Options& options);

/// The values of those options. A client needs the authority, and certificate and key to do more
/// than infer; a server needs certificate and key, and the authority to let clients do more.
/// Throws Error(invalid_argument) with the option as place on an incomplete set, and
/// Error(not_found) on a missing file, and as runtime::read_token(). From then on, gRPC's own
/// messages are debug messages of spdlog instead of lines on stderr: its errors come back as failed
/// calls as well.
runtime::Security security_of(const Arguments& arguments, NetworkRole role);

/// Where plain text is allowed, warns of each address beyond this machine.
void warn_of_plain_text(const std::vector<std::string>& addresses,
                        const runtime::Security& security);

/// Throws Error(mismatch) where the worker calls itself otherwise than `system`: two addresses may
/// be swapped. A worker that does not answer is left to the next call, unless it `must_answer`: it
/// then throws as Client::server() does, with the system in the place.
void require_name(const std::string& system, const runtime::Client& worker,
                  bool must_answer = false);

}  // namespace scission::apps
