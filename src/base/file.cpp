#include "base/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>

#include "base/descriptor.hpp"
#include "base/text.hpp"
#include "scission/base.hpp"

namespace scission {
namespace {

[[noreturn]] void fail(const char* what, int error, const std::filesystem::path& path) {
  const ErrorCode code = error == ENOENT ? ErrorCode::not_found : ErrorCode::io;
  throw Error(code, fmt::format("{}: {}", what, std::generic_category().message(error)),
              path.string());
}

// A new file with a unique name in the folder of `target`; removed again unless it is renamed.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& target) : target_(target), file_(create()) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!renamed_) ::unlink(path_.c_str());
  }

  void write(std::string_view contents) {
    while (!contents.empty()) {
      const ssize_t written = ::write(file_.number(), contents.data(), contents.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) cannot_write();
      contents.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void rename_to_target() {
    if (::fsync(file_.number()) != 0 || !file_.close()) cannot_write();
    if (::rename(path_.c_str(), target_.c_str()) != 0) cannot_write();
    renamed_ = true;
  }

 private:
  int create() {
    static std::atomic<unsigned> count = 0;
    int descriptor = -1;
    do {
      path_ = target_.parent_path() / fmt::format(".scission-{}-{}.tmp", ::getpid(), count++);
      descriptor = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (descriptor < 0 && errno == EEXIST);
    if (descriptor < 0) cannot_write();
    return descriptor;
  }

  [[noreturn]] void cannot_write() const {
    throw Error(ErrorCode::io, "cannot be written: " + std::generic_category().message(errno),
                target_.string());
  }

  std::filesystem::path target_;
  std::filesystem::path path_;
  Descriptor file_;
  bool renamed_ = false;
};

// A device may be endless, as /dev/zero is; /dev/null and a terminal are read like files.
void require_end(const Descriptor& file, std::size_t size, const std::filesystem::path& path) {
  constexpr std::size_t largest = std::size_t{1} << 24;
  struct stat status {};
  if (size <= largest || ::fstat(file.number(), &status) != 0) return;
  if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) {
    throw Error(ErrorCode::io, "is a device without an end; name a file", path.string());
  }
}

constexpr std::string_view png_end{"\0\0\0\0IEND\xAE\x42\x60\x82", 12};

bool is_complete(std::string_view contents, const std::string& ending) {
  if (ending == ".png") return contents.ends_with(png_end);
  contents = text::trim(contents);
  if (ending == ".svg") return contents.ends_with("</svg>");
  if (ending == ".pdf") return contents.ends_with("%%EOF");
  return !contents.empty();
}

// What is only in memory may still find the disk full.
void flush(const std::filesystem::path& file, const std::filesystem::path& place) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.is_open() && ::fsync(descriptor.number()) == 0) return;
  throw Error(ErrorCode::io, "cannot be written: " + std::generic_category().message(errno),
              place.string());
}

void require_replaceable(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored)) {
    throw Error(ErrorCode::io, "exists and is not a regular file", path.string());
  }
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) fail("cannot be opened", errno, path);
  std::string contents;
  char chunk[1 << 16];
  for (;;) {
    const ssize_t count = ::read(file.number(), chunk, sizeof chunk);
    if (count == 0) return contents;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("cannot be read", errno, path);
    contents.append(chunk, static_cast<std::size_t>(count));
    require_end(file, contents.size(), path);
  }
}

void write_file_atomically(const std::filesystem::path& path, std::string_view contents) {
  require_replaceable(path);
  TemporaryFile file(path);
  file.write(contents);
  file.rename_to_target();
}

void require_writable(const std::filesystem::path& path) {
  require_replaceable(path);
  const TemporaryFile file(path);  // its destructor removes it
}

void require_complete(const std::filesystem::path& written, const std::filesystem::path& place) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(written, ignored)) {
    throw Error(ErrorCode::io, "was not written by the program that draws it", place.string());
  }
  flush(written, place);
  if (is_complete(read_file(written), place.extension().string())) return;
  throw Error(ErrorCode::io, "is cut short, and was removed; is the disk full?", place.string());
}

void publish_file(const std::filesystem::path& written, const std::filesystem::path& place) {
  require_complete(written, place);
  if (::rename(written.c_str(), place.c_str()) == 0) return;
  throw Error(ErrorCode::io, "cannot be written: " + std::generic_category().message(errno),
              place.string());
}

std::string folder_text(const std::filesystem::path& folder) {
  if (!folder.empty() && folder != "." && folder != "./") return folder.string();
  std::error_code ignored;
  return std::filesystem::current_path(ignored).string();
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw Error(ErrorCode::io, "cannot be created: " + error.message(), folder_text(folder));
  }
}

}  // namespace scission
