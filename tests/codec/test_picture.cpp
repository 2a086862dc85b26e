#include "scission/codec.hpp"

#include <algorithm>
#include <filesystem>
#include <string>

#include "base/file.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

namespace scission {
namespace {

using scission::testing::Scratch;

constexpr const char* photo = "data/example/photo.jpg";
constexpr std::int64_t large_enough = std::int64_t{1} << 40;
using PictureShape = std::vector<std::int64_t>;

CodedTensor with_bytes(const CodedTensor& coded, const std::string& bytes) {
  CodedTensor changed = coded;
  changed.tensor.bytes = to_shared_bytes(bytes);
  changed.tensor.shape = {static_cast<std::int64_t>(bytes.size())};
  return changed;
}

}  // namespace

TEST_CASE("A picture crosses as its file and becomes the tensor that the tools make of that file") {
  for (const Preprocessing preprocessing :
       {Preprocessing::caffe, Preprocessing::tf, Preprocessing::torch}) {
    const CodedTensor coded = encode_picture(photo, preprocessing, {2, 3, 32, 48}, "image");
    CHECK(coded.codec == "jpeg");
    CHECK(coded.tensor.bytes.size == std::filesystem::file_size(photo) + 2);
    const Tensor tensor = decode_tensor(coded, large_enough);
    const Tensor expected = to_tensor(resize_nearest(load_image(photo), 48, 32), preprocessing, 2);
    CHECK(tensor.name == "image");
    CHECK(tensor.dtype == "float32");
    CHECK(tensor.shape == PictureShape{2, 3, 32, 48});
    CHECK((tensor.bytes.view() == expected.bytes.view()));
  }
}

TEST_CASE("A tensor cannot become a JPEG file, and crosses as it is") {
  const Codec& jpeg = *find_codec("jpeg");
  const Tensor tensor =
      decode_tensor(encode_picture(photo, Preprocessing::torch, {1, 3, 8, 8}), large_enough);
  CHECK_FALSE(jpeg.takes("float32"));
  CHECK_ERROR(jpeg.encode(tensor), ErrorCode::unsupported, "file");
  CHECK(encode_tensor(jpeg, tensor).codec.empty());
}

TEST_CASE("What is no JPEG file is named before anything is sent") {
  const Scratch folder;
  const auto encode = [](const std::filesystem::path& file, const PictureShape& shape) {
    return encode_picture(file, Preprocessing::torch, shape);
  };
  const PictureShape shape{1, 3, 8, 8};
  CHECK_ERROR(encode("no/photo.jpg", shape), ErrorCode::not_found, "no/photo.jpg");
  CHECK_ERROR(encode(folder.file("a.png", "\x89PNG"), shape), ErrorCode::unsupported, "a.png: ");
  CHECK_ERROR(encode(folder.file("b.jpg", "\xff\xd8\xff"), shape), ErrorCode::damaged, "b.jpg: ");
  for (const PictureShape& other : {PictureShape{}, {1, 3, 8}, {1, 1, 8, 8}, {0, 3, 8, 8}}) {
    CHECK_ERROR(encode(photo, other), ErrorCode::invalid_argument, "N,3,H,W");
  }
}

TEST_CASE("A picture's bytes that are cut short, changed or of another shape are damaged") {
  const CodedTensor coded = encode_picture(photo, Preprocessing::torch, {1, 3, 8, 8});
  const std::string frame(coded.tensor.bytes.view());
  for (const std::string& bytes : {std::string(), frame.substr(0, 2), frame.substr(0, 20),
                                   '\2' + frame.substr(1), "\1\3" + frame.substr(2)}) {
    CHECK_ERROR(decode_tensor(with_bytes(coded, bytes), large_enough), ErrorCode::damaged,
                "tensor ");
  }
  CodedTensor other = coded;
  other.shape = {1, 8, 3, 8};
  CHECK_ERROR(decode_tensor(other, large_enough), ErrorCode::damaged, "float32 of N x 3");
  CHECK_ERROR(decode_tensor(coded, 767), ErrorCode::invalid_argument, "768 bytes");
}

TEST_CASE("A JPEG is refused whose Huffman tables or sampling its decoder would trust") {
  const std::string file = read_file(photo);
  const CodedTensor coded = encode_picture(photo, Preprocessing::torch, {1, 3, 8, 8});
  const auto decode = [&](std::size_t at, const std::string& bytes) {
    std::string changed = file;
    changed.replace(at, bytes.size(), bytes);
    return decode_tensor(with_bytes(coded, "\1\2" + changed), large_enough);
  };
  const std::size_t table = file.find("\xff\xc4");
  const std::size_t frame_start = std::min(file.find("\xff\xc0"), file.find("\xff\xc2"));
  CHECK_ERROR(decode(table + 20, "\xff"), ErrorCode::damaged, "Huffman table");
  CHECK_ERROR(decode(frame_start + 11, std::string("\x21\0\2\x31", 4)), ErrorCode::damaged,
              "samples");
  CHECK_ERROR(decode(frame_start + 11, std::string(1, '\0')), ErrorCode::damaged, "samples");
  CHECK_ERROR(decode(frame_start + 9, "\x40"), ErrorCode::damaged, "components");
}

TEST_CASE("A JPEG is refused whose scans use tables that it does not define") {
  const std::string file = read_file(photo);
  const CodedTensor coded = encode_picture(photo, Preprocessing::torch, {1, 3, 8, 8});
  const auto decode = [&](const std::string& bytes) {
    return decode_tensor(with_bytes(coded, "\1\2" + bytes), large_enough);
  };
  const auto without = [&](const std::string& marker) {
    std::string changed = file;
    for (std::size_t at = changed.find(marker); at != std::string::npos;
         at = changed.find(marker)) {
      changed[at + 1] = '\xfe';  // a comment
    }
    return changed;
  };
  CHECK_ERROR(decode(without("\xff\xc4")), ErrorCode::damaged, "lacks a Huffman table");
  CHECK_ERROR(decode(without("\xff\xdb")), ErrorCode::damaged, "lacks a quantisation table");
  std::string other_table = file;
  other_table[file.find("\xff\xda") + 6] = '\x33';
  CHECK_ERROR(decode(other_table), ErrorCode::damaged, "lacks a Huffman table");
}

TEST_CASE("A JPEG is refused that is small and would take long to decode") {
  const std::string file = read_file(photo);
  const CodedTensor coded = encode_picture(photo, Preprocessing::torch, {1, 3, 8, 8});
  std::string huge = file;
  const std::size_t frame_start = std::min(file.find("\xff\xc0"), file.find("\xff\xc2"));
  huge.replace(frame_start + 5, 4, "\x1b\x58\x1b\x58");  // 7000 x 7000
  const std::size_t scan = file.find("\xff\xda");
  huge.resize(scan + 1000);
  CHECK_ERROR(decode_tensor(with_bytes(coded, "\1\2" + huge), large_enough), ErrorCode::damaged,
              "too short for its size");
  const std::string scan_head = file.substr(scan, 2 + static_cast<unsigned char>(file[scan + 3]));
  std::string many = file.substr(0, file.size() - 2);
  for (int i = 0; i < 40; ++i) many += scan_head;
  CHECK_ERROR(decode_tensor(with_bytes(coded, "\1\2" + many), large_enough), ErrorCode::damaged,
              "more than 32 scans");
}

TEST_CASE("A JPEG that states more pixels than the limit is not decoded") {
  std::string file = read_file(photo);
  const std::size_t frame_start = std::min(file.find("\xff\xc0"), file.find("\xff\xc2"));
  REQUIRE(frame_start != std::string::npos);
  file.replace(frame_start + 5, 4, "\xff\x00\xff\x00", 4);  // height, width
  const Scratch folder;
  CHECK_ERROR(encode_picture(folder.file("bomb.jpg", file), Preprocessing::tf, {1, 3, 8, 8}),
              ErrorCode::unsupported, "65280 x 65280 pixels");
  const CodedTensor coded = encode_picture(photo, Preprocessing::torch, {1, 3, 8, 8});
  CHECK_ERROR(decode_tensor(with_bytes(coded, "\1\2" + file), large_enough), ErrorCode::damaged,
              "limit");
}

}  // namespace scission
