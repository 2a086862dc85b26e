#include "runtime/worker/partial_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "scission/base/error.hpp"

namespace scission::runtime {

PartialFile::PartialFile(std::filesystem::path path) : path_(std::move(path)) {
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor_ < 0) fail();
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) {
    ::close(descriptor_);
    fail();
  }
  bytes_ = status.st_size;
}

PartialFile::~PartialFile() { ::close(descriptor_); }

void PartialFile::append(std::string_view piece) {
  while (!piece.empty()) {
    const ssize_t written = ::write(descriptor_, piece.data(), piece.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail();
    bytes_ += written;
    piece.remove_prefix(static_cast<std::size_t>(written));
  }
}

void PartialFile::flush() {
  if (::fsync(descriptor_) != 0) fail();
}

void PartialFile::fail() const {
  throw Error(ErrorCode::io, "cannot be written: " + std::generic_category().message(errno),
              path_.string());
}

}  // namespace scission::runtime
