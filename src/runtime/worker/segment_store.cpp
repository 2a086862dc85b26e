#include "runtime/worker/segment_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/checksum.hpp"
#include "base/file.hpp"
#include "base/json_field.hpp"
#include "base/require.hpp"
#include "runtime/wire/message_fields.hpp"
#include "runtime/wire/status.hpp"

namespace scission::runtime {

namespace fs = std::filesystem;

namespace {

bool is_sha256(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

void validate_sha256(const std::string& text) {
  if (is_sha256(text)) return;
  throw_invalid_argument("is not a SHA-256 of 64 digits 0-9a-f", "sha256");
}

/// The folder's files named SHA256.EXTENSION; other files are not the store's.
std::vector<fs::path> files_in(const fs::path& folder, const char* extension) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() != extension || !is_sha256(entry.path().stem().string())) continue;
    files.push_back(entry.path());
  }
  return files;
}

/// 0 when there is no such file.
std::int64_t size_of(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  return error ? 0 : static_cast<std::int64_t>(size);
}

void remove_quietly(const fs::path& path) {
  std::error_code ignored;
  fs::remove(path, ignored);
}

/// Throws Error(io) when the file cannot be read.
bool is_intact(const fs::path& file, const std::string& sha256) {
  try {
    return sha256_of_file(file) == sha256;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
    return false;
  }
}

std::string format_record(const NamedSegment& model) {
  nlohmann::ordered_json record = {{"model", model.model},
                                   {"manifest", format_segment(model.segment)}};
  if (!model.lease.empty()) record["lease"] = model.lease;
  if (model.is_whole) record["is_whole"] = true;
  if (model.any_batch) record["any_batch"] = true;
  return record.dump(2) + "\n";
}

/// Throws Error(damaged | unsupported) that names the field, with the file as place.
NamedSegment read_record(const fs::path& file) {
  const std::string place = file.string();
  const nlohmann::json document = parse_json(read_file(file), place);
  const JsonField record(document, place);
  const auto flag = [&](const char* name) {
    return record.contains(name) && record.at(name).flag();
  };
  return {record.at("model").text(), parse_segment(record.at("manifest").text(), place),
          record.text_or("lease"), flag("is_whole"), flag("any_batch")};
}

}  // namespace

std::string given_name(const NamedSegment& model) {
  constexpr std::size_t digits = 12;
  const std::string ending =
      "-" + model.segment.sha256.substr(0, digits) + (model.lease.empty() ? "" : "-" + model.lease);
  const bool is_added = model.model.size() > ending.size() && model.model.ends_with(ending);
  return is_added ? model.model.substr(0, model.model.size() - ending.size()) : model.model;
}

FolderLock::FolderLock(const fs::path& folder, const std::string& owner) {
  make_folder(folder);
  const fs::path path = folder / "lock";
  const auto failure = [&](const std::string& what) {
    return Error(ErrorCode::io, what, path.string());
  };
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor_ < 0) {
    throw failure("cannot be written: " + std::generic_category().message(errno));
  }
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor_);
    throw failure(fmt::format("{} uses this folder; give this worker another one",
                              sanitise_line(read_file(path))));
  }
  const std::string holder = fmt::format("worker {} (process {})", owner, ::getpid());
  // Whether it can be written or not, the lock holds.
  if (::ftruncate(descriptor_, 0) == 0) (void)!::write(descriptor_, holder.data(), holder.size());
}

FolderLock::~FolderLock() { ::close(descriptor_); }

Upload::Upload(SegmentStore& store, const Segment& segment)
    : store_(store),
      sha256_(segment.sha256),
      total_bytes_(segment.bytes),
      path_(store.part(segment.sha256)),
      descriptor_(
          ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600)) {
  if (descriptor_ < 0) fail();
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) {
    ::close(descriptor_);
    fail();
  }
  bytes_ = status.st_size;
}

Upload::~Upload() {
  ::close(descriptor_);
  store_.release(sha256_);
}

void Upload::append(std::string_view piece) {
  if (static_cast<std::int64_t>(piece.size()) > total_bytes_ - bytes_) {
    throw_invalid_argument(fmt::format("has more bytes than the segment's {}", total_bytes_),
                           "upload");
  }
  bool has_freed = false;
  while (!piece.empty()) {
    const ssize_t written = ::write(descriptor_, piece.data(), piece.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == ENOSPC && !std::exchange(has_freed, true)) {
      store_.free_abandoned();
      continue;
    }
    if (written < 0) fail();
    bytes_ += written;
    piece.remove_prefix(static_cast<std::size_t>(written));
  }
}

void Upload::flush() {
  if (::fsync(descriptor_) != 0) fail();
}

void Upload::fail() {
  const int reason = errno;
  if (reason == ENOSPC) {
    // What has arrived would keep the disk full for every other segment.
    remove_quietly(path_);
    throw Error(ErrorCode::io,
                fmt::format("the disk is full; the segment has {} bytes: drop models, or give the "
                            "worker a folder on a larger disk",
                            total_bytes_),
                path_.parent_path().string());
  }
  throw Error(ErrorCode::io, "cannot be written: " + std::generic_category().message(reason),
              path_.string());
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
    const std::function<void(const std::string&)>& log) {
  const std::lock_guard lock(mutex_);
  std::vector<NamedSegment> models;
  bool all_read = true;  // an unreadable record may refer to any of the segments
  for (const fs::path& path : files_in(folder_ / "models", ".json")) {
    try {
      models.push_back(restore_one(path));
    } catch (const Error& error) {
      log(fmt::format("skipped: {}", error.what()));
      if (error.code() == ErrorCode::damaged) {
        remove_quietly(path);
      } else {
        all_read = false;
      }
    }
  }
  if (all_read) {
    for (const fs::path& path : files_in(folder_ / "segments", ".pt")) {
      delete_if_unused(path.stem().string());
    }
  }
  return models;
}

NamedSegment SegmentStore::restore_one(const fs::path& path) {
  NamedSegment model = read_record(path);
  if (record(model.model) != path) {
    throw Error(ErrorCode::damaged, "is the record of another model", path.string());
  }
  if (!is_intact(file(model.segment.sha256), model.segment.sha256)) {
    throw Error(ErrorCode::damaged, "its file is damaged; deploy it again", model.model);
  }
  models_[model.model] = model.segment.sha256;
  return model;
}

std::int64_t SegmentStore::uploaded_bytes(const std::string& sha256) const {
  return size_of(has(sha256) ? file(sha256) : part(sha256));
}

bool SegmentStore::has(const std::string& sha256) const {
  validate_sha256(sha256);
  std::error_code ignored;
  return fs::is_regular_file(file(sha256), ignored);
}

std::unique_ptr<Upload> SegmentStore::upload(const Segment& segment) {
  validate_sha256(segment.sha256);
  const std::lock_guard lock(mutex_);
  // Another upload may have ended since the caller looked for the file.
  if (uploads_.count(segment.sha256) != 0 || has(segment.sha256)) return nullptr;
  make_room(segment);
  uploads_[segment.sha256] = segment.bytes;
  try {
    return std::unique_ptr<Upload>(new Upload(*this, segment));
  } catch (...) {
    uploads_.erase(segment.sha256);
    throw;
  }
}

void SegmentStore::make_room(const Segment& segment) {
  if (segment.bytes > limits_.model_bytes) {
    throw Error(
        ErrorCode::infeasible,
        fmt::format("has {} bytes; the limit of a model is {}", segment.bytes, limits_.model_bytes),
        "segment");
  }
  const auto is_room = [&] {
    const std::int64_t received = size_of(part(segment.sha256));
    return stored_bytes() - received <= limits_.storage_bytes - segment.bytes;
  };
  if (!is_room()) delete_abandoned(segment.sha256);
  if (is_room()) return;
  throw Error(ErrorCode::infeasible,
              fmt::format("needs {} bytes, more than are free in the storage of {}; drop models",
                          segment.bytes, limits_.storage_bytes),
              "segment");
}

// Current uploads count with their total size.
std::int64_t SegmentStore::stored_bytes() const {
  std::int64_t bytes = 0;
  for (const fs::path& path : files_in(folder_ / "segments", ".pt")) bytes += size_of(path);
  for (const auto& [sha256, total_bytes] : uploads_) bytes += total_bytes;
  for (const fs::path& path : files_in(folder_ / "uploads", ".part")) {
    if (uploads_.count(path.stem().string()) == 0) bytes += size_of(path);
  }
  return bytes;
}

void SegmentStore::delete_abandoned(const std::string& except) {
  for (const fs::path& path : files_in(folder_ / "uploads", ".part")) {
    const std::string sha256 = path.stem().string();
    if (sha256 != except && uploads_.count(sha256) == 0) remove_quietly(path);
  }
}

void SegmentStore::free_abandoned() {
  const std::lock_guard lock(mutex_);
  delete_abandoned("");
}

void SegmentStore::release(const std::string& sha256) {
  const std::lock_guard lock(mutex_);
  uploads_.erase(sha256);
}

void SegmentStore::finish(Upload& upload) {
  upload.flush();
  if (sha256_of_file(upload.path_) != upload.sha256_) {
    remove_quietly(upload.path_);
    throw Error(ErrorCode::damaged,
                "the SHA-256 of the received file is not the segment's; send it again", "upload");
  }
  std::error_code error;
  fs::rename(upload.path_, file(upload.sha256_), error);
  if (error) throw Error(ErrorCode::io, "cannot be stored: " + error.message(), upload.sha256_);
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

bool SegmentStore::is_used(const std::string& sha256) const {
  return std::any_of(models_.begin(), models_.end(),
                     [&](const auto& model) { return model.second == sha256; });
}

void SegmentStore::delete_if_unused(const std::string& sha256) const {
  if (!is_used(sha256)) remove_quietly(file(sha256));
}

}  // namespace scission::runtime
