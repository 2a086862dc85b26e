#include "scission/torchscript/inputs/inputs.hpp"

#include <torch/torch.h>

#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::testing;
using namespace scission::torchscript;

namespace {

bool reads_as(const std::string& text, const std::vector<InputSpec>& inputs) {
  return parse_inputs(text) == inputs;
}

at::Tensor one(const std::string& text, std::uint64_t seed = 0) {
  return random_inputs({parse_inputs(text), seed}).at(0);
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
  CHECK(to_string(with_batch(inputs, 3)) == "5x6x8:batch=1;3x8:batch=none;scalar;number:3");
}

TEST_CASE("a larger batch multiplies the first dimension of every input") {
  CHECK(to_string(with_batch(parse_inputs("1x3x8;2x5:int64<9"), 4)) == "4x3x8;8x5:int64<9");
  CHECK(to_string(with_batch(parse_inputs("3x1"), 1)) == "3x1");
  CHECK_ERROR(with_batch(parse_inputs("1x3"), 0), ErrorCode::invalid_argument,
              "0 is not a valid batch factor");
  CHECK_ERROR(with_batch(parse_inputs("1000x3"), std::int64_t{1} << 61),
              ErrorCode::invalid_argument, "is not a valid batch factor");
}

TEST_CASE("random inputs have the shape and type that was asked for") {
  const std::vector<at::Tensor> inputs =
      random_inputs({parse_inputs("2x3;4:float64;1x5:float16;3:int32;3:int64;3:uint8;3:bool"), 1});
  REQUIRE(inputs.size() == 7);
  CHECK(inputs[0].sizes() == at::IntArrayRef({2, 3}));
  const std::vector<at::ScalarType> types{at::kFloat, at::kDouble, at::kHalf, at::kInt,
                                          at::kLong,  at::kByte,   at::kBool};
  for (std::size_t i = 0; i < types.size(); ++i) CHECK(inputs[i].scalar_type() == types[i]);
}

TEST_CASE("every type, a tensor without dimensions and one without elements can be an input") {
  const std::vector<at::Tensor> inputs = random_inputs(
      {parse_inputs("2:bfloat16;2:int8<9;2:int16<9;3:complex64;3:complex128;scalar;0,4"), 1});
  REQUIRE(inputs.size() == 7);
  const std::vector<at::ScalarType> kinds{at::kBFloat16,     at::kChar,          at::kShort,
                                          at::kComplexFloat, at::kComplexDouble, at::kFloat,
                                          at::kFloat};
  for (std::size_t i = 0; i < kinds.size(); ++i) CHECK(inputs[i].scalar_type() == kinds[i]);
  CHECK(inputs[5].dim() == 0);
  CHECK(inputs[6].numel() == 0);
}

TEST_CASE("a number is no tensor, and a filled input is the same everywhere") {
  CHECK(random_inputs({parse_inputs("number:5;2"), 0}).size() == 1);
  CHECK(one("2,3:bool:fill=true").all().item<bool>());
  CHECK(one("3:int64:fill=-2").equal(at::full({3}, -2, at::kLong)));
}

TEST_CASE("a range is kept to, may be sorted, and may start where it must") {
  const at::Tensor dice = one("10000:int64:1..6");
  CHECK(dice.min().item<std::int64_t>() == 1);
  CHECK(dice.max().item<std::int64_t>() == 6);
  const at::Tensor shares = one("10000:float32:0..1");
  CHECK(shares.min().item<float>() >= 0);
  CHECK(shares.max().item<float>() <= 1);
  CHECK(shares.mean().item<float>() == Approx(0.5).margin(0.02));
  const at::Tensor offsets = one("2,100:int64:0..50:sorted:start=0");
  CHECK(offsets.equal(std::get<0>(offsets.sort(-1))));
  CHECK(offsets.select(1, 0).equal(at::zeros({2}, at::kLong)));
}

TEST_CASE("random floating-point numbers are standard normal") {
  for (const char* text : {"100000", "100000:float64", "100000:float16"}) {
    const at::Tensor numbers = one(text, 3).to(at::kDouble);
    CHECK(numbers.mean().item<double>() == Approx(0).margin(0.02));
    CHECK(numbers.std().item<double>() == Approx(1).margin(0.02));
  }
}

TEST_CASE("random whole numbers fill their range and do not leave it") {
  const at::Tensor tokens = one("10000:int64<50");
  CHECK(tokens.min().item<std::int64_t>() == 0);
  CHECK(tokens.max().item<std::int64_t>() == 49);
  CHECK(one("10000:uint8<256").to(at::kLong).max().item<std::int64_t>() == 255);
  const at::Tensor flags = one("1000:bool");
  CHECK(flags.any().item<bool>());
  CHECK_FALSE(flags.all().item<bool>());
}

TEST_CASE("equal seeds give equal inputs, others do not, and no other generator is touched") {
  at::manual_seed(1);
  const at::Tensor expected = torch::randn({4});
  at::manual_seed(1);
  CHECK(one("100", 7).equal(one("100", 7)));
  CHECK_FALSE(one("100", 7).equal(one("100", 8)));
  const std::vector<at::Tensor> both = random_inputs({parse_inputs("100;100"), 7});
  CHECK_FALSE(both[0].equal(both[1]));
  CHECK(torch::randn({4}).equal(expected));
}

TEST_CASE("inputs that cannot be created are rejected") {
  CHECK_ERROR(random_inputs({}), ErrorCode::invalid_argument, "no input is given");
  CHECK_ERROR(random_inputs({{{{-1}}}, 0}), ErrorCode::invalid_argument,
              "an input shape consists of");
  CHECK_ERROR(random_inputs({{{{1}, "uint32"}}, 0}), ErrorCode::invalid_argument, "uint32");
  CHECK_ERROR(random_inputs({{{{std::int64_t{1} << 55}}}, 0}), ErrorCode::invalid_argument,
              "an input 36028797018963968 cannot be created");
}
