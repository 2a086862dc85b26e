#include "scission/inputs.hpp"

#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

bool reads_as(const std::string& text, const std::vector<InputSpec>& inputs) {
  return parse_inputs(text) == inputs;
}

}  // namespace

TEST_CASE("an input is its shape, separated by commas or by x") {
  const std::vector<InputSpec> image{{{1, 3, 224, 224}}};
  CHECK(reads_as("1,3,224,224", image));
  CHECK(reads_as("1x3x224x224", image));
  CHECK(reads_as(" 1, 3, 224, 224 ", image));
  CHECK(reads_as("5", {{{5}}}));
}

TEST_CASE("an input's type and range follow its shape, and several are joined by ;") {
  CHECK(reads_as("1,128:int64<30522", {{{1, 128}, "int64", 30522}}));
  CHECK(reads_as("2x8:int32<5; 2x8:bool;2x3", {{{2, 8}, "int32", 5}, {{2, 8}, "bool"}, {{2, 3}}}));
}

TEST_CASE("inputs as text read back") {
  for (const char* text :
       {"1x3x224x224", "1x128:int64<30522;1x128:bool", "4:float64;1x2:uint8<256", "1x1:float16",
        "7x7:int32", "scalar", "scalar:int64<9", "0x4:complex64", "3:int8:-5..5",
        "4:int64<9:sorted:start=0", "2x6:bool:fill=0", "5x2x8:batch=1", "3x8:batch=none",
        "2x3:bfloat16:0..1", "batch.tokens=1x4:int64<9;state.0=2x2;n=number:5;number:0.5"}) {
    CHECK(to_string(parse_inputs(text)) == text);
  }
  CHECK(to_string(std::vector<InputSpec>{{{1, 2}, "float32", 9}}) == "1x2");
}

TEST_CASE("an invalid input is rejected with its fault") {
  struct Case {
    const char *text, *part;
  };
  const std::vector<Case> cases{{"", "no input is given"},
                                {"  ", "no input is given"},
                                {"image", "'image' in 'image' is not an integer"},
                                {"1,3,,2", "'' in '1,3,,2' is not an integer"},
                                {"1,3;", "'' in '1,3;' is not an integer"},
                                {"1x3,2", "'3,2' in '1x3,2' is not an integer"},
                                {"1.5,3", "'1.5'"},
                                {"-1,3", "not '-1x3'"},
                                {"99999999999999999999,3", "is not an integer"},
                                {"4000000000,4000000000", "is too large"},
                                {"1,3:", "'' is not an input type; use float16"},
                                {"1,3:float", "'float' is not an input type"},
                                {"1,3:int64<", "'' in '1,3:int64<' is not an integer"},
                                {"1,3:int64<x", "'x' in"},
                                {"1,3:int64<0", "not below 0"},
                                {"1,3:uint8<257", "below 1 to 256, not below 257"},
                                {"1,3:int32<4294967296", "not below 4294967296"},
                                {"1,3:bool<3", "not below 3"},
                                {"1,3:int8<129", "below 1 to 128, not below 129"},
                                {"1,3:int8:1..200", "are -128 to 127, not 1 to 200"},
                                {"1,3:int64:8..1", "is not a range LOWEST..HIGHEST"},
                                {"1,3:int64:1..8:start=9", "start=9 is not in the range 1..8"},
                                {"1,3:bool:fill=2", "fill=2 is not of type bool"},
                                {"1,3:int64:sorted:up", "'up' in '1,3:int64:sorted:up' is not a"},
                                {"1,3:complex64:0..1", "complex numbers have no order"},
                                {"1,3:batch=2", "batch=2 is not a dimension"},
                                {"n=number:", "'' in 'n=number:' is not a number"},
                                {"n=number:many", "'many' in 'n=number:many' is not a number"},
                                {"1,3:float64<3", "is for integer types only"}};
  for (const Case& bad : cases) {
    CAPTURE(bad.text);
    CHECK_ERROR(parse_inputs(bad.text), ErrorCode::invalid_argument, bad.part);
  }
}

TEST_CASE("words behind a type may be separated by blanks as well") {
  CHECK(reads_as("4:int64 1..8 sorted", parse_inputs("4:int64:1..8:sorted")));
  CHECK(reads_as("4:int64 < 8", parse_inputs("4:int64<8")));
  CHECK(reads_as("x = 4 : int8", parse_inputs("x=4:int8")));
}

TEST_CASE("a larger batch multiplies the dimension that is the batch") {
  const auto inputs = parse_inputs("5x2x8:batch=1;3x8:batch=none;scalar;number:3");
  CHECK(to_string(scale_batch(inputs, 3)) == "5x6x8:batch=1;3x8:batch=none;scalar;number:3");
}

TEST_CASE("a larger batch multiplies the first dimension of every input") {
  CHECK(to_string(scale_batch(parse_inputs("1x3x8;2x5:int64<9"), 4)) == "4x3x8;8x5:int64<9");
  CHECK(to_string(scale_batch(parse_inputs("3x1"), 1)) == "3x1");
  CHECK_ERROR(scale_batch(parse_inputs("1x3"), 0), ErrorCode::invalid_argument,
              "0 is not a valid batch factor");
  CHECK_ERROR(scale_batch(parse_inputs("1000x3"), std::int64_t{1} << 61),
              ErrorCode::invalid_argument, "is not a valid batch factor");
}

TEST_CASE("a tensor from a file is repeated and shortened along any dimension that is the batch") {
  InputSpec input = parse_inputs("2x2x2:uint8:batch=1").at(0);
  input.tensor =
      std::make_shared<const Tensor>(Tensor{"", "uint8", {2, 2, 2}, to_shared_bytes("abcdefgh")});
  CHECK(stored_input(input).bytes.data == input.tensor->bytes.data);
  input.shape[1] = 3;
  CHECK(stored_input(input).bytes.view() == "abcdabefghef");
  CHECK(stored_input(input).shape == input.shape);
  input.shape[1] = 1;
  CHECK(stored_input(input).bytes.view() == "abef");
  input.shape[1] = 0;
  CHECK(stored_input(input).bytes.view().empty());
}
