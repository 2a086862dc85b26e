// Deployed segments on disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "scission/model.hpp"
#include "scission/runtime/worker/worker.hpp"

namespace scission::runtime {

/// Longest name of a model or a system, and longest address.
inline constexpr std::size_t max_name_bytes = 1024;

/// Keeps a worker's folder from a second worker, which would delete the first one's files. The
/// operating system releases it when the process ends, however it does.
class FolderLock {
 public:
  /// Creates the folder. Throws Error(io) that names the owner and process that hold it.
  FolderLock(const std::filesystem::path& folder, const std::string& owner);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_ = -1;
};

/// A segment, the name that it is served under, and the lease that it belongs to.
struct NamedSegment {
  std::string model;
  Segment segment;
  std::string lease = {};  ///< empty: it stays until it is dropped
  bool is_whole = false;   ///< a whole model
  bool any_batch = false;  ///< it runs on every size of the first dimension of its inputs

  friend bool operator==(const NamedSegment&, const NamedSegment&) = default;
};

/// The model's name without the checksum's digits and the lease, which served_name() adds.
std::string given_name(const NamedSegment& model);

class SegmentStore;

/// A segment's file being received. It is on disk as far as it has arrived, so that an interrupted
/// upload can be resumed. Only one upload of a file exists at a time.
class Upload {
 public:
  ~Upload();
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  std::int64_t bytes() const { return bytes_; }  ///< received so far

  /// On a full disk, deletes abandoned uploads and tries again; if that is not enough, this upload
  /// is deleted too. Throws Error(invalid_argument) beyond the segment's size, Error(io).
  void append(std::string_view piece);

 private:
  friend class SegmentStore;
  /// Opens the file, creating it if absent. Throws Error(io) with the path as place.
  Upload(SegmentStore& store, const Segment& segment);

  void flush();
  [[noreturn]] void fail();

  SegmentStore& store_;
  const std::string sha256_;
  const std::int64_t total_bytes_;
  const std::filesystem::path path_;
  int descriptor_ = -1;
  std::int64_t bytes_ = 0;
};

/// A folder of segments:
///   segments/SHA256.pt     complete and verified, named by the SHA-256 of their contents
///   uploads/SHA256.part    partially received
///   models/SHA256.json     a model's record, named by the SHA-256 of its name: name and segment
/// Of all external input only checksums become part of a path. Thread-safe.
class SegmentStore {
 public:
  /// Creates the folder. Throws Error(io).
  SegmentStore(std::filesystem::path folder, const WorkerLimits& limits);

  /// The models stored by an earlier process. Damaged records and unused segments are deleted;
  /// records that cannot be read, or are of a newer version, are kept. `log` gets a line for each
  /// model that is skipped. Reads every file. Call it first.
  std::vector<NamedSegment> restore(const std::function<void(const std::string&)>& log);

  /// Number of bytes of the file that are stored. Throws Error(invalid_argument) unless the text is
  /// a SHA-256.
  std::int64_t uploaded_bytes(const std::string& sha256) const;
  /// Whether the complete file is stored. Throws as uploaded_bytes().
  bool has(const std::string& sha256) const;

  /// The path of a complete file.
  std::filesystem::path file(const std::string& sha256) const;

  /// Resumes or begins an upload; null while another upload of the file exists, and when the
  /// complete file is stored.
  /// Throws Error(infeasible) when the segment exceeds the limit of a model or the free storage,
  /// after deleting abandoned uploads. Error(io).
  std::unique_ptr<Upload> upload(const Segment& segment);

  /// Verifies a complete upload and makes it a segment. Throws Error(damaged) on another checksum,
  /// after deleting the upload. Error(io).
  void finish(Upload& upload);

  /// Records that the model is served by this segment, which must be stored. The model's previous
  /// segment is deleted unless another model uses it. Throws Error(io).
  void keep(const NamedSegment& model);

  /// Deletes the model's record, and its segment unless another model uses it; false if there is no
  /// such model.
  bool drop(const std::string& model);

  /// Deletes a complete file that no model uses.
  void discard_unused(const std::string& sha256);

 private:
  friend class Upload;

  NamedSegment restore_one(const std::filesystem::path& path);
  std::filesystem::path part(const std::string& sha256) const;
  std::filesystem::path record(const std::string& model) const;
  void make_room(const Segment& segment);
  std::int64_t stored_bytes() const;
  void delete_abandoned(const std::string& except);
  void free_abandoned();
  void release(const std::string& sha256);
  bool is_used(const std::string& sha256) const;
  void delete_if_unused(const std::string& sha256) const;

  const std::filesystem::path folder_;
  const WorkerLimits limits_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> models_;    // SHA-256 by model
  std::map<std::string, std::int64_t> uploads_;  // total bytes by SHA-256
};

}  // namespace scission::runtime
