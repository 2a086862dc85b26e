#include <fmt/format.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "runtime/fake_stage.hpp"
#include "runtime/running_worker.hpp"
#include "runtime/worker/models.hpp"
#include "runtime/worker/segment_store.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

/// The models of a store, and the lines that it logs.
struct Restored {
  std::vector<NamedSegment> models;
  std::vector<std::string> log;
};

Restored restore(SegmentStore& store) {
  Restored restored;
  restored.models = store.restore([&](const std::string& line) { restored.log.push_back(line); });
  return restored;
}

Segment segment_of(const std::string& bytes) {
  Segment segment = small_segment();
  segment.sha256 = sha256_of(bytes);
  segment.bytes = static_cast<std::int64_t>(bytes.size());
  return segment;
}

void put(SegmentStore& store, const std::string& model, const std::string& bytes) {
  const Segment segment = segment_of(bytes);
  if (!store.has(segment.sha256)) {
    const auto upload = store.upload(segment);
    REQUIRE(upload);
    upload->append(bytes);
    store.finish(*upload);
  }
  store.keep({model, segment});
}

/// Every file below the folder, by its path from there.
std::vector<std::string> files_below(const std::filesystem::path& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path().lexically_relative(folder).string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

TEST_CASE("A stored segment is found again, byte for byte") {
  const Scratch folder;
  {
    SegmentStore store(folder.path(), {});
    put(store, "net/01", "add 1");
  }
  SegmentStore store(folder.path(), {});
  const Restored restored = restore(store);
  CHECK(restored.log.empty());
  REQUIRE(restored.models.size() == 1);
  CHECK(restored.models[0].model == "net/01");
  CHECK(restored.models[0].segment == segment_of("add 1"));
  CHECK(store.has(sha256_of("add 1")));
  CHECK(read_file(store.file(sha256_of("add 1"))) == "add 1");
}

TEST_CASE("A damaged file is skipped and reported, and can be uploaded again") {
  const Scratch folder;
  {
    SegmentStore store(folder.path(), {});
    put(store, "good", "add 1");
    put(store, "bad", "add 2");
    write_file_atomically(store.file(sha256_of("add 2")), "add 3");
  }
  SegmentStore store(folder.path(), {});
  const Restored restored = restore(store);
  REQUIRE(restored.models.size() == 1);
  CHECK(restored.models[0].model == "good");
  REQUIRE(restored.log.size() == 1);
  CHECK(restored.log[0].find("bad") != std::string::npos);
  CHECK(!store.has(sha256_of("add 2")));
  put(store, "bad", "add 2");
  CHECK(store.has(sha256_of("add 2")));
}

TEST_CASE("A damaged record is skipped and reported") {
  const Scratch folder;
  {
    SegmentStore store(folder.path(), {});
    put(store, "net", "add 1");
    write_file_atomically(folder.path() / "models" / (sha256_of("net") + ".json"),
                          "{\"model\": 1}");
  }
  SegmentStore store(folder.path(), {});
  const Restored restored = restore(store);
  CHECK(restored.models.empty());
  REQUIRE(restored.log.size() == 1);
  CHECK(restored.log[0].find("model") != std::string::npos);
  SegmentStore next(folder.path(), {});
  CHECK(restore(next).log.empty());
}

TEST_CASE("An interrupted upload resumes where it stopped, after a restart too") {
  const Scratch folder;
  const Segment segment = segment_of("add 1000");
  {
    SegmentStore store(folder.path(), {});
    CHECK(store.uploaded_bytes(segment.sha256) == 0);
    store.upload(segment)->append("add ");
  }
  SegmentStore store(folder.path(), {});
  restore(store);
  CHECK(store.uploaded_bytes(segment.sha256) == 4);
  CHECK(!store.has(segment.sha256));
  const auto upload = store.upload(segment);
  REQUIRE(upload);
  CHECK(upload->bytes() == 4);
  upload->append("1000");
  store.finish(*upload);
  CHECK(store.uploaded_bytes(segment.sha256) == 8);
  CHECK(read_file(store.file(segment.sha256)) == "add 1000");
}

TEST_CASE("Bytes of another checksum never become a segment, and are forgotten") {
  const Scratch folder;
  SegmentStore store(folder.path(), {});
  const Segment segment = segment_of("add 1");
  {
    const auto upload = store.upload(segment);
    upload->append("add 2");
    CHECK_ERROR(store.finish(*upload), ErrorCode::damaged, "SHA-256");
  }
  CHECK(!store.has(segment.sha256));
  CHECK(store.uploaded_bytes(segment.sha256) == 0);
  CHECK(files_below(folder.path()).empty());
}

TEST_CASE("More bytes than the segment has are refused") {
  const Scratch folder;
  SegmentStore store(folder.path(), {});
  const auto upload = store.upload(segment_of("add 1"));
  upload->append("add ");
  CHECK_ERROR(upload->append("11"), ErrorCode::invalid_argument, "5");
}

TEST_CASE("A file has one upload at a time") {
  const Scratch folder;
  SegmentStore store(folder.path(), {});
  auto first = store.upload(segment_of("add 1"));
  CHECK(!store.upload(segment_of("add 1")));
  CHECK(store.upload(segment_of("add 2")));
  first.reset();
  CHECK(store.upload(segment_of("add 1")));
}

TEST_CASE("The storage's limits hold, and abandoned uploads make way") {
  const Scratch folder;
  WorkerLimits limits;
  limits.model_bytes = 10;
  limits.storage_bytes = 16;
  SegmentStore store(folder.path(), limits);
  CHECK_ERROR(store.upload(segment_of("add 1234567")), ErrorCode::infeasible, "11 bytes");
  put(store, "one", "add 123456");
  CHECK_ERROR(store.upload(segment_of("add 7654")), ErrorCode::infeasible, "storage");
  store.upload(segment_of("add 7"))->append("add");
  CHECK(store.uploaded_bytes(segment_of("add 7").sha256) == 3);
  {
    const auto upload = store.upload(segment_of("add 89"));
    CHECK(upload);
    CHECK(store.uploaded_bytes(segment_of("add 7").sha256) == 0);
    CHECK_ERROR(store.upload(segment_of("add 7")), ErrorCode::infeasible, "storage");
  }
  CHECK(store.drop("one"));
  CHECK(store.upload(segment_of("add 7654")));
}

TEST_CASE("A file goes with the last model that uses it") {
  const Scratch folder;
  SegmentStore store(folder.path(), {});
  put(store, "one", "add 1");
  store.keep({"two", segment_of("add 1")});
  CHECK(store.drop("one"));
  CHECK(store.has(sha256_of("add 1")));
  CHECK(!store.drop("one"));
  CHECK(store.drop("two"));
  CHECK(!store.has(sha256_of("add 1")));
  CHECK(files_below(folder.path()).empty());
}

TEST_CASE("A model's next segment replaces the one before, its file too") {
  const Scratch folder;
  SegmentStore store(folder.path(), {});
  put(store, "net", "add 1");
  put(store, "net", "add 2");
  CHECK(!store.has(sha256_of("add 1")));
  SegmentStore again(folder.path(), {});
  const Restored restored = restore(again);
  REQUIRE(restored.models.size() == 1);
  CHECK(restored.models[0].segment.sha256 == sha256_of("add 2"));
}

TEST_CASE("Files that no model uses are gone after a restart, those of others are not") {
  const Scratch folder;
  {
    SegmentStore store(folder.path(), {});
    put(store, "net", "add 1");
    write_file_atomically(store.file(sha256_of("add 9")), "add 9");
    write_file_atomically(folder.path() / "segments" / "notes.txt", "mine");
  }
  SegmentStore store(folder.path(), {});
  restore(store);
  CHECK(store.has(sha256_of("add 1")));
  CHECK(!store.has(sha256_of("add 9")));
  CHECK(read_file(folder.path() / "segments" / "notes.txt") == "mine");
}

TEST_CASE("No name leads out of the store") {
  const Scratch folder;
  const std::filesystem::path inside = folder.path() / "store";
  SegmentStore store(inside, {});
  const std::vector<std::string> names{"../../evil", "/etc/evil", "a/b", "..", ".", "", "x\ny"};
  for (const std::string& name : names) put(store, name, "add 1");
  CHECK(files_below(folder.path()).size() == names.size() + 1);
  CHECK(files_below(inside).size() == names.size() + 1);
  SegmentStore again(inside, {});
  CHECK(restore(again).models.size() == names.size());

  for (const char* sha256 : {"", "..", "../../x", "ABCD"}) {
    CAPTURE(sha256);
    CHECK_ERROR(store.uploaded_bytes(sha256), ErrorCode::invalid_argument, "SHA-256");
    Segment segment = small_segment();
    segment.sha256 = sha256;
    CHECK_ERROR(store.upload(segment), ErrorCode::invalid_argument, "SHA-256");
  }
}

TEST_CASE("A segment whose model cannot be loaded is not served and leaves nothing behind") {
  const Scratch folder;
  WorkerOptions options = worker_options("edge1");
  options.store = folder.path();
  Models models(options, [](const std::string&) {});
  put(models.store(), "other", "add 1");
  const Segment segment = segment_of("nonsense");
  {
    const auto upload = models.store().upload(segment);
    upload->append("nonsense");
    models.store().finish(*upload);
  }
  CHECK_ERROR(models.serve({"net", segment}), ErrorCode::damaged, "no fake stage");
  CHECK(models.find("net") == nullptr);
  CHECK(!models.store().has(segment.sha256));
  CHECK(models.store().has(sha256_of("add 1")));
}

TEST_CASE("A folder that a worker uses is refused to a second one, and free when the first ends") {
  const Scratch folder;
  {
    const FolderLock first(folder.path(), "edge1");
    CHECK_ERROR(FolderLock(folder.path(), "edge2"), ErrorCode::io,
                fmt::format("worker edge1 (process {})", getpid()));
  }
  const FolderLock next(folder.path(), "edge2");
  CHECK(read_file(folder.path() / "lock").find("edge2") != std::string::npos);
}

TEST_CASE("A full disk is freed of abandoned uploads, and of the one that does not fit") {
  const Scratch scratch;
  const std::filesystem::path disk = scratch.path() / "disk";
  std::filesystem::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=256k") != 0) {
    SKIP_TEST("needs root, for a tmpfs");
  }
  {
    SegmentStore store(disk, {});
    const std::string half(150'000, 'h');
    const std::string large(400'000, 'l');
    {
      const auto abandoned = store.upload(segment_of(half));
      abandoned->append(std::string_view(half).substr(0, 140'000));
    }
    put(store, "net", std::string(150'000, 'n'));  // fits without the abandoned one alone
    CHECK(store.uploaded_bytes(sha256_of(half)) == 0);
    {
      const auto upload = store.upload(segment_of(large));
      CHECK_ERROR(upload->append(large), ErrorCode::io, "the disk is full");
    }
    CHECK(store.uploaded_bytes(sha256_of(large)) == 0);
    put(store, "small", std::string(50'000, 's'));
    CHECK(store.has(sha256_of(std::string(50'000, 's'))));
  }
  ::umount2(disk.c_str(), MNT_DETACH);
}
