#include "base/checksum.hpp"

#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::testing;

// The vectors of FIPS 180-4's examples, and what coreutils' sha256sum says of the last.
TEST_CASE("a file's checksum is SHA-256") {
  const Scratch folder;
  CHECK(sha256_of_file(folder.file("abc", "abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_of_file(folder.file("empty", "")) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_of_file(folder.file("million", std::string(1'000'000, 'a'))) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("a checksum goes over all pieces of a long file") {
  const Scratch folder;
  std::string bytes(3'000'000, 'a');
  const std::string before = sha256_of_file(folder.file("long", bytes));
  bytes.back() = 'b';
  CHECK(sha256_of_file(folder.file("long", bytes)) != before);
}

TEST_CASE("a path that is not a file has no checksum") {
  const Scratch folder;
  CHECK_ERROR(sha256_of_file(folder.path() / "none"), ErrorCode::not_found, "none");
  CHECK_ERROR(sha256_of_file(folder.path()), ErrorCode::not_found, folder.path().string());
}
