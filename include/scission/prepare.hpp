// From a model's source to what runs it: opened, cut for a plan, and the inputs of its requests.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scission/backend.hpp"
#include "scission/base.hpp"
#include "scission/model.hpp"
#include "scission/plan/plan.hpp"

namespace scission {

/// Loads the model with its backend and finds its cuts. It runs on `inputs`, or on seeded random
/// numbers without any. Throws Error(invalid_argument) for a source without a backend, and as
/// Backend::open() does; where inputs are from files, the message names them.
SCISSION_EXPORT std::unique_ptr<OpenModel> open_model(const ModelSource& source,
                                                      const SplitOptions& options = {},
                                                      const std::vector<Tensor>& inputs = {});

/// Writes the segments of a plan into `folder`, which it creates. Throws Error(mismatch) with
/// `place` when the plan does not fit the model, and as OpenModel::write_segments() does.
SCISSION_EXPORT SegmentManifest write_plan(const OpenModel& model,
                                           const std::vector<Placement>& plan,
                                           const std::string& place,
                                           const std::filesystem::path& folder);

/// The tensors of one request: the image, fitted to the model, or seeded random numbers without
/// one. Throws Error(invalid_argument) with "INPUT" as place when the model takes no image or its
/// inputs are from files, and as load_image() does.
SCISSION_EXPORT std::vector<Tensor> request_inputs(const ModelSource& source,
                                                   const std::filesystem::path& image = {});

/// One request.
struct SCISSION_EXPORT RequestInput {
  std::string name;  ///< the image's path, or "random-2"
  std::vector<Tensor> tensors;
  std::vector<Tensor> expected;  ///< the whole model's outputs; empty unless requested
};

/// What a series of requests sends.
struct SCISSION_EXPORT RequestSeriesOptions {
  /// As image_paths() takes it; "-": one path per line of `list`; empty: seeded random numbers.
  std::string images = {};
  bool repeats = false;          ///< the images start again at their end
  bool with_expected = false;    ///< the whole model runs on each input
  std::istream* list = nullptr;  ///< null: standard input
};

/// The inputs of requests one after the other, each read when it is needed; or a few tensors of
/// seeded random numbers in turn. Not thread-safe.
class SCISSION_EXPORT RequestSeries {
 public:
  /// Reads the first image, so that one that is missing is found before anything else happens.
  /// Throws as image_paths() and request_inputs() do.
  RequestSeries(ModelSource source, RequestSeriesOptions options);
  ~RequestSeries();
  RequestSeries(const RequestSeries&) = delete;
  RequestSeries& operator=(const RequestSeries&) = delete;

  /// Nothing at the end. Throws as request_inputs() and Backend::run_model() do.
  std::optional<RequestInput> next();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace scission
