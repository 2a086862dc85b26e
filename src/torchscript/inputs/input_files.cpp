// Model inputs that torch.save() wrote.
#include <fmt/format.h>
#include <torch/csrc/jit/serialization/pickle.h>
#include <torch/script.h>

#include <memory>
#include <string>
#include <utility>

#include "base/file.hpp"
#include "base/require.hpp"
#include "scission/base.hpp"
#include "scission/torchscript/inputs/inputs.hpp"
#include "torchscript/common/libtorch.hpp"
#include "torchscript/common/tensors.hpp"

namespace scission::torchscript {
namespace {

namespace fs = std::filesystem;

std::string joined(const std::string& path, const std::string& part) {
  return path.empty() ? part : path + "." + part;
}

InputSpec spec_of(const at::Tensor& tensor, const std::string& name, const fs::path& path) {
  if (tensor.layout() != at::kStrided || tensor.is_quantized() || !tensor.device().is_cpu()) {
    throw Error(ErrorCode::unsupported,
                "holds a sparse, nested or quantised tensor, or one of another device than the CPU",
                path.string());
  }
  InputSpec input;
  input.shape = tensor.sizes().vec();
  input.dtype = dtype_name(tensor.scalar_type());
  input.name = name;
  input.is_named_by_file = true;
  input.tensor = std::make_shared<const Tensor>(to_bytes(tensor.detach().contiguous(), ""));
  input.file = path;
  return input;
}

void collect(const c10::IValue& value, const std::string& name, const fs::path& path,
             std::vector<InputSpec>& inputs) {
  std::size_t place = 0;
  if (value.isTensor() && value.toTensor().defined()) {
    inputs.push_back(spec_of(value.toTensor(), name, path));
  } else if (value.isTuple()) {
    for (const c10::IValue& element : value.toTupleRef().elements()) {
      collect(element, joined(name, std::to_string(place++)), path, inputs);
    }
  } else if (value.isList()) {
    for (const c10::IValue& element : value.toListRef()) {
      collect(element, joined(name, std::to_string(place++)), path, inputs);
    }
  } else if (value.isGenericDict()) {
    for (const auto& entry : value.toGenericDict()) {
      const std::string key = entry.key().isString() ? entry.key().toStringRef()
                              : entry.key().isInt()  ? std::to_string(entry.key().toInt())
                                                     : "";
      collect(entry.value(), joined(name, key), path, inputs);
    }
  } else if (value.isInt() || value.isDouble() || value.isBool()) {
    InputSpec number;
    number.name = name;
    number.is_named_by_file = true;
    number.number = value.isBool()  ? (value.toBool() ? "true" : "false")
                    : value.isInt() ? std::to_string(value.toInt())
                                    : fmt::format("{:#}", value.toDouble());
    number.file = path;
    inputs.push_back(std::move(number));
  } else {
    throw Error(ErrorCode::unsupported,
                fmt::format("holds a {} where a tensor, a number, or a tuple, list or dict of them "
                            "is expected",
                            value.tagKind()),
                path.string());
  }
}

std::vector<InputSpec> read_pt(const fs::path& path, const std::string& name) {
  const std::string bytes = read_file(path);
  c10::IValue value;
  try {
    value = torch::jit::pickle_load(std::vector<char>(bytes.begin(), bytes.end()));
  } catch (const std::exception& error) {
    throw_damaged(fmt::format("cannot be read as saved tensors; write it with torch.save(): a "
                              "tensor, or a tuple, list or dict of tensors ({})",
                              one_line(error)),
                  path.string());
  }
  std::vector<InputSpec> inputs;
  collect(value, name, path, inputs);
  if (inputs.empty()) throw_invalid_argument("holds no tensor", path.string());
  return inputs;
}

}  // namespace

InputFileReader tensor_file_reader() { return {".pt", read_pt}; }

}  // namespace scission::torchscript
