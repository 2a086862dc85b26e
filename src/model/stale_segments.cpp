// Segments that a folder holds already, when new ones are written to it.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <system_error>

#include "scission/base.hpp"
#include "scission/model.hpp"

namespace scission {
namespace {

namespace fs = std::filesystem;

bool has_size(const fs::path& path, std::int64_t bytes) {
  std::error_code error;
  return fs::is_regular_file(path, error) &&
         fs::file_size(path, error) == static_cast<std::uintmax_t>(bytes) && !error;
}

// MODEL/1/model.pt or model.onnx, and MODEL/config.pbtxt beside it.
bool is_in_triton_repository(const fs::path& file) {
  return file.stem() == "model" && file.parent_path().filename() == "1" &&
         file.parent_path().has_parent_path();
}

// Folders between `folder` and its file `name`, the innermost first, as far as they are empty.
void remove_empty_folders(const fs::path& folder, const fs::path& name) {
  std::error_code error;
  for (fs::path part = name.parent_path(); !part.empty(); part = part.parent_path()) {
    if (!fs::remove(folder / part, error)) return;
  }
}

}  // namespace

std::vector<Segment> replaceable_segments(const fs::path& folder, const fs::path& source) {
  std::error_code ignored;
  if (!fs::exists(folder / manifest_name, ignored)) return {};
  std::vector<Segment> segments = read_manifest(folder).segments;
  for (const Segment& segment : segments) {
    if (!fs::equivalent(source, folder / segment.file, ignored)) continue;
    throw Error(ErrorCode::invalid_argument,
                "is one of the segments in that folder, which are replaced; write elsewhere",
                source.string());
  }
  return segments;
}

void remove_stale_segments(const fs::path& folder, const std::vector<Segment>& earlier,
                           const std::vector<Segment>& now) {
  for (const Segment& old : earlier) {
    const bool is_current = std::any_of(
        now.begin(), now.end(), [&](const Segment& segment) { return segment.file == old.file; });
    if (is_current || !has_size(folder / old.file, old.bytes)) continue;
    std::error_code ignored;
    const fs::path name = fs::path(old.file).lexically_normal();
    fs::remove(folder / name, ignored);
    if (is_in_triton_repository(name)) {
      fs::remove(folder / name.parent_path().parent_path() / "config.pbtxt", ignored);
    }
    remove_empty_folders(folder, name);
  }
}

}  // namespace scission
