#include <sys/stat.h>

#include "scission/file.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

using namespace scission;
using testing::Scratch;

TEST_CASE("a file written is read back byte for byte") {
  const Scratch scratch;
  const std::string contents("\0\r\n\xff text", 9);
  write_file_atomically(scratch.path() / "f", contents);
  CHECK(read_file(scratch.path() / "f") == contents);
  CHECK(scratch.count() == 1);
}

TEST_CASE("writing replaces what was there") {
  const Scratch scratch;
  const auto path = scratch.file("f", "a long old content");
  write_file_atomically(path, "new");
  CHECK(read_file(path) == "new");
}

TEST_CASE("a file is written with the rights that the user's mask leaves") {
  const Scratch scratch;
  const mode_t before = umask(027);
  write_file_atomically(scratch.path() / "f", "x");
  umask(before);
  struct stat status {};
  REQUIRE(stat((scratch.path() / "f").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("a missing file is not found, and a folder cannot be read") {
  const Scratch scratch;
  CHECK_ERROR(read_file(scratch.path() / "none"), ErrorCode::not_found, "none: cannot be opened");
  CHECK_ERROR(read_file(scratch.path()), ErrorCode::io, "cannot be read");
}

TEST_CASE("what cannot be written leaves nothing behind") {
  const Scratch scratch;
  std::filesystem::create_directory(scratch.path() / "folder");
  scratch.file("folder/inside", "");
  CHECK_ERROR(write_file_atomically(scratch.path() / "folder", "x"), ErrorCode::io,
              "folder: cannot be written");
  CHECK_ERROR(write_file_atomically(scratch.path() / "none" / "f", "x"), ErrorCode::io,
              "f: cannot be written");
  CHECK(scratch.count() == 1);
}
