#include "runtime/worker/store_files.hpp"

#include <algorithm>
#include <string_view>
#include <system_error>

#include "base/checksum.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

namespace fs = std::filesystem;

bool is_sha256(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

void check_sha256(const std::string& text) {
  if (is_sha256(text)) return;
  throw Error(ErrorCode::invalid_argument, "is no SHA-256: 64 of the digits 0-9a-f", "sha256");
}

std::vector<fs::path> files_in(const fs::path& folder, const char* extension) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() != extension || !is_sha256(entry.path().stem().string())) continue;
    files.push_back(entry.path());
  }
  return files;
}

std::int64_t size_of(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  return error ? 0 : static_cast<std::int64_t>(size);
}

void remove_quietly(const fs::path& path) {
  std::error_code ignored;
  fs::remove(path, ignored);
}

bool is_whole(const fs::path& file, const std::string& sha256) {
  try {
    return sha256_of_file(file) == sha256;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
    return false;
  }
}

}  // namespace scission::runtime
