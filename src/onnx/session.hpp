// A model that ONNX Runtime runs. In a build without it, every function here that would need it
// throws Error(unsupported) with what to install.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scission/model.hpp"

namespace scission::onnx {

struct SessionOptions {
  std::string device = "cpu";          ///< or an execution provider
  bool is_optimized = true;            ///< by ONNX Runtime's graph optimisations
  std::filesystem::path weights = {};  ///< folder of the weights that a model in memory refers to
  std::filesystem::path profile = {};  ///< beginning of the names of the profiler's files; or empty
};

class SessionState;

/// Not thread-safe, but not bound to a thread.
class Session {
 public:
  /// Throws Error(unsupported | invalid_argument | damaged) with `place`.
  Session(const std::filesystem::path& file, const SessionOptions& options);
  Session(std::string_view model, const std::string& place, const SessionOptions& options);
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  /// The outputs for the inputs, both in the model's order. Bytes are shared, not copied, except
  /// those of inputs that are not aligned. An output that is no tensor of numbers has no dtype.
  /// Throws Error(mismatch) with the place when the model does not run on them.
  std::vector<Tensor> run(const std::vector<Tensor>& inputs);

  /// From now on, run() takes the inputs in the order of these tensors, whose names are those of
  /// the model's inputs. Throws Error(mismatch) for another number of tensors.
  void order_inputs(const std::vector<Tensor>& inputs);

  /// Ends the profile, and returns its file. SessionOptions::profile was set; call it once.
  std::filesystem::path end_profiling();

 private:
  std::unique_ptr<SessionState> state_;
};

/// What write_fused_model() writes.
enum class FusedModel {
  with_values,  ///< the values that are left have their names
  /// With the rearrangement of layouts, which fuses more and renames values. What it makes of a
  /// node has the name of the node, or of its output and more behind it.
  with_layouts
};

/// Writes the model as ONNX Runtime fuses its operations. Throws as Session's constructor.
void write_fused_model(const std::filesystem::path& file, const std::filesystem::path& to,
                       FusedModel kind);

/// Whether this build has ONNX Runtime.
bool has_runtime();

/// "1.21.0".
std::string runtime_version();

/// Threads that one operation uses.
int session_threads();
/// Throws Error(invalid_argument) below 1, or while sessions with another number are loaded.
void set_session_threads(int count);

/// Throws Error(unsupported) for a device that the installed ONNX Runtime does not have.
void validate_session_device(const std::string& device);

}  // namespace scission::onnx
