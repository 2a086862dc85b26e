#include "runtime/worker/segment_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/checksum.hpp"
#include "base/file.hpp"
#include "runtime/worker/store_files.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {

namespace fs = std::filesystem;

SegmentStore::SegmentStore(fs::path folder, const WorkerLimits& limits)
    : folder_(std::move(folder)), limits_(limits) {
  for (const char* part : {"segments", "uploads", "models"}) make_folder(folder_ / part);
}

fs::path SegmentStore::file(const std::string& sha256) const {
  return folder_ / "segments" / (sha256 + ".pt");
}

fs::path SegmentStore::part(const std::string& sha256) const {
  return folder_ / "uploads" / (sha256 + ".part");
}

fs::path SegmentStore::record(const std::string& model) const {
  return folder_ / "models" / (sha256_of(model) + ".json");
}

std::vector<NamedSegment> SegmentStore::restore(
    const std::function<void(const std::string&)>& tell) {
  const std::lock_guard lock(mutex_);
  std::vector<NamedSegment> models;
  bool all_read = true;  // a record that cannot be read now may name any of the segments
  for (const fs::path& path : files_in(folder_ / "models", ".json")) {
    try {
      models.push_back(restore_one(path));
    } catch (const Error& error) {
      tell(fmt::format("left out: {}", error.what()));
      if (error.code() == ErrorCode::damaged) {
        remove_quietly(path);
      } else {
        all_read = false;
      }
    }
  }
  if (all_read) delete_strangers();
  return models;
}

NamedSegment SegmentStore::restore_one(const fs::path& path) {
  NamedSegment model = parse_record(read_file(path), path.string());
  if (record(model.model) != path) {
    throw Error(ErrorCode::damaged, "is another model's record", path.string());
  }
  if (!is_whole(file(model.segment.sha256), model.segment.sha256)) {
    throw Error(ErrorCode::damaged, "its file is damaged; deploy it again", model.model);
  }
  models_[model.model] = model.segment.sha256;
  return model;
}

void SegmentStore::delete_strangers() const {
  for (const fs::path& path : files_in(folder_ / "segments", ".pt")) {
    const bool is_used = std::any_of(models_.begin(), models_.end(), [&](const auto& model) {
      return model.second == path.stem().string();
    });
    if (!is_used) remove_quietly(path);
  }
}

std::int64_t SegmentStore::uploaded_bytes(const std::string& sha256) const {
  check_sha256(sha256);
  return size_of(has(sha256) ? file(sha256) : part(sha256));
}

bool SegmentStore::has(const std::string& sha256) const {
  check_sha256(sha256);
  std::error_code ignored;
  return fs::is_regular_file(file(sha256), ignored);
}

std::unique_ptr<Upload> SegmentStore::upload(const Segment& segment) {
  check_sha256(segment.sha256);
  const std::lock_guard lock(mutex_);
  if (under_way_.count(segment.sha256) != 0) return nullptr;
  make_room(segment);
  under_way_[segment.sha256] = segment.bytes;
  try {
    return std::unique_ptr<Upload>(new Upload(*this, segment));
  } catch (...) {
    under_way_.erase(segment.sha256);
    throw;
  }
}

void SegmentStore::release(const std::string& sha256) {
  const std::lock_guard lock(mutex_);
  under_way_.erase(sha256);
}

void SegmentStore::finish(Upload& upload) {
  upload.file_.flush();
  if (sha256_of_file(upload.file_.path()) != upload.sha256_) {
    remove_quietly(upload.file_.path());
    throw Error(ErrorCode::damaged,
                "the SHA-256 of what came is another than the segment's; send it again", "upload");
  }
  std::error_code error;
  fs::rename(upload.file_.path(), file(upload.sha256_), error);
  if (error) throw Error(ErrorCode::io, "cannot be kept: " + error.message(), upload.sha256_);
}

void SegmentStore::keep(const NamedSegment& model) {
  const std::lock_guard lock(mutex_);
  write_file_atomically(record(model.model), format_record(model));
  const std::string before = std::exchange(models_[model.model], model.segment.sha256);
  if (!before.empty()) delete_if_unused(before);
}

bool SegmentStore::drop(const std::string& model) {
  const std::lock_guard lock(mutex_);
  const auto found = models_.find(model);
  if (found == models_.end()) return false;
  const std::string sha256 = found->second;
  remove_quietly(record(model));
  models_.erase(found);
  delete_if_unused(sha256);
  return true;
}

void SegmentStore::discard_unused(const std::string& sha256) {
  const std::lock_guard lock(mutex_);
  delete_if_unused(sha256);
}

void SegmentStore::delete_if_unused(const std::string& sha256) {
  const bool is_used = std::any_of(models_.begin(), models_.end(),
                                   [&](const auto& model) { return model.second == sha256; });
  if (!is_used) remove_quietly(file(sha256));
}

}  // namespace scission::runtime
