#include "onnx/session.hpp"

// The library may be older than the headers: see api().
#define ORT_API_MANUAL_INIT
#include <fmt/format.h>
#include <onnxruntime_cxx_api.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <mutex>

#include "base/require.hpp"
#include "base/text.hpp"
#include "base/this_machine.hpp"
#include "onnx/model_file.hpp"

namespace scission::onnx {
namespace {

// Sets the table of ONNX Runtime's functions once.
void load_api() {
  static const OrtApi* const api = OrtGetApiBase()->GetApi(ORT_API_VERSION);
  if (api == nullptr) {
    throw Error(ErrorCode::unsupported,
                fmt::format("ONNX Runtime {} is installed, and this Scission was built for 1.{} or "
                            "newer: install that, or build Scission again",
                            OrtGetApiBase()->GetVersionString(), ORT_API_VERSION));
  }
  Ort::InitApi(api);
}

Ort::MemoryInfo cpu_memory() {
  return Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
}

// ONNX Runtime's environment with the threads and the memory that all sessions share; there is one
// per process.
class Environment {
 public:
  static Environment& instance() {
    static Environment environment;
    return environment;
  }

  std::shared_ptr<Ort::Env> get() {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<Ort::Env> env = env_.lock();
    if (env) return env;
    load_api();
    Ort::ThreadingOptions threading;
    threading.SetGlobalIntraOpNumThreads(threads_);
    threading.SetGlobalInterOpNumThreads(1);
    env = std::make_shared<Ort::Env>(threading, ORT_LOGGING_LEVEL_FATAL, "scission");
    // One arena for all sessions: a chain of sessions finds its tensors in the caches, as one
    // session does, and idle sessions hold no memory for tensors.
    try {
      env->CreateAndRegisterAllocator(cpu_memory(), Ort::ArenaCfg(0, -1, -1, -1));
    } catch (const Ort::Exception&) {
      // ONNX Runtime's own environment outlives ours where the program uses it too, or another
      // thread is just releasing it: then it has one.
    }
    env_ = env;
    return env;
  }

  int threads() {
    const std::lock_guard lock(mutex_);
    return threads_;
  }

  void set_threads(int count) {
    if (count < 1) throw_invalid_argument("the number of threads must be 1 or more");
    const std::lock_guard lock(mutex_);
    if (count != threads_ && !env_.expired()) {
      throw_invalid_argument("threads must be set before ONNX models are loaded");
    }
    threads_ = count;
  }

 private:
  std::mutex mutex_;
  std::weak_ptr<Ort::Env> env_;
  int threads_ = usable_cores();
};

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

constexpr std::string_view provider_ending = "ExecutionProvider";

// ONNX Runtime's name without its ending: "CUDA" for "cuda" and "CUDAExecutionProvider".
std::string provider_name(const std::string& device) {
  load_api();
  std::vector<std::string> known;
  for (std::string name : Ort::GetAvailableProviders()) {
    if (name.ends_with(provider_ending)) name.resize(name.size() - provider_ending.size());
    if (lower(name) == lower(device) || lower(name + std::string(provider_ending)) == lower(device))
      return name;
    known.push_back(name);
  }
  throw Error(ErrorCode::unsupported,
              fmt::format("the installed ONNX Runtime has no execution provider '{}'; choose from: "
                          "{}",
                          device, text::join(known, ", ")));
}

void use_device(Ort::SessionOptions& options, const std::string& device) {
  const std::string provider = provider_name(device);
  if (provider == "CPU") return;
  try {
    if (provider == "CUDA") {
      options.AppendExecutionProvider_CUDA(OrtCUDAProviderOptions{});
    } else {
      options.AppendExecutionProvider(provider, {});
    }
  } catch (const Ort::Exception& error) {
    throw Error(ErrorCode::unsupported,
                fmt::format("the execution provider {} cannot be used on this machine: {}",
                            provider, shortened(clean_text(error.what()), 400)));
  }
}

Ort::SessionOptions session_options(const SessionOptions& options) {
  Ort::SessionOptions result;
  result.DisablePerSessionThreads();
  result.SetExecutionMode(ORT_SEQUENTIAL);
  result.SetGraphOptimizationLevel(options.is_optimized ? ORT_ENABLE_ALL : ORT_DISABLE_ALL);
  result.SetLogSeverityLevel(ORT_LOGGING_LEVEL_FATAL);
  result.AddConfigEntry("session.use_env_allocators", "1");
  // Weights are outside of the arena, which keeps what is freed.
  result.AddConfigEntry("session.use_device_allocator_for_initializers", "1");
  if (!options.profile.empty()) result.EnableProfiling(options.profile.c_str());
  if (!options.weights.empty()) {
    result.AddConfigEntry("session.model_external_initializers_file_folder_path",
                          options.weights.c_str());
  }
  use_device(result, options.device);
  return result;
}

// The session that load() makes. ONNX Runtime 1.21 throws while it fuses two reshapes of which the
// first one's result is an output too: such a model is loaded without that fusion.
template <typename Load>
Ort::Session loaded(const SessionOptions& options, Load load) {
  Ort::SessionOptions session = session_options(options);
  try {
    return load(session);
  } catch (const Ort::Exception& error) {
    if (!options.is_optimized || error.GetOrtErrorCode() != ORT_RUNTIME_EXCEPTION) throw;
    session.AddConfigEntry("optimization.disable_specified_optimizers", "ReshapeFusion");
    return load(session);
  }
}

Error translated(const Ort::Exception& error, const std::string& place, ErrorCode code) {
  const bool is_missing = error.GetOrtErrorCode() == ORT_NOT_IMPLEMENTED;
  return {is_missing ? ErrorCode::unsupported : code,
          "ONNX Runtime: " + shortened(clean_text(error.what()), 400), place};
}

bool is_aligned(const SharedBytes& bytes, std::size_t element) {
  return reinterpret_cast<std::uintptr_t>(bytes.data) % std::max<std::size_t>(element, 1) == 0;
}

// The tensor's bytes where ONNX Runtime can read them.
SharedBytes aligned(const Tensor& tensor) {
  if (is_aligned(tensor.bytes, element_bytes(tensor.dtype))) return tensor.bytes;
  return to_shared_bytes(std::string(tensor.bytes.view()));
}

Tensor to_tensor(const std::string& name, Ort::Value value) {
  Tensor tensor{name, "", {}, {}};
  if (!value.HasValue() || !value.IsTensor()) return tensor;
  const Ort::TensorTypeAndShapeInfo info = value.GetTensorTypeAndShapeInfo();
  tensor.dtype = dtype_name(static_cast<int>(info.GetElementType()));
  if (tensor.dtype.empty()) return tensor;
  tensor.shape = info.GetShape();
  const auto owner = std::make_shared<const Ort::Value>(std::move(value));
  tensor.bytes.data = static_cast<const char*>(owner->GetTensorRawData());
  tensor.bytes.size = tensor_bytes(tensor.dtype, tensor.shape);
  tensor.bytes.owner = owner;
  return tensor;
}

}  // namespace

class SessionState {
 public:
  SessionState(const std::filesystem::path& file, const SessionOptions& options)
      : place_(file.string()),
        env_(Environment::instance().get()),
        session_(loaded(options, [&](const Ort::SessionOptions& session) {
          return Ort::Session(*env_, file.c_str(), session);
        })) {
    read_names();
  }
  SessionState(std::string_view model, const std::string& place, const SessionOptions& options)
      : place_(place),
        env_(Environment::instance().get()),
        session_(loaded(options, [&](const Ort::SessionOptions& session) {
          return Ort::Session(*env_, model.data(), model.size(), session);
        })) {
    read_names();
  }

  std::vector<Tensor> run(const std::vector<Tensor>& inputs) {
    require_count(inputs);
    std::vector<SharedBytes> bytes;
    std::vector<Ort::Value> values;
    for (const Tensor& input : inputs) {
      bytes.push_back(aligned(input));
      values.push_back(Ort::Value::CreateTensor(
          memory_, const_cast<char*>(bytes.back().data), bytes.back().size, input.shape.data(),
          input.shape.size(), static_cast<ONNXTensorElementDataType>(elem_type(input.dtype))));
    }
    std::vector<Ort::Value> results =
        session_.Run(Ort::RunOptions{nullptr}, pointers(input_names_).data(), values.data(),
                     values.size(), pointers(output_names_).data(), output_names_.size());
    std::vector<Tensor> outputs;
    for (std::size_t i = 0; i < results.size(); ++i) {
      outputs.push_back(to_tensor(output_names_[i], std::move(results[i])));
      keep_input_alive(outputs.back(), bytes);
    }
    return outputs;
  }

  void order_inputs(const std::vector<Tensor>& inputs) {
    require_count(inputs);
    input_names_.clear();
    for (const Tensor& input : inputs) input_names_.push_back(input.name);
  }

  std::filesystem::path end_profiling() {
    const Ort::AllocatorWithDefaultOptions allocator;
    return session_.EndProfilingAllocated(allocator).get();
  }

  const std::string& place() const { return place_; }

 private:
  void require_count(const std::vector<Tensor>& inputs) const {
    if (inputs.size() == input_names_.size()) return;
    throw Error(ErrorCode::mismatch,
                fmt::format("takes {} tensors, not {}", input_names_.size(), inputs.size()),
                place_);
  }

  void read_names() {
    const Ort::AllocatorWithDefaultOptions allocator;
    for (std::size_t i = 0; i < session_.GetInputCount(); ++i) {
      input_names_.emplace_back(session_.GetInputNameAllocated(i, allocator).get());
    }
    for (std::size_t i = 0; i < session_.GetOutputCount(); ++i) {
      output_names_.emplace_back(session_.GetOutputNameAllocated(i, allocator).get());
    }
  }

  // An output that is an input may be in its memory.
  static void keep_input_alive(Tensor& output, const std::vector<SharedBytes>& inputs) {
    for (const SharedBytes& input : inputs) {
      if (output.bytes.data == input.data && input.data != nullptr)
        output.bytes.owner = input.owner;
    }
  }

  static std::vector<const char*> pointers(const std::vector<std::string>& names) {
    std::vector<const char*> result;
    for (const std::string& name : names) result.push_back(name.c_str());
    return result;
  }

  std::string place_;
  std::shared_ptr<Ort::Env> env_;
  Ort::Session session_;
  Ort::MemoryInfo memory_ = cpu_memory();
  std::vector<std::string> input_names_;
  std::vector<std::string> output_names_;
};

void write_fused_model(const std::filesystem::path& file, const std::filesystem::path& to,
                       FusedModel kind) {
  try {
    const std::shared_ptr<Ort::Env> env = Environment::instance().get();
    loaded({}, [&](Ort::SessionOptions& session) {
      session.SetGraphOptimizationLevel(kind == FusedModel::with_layouts ? ORT_ENABLE_ALL
                                                                         : ORT_ENABLE_EXTENDED);
      session.SetOptimizedModelFilePath(to.c_str());
      session.AddConfigEntry("optimization.disable_specified_optimizers",
                             "TransposeOptimizer;CommonSubexpressionElimination;ReshapeFusion");
      return Ort::Session(*env, file.c_str(), session);
    });
  } catch (const Ort::Exception& error) {
    throw translated(error, file.string(), ErrorCode::damaged);
  }
}

Session::Session(const std::filesystem::path& file, const SessionOptions& options) {
  try {
    state_ = std::make_unique<SessionState>(file, options);
  } catch (const Ort::Exception& error) {
    const bool is_missing = error.GetOrtErrorCode() == ORT_NO_SUCHFILE;
    throw translated(error, file.string(), is_missing ? ErrorCode::not_found : ErrorCode::damaged);
  }
}

Session::Session(std::string_view model, const std::string& place, const SessionOptions& options) {
  try {
    state_ = std::make_unique<SessionState>(model, place, options);
  } catch (const Ort::Exception& error) {
    throw translated(error, place, ErrorCode::damaged);
  }
}

Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

std::vector<Tensor> Session::run(const std::vector<Tensor>& inputs) {
  try {
    return state_->run(inputs);
  } catch (const Ort::Exception& error) {
    throw translated(error, state_->place(), ErrorCode::mismatch);
  }
}

void Session::order_inputs(const std::vector<Tensor>& inputs) { state_->order_inputs(inputs); }

std::filesystem::path Session::end_profiling() { return state_->end_profiling(); }

bool has_runtime() { return true; }
std::string runtime_version() { return OrtGetApiBase()->GetVersionString(); }
int session_threads() { return Environment::instance().threads(); }
void set_session_threads(int count) { Environment::instance().set_threads(count); }
void validate_session_device(const std::string& device) { provider_name(device); }

}  // namespace scission::onnx
