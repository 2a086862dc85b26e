// The options that all tools with a network share.
#include <cxxopts.hpp>
#include <string>
#include <vector>

#include "connection_options.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::apps;
using namespace scission::testing;

namespace {

cxxopts::ParseResult parse(std::vector<std::string> arguments) {
  cxxopts::Options options("tool");
  add_workers_option(options);
  add_security_options(options);
  arguments.insert(arguments.begin(), "tool");
  std::vector<const char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(argument.c_str());
  return options.parse(static_cast<int>(pointers.size()), pointers.data());
}

}  // namespace

TEST_CASE("Addresses come in lists and one by one") {
  const Addresses addresses = worker_addresses(
      parse({"--workers", "edge1=10.0.0.2:8001,cloud=[::1]:9", "--workers", "x=unix:/run/w"}));
  CHECK(addresses ==
        Addresses{{"edge1", "10.0.0.2:8001"}, {"cloud", "[::1]:9"}, {"x", "unix:/run/w"}});
  CHECK(worker_addresses(parse({})).empty());
}

TEST_CASE("What is no address is refused with its option") {
  for (const char* item : {"", "edge", "edge=", "=h:1", "edge=host", "edge=host:", "edge=:80",
                           "edge=host:0", "edge=host:65536", "edge=host:http", "edge=unix:"}) {
    CAPTURE(item);
    CHECK_ERROR(parse_addresses({item}, "--peer"), ErrorCode::invalid_argument, "--peer");
  }
  CHECK_ERROR(parse_addresses({"a=h:1", "a=h:2"}, "--workers"), ErrorCode::invalid_argument, "'a'");
}

TEST_CASE("Certificates make a client's and a server's security") {
  const Scratch scratch;
  const std::string ca = scratch.file("ca.pem", "1").string();
  const std::string cert = scratch.file("cert.pem", "2").string();
  const std::string key = scratch.file("key.pem", "3").string();
  const auto all = parse({"--tls-ca", ca, "--tls-cert", cert, "--tls-key", key});
  for (const NetworkRole role : {NetworkRole::client, NetworkRole::server}) {
    const runtime::Security security = security_of(all, role);
    REQUIRE(security.tls.has_value());
    CHECK(security.tls->authority == ca);
    CHECK(security.tls->certificate == cert);
    CHECK(security.tls->key == key);
    CHECK_FALSE(security.allows_insecure);
  }
  CHECK(security_of(parse({"--tls-ca", ca}), NetworkRole::client).tls.has_value());
  CHECK(security_of(parse({"--tls-cert", cert, "--tls-key", key}), NetworkRole::server)
            .tls.has_value());
  CHECK_FALSE(security_of(parse({}), NetworkRole::client).tls.has_value());
  CHECK(security_of(parse({"--insecure"}), NetworkRole::server).allows_insecure);
}

TEST_CASE("Half a set of certificates is refused with its option") {
  const Scratch scratch;
  const std::string ca = scratch.file("ca.pem", "1").string();
  const std::string cert = scratch.file("cert.pem", "2").string();
  const std::string key = scratch.file("key.pem", "3").string();
  const auto refused = [](const std::vector<std::string>& arguments, NetworkRole role,
                          const char* option) {
    CAPTURE(arguments);
    CHECK_ERROR(security_of(parse(arguments), role), ErrorCode::invalid_argument, option);
  };
  refused({"--tls-cert", cert}, NetworkRole::server, "--tls-cert");
  refused({"--tls-key", key}, NetworkRole::server, "--tls-key");
  refused({"--tls-ca", ca}, NetworkRole::server, "--tls-ca");
  refused({"--tls-cert", cert, "--tls-key", key}, NetworkRole::client, "--tls-cert");
  refused({"--tls-ca", ca, "--insecure"}, NetworkRole::client, "--insecure");
  CHECK_ERROR(security_of(parse({"--tls-ca", ca + ".not"}), NetworkRole::client),
              ErrorCode::not_found, "--tls-ca");
}
