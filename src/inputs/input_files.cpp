// Model inputs from files: NumPy's .npy, and what a backend reads besides.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "base/file.hpp"
#include "base/require.hpp"
#include "base/text.hpp"
#include "scission/base.hpp"
#include "scission/inputs.hpp"
#include "scission/model.hpp"

namespace scission {
namespace {

namespace fs = std::filesystem;

// --- .npy: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html ---

constexpr std::string_view npy_magic = "\x93NUMPY";

struct NpyHeader {
  std::string type;  ///< "<f4"
  bool is_fortran = false;
  std::vector<std::int64_t> shape;
};

// The text behind 'key': in the header, a Python dict.
std::string_view npy_field(std::string_view header, const std::string& key, const fs::path& path) {
  for (const char quote : {'\'', '"'}) {
    const std::string mark = fmt::format("{}{}{}:", quote, key, quote);
    const std::size_t at = header.find(mark);
    if (at != std::string_view::npos) return text::trim(header.substr(at + mark.size()));
  }
  throw_damaged(fmt::format("has no '{}' in its header", key), path.string());
}

std::vector<std::int64_t> npy_shape(std::string_view field, const fs::path& path) {
  const std::size_t end = field.find(')');
  if (!field.starts_with('(') || end == std::string_view::npos) {
    throw_damaged("has no valid shape in its header", path.string());
  }
  std::vector<std::int64_t> shape;
  for (std::string_view part : text::split(field.substr(1, end - 1), ',')) {
    part = text::trim(part);
    if (part.empty()) continue;
    std::int64_t size = -1;
    const auto [last, error] = std::from_chars(part.data(), part.data() + part.size(), size);
    if (error != std::errc() || size < 0 || (last != part.data() + part.size() && *last != 'L')) {
      throw_damaged("has no valid shape in its header", path.string());
    }
    shape.push_back(size);
  }
  return shape;
}

// The header, and where the elements begin.
std::pair<NpyHeader, std::size_t> npy_header(std::string_view bytes, const fs::path& path) {
  const auto ends = [&] { throw_damaged("ends within its header", path.string()); };
  if (!bytes.starts_with(npy_magic)) throw_damaged("is not a .npy file of NumPy", path.string());
  if (bytes.size() < 10) ends();
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const int version = byte(6);
  if (version < 1 || version > 3) {
    throw Error(ErrorCode::unsupported,
                fmt::format("has version {} of the .npy format; 1 to 3 are read", version),
                path.string());
  }
  const std::size_t begin = version == 1 ? 10 : 12;
  if (bytes.size() < begin) ends();
  std::size_t length = byte(8) | byte(9) << 8U;
  if (version > 1)
    length |= static_cast<std::size_t>(byte(10)) << 16U | static_cast<std::size_t>(byte(11)) << 24U;
  if (bytes.size() - begin < length) ends();
  const std::string_view text = bytes.substr(begin, length);
  NpyHeader header;
  const std::string_view type = npy_field(text, "descr", path);
  const std::size_t end = type.size() > 1 ? type.find(type.front(), 1) : std::string_view::npos;
  if (end == std::string_view::npos || (type.front() != '\'' && type.front() != '"')) {
    throw Error(ErrorCode::unsupported, "holds records, not numbers", path.string());
  }
  header.type = type.substr(1, end - 1);
  header.is_fortran = npy_field(text, "fortran_order", path).starts_with("True");
  header.shape = npy_shape(npy_field(text, "shape", path), path);
  return {std::move(header), begin + length};
}

std::string npy_dtype(const std::string& type, const fs::path& path) {
  static const std::map<std::string_view, std::string_view> known{
      {"b1", "bool"},    {"u1", "uint8"},     {"i1", "int8"},       {"i2", "int16"},
      {"i4", "int32"},   {"i8", "int64"},     {"f2", "float16"},    {"f4", "float32"},
      {"f8", "float64"}, {"c8", "complex64"}, {"c16", "complex128"}};
  const std::string_view name =
      std::string_view(type).substr(std::min<std::size_t>(1, type.size()));
  const auto found = known.find(name);
  if (found == known.end()) {
    throw Error(ErrorCode::unsupported,
                fmt::format("holds elements of NumPy's type '{}', which no model takes; "
                            "convert them, for example .astype('int64')",
                            type),
                path.string());
  }
  if (type.front() == '>') {
    throw Error(
        ErrorCode::unsupported,
        fmt::format("holds big-endian numbers ('{}'); write them with .astype('<{}')", type, name),
        path.string());
  }
  return std::string(found->second);
}

// The elements in row-major order, of those in column-major order. O(elements · dimensions).
std::string row_major(std::string_view elements, const std::vector<std::int64_t>& shape,
                      std::size_t element) {
  std::string result(elements.size(), '\0');
  std::vector<std::int64_t> index(shape.size(), 0);
  for (std::size_t to = 0; to < elements.size(); to += element) {
    std::int64_t from = 0;
    for (std::size_t i = shape.size(); i-- > 0;) from = from * shape[i] + index[i];
    std::memcpy(result.data() + to, elements.data() + from * element, element);
    for (std::size_t i = shape.size(); i-- > 0 && ++index[i] == shape[i];) index[i] = 0;
  }
  return result;
}

Tensor read_npy(const fs::path& path) {
  auto bytes = std::make_shared<const std::string>(read_file(path));
  auto [header, begin] = npy_header(*bytes, path);
  Tensor tensor{"", npy_dtype(header.type, path), header.shape, {}};
  std::size_t size = 0;
  try {
    size = tensor_bytes(tensor.dtype, tensor.shape);
  } catch (const Error& error) {
    throw_damaged(error.message(), path.string());
  }
  if (bytes->size() - begin < size) {
    throw_damaged(
        fmt::format("ends after {} of the {} bytes of its elements", bytes->size() - begin, size),
        path.string());
  }
  tensor.bytes = {bytes, bytes->data() + begin, size};
  if (header.is_fortran && tensor.shape.size() > 1) {
    tensor.bytes =
        to_shared_bytes(row_major(tensor.bytes.view(), tensor.shape, element_bytes(tensor.dtype)));
  }
  return tensor;
}

// --- Folders ---

using Readers = std::vector<InputFileReader>;

std::vector<std::string> extensions(const Readers& readers) {
  std::vector<std::string> all;
  for (const InputFileReader& reader : readers) all.push_back(reader.extension);
  return all;
}

const InputFileReader* reader_of(const fs::path& path, const Readers& readers) {
  const auto found = std::find_if(
      readers.begin(), readers.end(),
      [&](const InputFileReader& reader) { return path.extension() == reader.extension; });
  return found == readers.end() ? nullptr : &*found;
}

std::vector<fs::path> files_of(const fs::path& path, const Readers& readers) {
  std::error_code none;
  if (!fs::is_directory(path, none)) return {path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(path)) {
    const bool is_input = reader_of(entry.path(), readers) != nullptr;
    if (entry.is_regular_file() && is_input) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    throw_invalid_argument(fmt::format("holds no {} file", fmt::join(extensions(readers), " or ")),
                           path.string());
  }
  return files;
}

std::vector<InputSpec> read_input_file(const fs::path& path, bool is_only, const Readers& readers) {
  const InputFileReader* reader = reader_of(path, readers);
  if (reader == nullptr) {
    throw_invalid_argument(
        fmt::format("is {} a {} file, nor a folder of them", readers.size() > 1 ? "neither" : "not",
                    fmt::join(extensions(readers), " nor a ")),
        path.string());
  }
  const std::string stem = path.stem().string();
  std::vector<InputSpec> inputs = reader->read(path, is_only ? "" : stem);
  if (inputs.size() == 1 && inputs[0].name.empty()) inputs[0].name = stem;
  return inputs;
}

std::vector<InputSpec> read_npy_input(const fs::path& path, const std::string& name) {
  InputSpec input;
  Tensor tensor = read_npy(path);
  input.shape = tensor.shape;
  input.dtype = tensor.dtype;
  input.name = name;
  input.is_named_by_file = true;
  input.tensor = std::make_shared<const Tensor>(std::move(tensor));
  input.file = path;
  return {input};
}

std::set<std::string> names_of(const std::vector<InputSpec>& inputs) {
  std::set<std::string> names;
  for (const InputSpec& input : inputs) names.insert(input.name);
  return names;
}

std::string described(const InputSpec& input) {
  if (input.is_number()) return "the number " + input.number;
  return fmt::format(
      "{} {}", input.shape.empty() ? "a scalar" : fmt::format("{}", fmt::join(input.shape, "x")),
      input.dtype);
}

bool fits(const InputSpec& file, const InputSpec& expected, bool any_batch) {
  if (file.is_number() || expected.is_number()) return file.number == expected.number;
  if (file.dtype != expected.dtype || file.shape.size() != expected.shape.size()) return false;
  for (std::size_t i = 0; i < file.shape.size(); ++i) {
    const bool is_free = any_batch && static_cast<int>(i) == expected.batch_dimension;
    if (!is_free && file.shape[i] != expected.shape[i]) return false;
  }
  return true;
}

}  // namespace

std::vector<InputSpec> read_input_files(const std::vector<fs::path>& paths,
                                        const std::vector<InputFileReader>& readers) {
  Readers all{{".npy", read_npy_input}};
  all.insert(all.end(), readers.begin(), readers.end());
  std::vector<fs::path> files;
  for (const fs::path& path : paths) {
    const std::vector<fs::path> more = files_of(path, all);
    files.insert(files.end(), more.begin(), more.end());
  }
  std::vector<InputSpec> inputs;
  for (const fs::path& file : files) {
    for (InputSpec& input : read_input_file(file, files.size() == 1, all)) {
      inputs.push_back(std::move(input));
    }
  }
  return inputs;
}

std::vector<InputSpec> with_files(const std::vector<InputSpec>& expected,
                                  std::vector<InputSpec> files, const std::string& expectation,
                                  bool any_batch) {
  if (files.size() != expected.size()) {
    throw Error(ErrorCode::mismatch,
                fmt::format("the files hold {} inputs, and {} says {}", files.size(), expectation,
                            expected.size()),
                files.empty() ? "" : files.front().file.string());
  }
  const bool by_name = names_of(files) == names_of(expected);
  std::vector<InputSpec> all;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto file =
        by_name ? std::find_if(files.begin(), files.end(),
                               [&](const InputSpec& one) { return one.name == expected[i].name; })
                : files.begin() + static_cast<std::ptrdiff_t>(i);
    if (!fits(*file, expected[i], any_batch)) {
      throw Error(ErrorCode::mismatch,
                  fmt::format("holds {}, and {} says {}", described(*file), expectation,
                              described(expected[i])),
                  file->file.string());
    }
    InputSpec input = expected[i];
    input.shape = file->shape;
    input.tensor = file->tensor;
    input.file = file->file;
    if (input.name.empty()) {
      input.name = file->name;
      input.is_named_by_file = true;
    }
    all.push_back(std::move(input));
  }
  return all;
}

}  // namespace scission
