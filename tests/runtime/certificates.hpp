// Keys and certificates for a test, made by the openssl program.
#pragma once

#include <filesystem>
#include <string>

#include "base/run_program.hpp"
#include "scission/runtime/wire/wire.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

namespace scission::testing {

/// A private authority, and certificates signed by it, for localhost and 127.0.0.1.
class Certificates {
 public:
  Certificates() {
    run({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
         "2", "-subj", "/CN=authority", "-keyout", path("ca.key"), "-out", path("ca.pem")});
    folder_.file("names", "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  }

  /// The files of one end, "server" or "client".
  runtime::TlsFiles issue(const std::string& name, int days = 2) const {
    run({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
         "/CN=" + name, "-keyout", path(name + ".key"), "-out", path(name + ".csr")});
    run({"x509", "-req", "-in", path(name + ".csr"), "-CA", path("ca.pem"), "-CAkey",
         path("ca.key"), "-CAcreateserial", "-days", std::to_string(days), "-extfile",
         path("names"), "-out", path(name + ".pem")});
    return {path("ca.pem"), path(name + ".pem"), path(name + ".key")};
  }

  /// Likewise, with this subject and these lines of extensions only.
  runtime::TlsFiles issue_as(const std::string& subject, const std::string& extensions) const {
    folder_.file("extensions", extensions);
    run({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", subject,
         "-keyout", path("as.key"), "-out", path("as.csr")});
    run({"x509", "-req", "-in", path("as.csr"), "-CA", path("ca.pem"), "-CAkey", path("ca.key"),
         "-CAcreateserial", "-days", "2", "-extfile", path("extensions"), "-out", path("as.pem")});
    return {path("ca.pem"), path("as.pem"), path("as.key")};
  }

  std::filesystem::path authority() const { return path("ca.pem"); }

 private:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  void run(const std::vector<std::string>& arguments) const {
    const ProgramResult result =
        run_program({"openssl", arguments, folder_.path(), "install openssl to run this test"});
    CAPTURE(result.output);
    REQUIRE(result.succeeded);
  }

  Scratch folder_;
};

}  // namespace scission::testing
