// Inputs of models: specifications, files, images.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base.hpp"
#include "scission/model.hpp"

namespace scission {

// --- Specifications and files ---

// Model inputs: their specification as text, and numbers from files.

/// One tensor that a model takes, alone or inside of a tuple, list or dict; or a number.
struct SCISSION_EXPORT InputSpec {
  std::vector<std::int64_t> shape;  ///< every extent ≥ 0; empty for a tensor without dimensions
  /// float16, bfloat16, float32, float64, complex64, complex128, uint8, int8, int16, int32, int64
  /// or bool.
  std::string dtype = "float32";
  /// Exclusive upper bound of random integers: for token inputs, the vocabulary's size.
  std::int64_t below = 2;
  std::int64_t lowest = 0;                    ///< lower bound of random numbers
  bool is_uniform = false;                    ///< floating-point: uniform in lowest…below
  bool is_sorted = false;                     ///< ascending along the last dimension
  std::optional<std::int64_t> first = {};     ///< of the elements along the last dimension
  std::optional<double> fill = {};            ///< every element, instead of random ones
  int batch_dimension = 0;                    ///< which dimension is the batch; −1: none
  std::string name = {};                      ///< "tokens", "batch.mask", "state.0"; may be empty
  bool is_named_by_file = false;              ///< a name that counts only where the model has it
  std::string number = {};                    ///< of a Python number: "5", "0.5", "true"
  std::shared_ptr<const Tensor> tensor = {};  ///< read from `file`, instead of a random one
  std::filesystem::path file = {};

  bool is_number() const { return !number.empty(); }  ///< instead of a tensor
  /// Whether a dimension of the tensor is the batch.
  bool has_batch() const { return !is_number() && !shape.empty() && batch_dimension >= 0; }

  friend bool operator==(const InputSpec&, const InputSpec&) = default;
};

/// All tensors that a model takes, in its order, and the seed of their random elements.
struct SCISSION_EXPORT InputOptions {
  std::vector<InputSpec> tensors;
  std::uint64_t seed = 0;
};

/// Reads "1,3,224,224" or "1x3x224x224", "1,128:int64<30522" for tokens, several joined by ';'.
/// docs/splitting.md describes the whole grammar.
/// Throws Error(invalid_argument) with the grammar in its message.
SCISSION_EXPORT std::vector<InputSpec> parse_inputs(std::string_view text);

/// The same grammar: "1x3x224x224", "1x128:int64<30522;1x128:bool".
SCISSION_EXPORT std::string to_string(const std::vector<InputSpec>& inputs);

/// Throws Error(invalid_argument) where there is no input, on an extent below 0, an unknown type, a
/// range that the type cannot represent, and on more elements than fit into memory.
SCISSION_EXPORT void validate_inputs(const std::vector<InputSpec>& inputs);

/// The batch size of the first input that has one; 0 without.
SCISSION_EXPORT std::int64_t batch_size(const std::vector<InputSpec>& inputs);

/// Multiplies each input's batch dimension: 1x3x224x224 by 4 is 4x3x224x224.
/// Throws Error(invalid_argument) on a factor below 1 and on a batch that is too large.
SCISSION_EXPORT std::vector<InputSpec> scale_batch(std::vector<InputSpec> inputs,
                                                   std::int64_t factor);

/// The tensor from the input's file, repeated or shortened along the batch dimension to the input's
/// shape. It shares the file's bytes where the shapes are equal. O(bytes).
SCISSION_EXPORT Tensor stored_input(const InputSpec& input);

/// Further kinds of files that read_input_files() accepts.
struct SCISSION_EXPORT InputFileReader {
  std::string extension;  ///< ".pt"
  /// What the file holds. `name` is in front of each input's name, and may be empty.
  std::function<std::vector<InputSpec>(const std::filesystem::path& file, const std::string& name)>
      read;
};

/// What the files hold, file by file: a .npy one tensor; another kind what its reader makes of it.
/// A folder stands for its files of these kinds in the order of their names. Each input is named
/// after its file, or its key in the only file.
/// Throws Error(not_found | damaged | unsupported) with the file as place, and
/// Error(invalid_argument) for a folder without such files.
SCISSION_EXPORT std::vector<InputSpec> read_input_files(
    const std::vector<std::filesystem::path>& paths,
    const std::vector<InputFileReader>& readers = {});

/// The inputs `expected`, with the tensors that were read from files: by name where all names are
/// equal, else in order. Throws Error(mismatch) with the file as place where type or shape, or the
/// number of inputs, differs from what `expectation` ("--input-shape") says. `any_batch` accepts
/// another batch.
SCISSION_EXPORT std::vector<InputSpec> with_files(const std::vector<InputSpec>& expected,
                                                  std::vector<InputSpec> files,
                                                  const std::string& expectation,
                                                  bool any_batch = false);

/// How far an answer is from what is expected: 0 where all bytes are equal, else the maximum over
/// all tensors of max |answer − expected| / max |expected|. Infinite where types or shapes differ,
/// for integers that differ, and for a NaN on one side only. O(elements).
SCISSION_EXPORT double relative_difference(const std::vector<Tensor>& answer,
                                           const std::vector<Tensor>& expected);

// --- Images ---

/// 8-bit RGB, row by row from the top, three bytes a pixel.
struct SCISSION_EXPORT Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;
};

/// How Keras prepares an RGB image of 0…255 for a model (imagenet_utils.py).
enum class Preprocessing {
  caffe,  ///< channels reordered to BGR, less the ImageNet mean (103.939, 116.779, 123.68)
  tf,     ///< scaled to −1…1
  torch,  ///< scaled to 0…1, each channel normalised by ImageNet's mean and standard deviation
};

/// "caffe", "tf", "torch".
SCISSION_EXPORT std::string to_string(Preprocessing preprocessing);

/// Reads a JPEG, PNG, BMP or PPM file; grey becomes RGB, transparency is dropped.
/// Throws Error(not_found | damaged) with the file as place.
SCISSION_EXPORT Image load_image(const std::filesystem::path& path);

/// The images of a folder in the order of their names, those that a text file lists with one path
/// per line, or the one image that the path names. Throws Error(not_found) for a missing file,
/// Error(invalid_argument) when a folder or a list has none.
SCISSION_EXPORT std::vector<std::string> image_paths(const std::filesystem::path& source);

/// Scales to the given size by nearest neighbour with pixel centres at ½, the default of Keras'
/// load_img(target_size=…). Throws Error(invalid_argument) when a side is below 1.
SCISSION_EXPORT Image resize_nearest(const Image& image, int width, int height);

/// A float32 tensor of `batch` copies of the image, batch × 3 × height × width.
/// Throws Error(invalid_argument) when batch is below 1.
SCISSION_EXPORT Tensor to_tensor(const Image& image, Preprocessing preprocessing, int batch = 1);

}  // namespace scission
