// Certificates and keys of TLS: what is wrong with them, before gRPC says less, and who they name.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>

#include "runtime/wire/certificates.hpp"
#include "runtime/wire/channel.hpp"
#include "runtime/wire/tokens.hpp"
#include "scission/base.hpp"

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
  const std::string text = read_secret(file);
  Certificate certificate(PEM_read_bio_X509(memory_of(text).get(), nullptr, nullptr, nullptr));
  if (certificate) return certificate;
  throw Error(ErrorCode::damaged, "contains no certificate in PEM format", file.string());
}

// A key that needs a passphrase cannot be read, nor by gRPC.
Key read_key(const std::filesystem::path& file) {
  const std::string text = read_secret(file);
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

std::string text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

/// As UTF-8, whichever of its encodings the certificate has; empty if it cannot be decoded.
std::string decode(const ASN1_STRING* text) {
  unsigned char* bytes = nullptr;
  const int size = ASN1_STRING_to_UTF8(&bytes, text);
  if (size < 0) return {};
  std::string decoded(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return decoded;
}

/// An address of 4 or 16 bytes as text; empty for others.
std::string address_of(const ASN1_STRING* bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  const int size = ASN1_STRING_length(bytes);
  if (size != 4 && size != 16) return {};
  inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(bytes), text, sizeof text);
  return text;
}

bool is_sound(const std::string& name) {
  return !name.empty() && name.find('\0') == std::string::npos;
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

void validate_authority(const std::filesystem::path& file) {
  const std::string text = read_secret(file);
  const Memory memory = memory_of(text);
  ERR_clear_error();
  int count = 0;
  while (Certificate(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr))) ++count;
  const bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (is_end && count > 0) return;
  throw Error(ErrorCode::damaged, "contains a certificate that cannot be read, or none",
              file.string());
}

std::vector<std::string> names_of_certificate(const X509& certificate) {
  std::vector<std::string> names;
  const X509_NAME* const subject = X509_get_subject_name(&certificate);
  for (int i = X509_NAME_get_index_by_NID(subject, NID_commonName, -1); i >= 0;
       i = X509_NAME_get_index_by_NID(subject, NID_commonName, i)) {
    names.push_back(decode(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i))));
  }
  int found = 0;
  const std::unique_ptr<GENERAL_NAMES, Releaser<GENERAL_NAMES_free>> others(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(&certificate, NID_subject_alt_name, &found, nullptr)));
  if (!others && found != -1) return {};  // twice, or not decodable
  for (int i = 0; others && i < sk_GENERAL_NAME_num(others.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(others.get(), i);
    if (name->type == GEN_DNS || name->type == GEN_URI || name->type == GEN_EMAIL) {
      names.push_back(text_of(name->d.ia5));
    } else if (name->type == GEN_IPADD) {
      names.push_back(address_of(name->d.iPAddress));
    }
  }
  if (!std::all_of(names.begin(), names.end(), is_sound)) return {};
  if (names.empty()) names.emplace_back(unnamed_certificate);
  return names;
}

std::vector<std::string> names_of_certificate(const std::string& pem) {
  const Certificate certificate(PEM_read_bio_X509(memory_of(pem).get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return certificate ? names_of_certificate(*certificate) : std::vector<std::string>{};
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
