#include "base/checksum.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <memory>
#include <system_error>
#include <vector>

#include "scission/base.hpp"

namespace scission {
namespace {

class Sha256 {
 public:
  Sha256() { check(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr)); }

  void add(const char* data, std::size_t size) {
    check(EVP_DigestUpdate(context_.get(), data, size));
  }

  std::string hexadecimal() {
    std::array<unsigned char, 32> digest{};
    check(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr));
    std::string text;
    for (const unsigned char byte : digest) text += fmt::format("{:02x}", byte);
    return text;
  }

 private:
  static void check(int done) {
    if (done != 1) throw Error(ErrorCode::unsupported, "this OpenSSL does not provide SHA-256");
  }

  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(),
                                                                   &EVP_MD_CTX_free};
};

std::ifstream open(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) {
    throw Error(ErrorCode::not_found, "no such file", path.string());
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (file) return file;
  throw Error(ErrorCode::io, "cannot be opened: " + std::generic_category().message(errno),
              path.string());
}

}  // namespace

std::string sha256_of_file(const std::filesystem::path& path) {
  std::ifstream file = open(path);
  Sha256 sum;
  std::vector<char> piece(std::size_t{1} << 20);
  while (file) {
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    sum.add(piece.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad()) throw Error(ErrorCode::io, "cannot be read", path.string());
  return sum.hexadecimal();
}

std::string sha256_of(std::string_view text) {
  Sha256 sum;
  sum.add(text.data(), text.size());
  return sum.hexadecimal();
}

}  // namespace scission
