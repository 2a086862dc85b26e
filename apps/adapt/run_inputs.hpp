// The inputs of requests: images or random numbers.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapt/run_request.hpp"
#include "open_model.hpp"
#include "scission/model/tensor.hpp"
#include "scission/runtime/adaptive/adaptive_pipeline.hpp"

namespace scission::apps {

/// Images of a folder in the order of their names, or of a list with one path per line, read when
/// they are needed; or a few tensors of seeded random numbers in turn.
class RunInputs {
 public:
  /// Throws Error(not_found) for a missing folder or file, Error(invalid_argument) when a folder
  /// holds no image or the model takes none.
  RunInputs(const RunRequest& request, const ModelSource& source);

  /// Null at the end. Blocks for the next line of standard input. Throws as load_image() does.
  std::shared_ptr<const runtime::AdaptiveInput> next();

  /// Inputs for warming up; never read from standard input.
  std::vector<Tensor> sample() const;

 private:
  std::optional<std::string> next_path();
  std::shared_ptr<const runtime::AdaptiveInput> read(const std::string& path) const;
  std::shared_ptr<const runtime::AdaptiveInput> next_random();
  std::shared_ptr<const runtime::AdaptiveInput> finished(
      const std::string& name, const std::vector<at::Tensor>& tensors) const;

  const RunRequest& request_;
  const ModelSource& source_;
  std::vector<std::string> paths_;
  std::size_t next_ = 0;
  std::vector<std::shared_ptr<const runtime::AdaptiveInput>> random_;
};

}  // namespace scission::apps
