#include "runtime/segment_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "checksum.hpp"
#include "scission/error.hpp"
#include "scission/file.hpp"

namespace scission::runtime {
namespace {

namespace fs = std::filesystem;

bool is_sha256(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

void check_sha256(const std::string& text) {
  if (is_sha256(text)) return;
  throw Error(ErrorCode::invalid_argument, "is no SHA-256: 64 of the digits 0-9a-f", "sha256");
}

/// The folder's files whose name is a checksum and this extension: others are none of ours.
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
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

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
  for (const fs::path& path : files_in(folder_ / "models", ".json")) {
    try {
      NamedSegment model = parse_record(read_file(path), path.string());
      if (record(model.model) != path) {
        throw Error(ErrorCode::damaged, "is another model's record", path.string());
      }
      if (!is_whole(file(model.segment.sha256), model.segment.sha256)) {
        remove_quietly(path);
        throw Error(ErrorCode::damaged, "its file is damaged; deploy it again", model.model);
      }
      models_[model.model] = model.segment.sha256;
      models.push_back(std::move(model));
    } catch (const Error& error) {
      tell(fmt::format("left out: {}", error.what()));
    }
  }
  delete_strangers();
  return models;
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
