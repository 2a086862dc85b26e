#include "torchscript/common/model_file.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/error.hpp"

namespace scission::torchscript {
namespace {

constexpr std::string_view how_to_write =
    "write TorchScript with torch.jit.script(model) or torch.jit.trace(model, example), and save() "
    "it";

std::uint64_t number_at(std::string_view bytes, std::size_t place, std::size_t size) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < size && place + i < bytes.size(); ++i) {
    number |= std::uint64_t{static_cast<unsigned char>(bytes[place + i])} << (8 * i);
  }
  return number;
}

// Formats by what their files begin with; empty when it is none of these.
std::string other_format(std::string_view head, std::uint64_t size) {
  const auto begins = [&](std::string_view text) { return head.starts_with(text); };
  if (begins("\x89HDF")) return "HDF5, as Keras writes it";
  if (head.substr(0, 8).find("TFL3") == 4) return "a TFLite model";
  if (size > 9 && number_at(head, 0, 8) < size && head.substr(8, 1) == "{") {
    return "safetensors, which holds weights without the model's code";
  }
  if (begins("\x80\x02") || begins("\x80\x04") || begins("\x80\x05")) {
    return "a Python pickle, as older torch.save() writes it";
  }
  const bool is_protobuf = begins("\x08") && head.size() > 2 && head[1] > 0 && head[1] < 32;
  if (is_protobuf) return "an ONNX model";
  return {};
}

void require_not_mistaken(std::string_view head, std::uint64_t size, const std::string& place) {
  if (size == 0) throw Error(ErrorCode::damaged, "is empty", place);
  if (head.starts_with("version https://git-lfs")) {
    throw Error(ErrorCode::damaged,
                "is a Git LFS pointer, not the model: fetch the model with git lfs pull", place);
  }
  std::string text(head.substr(0, 256));
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (text.find("<!doctype html") != std::string::npos || text.find("<html") != std::string::npos) {
    throw Error(ErrorCode::damaged, "is a web page, not a model: download the file itself", place);
  }
  const std::string format = other_format(head, size);
  if (format.empty()) return;
  throw Error(ErrorCode::unsupported,
              fmt::format("is {}, not TorchScript; {}", format, how_to_write), place);
}

/// One file in a zip archive.
struct Entry {
  std::string name;
  std::uint64_t size = 0;  ///< as stored
  std::uint32_t crc = 0;
  bool is_checkable = false;  ///< stored as it is, with its checksum in front
};

/// Goes through a zip archive from its beginning. PyTorch writes one entry behind the other.
class ZipReader {
 public:
  ZipReader(const std::filesystem::path& path, std::uint64_t size)
      : file_(path, std::ios::binary), size_(size) {}

  /// Reads the next entry's header; false at the archive's directory, or at anything else.
  bool next(Entry& entry) {
    const std::string header = bytes(30);
    if (number_at(header, 0, 4) != 0x04034b50) {
      ends_in_directory_ = number_at(header, 0, 4) == 0x02014b50;
      return false;
    }
    entry.name = bytes(number_at(header, 26, 2));
    const std::string extra = bytes(number_at(header, 28, 2));
    entry.size = number_at(header, 18, 4);
    if (entry.size == 0xffffffff) entry.size = large_size(extra);
    entry.crc = static_cast<std::uint32_t>(number_at(header, 14, 4));
    const bool has_trailer = (number_at(header, 6, 2) & 8) != 0;
    entry.is_checkable = !has_trailer && number_at(header, 8, 2) == 0;
    return !has_trailer;
  }

  /// The checksum of the entry's contents, which it reads.
  std::uint32_t checksum(const Entry& entry) {
    std::vector<char> buffer(1 << 20);
    uLong crc = crc32(0, nullptr, 0);
    for (std::uint64_t left = entry.size; left > 0 && file_;) {
      const auto count = std::min<std::uint64_t>(left, buffer.size());
      file_.read(buffer.data(), static_cast<std::streamsize>(count));
      crc = crc32(crc, reinterpret_cast<const Bytef*>(buffer.data()), static_cast<uInt>(count));
      left -= count;
    }
    return static_cast<std::uint32_t>(crc);
  }

  void skip(const Entry& entry) {
    file_.seekg(static_cast<std::streamoff>(entry.size), std::ios::cur);
  }
  bool is_within(const Entry& entry) {
    return static_cast<std::uint64_t>(file_.tellg()) + entry.size <= size_;
  }
  bool ends_in_directory() const { return ends_in_directory_; }

 private:
  std::string bytes(std::uint64_t count) {
    std::string text(count, '\0');
    file_.read(text.data(), static_cast<std::streamsize>(count));
    text.resize(static_cast<std::size_t>(file_.gcount()));
    return text;
  }

  // The compressed size in a ZIP64 field: behind the uncompressed one.
  static std::uint64_t large_size(std::string_view extra) {
    for (std::size_t at = 0; at + 4 <= extra.size(); at += 4 + number_at(extra, at + 2, 2)) {
      if (number_at(extra, at, 2) == 1) return number_at(extra, at + 12, 8);
    }
    return 0;
  }

  std::ifstream file_;
  std::uint64_t size_;
  bool ends_in_directory_ = false;
};

bool ends_with(const std::vector<std::string>& names, std::string_view end) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return name.ends_with(end); });
}

// What a zip archive without TorchScript's constants holds.
std::string archive_format(const std::vector<std::string>& names) {
  if (ends_with(names, ".weights.h5") || ends_with(names, "/config.json") ||
      ends_with(names, "metadata.json")) {
    return "a Keras model";
  }
  if (ends_with(names, "archive_format") || ends_with(names, "model.json") ||
      ends_with(names, "serialized_exported_program.json")) {
    return "a program of torch.export (.pt2)";
  }
  if (ends_with(names, "data.pkl")) return "a state_dict or a pickled module of torch.save()";
  return "a zip archive of something else";
}

void require_intact_archive(const std::filesystem::path& path, std::uint64_t size) {
  ZipReader archive(path, size);
  std::vector<std::string> names;
  for (Entry entry; archive.next(entry);) {
    names.push_back(entry.name);
    if (!archive.is_within(entry)) {
      throw Error(ErrorCode::damaged, "is cut off: copy or download it again", path.string());
    }
    if (!entry.is_checkable) {
      archive.skip(entry);
    } else if (archive.checksum(entry) != entry.crc) {
      throw Error(ErrorCode::damaged,
                  fmt::format("is damaged: the checksum of '{}' in it differs; copy or download it "
                              "again",
                              entry.name),
                  path.string());
    }
  }
  if (ends_with(names, "constants.pkl")) {
    if (archive.ends_in_directory()) return;
    throw Error(ErrorCode::damaged, "is cut off: copy or download it again", path.string());
  }
  if (!archive.ends_in_directory()) return;  // an archive in another order: LibTorch's to read
  throw Error(ErrorCode::unsupported,
              fmt::format("is {}, not TorchScript; {}", archive_format(names), how_to_write),
              path.string());
}

}  // namespace

void require_torchscript_file(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::uint64_t size = std::filesystem::file_size(path, ignored);
  std::array<char, 512> buffer{};
  std::ifstream file(path, std::ios::binary);
  file.read(buffer.data(), buffer.size());
  const std::string_view head(buffer.data(), static_cast<std::size_t>(file.gcount()));
  if (head.starts_with("PK\x03\x04")) return require_intact_archive(path, size);
  require_not_mistaken(head, size, path.string());
}

}  // namespace scission::torchscript
