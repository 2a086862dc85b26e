// The inputs on which codecs are measured.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "base/csv.hpp"
#include "base/file.hpp"
#include "base/require.hpp"
#include "base/text.hpp"
#include "inputs/image_paths.hpp"
#include "scission/benchmark.hpp"
#include "scission/codec.hpp"
#include "scission/inputs.hpp"

namespace scission {
namespace {

namespace fs = std::filesystem;

/// Whether a backend may read inputs from the file.
bool has_tensors(const fs::path& path) {
  if (path.extension() == ".npy") return true;
  for (const Backend* backend : backends()) {
    for (const InputFileReader& reader : backend->input_file_readers()) {
      if (path.extension() == reader.extension) return true;
    }
  }
  return false;
}

/// Pictures, or else files and folders of tensors; in no order.
Calibration entries_of(const fs::path& folder) {
  Calibration pictures;
  pictures.has_pictures = true;
  Calibration tensors;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path& path = entry.path();
    if (path.filename().string().starts_with('.')) continue;
    if (entry.is_regular_file() && is_image(path)) pictures.files.push_back(path);
    if (entry.is_directory() || has_tensors(path)) tensors.files.push_back(path);
  }
  return pictures.files.empty() ? tensors : pictures;
}

std::vector<Tensor> tensors_of(const std::vector<InputSpec>& inputs) {
  std::vector<Tensor> tensors;
  for (const InputSpec& input : inputs) {
    if (!input.is_number()) tensors.push_back(stored_input(input));
  }
  return tensors;
}

std::vector<Tensor> read_tensors(const ModelSource& source, const fs::path& file) {
  const auto read = read_input_files({file}, source.backend->input_file_readers());
  return tensors_of(with_files(source.inputs, read, "the model's input"));
}

std::vector<Tensor> read_picture(const ModelSource& source, const fs::path& file) {
  if (!takes_an_image(source)) {
    throw_invalid_argument(
        fmt::format("is a picture, and {} takes no image; give .npy files", source.name),
        file.string());
  }
  return {image_input(source, load_image(file))};
}

/// Nothing where the picture is not in a format that crosses as it came.
std::optional<CodedTensor> coded_picture(const ModelSource& source, const fs::path& file) {
  try {
    return encode_picture(file, source.preprocessing, source.inputs.at(0).shape);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported) throw;
    return std::nullopt;
  }
}

}  // namespace

int Calibration::size() const {
  return files.empty() ? random_inputs : static_cast<int>(files.size());
}

Calibration find_calibration(const fs::path& source) {
  std::error_code ignored;
  if (!fs::exists(source, ignored)) {
    throw Error(ErrorCode::not_found, "there is no such folder or picture", source.string());
  }
  if (!fs::is_directory(source, ignored)) {
    Calibration one;
    one.files = {source};
    one.has_pictures = is_image(source);
    return one;
  }
  Calibration calibration = entries_of(source);
  if (calibration.files.empty()) {
    throw_invalid_argument("holds neither pictures nor .npy files", folder_text(source));
  }
  std::sort(calibration.files.begin(), calibration.files.end());
  return calibration;
}

void add_labels(Calibration& calibration, const fs::path& labels) {
  std::map<std::string, std::int64_t, std::less<>> label_of;
  for_each_line(read_file(labels), labels.string(),
                [&](const std::vector<std::string_view>& fields, const std::string& place) {
                  const auto label = fields.size() == 2 ? text::to_int(fields[1]) : std::nullopt;
                  if (!label || *label < 0) {
                    throw_damaged("must be FILE,LABEL with a class from 0: photo.jpg,207", place);
                  }
                  label_of.insert_or_assign(std::string(fields[0]), *label);
                });
  std::vector<std::int64_t> found;
  for (const fs::path& file : calibration.files) {
    const auto label = label_of.find(file.filename().string());
    if (label == label_of.end()) {
      throw Error(ErrorCode::mismatch, fmt::format("has no label for {}", file.filename().string()),
                  labels.string());
    }
    found.push_back(label->second);
  }
  calibration.labels = std::move(found);
}

CalibrationInput read_input(const Calibration& calibration, const ModelSource& source, int index) {
  CalibrationInput input;
  if (!calibration.labels.empty()) {
    input.label = calibration.labels[require_in(calibration.labels, index, "label", "")];
  }
  if (calibration.files.empty()) {
    input.tensors =
        source.backend->random_inputs({source.inputs, static_cast<std::uint64_t>(index)});
    return input;
  }
  const fs::path& file = calibration.files[require_in(calibration.files, index, "input", "")];
  if (calibration.has_pictures) {
    input.tensors = read_picture(source, file);
    input.picture = coded_picture(source, file);
  } else {
    input.tensors = read_tensors(source, file);
  }
  return input;
}

}  // namespace scission
