// Deployed segments on the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/worker/partial_file.hpp"
#include "runtime/worker/stored_record.hpp"
#include "scission/model/segments.hpp"
#include "scission/runtime/worker/worker.hpp"

namespace scission::runtime {

class SegmentStore;

/// A file on its way in. Nobody else uploads the same one meanwhile.
class Upload {
 public:
  ~Upload();
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  std::int64_t bytes() const { return file_.bytes(); }

  /// Throws Error(invalid_argument) on more bytes than the segment has, Error(io).
  void append(std::string_view piece);

 private:
  friend class SegmentStore;
  Upload(SegmentStore& store, const Segment& segment);

  SegmentStore& store_;
  std::string sha256_;
  std::int64_t total_;
  PartialFile file_;
};

/// A folder of segments:
///   segments/SHA256.pt     whole and checked, by the SHA-256 of their bytes
///   uploads/SHA256.part    what has come so far of others
///   models/SHA256.json     a name (whose SHA-256 the file is named by) and its segment
/// Nothing that comes from outside becomes part of a path but checksums. Thread-safe.
class SegmentStore {
 public:
  /// Creates the folder. Throws Error(io).
  SegmentStore(std::filesystem::path folder, const WorkerLimits& limits);

  /// What is there from an earlier life. Files that are damaged or that no model uses are deleted,
  /// what cannot be read, or is of a newer version, stays; `tell` has a line for each model that
  /// is left out. Reads every file. Before anything else.
  std::vector<NamedSegment> restore(const std::function<void(const std::string&)>& tell);

  /// How many bytes of the file are here, and whether it is whole.
  /// Throws Error(invalid_argument) on what is no SHA-256.
  std::int64_t uploaded_bytes(const std::string& sha256) const;
  bool has(const std::string& sha256) const;

  /// Where a whole file is.
  std::filesystem::path file(const std::string& sha256) const;

  /// Goes on with an upload, or begins one; null while somebody else is at this file.
  /// Throws Error(infeasible) when the segment is larger than a model may be or the storage
  /// has no room; abandoned uploads are deleted to make some. Error(io).
  std::unique_ptr<Upload> upload(const Segment& segment);

  /// Checks a whole upload and makes it a segment. Throws Error(damaged) when the checksum is
  /// another: what was uploaded is deleted then. Error(io).
  void finish(Upload& upload);

  /// Remembers that the model is served by this segment, which is here. What served it before goes
  /// unless another model uses it. Throws Error(io).
  void keep(const NamedSegment& model);

  /// Forgets the model, and the segment unless another model uses it; false when there is none.
  bool drop(const std::string& model);

  /// Deletes a whole file that no model uses.
  void discard_unused(const std::string& sha256);

 private:
  friend class Upload;

  NamedSegment restore_one(const std::filesystem::path& path);
  std::filesystem::path part(const std::string& sha256) const;
  std::filesystem::path record(const std::string& model) const;
  void make_room(const Segment& segment);
  std::int64_t stored_bytes() const;
  void delete_abandoned(const std::string& except);
  void release(const std::string& sha256);
  void delete_if_unused(const std::string& sha256);
  void delete_strangers() const;

  const std::filesystem::path folder_;
  const WorkerLimits limits_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> models_;      // SHA-256 by model
  std::map<std::string, std::int64_t> under_way_;  // bytes in all by SHA-256
};

}  // namespace scission::runtime
