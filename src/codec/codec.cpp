// The registry of codecs, the built-in chains, and tensors through them.
#include "scission/codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "base/require.hpp"
#include "base/text.hpp"
#include "codec/coders.hpp"
#include "scission/base.hpp"

namespace scission {
namespace {

constexpr std::string_view raw_name = "raw";

class LosslessCodec final : public Codec {
 public:
  explicit LosslessCodec(std::shared_ptr<const ByteCoder> bytes) : bytes_(std::move(bytes)) {}
  std::string name() const override { return bytes_->name(); }
  bool is_lossless() const override { return true; }

  bool takes(std::string_view dtype) const override {
    try {
      return element_bytes(dtype) > 0;
    } catch (const Error&) {
      return false;
    }
  }

  SharedBytes encode(const Tensor& tensor) const override {
    validate_tensor(tensor);
    return bytes_->compress(tensor.bytes.view(), element_bytes(tensor.dtype)).share();
  }

  SharedBytes decode(std::string_view bytes, const std::string& dtype,
                     const std::vector<std::int64_t>& shape) const override {
    return bytes_->decompress(bytes, element_bytes(dtype), tensor_bytes(dtype, shape)).share();
  }

 private:
  std::shared_ptr<const ByteCoder> bytes_;
};

class LossyCodec final : public Codec {
 public:
  LossyCodec(std::shared_ptr<const ValueCoder> values, std::shared_ptr<const ByteCoder> bytes)
      : values_(std::move(values)), bytes_(std::move(bytes)) {}

  std::string name() const override {
    return bytes_ ? values_->name() + "+" + bytes_->name() : values_->name();
  }
  bool is_lossless() const override { return false; }
  bool takes(std::string_view dtype) const override { return dtype == "float32"; }

  SharedBytes encode(const Tensor& tensor) const override {
    require_type(tensor.dtype);
    validate_tensor(tensor);
    const CodecBuffer frame(values_->coded_bytes(tensor.shape));
    values_->encode(tensor.bytes.data, tensor.shape, frame.data());
    if (!bytes_) return frame.share();
    return bytes_->compress(frame.view(), values_->element_bytes()).share();
  }

  SharedBytes decode(std::string_view bytes, const std::string& dtype,
                     const std::vector<std::int64_t>& shape) const override {
    require_type(dtype);
    const std::size_t size = values_->coded_bytes(shape);
    if (bytes_) {
      return restored(bytes_->decompress(bytes, values_->element_bytes(), size).data(), shape);
    }
    if (bytes.size() == size) return restored(bytes.data(), shape);
    throw_damaged(
        fmt::format("has {} bytes where {} of that shape needs {}", bytes.size(), name(), size));
  }

 private:
  SharedBytes restored(const char* frame, const std::vector<std::int64_t>& shape) const {
    const CodecBuffer values(tensor_bytes("float32", shape));
    values_->decode(frame, shape, values.data());
    return values.share();
  }

  void require_type(std::string_view dtype) const {
    if (takes(dtype)) return;
    throw Error(ErrorCode::unsupported, fmt::format("{} codes float32, not {}", name(), dtype));
  }

  std::shared_ptr<const ValueCoder> values_;
  std::shared_ptr<const ByteCoder> bytes_;
};

std::vector<std::shared_ptr<const ValueCoder>> value_coders() {
  std::vector<std::shared_ptr<const ValueCoder>> all = half_coders();
  for (auto& quantiser : quantisers()) all.push_back(std::move(quantiser));
  return all;
}

class CodecRegistry {
 public:
  CodecRegistry() {
    add(make_jpeg_codec());
    for (const char* name : {"zstd", "lz4"}) add(make_lossless_codec(make_byte_coder(name)));
    for (const auto& values : value_coders()) {
      add(make_lossy_codec(values, nullptr));
      for (const char* name : {"zstd", "lz4"}) {
        add(make_lossy_codec(values, make_byte_coder(name)));
      }
    }
  }

  const Codec* find(std::string_view name) {
    const std::lock_guard lock(mutex_);
    if (const auto known = codecs_.find(name); known != codecs_.end()) return known->second.get();
    if (const auto made = at_level_.find(name); made != at_level_.end()) return made->second.get();
    std::unique_ptr<const Codec> codec = make_at_level(name);
    if (!codec) return nullptr;
    return at_level_.emplace(name, std::move(codec)).first->second.get();
  }

  std::vector<std::string> names() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, codec] : codecs_) names.push_back(name);
    return names;
  }

  /// False if the name is taken.
  bool add(std::unique_ptr<const Codec> codec) {
    const std::lock_guard lock(mutex_);
    std::string name = codec->name();
    if (at_level_.contains(name) || make_at_level(name)) return false;
    return codecs_.emplace(std::move(name), std::move(codec)).second;
  }

 private:
  // "zstd-7", "int8+zstd-7": there are too many to list.
  static std::unique_ptr<const Codec> make_at_level(std::string_view name) {
    if (name.find("zstd-") == std::string_view::npos) return nullptr;
    if (auto bytes = make_byte_coder(name)) return make_lossless_codec(std::move(bytes));
    for (const auto& values : value_coders()) {
      const std::string prefix = values->name() + "+";
      if (!name.starts_with(prefix)) continue;
      auto bytes = make_byte_coder(name.substr(prefix.size()));
      return bytes ? make_lossy_codec(values, std::move(bytes)) : nullptr;
    }
    return nullptr;
  }

  using Codecs = std::map<std::string, std::unique_ptr<const Codec>, std::less<>>;
  std::mutex mutex_;
  Codecs codecs_;
  Codecs at_level_;
};

// Never destroyed, because a stage may end after static objects.
CodecRegistry& codec_registry() {
  static auto* const registry = new CodecRegistry();
  return *registry;
}

bool is_codec_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '+';
  });
}

CodedTensor as_it_is(const Tensor& tensor) { return {"", tensor, tensor.dtype, tensor.shape}; }

// What encode() returns, or nothing where the tensor is to cross as it is.
SharedBytes try_encode(const Codec& codec, const Tensor& tensor) {
  if (!codec.takes(tensor.dtype)) return {};
  try {
    return codec.encode(tensor);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported) throw;
    return {};
  }
}

const Codec& codec_of(const CodedTensor& coded) {
  if (const Codec* codec = find_codec(coded.codec)) return *codec;
  throw Error(ErrorCode::unsupported, fmt::format("there is no codec '{}' here; {}", coded.codec,
                                                  suggestion(coded.codec, codec_names())));
}

void require_size(std::string_view dtype, const std::vector<std::int64_t>& shape,
                  std::int64_t max_bytes) {
  const std::size_t bytes = tensor_bytes(dtype, shape);
  if (max_bytes >= 0 && bytes <= static_cast<std::size_t>(max_bytes)) return;
  throw_invalid_argument(fmt::format("would have {} bytes, and the limit is {}", bytes, max_bytes));
}

Tensor decode_here(const CodedTensor& coded, std::int64_t max_bytes) {
  if (coded.codec.empty()) {
    require_size(coded.tensor.dtype, coded.tensor.shape, max_bytes);
    validate_tensor(coded.tensor);
    return coded.tensor;
  }
  const Codec& codec = codec_of(coded);
  require_size(coded.dtype, coded.shape, max_bytes);
  const SharedBytes& bytes = coded.tensor.bytes;
  const std::vector<std::int64_t> flat{static_cast<std::int64_t>(bytes.size)};
  if (coded.tensor.dtype != "uint8" || coded.tensor.shape != flat) {
    throw_damaged("is not one dimension of uint8, as coded tensors are");
  }
  Tensor tensor{coded.tensor.name, coded.dtype, coded.shape,
                codec.decode(bytes.view(), coded.dtype, coded.shape)};
  const std::size_t wanted = tensor_bytes(tensor.dtype, tensor.shape);
  if (tensor.bytes.size != wanted) {
    throw_damaged(fmt::format("decodes to {} bytes, not {}", tensor.bytes.size, wanted));
  }
  return tensor;
}

}  // namespace

std::unique_ptr<const Codec> make_lossless_codec(std::shared_ptr<const ByteCoder> bytes) {
  return std::make_unique<LosslessCodec>(std::move(bytes));
}

std::unique_ptr<const Codec> make_lossy_codec(std::shared_ptr<const ValueCoder> values,
                                              std::shared_ptr<const ByteCoder> bytes) {
  return std::make_unique<LossyCodec>(std::move(values), std::move(bytes));
}

const Codec* find_codec(std::string_view name) { return codec_registry().find(name); }

std::vector<std::string> codec_names() { return codec_registry().names(); }

void register_codec(std::unique_ptr<const Codec> codec) {
  const std::string name = codec ? codec->name() : "";
  if (!is_codec_name(name)) {
    throw_invalid_argument("a name has letters, digits, '-' and '+' only", "codec '" + name + "'");
  }
  if (name == raw_name || name == "all" || !codec_registry().add(std::move(codec))) {
    throw_invalid_argument("the name is taken", "codec " + name);
  }
}

std::vector<const Codec*> parse_codecs(std::string_view list) {
  std::vector<const Codec*> codecs;
  const auto add = [&](std::string_view name) {
    const Codec* codec = find_codec(name);
    if (codec == nullptr) {
      std::vector<std::string> known = codec_names();
      known.emplace_back(raw_name);
      throw_invalid_argument(
          fmt::format("there is no codec '{}'; choose from: {}", name, text::join(known, ", ")));
    }
    if (std::find(codecs.begin(), codecs.end(), codec) == codecs.end()) codecs.push_back(codec);
  };
  for (const std::string_view part : text::split(list, ',')) {
    const std::string_view name = text::trim(part);
    if (name == raw_name) continue;
    if (name != "all") {
      add(name);
      continue;
    }
    for (const std::string& known : codec_names()) add(known);
  }
  return codecs;
}

CodedTensor encode_tensor(const Codec& codec, const Tensor& tensor) {
  validate_tensor(tensor);
  SharedBytes bytes = try_encode(codec, tensor);
  if (bytes.data == nullptr || bytes.size >= tensor.bytes.size) return as_it_is(tensor);
  const auto size = static_cast<std::int64_t>(bytes.size);
  return {
      codec.name(), {tensor.name, "uint8", {size}, std::move(bytes)}, tensor.dtype, tensor.shape};
}

Tensor decode_tensor(const CodedTensor& coded, std::int64_t max_bytes) {
  try {
    return decode_here(coded, max_bytes);
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), "tensor " + coded.tensor.name);
  }
}

}  // namespace scission
