// jpeg: a model's input as the file that it was made of. Frame: version, preprocessing, file.
#include "scission/codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/file.hpp"
#include "base/require.hpp"
#include "codec/coders.hpp"
#include "inputs/jpeg.hpp"
#include "scission/base.hpp"

namespace scission {
namespace {

constexpr std::size_t picture_header = 2;
constexpr std::int64_t max_extent = 65'536;

bool is_picture_shape(const std::vector<std::int64_t>& shape) {
  return shape.size() == 4 && shape[1] == 3 &&
         std::all_of(shape.begin(), shape.end(),
                     [](std::int64_t extent) { return extent >= 1 && extent <= max_extent; });
}

Preprocessing preprocessing_of(char code) {
  switch (code) {
    case 0:
      return Preprocessing::caffe;
    case 1:
      return Preprocessing::tf;
    case 2:
      return Preprocessing::torch;
    default:
      throw_damaged("does not start as jpeg does");
  }
}

char code_of(Preprocessing preprocessing) {
  switch (preprocessing) {
    case Preprocessing::caffe:
      return 0;
    case Preprocessing::tf:
      return 1;
    case Preprocessing::torch:
      break;
  }
  return 2;
}

class JpegCodec final : public Codec {
 public:
  std::string name() const override { return "jpeg"; }
  bool is_lossless() const override { return true; }
  bool takes(std::string_view) const override { return false; }

  SharedBytes encode(const Tensor&) const override {
    throw Error(ErrorCode::unsupported, "jpeg codes the file of a picture, and not its tensor");
  }

  SharedBytes decode(std::string_view bytes, const std::string& dtype,
                     const std::vector<std::int64_t>& shape) const override {
    if (dtype != "float32" || !is_picture_shape(shape)) {
      throw_damaged("a picture becomes float32 of N x 3 x height x width");
    }
    if (bytes.size() <= picture_header || bytes[0] != frame_version) {
      throw_damaged("does not start as jpeg does");
    }
    const Preprocessing preprocessing = preprocessing_of(bytes[1]);
    const Image image = decoded(bytes.substr(picture_header));
    const Image resized =
        resize_nearest(image, static_cast<int>(shape[3]), static_cast<int>(shape[2]));
    return to_tensor(resized, preprocessing, static_cast<int>(shape[0])).bytes;
  }

 private:
  static Image decoded(std::string_view file) {
    try {
      return decode_jpeg(file);
    } catch (const Error& error) {
      throw_damaged(error.message());
    }
  }
};

}  // namespace

std::unique_ptr<const Codec> make_jpeg_codec() { return std::make_unique<JpegCodec>(); }

CodedTensor encode_picture(const std::filesystem::path& file, Preprocessing preprocessing,
                           const std::vector<std::int64_t>& shape, const std::string& name) {
  if (!is_picture_shape(shape)) {
    throw_invalid_argument(
        fmt::format("a picture fits into N,3,H,W only, each number from 1 to {}", max_extent));
  }
  std::string frame{frame_version, code_of(preprocessing)};
  frame += read_file(file);
  try {
    require_jpeg(std::string_view(frame).substr(picture_header));
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), file.string());
  }
  const auto size = static_cast<std::int64_t>(frame.size());
  return {"jpeg", {name, "uint8", {size}, to_shared_bytes(std::move(frame))}, "float32", shape};
}

}  // namespace scission
