#include <string>

#include "runtime/wire/channel.hpp"
#include "scission/runtime/wire/wire.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::runtime;
using scission::testing::Scratch;

TEST_CASE("Addresses that only this machine can reach are loopback") {
  for (const char* address :
       {"127.0.0.1:8001", "127.0.0.1", "127.255.1.2:1", "localhost:8001", "localhost", "[::1]:1",
        "[::1]", "[0:0:0:0:0:0:0:1]:80", "unix:/run/scission.sock", "unix:relative"}) {
    CAPTURE(address);
    CHECK(is_loopback(address));
  }
}

TEST_CASE("Addresses that others can reach are not loopback, even if they look similar") {
  for (const char* address : {"",
                              ":8001",
                              "0.0.0.0:8001",
                              "[::]:8001",
                              "10.0.0.2:8001",
                              "128.0.0.1:1",
                              "edge1:8001",
                              "127.0.0.1.evil.com:1",
                              "127.0.0.1.evil.com",
                              "localhost.evil:1",
                              "localhost.:1",
                              "127.evil.com",
                              "127.0.0.1:8001,10.0.0.1:1",
                              "127.0.0.1:http",
                              "127.0.0.1:",
                              "127.1:80",
                              "127.0.0.01x",
                              "dns:///localhost:1",
                              "ipv4:127.0.0.1:1",
                              "::1",
                              "[::1",
                              "[::1]x",
                              "[::1]:1@evil",
                              "[::2]:1",
                              "[::ffff:10.0.0.1]:1",
                              "127.0.0.1 ",
                              " 127.0.0.1",
                              "unix:",
                              "xunix:/a",
                              "localhost:1/evil"}) {
    CAPTURE(address);
    CHECK_FALSE(is_loopback(address));
  }
  CHECK_FALSE(is_loopback(std::string("127.0.0.1\0.evil.com", 19)));
}

TEST_CASE("Beyond loopback takes TLS or leave to do without") {
  CHECK_NOTHROW(validate_security("127.0.0.1:8001", {}));
  CHECK_NOTHROW(validate_security("10.0.0.2:8001", {TlsFiles{}, false}));
  CHECK_NOTHROW(validate_security("10.0.0.2:8001", {std::nullopt, true}));
  CHECK_ERROR(validate_security("10.0.0.2:8001", {}), ErrorCode::invalid_argument, "10.0.0.2:8001");
  CHECK_ERROR(validate_security("0.0.0.0:8001", {}), ErrorCode::invalid_argument, "--insecure");
  CHECK_ERROR(make_channel("edge1:8001", {}), ErrorCode::invalid_argument, "edge1:8001");
}

TEST_CASE("Credentials that cannot be are refused with the file's name") {
  const Scratch scratch;
  const auto certificate = scratch.file("a.pem", "-----BEGIN CERTIFICATE-----\n");
  const auto key = scratch.file("a.key", "-----BEGIN PRIVATE KEY-----\n");
  const auto text = scratch.file("text", "no PEM");
  const auto with = [](const TlsFiles& files) { return Security{files, false}; };
  CHECK_ERROR(client_credentials(with({scratch.path() / "none", {}, {}})), ErrorCode::not_found,
              "none");
  CHECK_ERROR(client_credentials(with({text, {}, {}})), ErrorCode::damaged, "text");
  CHECK_ERROR(client_credentials(with({key, {}, {}})), ErrorCode::damaged, "CERTIFICATE");
  CHECK_ERROR(client_credentials(with({certificate, certificate, {}})), ErrorCode::invalid_argument,
              "private key");
  CHECK_ERROR(ServerCertificates(with({certificate, {}, key})), ErrorCode::invalid_argument,
              "a.key");
  CHECK_ERROR(ServerCertificates(with({certificate, {}, {}})), ErrorCode::invalid_argument,
              "certificate");
  CHECK_ERROR(ServerCertificates(with({certificate, key, key})), ErrorCode::damaged, "a.key");
  CHECK(ServerCertificates({}).credentials() != nullptr);
  CHECK(client_credentials({}) != nullptr);
}
