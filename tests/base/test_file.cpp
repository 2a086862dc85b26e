#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <map>
#include <string>

#include "base/file.hpp"
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
              "folder: exists and is not a regular file");
  CHECK_ERROR(write_file_atomically(scratch.path() / "none" / "f", "x"), ErrorCode::io,
              "f: cannot be written");
  CHECK(scratch.count() == 1);
}

TEST_CASE("a file that cannot be written to its end leaves the old one, and nothing else") {
  const Scratch scratch;
  const auto path = scratch.file("f", "old");
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{1000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const auto error =
      testing::error_of([&] { write_file_atomically(path, std::string(5000, 'x')); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  REQUIRE(error.has_value());
  CHECK(error->code() == ErrorCode::io);
  CHECK(read_file(path) == "old");
  CHECK(scratch.count() == 1);
}

TEST_CASE("a file that another program wrote takes its place when it is complete") {
  const Scratch scratch;
  const std::string png_end("\0\0\0\0IEND\xAE\x42\x60\x82", 12);
  for (const auto& [place, contents] :
       std::map<std::string, std::string>{{"a.svg", "<svg></svg>\n"},
                                          {"a.png", "PNG" + png_end},
                                          {"a.pdf", "%PDF\n%%EOF\n"},
                                          {"a.gp", "plot 1\n"}}) {
    const auto written = scratch.file("written", contents);
    publish_file(written, scratch.path() / place);
    CHECK(read_file(scratch.path() / place) == contents);
    CHECK_FALSE(std::filesystem::exists(written));
  }
}

TEST_CASE("a file that is cut short, empty or missing does not replace an older one") {
  const Scratch scratch;
  for (const auto& [place, contents] :
       std::map<std::string, std::string>{{"a.svg", "<svg><path d='M"},
                                          {"a.png", "PNG and half"},
                                          {"a.pdf", "%PDF\nobj"},
                                          {"a.gp", ""}}) {
    const auto old = scratch.file(place, "old");
    const auto written = scratch.file("written", contents);
    CHECK_ERROR(publish_file(written, old), ErrorCode::io, place + ": is cut short");
    CHECK_ERROR(publish_file(scratch.path() / "none", old), ErrorCode::io,
                place + ": was not written");
    CHECK(read_file(old) == "old");
  }
}

TEST_CASE("the folder that commands run in is named, not called a point") {
  CHECK(folder_text(".") == std::filesystem::current_path().string());
  CHECK(folder_text("") == std::filesystem::current_path().string());
  CHECK(folder_text("some/where") == "some/where");
}
