// Images as inputs.
#include "scission/inputs.hpp"

#include <fmt/format.h>
#include <stb/stb_image.h>

#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/require.hpp"
#include "inputs/jpeg.hpp"

namespace scission {
namespace {

constexpr int rgb_channels = 3;

/// output[channel] = (input[source[channel]] − mean[channel]) / scale[channel], input 0…255.
struct Normalisation {
  std::array<int, 3> source;
  std::array<double, 3> mean;
  std::array<double, 3> scale;
};

// keras/applications/imagenet_utils.py
Normalisation normalisation(Preprocessing preprocessing) {
  switch (preprocessing) {
    case Preprocessing::caffe:
      return {{2, 1, 0}, {103.939, 116.779, 123.68}, {1, 1, 1}};
    case Preprocessing::tf:
      return {{0, 1, 2}, {127.5, 127.5, 127.5}, {127.5, 127.5, 127.5}};
    case Preprocessing::torch:
      break;
  }
  return {
      {0, 1, 2}, {0.485 * 255, 0.456 * 255, 0.406 * 255}, {0.229 * 255, 0.224 * 255, 0.225 * 255}};
}

const stbi_uc* bytes_of(std::string_view bytes) {
  return reinterpret_cast<const stbi_uc*>(bytes.data());
}

// The image with the pixels that stb returned, which are freed.
Image with_pixels(Image& image, stbi_uc* decoded, const std::string& place) {
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(decoded, stbi_image_free);
  if (!pixels) {
    throw_damaged(
        fmt::format("cannot be read as an image, use a JPEG or PNG ({})", stbi_failure_reason()),
        place);
  }
  const std::size_t bytes = std::size_t{rgb_channels} * image.width * image.height;
  image.rgb.assign(pixels.get(), pixels.get() + bytes);
  return std::move(image);
}

}  // namespace

Image load_image(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) {
    throw Error(ErrorCode::not_found,
                std::filesystem::exists(path, ignored) ? "is no file; name a JPEG or PNG"
                                                       : "there is no such image file",
                path.string());
  }
  Image image;
  int channels = 0;
  return with_pixels(image,
                     stbi_load(path.c_str(), &image.width, &image.height, &channels, rgb_channels),
                     path.string());
}

Image decode_jpeg(std::string_view bytes) {
  require_jpeg(bytes);
  Image image;
  int channels = 0;
  return with_pixels(image,
                     stbi_load_from_memory(bytes_of(bytes), static_cast<int>(bytes.size()),
                                           &image.width, &image.height, &channels, rgb_channels),
                     "");
}

Image resize_nearest(const Image& image, int width, int height) {
  if (width < 1 || height < 1) {
    throw_invalid_argument(fmt::format("an image cannot be {} wide and {} high", width, height));
  }
  Image resized{width, height, {}};
  resized.rgb.reserve(std::size_t{rgb_channels} * width * height);
  for (std::int64_t y = 0; y < height; ++y) {
    // ⌊(y + ½) · from / to⌋ in whole numbers
    const std::int64_t row = (2 * y + 1) * image.height / (std::int64_t{2} * height);
    for (std::int64_t x = 0; x < width; ++x) {
      const std::int64_t column = (2 * x + 1) * image.width / (std::int64_t{2} * width);
      const auto pixel = image.rgb.begin() + rgb_channels * (row * image.width + column);
      resized.rgb.insert(resized.rgb.end(), pixel, pixel + rgb_channels);
    }
  }
  return resized;
}

std::string to_string(Preprocessing preprocessing) {
  switch (preprocessing) {
    case Preprocessing::caffe:
      return "caffe";
    case Preprocessing::tf:
      return "tf";
    case Preprocessing::torch:
      break;
  }
  return "torch";
}

Tensor to_tensor(const Image& image, Preprocessing preprocessing, int batch) {
  if (batch < 1) throw_invalid_argument("the batch must be 1 or more");
  const Normalisation rule = normalisation(preprocessing);
  const std::size_t pixels = std::size_t{1} * image.height * image.width;
  std::vector<float> one(rgb_channels * pixels);
  auto out = one.begin();
  for (int channel = 0; channel < rgb_channels; ++channel) {
    for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
      const double value = image.rgb[rgb_channels * pixel + rule.source[channel]];
      *out++ = static_cast<float>((value - rule.mean[channel]) / rule.scale[channel]);
    }
  }
  const std::size_t size = one.size() * sizeof(float);
  std::string bytes(batch * size, '\0');
  for (int i = 0; i < batch; ++i) std::memcpy(bytes.data() + i * size, one.data(), size);
  return {"",
          "float32",
          {batch, rgb_channels, image.height, image.width},
          to_shared_bytes(std::move(bytes))};
}

}  // namespace scission
