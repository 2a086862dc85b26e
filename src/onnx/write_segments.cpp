// Segments as files.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <limits>
#include <system_error>

#include "base/checksum.hpp"
#include "base/descriptor.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "onnx/session.hpp"
#include "onnx/split_model.hpp"

namespace scission::onnx {
namespace {

namespace fs = std::filesystem;

// A message must be below 2 GiB; the rest is for names and lengths.
constexpr std::uint64_t largest_file = std::numeric_limits<int>::max() - (std::uint64_t{1} << 20);
// Weights in a file of their own begin at multiples of this, so that they can be mapped.
constexpr std::uint64_t page = 4096;

/// A new file that takes the place of another one when it is complete, and is removed otherwise. It
/// is not flushed to the disk, which would take most of the time for many segments: what a crash of
/// the machine spoils, the manifest's checksums reveal.
class OutputFile {
 public:
  explicit OutputFile(const fs::path& target)
      : target_(target),
        path_(target.parent_path() / ("." + target.filename().string() + ".tmp")),
        file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
    if (!file_.is_open()) fail();
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile() {
    if (!is_published_) ::unlink(path_.c_str());
  }

  void write(std::string_view bytes) {
    size_ += bytes.size();
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_.number(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail();
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void copy(const ExternalRange& range) {
    std::ifstream source(range.file, std::ios::binary);
    source.seekg(static_cast<std::streamoff>(range.offset));
    std::string buffer(std::min<std::uint64_t>(range.bytes, std::uint64_t{1} << 20), '\0');
    for (std::uint64_t left = range.bytes; left > 0;) {
      const std::uint64_t part = std::min<std::uint64_t>(left, buffer.size());
      if (!source.read(buffer.data(), static_cast<std::streamsize>(part))) {
        throw Error(ErrorCode::io, "cannot be read", range.file.string());
      }
      write(std::string_view(buffer).substr(0, part));
      left -= part;
    }
  }

  void pad_to(std::uint64_t offset) { write(std::string(offset - size_, '\0')); }

  std::uint64_t size() const { return size_; }

  void publish() {
    if (!file_.close()) fail();
    if (::rename(path_.c_str(), target_.c_str()) != 0) fail();
    is_published_ = true;
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(ErrorCode::io, "cannot be written: " + std::generic_category().message(errno),
                target_.string());
  }

  fs::path target_;
  fs::path path_;
  Descriptor file_;
  std::uint64_t size_ = 0;
  bool is_published_ = false;
};

// --- Protocol Buffers' encoding, for weights that are never in memory ---

std::string varint(std::uint64_t number) {
  std::string bytes;
  for (; number >= 0x80; number >>= 7) bytes += static_cast<char>((number & 0x7f) | 0x80);
  return bytes + static_cast<char>(number);
}

// The beginning of a field that is a message, a text or bytes.
std::string field_head(int field, std::uint64_t size) {
  constexpr int length_delimited = 2;
  return varint(static_cast<std::uint64_t>(field) << 3 | length_delimited) + varint(size);
}

::onnx::TensorProto without_data(const ::onnx::TensorProto& weight) {
  ::onnx::TensorProto head;
  head.set_name(weight.name());
  head.set_data_type(weight.data_type());
  *head.mutable_dims() = weight.dims();
  return head;
}

// Appends the weight to a file with a ModelProto: its field `graph` a second time, which readers
// merge with the first.
void append_weight(const ::onnx::TensorProto& weight, const ExternalRange& range,
                   OutputFile& file) {
  const std::string data = field_head(::onnx::TensorProto::kRawDataFieldNumber, range.bytes);
  const std::string head = without_data(weight).SerializeAsString() + data;
  const std::string tensor =
      field_head(::onnx::GraphProto::kInitializerFieldNumber, head.size() + range.bytes) + head;
  file.write(field_head(::onnx::ModelProto::kGraphFieldNumber, tensor.size() + range.bytes));
  file.write(tensor);
  file.copy(range);
}

void set_external(::onnx::TensorProto& weight, const std::string& location, std::uint64_t offset,
                  std::uint64_t bytes) {
  weight.set_data_location(::onnx::TensorProto::EXTERNAL);
  const auto add = [&](const char* key, std::string value) {
    auto& entry = *weight.add_external_data();
    entry.set_key(key);
    entry.set_value(std::move(value));
  };
  add("location", location);
  add("offset", std::to_string(offset));
  add("length", std::to_string(bytes));
}

/// Writes one segment's file, and the file of its weights where they are too large for it.
class SegmentFile {
 public:
  SegmentFile(::onnx::ModelProto model, const fs::path& source, fs::path path)
      : model_(std::move(model)), path_(std::move(path)) {
    std::vector<::onnx::TensorProto> kept;
    for (auto& weight : *model_.mutable_graph()->mutable_initializer()) {
      if (is_external(weight)) {
        ranges_.push_back(external_range(weight, source));
        external_.push_back(without_data(weight));
      } else {
        kept.emplace_back().Swap(&weight);
      }
    }
    model_.mutable_graph()->clear_initializer();
    for (auto& weight : kept) model_.mutable_graph()->add_initializer()->Swap(&weight);
  }

  void write() {
    std::uint64_t size = model_.ByteSizeLong();
    for (const ExternalRange& range : ranges_) size += range.bytes;
    const bool fits = size < largest_file;
    if (!fits) write_data();
    OutputFile file(path_);
    file.write(model_.SerializeAsString());
    for (std::size_t i = 0; fits && i < ranges_.size(); ++i) {
      append_weight(external_[i], ranges_[i], file);
    }
    file.publish();
    if (fits) fs::remove(path_.parent_path() / data_name());
  }

 private:
  std::string data_name() const { return path_.filename().string() + ".data"; }

  void write_data() {
    OutputFile file(path_.parent_path() / data_name());
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      file.pad_to((file.size() + page - 1) / page * page);
      ::onnx::TensorProto& weight = *model_.mutable_graph()->add_initializer();
      weight = external_[i];
      set_external(weight, data_name(), file.size(), ranges_[i].bytes);
      file.copy(ranges_[i]);
    }
    file.publish();
  }

  ::onnx::ModelProto model_;
  fs::path path_;
  std::vector<::onnx::TensorProto> external_;  ///< without data
  std::vector<ExternalRange> ranges_;          ///< of each
};

std::vector<TensorSpec> specs_of(const ReadModel& model, const std::vector<int>& values) {
  std::vector<TensorSpec> specs;
  for (const int value : values) {
    const ValueType& type = model.types[value];
    if (!type.is_tensor || type.dtype.empty() || !type.shape) {
      throw Error(ErrorCode::unsupported,
                  fmt::format("returns '{}', which is not a tensor of numbers of known shape",
                              clean_text(model.nodes.values[value].name)),
                  model.file.path.string());
    }
    TensorSpec spec{clean_text(model.nodes.values[value].name), type.dtype, *type.shape, {}};
    if (type.depends_on_data) spec.bytes_seen = ByteRange{type.bytes(), type.bytes()};
    specs.push_back(std::move(spec));
  }
  return specs;
}

Segment describe_segment(const ReadModel& model, const SegmentContents& contents,
                         const fs::path& folder, const std::string& name) {
  Segment segment;
  segment.file = name;
  segment.first_layer = contents.first_layer;
  segment.last_layer = contents.last_layer;
  for (int layer = contents.first_layer; layer <= contents.last_layer; ++layer) {
    segment.layers.push_back(model.graph.layers.at(layer).name);
  }
  segment.inputs = specs_of(model, contents.inputs);
  segment.outputs = specs_of(model, contents.outputs);
  segment.bytes = static_cast<std::int64_t>(fs::file_size(folder / name));
  segment.sha256 = sha256_of_file(folder / name);
  segment.backend = backend_name();
  return segment;
}

SegmentManifest manifest_of(const SplitModel& model, const fs::path& source) {
  SegmentManifest manifest;
  manifest.model = model.graph().name;
  if (!source.empty()) {
    manifest.source_file = source.filename().string();
    manifest.source_sha256 = sha256_of_file(source);
  }
  manifest.cuts = to_string(model.options().cuts);
  manifest.granularity = to_string(model.options().granularity);
  manifest.order = to_string(*model.options().order);
  manifest.backend = backend_name();
  manifest.backend_version = runtime_version();
  return manifest;
}

}  // namespace

SegmentManifest write_segments(const SplitModel& model, const std::vector<Cut>& cuts,
                               const std::filesystem::path& folder, const WriteOptions& options) {
  const ReadModel& read = model.model();
  const std::vector<SegmentContents> segments = segment_contents(read, cuts);
  const auto other = model.other_batch(segments);
  for (const SegmentContents& contents : segments) specs_of(read, contents.outputs);
  make_folder(folder);
  SegmentManifest manifest = manifest_of(model, options.source);
  manifest.any_batch = other.has_value();
  const int total = static_cast<int>(segments.size());
  for (int i = 0; i < total; ++i) {
    if (options.on_progress) options.on_progress(i, total);
    const std::string served = fmt::format("{}-{:02}", read.graph.name, i);
    const std::string name =
        options.triton ? served + "/1/model.onnx" : fmt::format("segment-{:02}.onnx", i);
    make_folder((folder / name).parent_path());
    SegmentFile(segment_model(read, segments[i], other ? &*other : nullptr), read.file.path,
                folder / name)
        .write();
    manifest.segments.push_back(describe_segment(read, segments[i], folder, name));
    if (!options.triton) continue;
    write_file_atomically(folder / served / "config.pbtxt",
                          triton_config(manifest.segments.back(), served));
  }
  write_manifest(manifest, folder);
  return manifest;
}

}  // namespace scission::onnx
