// What goes into the requests, one after the other.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapt/run/request.hpp"
#include "open_model.hpp"
#include "scission/model/tensor.hpp"

namespace scission::adaptive_run {

/// One request's inputs, and what the whole model makes of them.
struct Input {
  std::string name;  ///< the image's path, or a seed's number
  std::vector<Tensor> tensors;
  std::vector<Tensor> expected;  ///< only with --verify
};

/// Images of a folder, in the order of their names, or of a list, a path a line, read as they are
/// needed; or a few tensors of seeded random numbers in turn.
class InputStream {
 public:
  /// Throws Error(not_found) when there is no such folder or file, Error(invalid_argument) when a
  /// folder holds no image or the model takes none.
  InputStream(const RunRequest& request, const apps::ModelSource& source);

  /// Nothing at the end. Blocks for the next line of standard input. Throws as load_image() does.
  std::shared_ptr<const Input> next();

  /// Inputs to warm up with; never read from standard input.
  std::vector<Tensor> sample() const;

 private:
  std::optional<std::string> next_path();
  std::shared_ptr<const Input> read(const std::string& path) const;
  std::shared_ptr<const Input> next_random();
  std::shared_ptr<const Input> finished(const std::string& name,
                                        const std::vector<at::Tensor>& tensors) const;

  const RunRequest& request_;
  const apps::ModelSource& source_;
  std::vector<std::string> paths_;
  std::size_t next_ = 0;
  std::vector<std::shared_ptr<const Input>> random_;
};

}  // namespace scission::adaptive_run
