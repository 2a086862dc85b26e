#include "torchscript/ops/op_costs.hpp"

#include <torch/version.h>

#include <chrono>
#include <fstream>
#include <random>
#include <sstream>

#include "support/catch.hpp"
#include "torchscript/ops/op_case.hpp"

namespace scission::torchscript {
namespace {

using at::MemoryFormat;
using c10::IValue;
using scission::testing::has_operation;
using scission::testing::NamedArguments;
using scission::testing::OpCase;

using Ints = std::vector<std::int64_t>;

at::Tensor noise(at::IntArrayRef sizes) { return at::rand(sizes) - 0.5; }

at::Tensor channels_last(const at::Tensor& tensor) {
  return tensor.contiguous(tensor.dim() == 5 ? MemoryFormat::ChannelsLast3d
                                             : MemoryFormat::ChannelsLast);
}

std::string layout(const at::Tensor& tensor) {
  if (!tensor.defined()) return "none";
  std::ostringstream text;
  text << tensor.scalar_type() << ' ' << tensor.sizes() << " strides " << tensor.strides();
  return text.str();
}

std::string layouts(const std::vector<at::Tensor>& tensors) {
  std::string text;
  for (const at::Tensor& tensor : tensors) text += layout(tensor) + "; ";
  return text;
}

std::string layouts(const std::vector<IValue>& values) {
  std::vector<at::Tensor> tensors;
  for (const IValue& value : values) tensors.push_back(value.toTensor());
  return layouts(tensors);
}

std::string call_text(const std::string& name, const OpCase& op) {
  std::ostringstream text;
  text << name << '(';
  for (const IValue& input : op.inputs()) {
    if (input.isTensor()) {
      text << layout(input.toTensor());
    } else {
      text << input;
    }
    text << ", ";
  }
  return text.str() + ")";
}

std::optional<std::string> real(const OpCase& op) {
  try {
    return layouts(op.run());
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::optional<std::vector<at::Tensor>> fake_outputs_of(const OpCase& op) {
  const at::NoGradGuard no_grad;
  return fake_outputs(op.node(), op.inputs());
}

// The fake output is there, zero, and laid out as the kernel's output.
void check(const std::string& name, const std::vector<IValue>& positional,
           const NamedArguments& named = {}) {
  const OpCase op(name, positional, named);
  INFO(call_text(name, op));
  const auto made = fake_outputs_of(op);
  REQUIRE(made);
  CHECK(layouts(*made) == layouts(op.run()));
  for (const at::Tensor& tensor : *made) {
    if (tensor.defined()) CHECK(tensor.count_nonzero().item<std::int64_t>() == 0);
  }
}

void check_rejected(const std::string& name, const std::vector<IValue>& positional,
                    const NamedArguments& named = {}) {
  const OpCase op(name, positional, named);
  INFO(call_text(name, op));
  CHECK_FALSE(fake_outputs_of(op));
}

// In both memory formats, and as a part of a larger tensor.
std::vector<at::Tensor> variants(at::IntArrayRef sizes) {
  std::vector<at::Tensor> inputs = {noise(sizes)};
  if (sizes.size() >= 4) inputs.push_back(channels_last(noise(sizes)));
  return inputs;
}

std::vector<at::Tensor> all_variants(at::IntArrayRef sizes) {
  std::vector<at::Tensor> inputs = variants(sizes);
  Ints larger = sizes.vec();
  larger.back() += 3;
  inputs.push_back(noise(larger).narrow(-1, 1, sizes.back()));
  if (sizes.size() >= 2)
    inputs.push_back(noise(sizes).transpose(0, 1).contiguous().transpose(0, 1));
  return inputs;
}

const std::vector<Ints> pictures = {{1, 8, 9, 7},    {2, 8, 9, 7},  {3, 1, 8, 8},
                                    {1, 1, 8, 8},    {2, 6, 1, 1},  {1, 16, 1, 8},
                                    {1, 64, 28, 28}, {17, 4, 5, 5}, {1, 3, 32, 32}};

class RandomDraws {
 public:
  explicit RandomDraws(unsigned seed) : generator_(seed) {}
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(generator_);
  }
  bool coin() { return between(0, 1) == 1; }
  std::int64_t one_of(const Ints& values) {
    return values[static_cast<std::size_t>(
        between(0, static_cast<std::int64_t>(values.size()) - 1))];
  }
  Ints several(std::int64_t count, std::int64_t least, std::int64_t most) {
    Ints values;
    for (std::int64_t i = 0; i < count; ++i) values.push_back(between(least, most));
    return values;
  }

 private:
  std::mt19937 generator_;
};

at::Tensor any_format(RandomDraws& draws, const at::Tensor& tensor) {
  const bool has_formats = tensor.dim() == 4 || tensor.dim() == 5;
  return has_formats && draws.coin() ? channels_last(tensor) : tensor;
}

// Where the kernel runs, the fake output is laid out as its output; where it fails, there is none.
// Returns whether there was one.
bool agrees(const std::string& name, const OpCase& op) {
  INFO(call_text(name, op));
  const auto expected = real(op);
  const auto made = fake_outputs_of(op);
  if (!expected) {
    CHECK_FALSE(made);
  } else if (made) {
    CHECK(layouts(*made) == *expected);
  }
  return expected.has_value() == made.has_value();
}

OpCase random_convolution(RandomDraws& draws) {
  const std::int64_t dims = draws.between(1, 3);
  const bool transposed = draws.between(0, 3) == 0;
  const std::int64_t groups = draws.one_of({1, 1, 1, 2, 4});
  const std::int64_t in = groups * draws.one_of({1, 1, 2, 8});
  const std::int64_t out = groups * draws.one_of({1, 1, 2, 8});
  Ints input = {draws.one_of({1, 1, 2, 17}), in};
  Ints weight = {transposed ? in : out, (transposed ? out : in) / groups};
  for (std::int64_t i = 0; i < dims; ++i) {
    input.push_back(draws.one_of({1, 3, 7, 12}));
    weight.push_back(draws.one_of({1, 1, 2, 3, 5}));
  }
  const IValue bias = draws.coin() ? IValue(noise({out})) : IValue();
  const auto size = [&](std::int64_t least, std::int64_t most) {
    return draws.several(dims, least, most);
  };
  const at::ScalarType type = draws.between(0, 4) == 0 ? at::kDouble : at::kFloat;
  return OpCase(
      "aten::_convolution",
      {any_format(draws, noise(input)).to(type), any_format(draws, noise(weight)).to(type),
       bias.isNone() ? bias : IValue(bias.toTensor().to(type)), size(1, 2), size(0, 2), size(1, 2),
       transposed, size(0, transposed ? 1 : 0), groups, false, false, false, false});
}

OpCase random_pooling(RandomDraws& draws) {
  const std::int64_t dims = draws.between(1, 3);
  Ints input = draws.several(dims + 2, 1, 9);
  if (draws.between(0, 3) == 0) input.erase(input.begin());
  const std::string suffix = "pool" + std::to_string(dims) + "d";
  const bool maximum = draws.coin();
  const IValue stride = draws.coin() ? Ints() : draws.several(dims, 1, 3);
  std::vector<IValue> arguments = {any_format(draws, noise(input)), draws.several(dims, 1, 4),
                                   stride, draws.several(dims, 0, 2)};
  if (maximum) arguments.push_back(draws.several(dims, 1, 2));
  arguments.push_back(draws.coin());
  return OpCase((maximum ? "aten::max_" : "aten::avg_") + suffix, arguments);
}

OpCase random_adaptive_pooling(RandomDraws& draws) {
  const std::int64_t dims = draws.between(1, 3);
  Ints input = draws.several(dims + 2, 1, 9);
  if (draws.between(0, 3) == 0) input.erase(input.begin());
  const Ints output =
      draws.coin() ? Ints(static_cast<std::size_t>(dims), 1) : draws.several(dims, 1, 5);
  return OpCase("aten::adaptive_avg_pool" + std::to_string(dims) + "d",
                {any_format(draws, noise(input)), output});
}

OpCase random_matmul(RandomDraws& draws) {
  const std::int64_t inner = draws.between(1, 5);
  Ints left = draws.several(draws.between(0, 3), 1, 3);
  Ints right = draws.several(draws.between(0, 3), 1, 3);
  left.push_back(inner);
  right.insert(right.size() > 1 ? right.end() - 1 : right.begin(), inner);
  at::Tensor a = noise(left);
  at::Tensor b = noise(right);
  if (a.dim() > 1 && draws.coin()) a = a.transpose(-1, -2).contiguous().transpose(-1, -2);
  if (b.dim() > 1 && draws.coin()) b = b.transpose(-1, -2).contiguous().transpose(-1, -2);
  if (draws.coin()) b.set_requires_grad(true);
  return OpCase("aten::matmul", {a, b});
}

OpCase random_linear(RandomDraws& draws) {
  const std::int64_t in = draws.between(1, 5);
  const std::int64_t out = draws.between(1, 5);
  Ints input = draws.several(draws.between(0, 3), 1, 4);
  input.push_back(in);
  at::Tensor x = noise(input);
  if (x.dim() > 1 && draws.coin()) x = x.transpose(0, 1).contiguous().transpose(0, 1);
  return OpCase("aten::linear",
                {x, noise({out, in}), draws.coin() ? IValue(noise({out})) : IValue()});
}

// Permuted, sliced, broadcast, or as it was.
at::Tensor any_strides(RandomDraws& draws, at::Tensor tensor) {
  if (draws.coin()) tensor = any_format(draws, tensor);
  const std::int64_t last = tensor.dim() - 1;
  if (draws.coin()) tensor = tensor.transpose(draws.between(0, last), draws.between(0, last));
  if (draws.between(0, 2) == 0) tensor = tensor.narrow(last, 0, (tensor.size(last) + 1) / 2);
  if (draws.between(0, 4) == 0) tensor = tensor.narrow(0, 0, 1).expand_as(tensor);
  return tensor;
}

OpCase random_activation(RandomDraws& draws) {
  const at::Tensor x = any_strides(draws, noise(draws.several(draws.between(1, 5), 1, 4)));
  const std::vector<std::string> names = {"relu", "hardtanh",  "sigmoid",     "gelu",
                                          "silu", "elu",       "hardsigmoid", "leaky_relu",
                                          "mish", "hardswish", "relu6"};
  return OpCase("aten::" + names[static_cast<std::size_t>(draws.between(0, 10))], {x});
}

OpCase random_normalisation(RandomDraws& draws) {
  const std::int64_t channels = draws.one_of({1, 2, 8});
  Ints sizes = {draws.between(1, 3), channels};
  const Ints inner = draws.several(draws.between(1, 3), 1, 4);
  sizes.insert(sizes.end(), inner.begin(), inner.end());
  const at::Tensor x = any_strides(draws, noise(sizes));
  const auto parameter = [&] { return at::ones({channels}); };
  switch (draws.between(0, 3)) {
    case 0:
      return OpCase("aten::batch_norm", {x, parameter(), parameter(), parameter(), parameter(),
                                         false, 0.1, 1e-5, false});
    case 1:
      return OpCase("aten::layer_norm", {x, inner, noise(inner), noise(inner)});
    case 2:
      return OpCase("aten::group_norm", {x, channels > 1 ? 2 : 1, parameter(), parameter()});
    default:
      return OpCase("aten::instance_norm",
                    {x, parameter(), parameter(), IValue(), IValue(), true, 0.1, 1e-5, false});
  }
}

// Rounds of random calls; at least `least` per cent of those that run have a fake output.
template <typename MakeOp>
void check_random(const std::string& name, MakeOp make, int rounds, int least) {
  int agreed = 0;
  for (int seed = 0; seed < rounds; ++seed) {
    RandomDraws draws(static_cast<unsigned>(seed));
    INFO("seed " << seed);
    agreed += agrees(name, make(draws)) ? 1 : 0;
  }
  CHECK(agreed * 100 >= rounds * least);
}

std::int64_t resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmRSS:", 0) == 0) return std::stoll(line.substr(6));
  }
  return -1;
}

}  // namespace

TEST_CASE("Stand-ins of two-dimensional convolutions are laid out as the kernels' outputs") {
  at::manual_seed(1);
  for (const Ints& sizes : pictures) {
    for (const at::Tensor& x : all_variants(sizes)) {
      for (const std::int64_t kernel : {1, 3}) {
        const IValue weight = noise({6, sizes[1], kernel, kernel});
        check("aten::conv2d", {x, weight, noise({6}), Ints{1, 1}, Ints{1, 1}});
        check("aten::conv2d", {x, channels_last(weight.toTensor()), IValue(), Ints{2}, Ints{1}});
      }
    }
  }
}

TEST_CASE("Stand-ins of grouped, dilated and named-padding convolutions are laid out alike") {
  at::manual_seed(2);
  for (const at::Tensor& x : all_variants({2, 8, 9, 7})) {
    check("aten::conv2d", {x, noise({8, 1, 3, 3}), IValue()}, {{"groups", 8}});
    check("aten::conv2d", {x, noise({4, 4, 3, 3}), IValue()}, {{"groups", 2}});
    check("aten::conv2d", {x, noise({4, 8, 3, 3}), noise({4})}, {{"dilation", Ints{2, 2}}});
    check("aten::conv2d", {x, noise({4, 8, 4, 3}), IValue(), Ints{1, 1}, "same"});
    check("aten::conv2d", {x, noise({4, 8, 3, 3}), IValue(), Ints{1, 1}, "same"});
    check("aten::conv2d", {x, noise({4, 8, 4, 3}), IValue(), Ints{2, 2}, "valid"});
  }
}

TEST_CASE("Stand-ins of other convolutions are laid out alike") {
  at::manual_seed(3);
  check("aten::conv1d", {noise({2, 4, 9}), noise({6, 4, 3}), noise({6})});
  check("aten::conv1d", {noise({2, 9, 4}).transpose(1, 2), noise({6, 4, 3})});
  check("aten::conv2d", {noise({4, 9, 9}), noise({6, 4, 3, 3}), noise({6})});
  for (const at::Tensor& x : variants({2, 4, 5, 6, 7})) {
    check("aten::conv3d", {x, noise({6, 4, 3, 3, 3}), noise({6})});
    check("aten::conv3d", {x, noise({6, 4, 1, 1, 1})}, {{"stride", Ints{2, 2, 2}}});
    check("aten::conv_transpose3d", {x, noise({4, 3, 2, 2, 2})});
  }
  for (const at::Tensor& x : variants({2, 4, 5, 6})) {
    check("aten::conv_transpose2d", {x, noise({4, 3, 2, 2}), noise({3}), Ints{2, 2}});
    check("aten::conv_transpose2d", {x, noise({4, 3, 2, 2})}, {{"groups", 2}});
  }
  check("aten::conv_transpose1d", {noise({2, 4, 9}), noise({4, 3, 3})});
}

TEST_CASE("Stand-ins of random convolutions are laid out as the kernels' outputs") {
  at::manual_seed(4);
  check_random("aten::_convolution", random_convolution, 600, 95);
}

TEST_CASE("Stand-ins of random poolings are laid out as the kernels' outputs") {
  at::manual_seed(5);
  check_random("pooling", random_pooling, 400, 95);
  check_random("adaptive pooling", random_adaptive_pooling, 300, 95);
}

TEST_CASE("Stand-ins of random matrix products are laid out as the kernels' outputs") {
  at::manual_seed(6);
  check_random("aten::matmul", random_matmul, 400, 90);
  check_random("aten::linear", random_linear, 200, 100);
}

TEST_CASE("Stand-ins of random activations are laid out as the kernels' outputs") {
  at::manual_seed(7);
  check_random("activation", random_activation, 400, 100);
}

TEST_CASE("Stand-ins of random normalisations are laid out as the kernels' outputs") {
  at::manual_seed(8);
  check_random("normalisation", random_normalisation, 400, 60);
}

TEST_CASE("Stand-ins of pictures' layers are laid out as the kernels' outputs") {
  at::manual_seed(9);
  for (const Ints& sizes : pictures) {
    const auto each = [&] { return at::ones({sizes[1]}); };
    for (const at::Tensor& x : variants(sizes)) {
      check("aten::batch_norm", {x, each(), each(), each(), each(), false, 0.1, 1e-5, true});
      check("aten::relu", {x});
      check("aten::hardtanh", {x, 0.0, 6.0});
      check("aten::softmax", {x, 1, IValue()});
      check("aten::layer_norm", {x, Ints{sizes[3]}, noise({sizes[3]}), noise({sizes[3]})});
      check("aten::adaptive_avg_pool2d", {x, Ints{1, 1}});
      check("aten::adaptive_avg_pool2d", {x, Ints{7, 7}});
      check("aten::max_pool2d", {x, Ints{1, 1}, Ints{2, 2}});
      check("aten::avg_pool2d", {x, Ints{1, 1}, Ints{2, 2}});
    }
  }
}

TEST_CASE("Stand-ins of other products are laid out as the kernels' outputs") {
  at::manual_seed(10);
  check("aten::addmm", {noise({4}), noise({3, 5}), noise({4, 5}).t()});
  check("aten::mm", {noise({3, 5}), noise({5, 4})});
  check("aten::bmm", {noise({2, 3, 5}), noise({2, 5, 4})});
  check("aten::baddbmm", {noise({2, 3, 4}), noise({2, 3, 5}), noise({2, 5, 4})});
}

TEST_CASE("Stand-ins of attention are laid out as the kernels' outputs") {
  at::manual_seed(11);
  const auto part = [] { return noise({2, 5, 4, 8}).transpose(1, 2); };
  for (const char* name :
       {"aten::scaled_dot_product_attention", "aten::_scaled_dot_product_attention"}) {
    if (!has_operation(name)) continue;
    check(name, {part(), part(), part()});
    check(name, {noise({2, 4, 5, 8}), noise({2, 4, 5, 8}), noise({2, 4, 5, 8})});
    check(name, {noise({2, 4, 5, 8}), noise({2, 4, 3, 8}), noise({2, 4, 3, 6})});
    check(name, {noise({4, 5, 8}), noise({4, 3, 8}), noise({4, 3, 8})});
    check(name, {part(), part(), part(), noise({5, 5})});
  }
}

TEST_CASE("Stand-ins of whole encoder layers are laid out as the kernels' outputs") {
  at::manual_seed(12);
  const auto each = [] { return noise({16}); };
  for (const at::Tensor& x : {noise({2, 5, 16}), noise({1, 5, 16}), noise({2, 1, 16})}) {
    for (const bool norm_first : {false, true}) {
      check(
          "aten::_transformer_encoder_layer_fwd",
          {x, 16, 4, noise({48, 16}), noise({48}), noise({16, 16}), each(), true, norm_first, 1e-5,
           each(), each(), each(), each(), noise({32, 16}), noise({32}), noise({16, 32}), each()});
    }
    check("aten::_native_multi_head_attention",
          {x, x, x, 16, 4, noise({48, 16}), noise({48}), noise({16, 16}), each()},
          {{"need_weights", false}});
  }
}

TEST_CASE("A fake tensor of a gigabyte costs neither time nor memory") {
  const at::Tensor x = at::zeros({1}).expand({1 << 14, 1 << 14});
  const OpCase op("aten::relu", {x});
  const std::int64_t before = resident_kib();
  const auto start = std::chrono::steady_clock::now();
  const auto made = fake_outputs_of(op);
  const auto taken = std::chrono::steady_clock::now() - start;
  REQUIRE(made);
  CHECK(made->at(0).nbytes() == std::size_t{1} << 30);
  CHECK(resident_kib() - before < 4096);
  CHECK(taken < std::chrono::milliseconds(50));
  CHECK(made->at(0)[777][777].item<float>() == 0);
}

TEST_CASE("A fake tensor can be written to") {
  const OpCase op("aten::relu", {noise({256, 1024})});
  const auto made = fake_outputs_of(op);
  REQUIRE(made);
  made->at(0).add_(1);
  CHECK(made->at(0).sum().item<double>() == 256 * 1024);
}

TEST_CASE("What an operation would reject has no fake output") {
  check_rejected("aten::conv2d", {noise({1, 3, 8, 8}), noise({4, 5, 3, 3})});
  check_rejected("aten::conv2d", {noise({1, 3, 2, 2}), noise({4, 3, 3, 3})});
  check_rejected("aten::conv2d", {noise({1, 3, 8, 8}), noise({4, 3, 3, 3}), noise({5})});
  check_rejected("aten::conv2d", {noise({1, 3, 8, 8}), noise({4, 3, 3, 3}).to(at::kDouble)});
  check_rejected("aten::conv2d", {noise({3, 8}), noise({4, 3, 3, 3})});
  check_rejected("aten::matmul", {noise({2, 3}), noise({2, 3})});
  check_rejected("aten::linear", {noise({2, 3}), noise({4, 5})});
  check_rejected("aten::max_pool2d", {noise({1, 3, 2, 2}), Ints{3, 3}});
  check_rejected("aten::layer_norm", {noise({2, 3}), Ints{4}});
  check_rejected("aten::adaptive_avg_pool2d", {noise({1, 3, 2, 2}), Ints{3}});
}

TEST_CASE("Unusual tensors have no fake output") {
  const auto each = [] { return at::ones({3}); };
  check_rejected("aten::relu_", {noise({2, 3})});
  check_rejected("aten::relu", {at::arange(6)});
  check_rejected("aten::relu", {noise({0, 3})});
  check_rejected("aten::relu", {noise({2, 3}).to_sparse()});
  check_rejected("aten::add", {noise({2, 3}), noise({2, 3})});
  check_rejected("aten::max_pool2d_with_indices", {noise({1, 3, 4, 4}), Ints{2, 2}});
  check_rejected("aten::batch_norm",
                 {noise({2, 3, 4, 4}), each(), each(), each(), each(), true, 0.1, 1e-5, false});
}

TEST_CASE("No fake output where a gradient is required") {
  const OpCase op("aten::relu", {noise({2, 3}).set_requires_grad(true)});
  CHECK(fake_outputs_of(op));
  CHECK_FALSE(fake_outputs(op.node(), op.inputs()));
}

}  // namespace scission::torchscript
