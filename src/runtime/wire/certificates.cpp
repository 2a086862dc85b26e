// Certificates and keys of TLS: what is wrong with them, before gRPC says less.
#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>

#include "base/file.hpp"
#include "runtime/wire/certificates.hpp"
#include "runtime/wire/channel.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

template <auto release>
struct Releaser {
  template <typename T>
  void operator()(T* object) const {
    release(object);
  }
};
using Certificate = std::unique_ptr<X509, Releaser<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Releaser<EVP_PKEY_free>>;
using Memory = std::unique_ptr<BIO, Releaser<BIO_free>>;

constexpr double seconds_per_day = 86400;

Memory memory_of(const std::string& text) {
  return Memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// The first one of the file, which is this end's own.
Certificate read_certificate(const std::filesystem::path& file) {
  const std::string text = read_file(file);
  Certificate certificate(PEM_read_bio_X509(memory_of(text).get(), nullptr, nullptr, nullptr));
  if (certificate) return certificate;
  throw Error(ErrorCode::damaged, "contains no certificate in PEM format", file.string());
}

// A key that needs a passphrase cannot be read, nor by gRPC.
Key read_key(const std::filesystem::path& file) {
  const std::string text = read_file(file);
  const auto no_passphrase = [](char*, int, int, void*) { return 0; };
  Key key(PEM_read_bio_PrivateKey(memory_of(text).get(), nullptr, no_passphrase, nullptr));
  if (key) return key;
  throw Error(ErrorCode::damaged, "contains no private key that can be read without a passphrase",
              file.string());
}

double seconds_from(std::time_t now, const ASN1_TIME* time) {
  const std::unique_ptr<ASN1_TIME, Releaser<ASN1_STRING_free>> from(ASN1_TIME_set(nullptr, now));
  int days = 0;
  int seconds = 0;
  ASN1_TIME_diff(&days, &seconds, from.get(), time);
  return days * seconds_per_day + seconds;
}

std::string date_of(const ASN1_TIME* time) {
  std::tm date{};
  ASN1_TIME_to_tm(time, &date);
  return fmt::format("{:04}-{:02}-{:02}", date.tm_year + 1900, date.tm_mon + 1, date.tm_mday);
}

}  // namespace

void validate_certificate(const TlsFiles& files, std::time_t now) {
  if (files.certificate.empty() || files.key.empty()) return;
  const Certificate certificate = read_certificate(files.certificate);
  if (X509_check_private_key(certificate.get(), read_key(files.key).get()) != 1) {
    throw Error(ErrorCode::mismatch,
                fmt::format("is not the key of the certificate {}", files.certificate.string()),
                files.key.string());
  }
  if (seconds_from(now, X509_get0_notAfter(certificate.get())) <= 0) {
    throw Error(ErrorCode::mismatch,
                fmt::format("has expired on {}; issue a new one",
                            date_of(X509_get0_notAfter(certificate.get()))),
                files.certificate.string());
  }
  if (seconds_from(now, X509_get0_notBefore(certificate.get())) > 0) {
    throw Error(ErrorCode::mismatch,
                fmt::format("is not valid before {}; is this machine's clock right?",
                            date_of(X509_get0_notBefore(certificate.get()))),
                files.certificate.string());
  }
}

double certificate_left_s(const std::filesystem::path& file, std::time_t now) {
  return seconds_from(now, X509_get0_notAfter(read_certificate(file).get()));
}

std::string expiry_warning(const TlsFiles& files, std::time_t now) {
  constexpr double soon_s = 30 * seconds_per_day;
  if (files.certificate.empty()) return {};
  const Certificate certificate = read_certificate(files.certificate);
  const ASN1_TIME* const end = X509_get0_notAfter(certificate.get());
  const double left_s = seconds_from(now, end);
  if (left_s > soon_s) return {};
  return fmt::format(
      "{}: expires on {}, in {:.0f} days; issue a new one, and have the worker read it (SIGHUP)",
      files.certificate.string(), date_of(end), left_s / seconds_per_day);
}

}  // namespace scission::runtime
