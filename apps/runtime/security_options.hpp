// --tls-ca, --tls-cert, --tls-key and --insecure, alike in every tool that uses the network.
#pragma once

#include <cxxopts.hpp>
#include <string>
#include <vector>

#include "scission/runtime/wire/security.hpp"

namespace scission::apps {

enum class NetworkRole { client, server };

/// Adds the four options.
void add_security_options(cxxopts::Options& options);

/// What they say. A client needs the authority, and certificate and key where it does more than
/// infer; a server needs certificate and key, and the authority to let others do more.
/// Throws Error(invalid_argument) with the option as place on a set that is none, and
/// Error(not_found) on a file that is not there.
runtime::Security security_of(const cxxopts::ParseResult& arguments, NetworkRole role);

/// Warns of plain text to what is no loopback address, where it is allowed.
void warn_of_plain_text(const std::vector<std::string>& addresses,
                        const runtime::Security& security);

}  // namespace scission::apps
