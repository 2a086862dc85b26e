// A file that comes in pieces.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace scission::runtime {

/// What has come of a file, on the disk as it comes, so that a broken upload goes on where it
/// broke.
class PartialFile {
 public:
  /// Opens it, empty if it was not there. Throws Error(io) with the path as place.
  explicit PartialFile(std::filesystem::path path);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::int64_t bytes() const { return bytes_; }

  /// Throws Error(io), on a full disk for one.
  void append(std::string_view piece);

  /// Flushes it to the disk. Throws Error(io).
  void flush();

 private:
  [[noreturn]] void fail() const;

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::int64_t bytes_ = 0;
};

}  // namespace scission::runtime
