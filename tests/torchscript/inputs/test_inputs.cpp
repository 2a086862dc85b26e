#include "scission/torchscript/inputs/inputs.hpp"

#include <torch/torch.h>

#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::testing;
using namespace scission::torchscript;

namespace {

at::Tensor one(const std::string& text, std::uint64_t seed = 0) {
  return random_inputs({parse_inputs(text), seed}).at(0);
}

}  // namespace

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
