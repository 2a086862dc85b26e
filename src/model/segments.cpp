#include "scission/model/segments.hpp"

#include <system_error>

#include "base/file.hpp"

namespace scission {

SegmentManifest read_manifest(const std::filesystem::path& path) {
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(path, ignored);
  const std::filesystem::path file = is_folder ? path / manifest_name : path;
  return parse_manifest(read_file(file), file.string());
}

void write_manifest(const SegmentManifest& manifest, const std::filesystem::path& folder) {
  write_file_atomically(folder / manifest_name, format_manifest(manifest));
}

}  // namespace scission
