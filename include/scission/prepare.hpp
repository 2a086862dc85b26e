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

// --- Models ---

/// A row for each built-in model. A table wider than `width` characters has a block of lines for
/// each row; empty: no limit.
SCISSION_EXPORT std::string format_built_in(const std::vector<ZooModel>& models,
                                            std::optional<std::size_t> width = {});

/// The same as a JSON array.
SCISSION_EXPORT std::string format_built_in_json(const std::vector<ZooModel>& models);

/// The built-in model of that name, or the model of that file, whose inputs have the numbers of
/// files, see read_input_files(). What they are comes from `given`, else from the zoo or the file's
/// note, else from the files. Throws as find_model(), read_input_files() and with_files() do;
/// `given_place` is the place of errors about `given`.
SCISSION_EXPORT ModelSource find_model_with_inputs(
    const std::string& model, const std::vector<std::filesystem::path>& files,
    const std::optional<std::vector<InputSpec>>& given = {}, const std::string& given_place = {});

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

// --- What a verification of segments found ---

/// A line for each batch, and one for each early exit that its runs came to; without `any_batch` a
/// last line says that the segments are for this batch alone. Empty without verdicts.
SCISSION_EXPORT std::string format_verdicts(const std::vector<BatchComparison>& verdicts,
                                            bool any_batch);

/// The folder, its manifest and the verdicts as JSON; docs/segments-format.md describes the fields.
SCISSION_EXPORT std::string format_segments_json(const std::filesystem::path& folder,
                                                 const SegmentManifest& manifest,
                                                 const std::vector<BatchComparison>& verdicts);

/// Throws Error(mismatch) with the folder as place for the first batch whose results differ from
/// the model's. A model may refuse other batches than the one that it was split for.
SCISSION_EXPORT void require_equal_results(const std::vector<BatchComparison>& verdicts,
                                           const std::filesystem::path& folder);

// --- Inputs ---

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
