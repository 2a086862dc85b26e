#include "torchscript/common/model_file.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scission/base.hpp"

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

// The format, by the first bytes of the file; empty for an unknown format.
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
  if (begins("\xff\xd8\xff") || begins("\x89PNG") || begins("GIF8") || begins("BM")) {
    return "a picture";
  }
  if (begins("\x1f\x8b")) return "compressed with gzip";
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
  // torch.jit.save() writes a zip archive; LibTorch's message about another file is of no help.
  if (format.empty()) {
    throw Error(
        ErrorCode::damaged,
        fmt::format("cannot be loaded as TorchScript: it is not a zip archive; {}", how_to_write),
        place);
  }
  throw Error(ErrorCode::unsupported,
              fmt::format("is {}, not TorchScript; {}", format, how_to_write), place);
}

/// One file in a zip archive.
struct Entry {
  std::string name;
  std::uint64_t header = 0;  ///< where its own header stands
  std::uint64_t size = 0;    ///< as stored
  std::uint32_t crc = 0;
  bool is_stored = false;  ///< not compressed
};

/// Reads a zip archive's directory, which stands at its end, and checksums of entries.
/// APPNOTE.TXT of PKWARE describes the format.
class ZipReader {
 public:
  ZipReader(const std::filesystem::path& path, std::uint64_t size)
      : file_(path, std::ios::binary), size_(size) {}

  /// nullopt when there is no directory, or an entry lies beyond the file's end.
  std::optional<std::vector<Entry>> entries() {
    const auto [place, count] = directory();
    std::vector<Entry> all;
    std::uint64_t at = place;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string fixed = bytes(at, 46);
      if (number_at(fixed, 0, 4) != 0x02014b50) return std::nullopt;
      const std::uint64_t name_size = number_at(fixed, 28, 2);
      const std::uint64_t extra_size = number_at(fixed, 30, 2);
      Entry entry{bytes(at + 46, name_size), number_at(fixed, 42, 4), number_at(fixed, 20, 4),
                  static_cast<std::uint32_t>(number_at(fixed, 16, 4)),
                  number_at(fixed, 10, 2) == 0};
      read_large_numbers(bytes(at + 46 + name_size, extra_size), fixed, entry);
      if (entry.header + entry.size > size_) return std::nullopt;
      all.push_back(std::move(entry));
      at += 46 + name_size + extra_size + number_at(fixed, 32, 2);
    }
    if (all.empty()) return std::nullopt;
    return all;
  }

  /// The checksum of the entry's contents, which it reads.
  std::uint32_t checksum(const Entry& entry) {
    const std::string header = bytes(entry.header, 30);
    std::uint64_t at = entry.header + 30 + number_at(header, 26, 2) + number_at(header, 28, 2);
    uLong crc = crc32(0, nullptr, 0);
    constexpr std::uint64_t chunk = 1 << 20;
    for (std::uint64_t left = entry.size; left > 0;) {
      const std::string part = bytes(at, std::min(left, chunk));
      if (part.empty()) break;
      crc = crc32(crc, reinterpret_cast<const Bytef*>(part.data()), static_cast<uInt>(part.size()));
      at += part.size();
      left -= part.size();
    }
    return static_cast<std::uint32_t>(crc);
  }

 private:
  // Where the directory begins, and how many entries it has; none where there is no directory.
  std::pair<std::uint64_t, std::uint64_t> directory() {
    const std::uint64_t tail_size = std::min<std::uint64_t>(size_, 65'557);
    const std::string tail = bytes(size_ - tail_size, tail_size);
    const std::size_t end = tail.rfind("PK\x05\x06");
    if (end == std::string::npos) return {0, 0};
    if (end >= 20 && tail.compare(end - 20, 4, "PK\x06\x07") == 0) {
      const std::string large = bytes(number_at(tail, end - 12, 8), 56);
      return {number_at(large, 48, 8), number_at(large, 32, 8)};
    }
    return {number_at(tail, end + 16, 4), number_at(tail, end + 10, 2)};
  }

  // Numbers that do not fit into the fixed part stand in the extra field 1, in this order.
  static void read_large_numbers(std::string_view extra, std::string_view fixed, Entry& entry) {
    constexpr std::uint64_t absent = 0xffffffff;
    for (std::size_t at = 0; at + 4 <= extra.size(); at += 4 + number_at(extra, at + 2, 2)) {
      if (number_at(extra, at, 2) != 1) continue;
      std::size_t field = at + 4;
      if (number_at(fixed, 24, 4) == absent) field += 8;
      if (entry.size == absent) entry.size = number_at(extra, std::exchange(field, field + 8), 8);
      if (entry.header == absent) entry.header = number_at(extra, field, 8);
    }
  }

  std::string bytes(std::uint64_t place, std::uint64_t count) {
    std::string text(std::min(count, size_), '\0');
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(place));
    file_.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file_.gcount()));
    return text;
  }

  std::ifstream file_;
  std::uint64_t size_;
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
  const auto entries = archive.entries();
  if (!entries) {
    throw Error(ErrorCode::damaged, "is cut off: copy or download it again", path.string());
  }
  std::vector<std::string> names;
  for (const Entry& entry : *entries) names.push_back(entry.name);
  if (!ends_with(names, "constants.pkl")) {
    throw Error(ErrorCode::unsupported,
                fmt::format("is {}, not TorchScript; {}", archive_format(names), how_to_write),
                path.string());
  }
  for (const Entry& entry : *entries) {
    if (!entry.is_stored || archive.checksum(entry) == entry.crc) continue;
    throw Error(ErrorCode::damaged,
                fmt::format("is damaged: the checksum of '{}' in it differs; copy or download it "
                            "again",
                            entry.name),
                path.string());
  }
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
