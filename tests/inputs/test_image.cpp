#include "scission/inputs.hpp"

#include <cstring>

#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

namespace scission {
namespace {

using scission::testing::Scratch;

/// Two pixels side by side: (255, 0, 51) and (0, 102, 255).
const Image two_pixels{2, 1, {255, 0, 51, 0, 102, 255}};

std::vector<float> numbers(const Tensor& tensor) {
  std::vector<float> all(tensor.bytes.size / sizeof(float));
  std::memcpy(all.data(), tensor.bytes.data, tensor.bytes.size);
  return all;
}

void check_close(const std::vector<float>& got, const std::vector<double>& expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    CHECK(got[i] == Approx(expected[i]).margin(1e-4));
  }
}

}  // namespace

TEST_CASE("A PPM is read pixel by pixel") {
  const Scratch folder;
  const std::string ppm("P6 2 1 255\n\xff\x00\x33\x00\x66\xff", 17);
  const Image image = load_image(folder.file("two.ppm", ppm));
  CHECK(image.width == 2);
  CHECK(image.height == 1);
  CHECK(image.rgb == two_pixels.rgb);
}

TEST_CASE("A grey picture becomes RGB") {
  const Scratch folder;
  const auto grey = folder.file("grey.pgm", "P5 1 1 255\n\x40");
  CHECK(load_image(grey).rgb == std::vector<std::uint8_t>{64, 64, 64});
}

TEST_CASE("A missing image is missing and a damaged one is damaged") {
  const Scratch folder;
  const auto garbage = folder.file("garbage.jpg", "not a picture");
  CHECK_ERROR(load_image("no/such/photo.jpg"), ErrorCode::not_found, "no/such/photo.jpg: ");
  CHECK_ERROR(load_image(garbage), ErrorCode::damaged, "garbage.jpg: ");
}

TEST_CASE("Resizing takes the nearest pixel") {
  const Image row{4, 1, {0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3}};
  CHECK(resize_nearest(row, 2, 1).rgb == std::vector<std::uint8_t>{1, 1, 1, 3, 3, 3});
  const Image larger = resize_nearest(two_pixels, 4, 2);
  CHECK(larger.width == 4);
  CHECK(larger.height == 2);
  CHECK(std::vector<std::uint8_t>(larger.rgb.begin(), larger.rgb.begin() + 6) ==
        std::vector<std::uint8_t>{255, 0, 51, 255, 0, 51});
  CHECK_ERROR(resize_nearest(row, 0, 1), ErrorCode::invalid_argument, "0 wide");
}

TEST_CASE("Caffe's preprocessing is BGR without the ImageNet mean") {
  check_close(numbers(to_tensor(two_pixels, Preprocessing::caffe)),
              {51 - 103.939, 255 - 103.939, 0 - 116.779, 102 - 116.779, 255 - 123.68, 0 - 123.68});
}

TEST_CASE("TensorFlow's preprocessing runs from -1 to 1") {
  check_close(numbers(to_tensor(two_pixels, Preprocessing::tf)), {1, -1, -1, -0.2, -0.6, 1});
}

TEST_CASE("Torch's preprocessing normalises by ImageNet's mean and deviation") {
  check_close(numbers(to_tensor(two_pixels, Preprocessing::torch)),
              {(1 - 0.485) / 0.229, (0 - 0.485) / 0.229, (0 - 0.456) / 0.224, (0.4 - 0.456) / 0.224,
               (0.2 - 0.406) / 0.225, (1 - 0.406) / 0.225});
}

TEST_CASE("A batch repeats the image") {
  const Tensor batch = to_tensor(two_pixels, Preprocessing::tf, 3);
  CHECK(batch.shape == std::vector<std::int64_t>{3, 3, 1, 2});
  const std::string one(to_tensor(two_pixels, Preprocessing::tf).bytes.view());
  CHECK(batch.bytes.view() == one + one + one);
  CHECK_ERROR(to_tensor(two_pixels, Preprocessing::tf, 0), ErrorCode::invalid_argument, "batch");
}

}  // namespace scission
