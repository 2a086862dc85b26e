#include "scission/prepare.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <utility>

#include "scission/base.hpp"
#include "scission/inputs.hpp"
#include "scission/model.hpp"

namespace scission {
namespace {

constexpr std::size_t random_count = 4;  // several, so that exchanged answers are noticed

/// "x.npy holds 2x8 float64", for every input that is from a file.
std::string files_text(const ModelSource& source) {
  std::string text;
  for (const InputSpec& input : source.inputs) {
    if (input.file.empty()) continue;
    text += fmt::format("{}{} holds ", text.empty() ? "" : ", ", input.file.string());
    text += input.is_number() ? "the number " + input.number
                              : fmt::format("{} {}", fmt::join(input.shape, "x"), input.dtype);
  }
  return text;
}

const Backend& backend_for(const ModelSource& source) {
  if (source.backend != nullptr) return *source.backend;
  throw Error(ErrorCode::invalid_argument, "has no backend; find_model() sets it",
              "model " + source.name);
}

}  // namespace

ModelSource find_model_with_inputs(const std::string& model,
                                   const std::vector<std::filesystem::path>& files,
                                   const std::optional<std::vector<InputSpec>>& given,
                                   const std::string& given_place) {
  std::vector<InputFileReader> readers;
  for (const Backend* backend : backends()) {
    for (InputFileReader& reader : backend->input_file_readers()) {
      readers.push_back(std::move(reader));
    }
  }
  std::vector<InputSpec> read = read_input_files(files, readers);
  if (given) return find_model(model, with_files(*given, std::move(read), given_place));
  ModelSource source = find_model(model, read);
  const auto recorded = source.file.empty() ? std::optional(zoo_source(source.name).inputs)
                                            : source.backend->recorded_inputs(source.file);
  if (recorded) source.inputs = with_files(*recorded, std::move(read), "the model", true);
  return source;
}

std::unique_ptr<OpenModel> open_model(const ModelSource& source, const SplitOptions& options,
                                      const std::vector<Tensor>& inputs) {
  try {
    return backend_for(source).open(source, options, inputs);
  } catch (const Error& error) {
    const std::string files = files_text(source);
    if (error.code() != ErrorCode::mismatch || files.empty()) throw;
    throw Error(error.code(), fmt::format("{}; {}", error.message(), files), error.place());
  }
}

SegmentManifest write_plan(const OpenModel& model, const std::vector<Placement>& plan,
                           const std::string& place, const std::filesystem::path& folder) {
  std::vector<int> layers;
  for (const Placement& stage : plan) layers.push_back(stage.last_layer);
  std::vector<Cut> cuts;
  try {
    cuts = cuts_of_plan(model.graph(), model.cuts(), layers);
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), place);
  }
  std::filesystem::create_directory(folder);
  return model.write_segments(cuts, folder, {});
}

std::vector<Tensor> request_inputs(const ModelSource& source, const std::filesystem::path& image) {
  if (image.empty()) return backend_for(source).random_inputs({source.inputs});
  if (std::any_of(source.inputs.begin(), source.inputs.end(),
                  [](const InputSpec& input) { return !input.file.empty(); })) {
    throw Error(ErrorCode::invalid_argument, "not together with --input-files", "INPUT");
  }
  if (!takes_an_image(source)) {
    throw Error(ErrorCode::invalid_argument,
                "the model takes no image; leave INPUT out for random numbers", "INPUT");
  }
  return {image_input(source, load_image(image))};
}

class RequestSeries::Impl {
 public:
  Impl(ModelSource source, RequestSeriesOptions options)
      : source_(std::move(source)), options_(std::move(options)) {
    if (options_.images == "-" || options_.images.empty()) return;
    paths_ = image_paths(options_.images);
    request_inputs(source_, paths_.front());  // the model takes images, and this is one
  }

  std::optional<RequestInput> next() {
    if (options_.images.empty()) return next_random();
    const std::string path = options_.images == "-" ? next_line() : next_path();
    if (path.empty()) return std::nullopt;
    return finished(path, request_inputs(source_, path));
  }

 private:
  std::string next_line() {
    std::istream& list = options_.list ? *options_.list : std::cin;
    std::string line;
    while (line.empty() && std::getline(list, line)) {
    }
    return line;
  }

  std::string next_path() {
    if (next_ == paths_.size() && options_.repeats) next_ = 0;
    return next_ < paths_.size() ? paths_[next_++] : std::string();
  }

  RequestInput next_random() {
    const std::size_t number = next_++ % random_count;
    if (number == random_.size()) {
      random_.push_back(finished("random-" + std::to_string(number),
                                 backend_for(source_).random_inputs({source_.inputs, number})));
    }
    return random_[number];
  }

  RequestInput finished(const std::string& name, std::vector<Tensor> tensors) const {
    RequestInput input{name, std::move(tensors), {}};
    if (options_.with_expected) {
      input.expected = backend_for(source_).run_model(source_, input.tensors);
    }
    return input;
  }

  const ModelSource source_;
  const RequestSeriesOptions options_;
  std::vector<std::string> paths_;
  std::size_t next_ = 0;
  std::vector<RequestInput> random_;
};

RequestSeries::RequestSeries(ModelSource source, RequestSeriesOptions options)
    : impl_(std::make_unique<Impl>(std::move(source), std::move(options))) {}

RequestSeries::~RequestSeries() = default;

std::optional<RequestInput> RequestSeries::next() { return impl_->next(); }

}  // namespace scission
