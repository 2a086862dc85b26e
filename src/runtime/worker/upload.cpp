// Uploads, and the room for them.
#include <fmt/format.h>

#include "runtime/worker/segment_store.hpp"
#include "runtime/worker/store_files.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {

namespace fs = std::filesystem;

Upload::Upload(SegmentStore& store, const Segment& segment)
    : store_(store),
      sha256_(segment.sha256),
      total_(segment.bytes),
      file_(store.part(segment.sha256)) {}

Upload::~Upload() { store_.release(sha256_); }

void Upload::append(std::string_view piece) {
  if (static_cast<std::int64_t>(piece.size()) > total_ - file_.bytes()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("more bytes come than the segment's {}", total_), "upload");
  }
  file_.append(piece);
}

void SegmentStore::make_room(const Segment& segment) {
  if (segment.bytes > limits_.model_bytes) {
    throw Error(
        ErrorCode::infeasible,
        fmt::format("has {} bytes, where a model may have {}", segment.bytes, limits_.model_bytes),
        "segment");
  }
  const auto is_room = [&] {
    const std::int64_t there = size_of(part(segment.sha256));
    return stored_bytes() - there <= limits_.storage_bytes - segment.bytes;
  };
  if (!is_room()) delete_abandoned(segment.sha256);
  if (is_room()) return;
  throw Error(ErrorCode::infeasible,
              fmt::format("needs {} bytes, which the storage of {} no longer has; drop models",
                          segment.bytes, limits_.storage_bytes),
              "segment");
}

// Uploads under way count as what they will be.
std::int64_t SegmentStore::stored_bytes() const {
  std::int64_t bytes = 0;
  for (const fs::path& path : files_in(folder_ / "segments", ".pt")) bytes += size_of(path);
  for (const auto& [sha256, total] : under_way_) bytes += total;
  for (const fs::path& path : files_in(folder_ / "uploads", ".part")) {
    if (under_way_.count(path.stem().string()) == 0) bytes += size_of(path);
  }
  return bytes;
}

void SegmentStore::delete_abandoned(const std::string& except) {
  for (const fs::path& path : files_in(folder_ / "uploads", ".part")) {
    const std::string sha256 = path.stem().string();
    if (sha256 != except && under_way_.count(sha256) == 0) remove_quietly(path);
  }
}

}  // namespace scission::runtime
