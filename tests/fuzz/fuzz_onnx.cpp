// Any ONNX model is read, described and cut, or refused with an Error. Inputs are models in
// Protocol Buffers' text format, of which an input that is spoilt at some place has what stands
// before it: changed words and numbers give changed models. An input that begins with a byte of
// 0x08 is a file.
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "onnx/inputs.hpp"
#include "onnx/split_model.hpp"
#include "scission/base.hpp"

namespace scission {
namespace {

class NoMessages final : public google::protobuf::io::ErrorCollector {
  void AddError(int, google::protobuf::io::ColumnNumber, const std::string&) override {}
};

/// The bytes of the model that an input stands for.
std::string model_of(std::string_view input) {
  if (input.starts_with('\x08')) return std::string(input);
  ::onnx::ModelProto model;
  NoMessages messages;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&messages);
  parser.SetRecursionLimit(50);
  parser.ParseFromString(std::string(input), &model);
  return model.SerializePartialAsString();
}

/// A file in memory, always the same.
std::filesystem::path write_model(const std::string& bytes) {
  static const int file = ::memfd_create("model", 0);
  const auto size = static_cast<ssize_t>(bytes.size());
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, bytes.data(), bytes.size(), 0) != size) {
    std::abort();
  }
  return "/proc/self/fd/" + std::to_string(file);
}

bool is_small(const std::vector<InputSpec>& inputs) {
  std::int64_t elements = 1;
  for (const InputSpec& input : inputs) {
    for (const std::int64_t extent : input.shape) {
      if (extent > 4096) return false;
      elements *= std::max<std::int64_t>(extent, 1);
      if (elements > 4096) return false;
    }
  }
  return true;
}

void check(std::string_view input) {
  const std::filesystem::path file = write_model(model_of(input));
  ModelSource source;
  source.name = "model";
  source.file = file;
  source.inputs = onnx::specified_inputs(onnx::read_model_file(file));
  if (!is_small(source.inputs)) return;
  for (const CutKind cuts : {CutKind::single, CutKind::frontier}) {
    const onnx::SplitModel split(source, {}, {cuts, Granularity::layer, std::nullopt, true});
    for (const Cut& cut : split.cuts().cuts) {
      if (cut.layer >= static_cast<int>(split.graph().layers.size())) std::abort();
    }
  }
}

}  // namespace
}  // namespace scission

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    scission::check({reinterpret_cast<const char*>(data), size});
  } catch (const scission::Error&) {
  }
  return 0;
}
