#include <torch/script.h>
#include <torch/serialize.h>

#include <fstream>

#include "scission/torchscript/inputs/inputs.hpp"
#include "scission/torchscript/split/split.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"
#include "torchscript/common/tensors.hpp"

using namespace scission;
using namespace scission::testing;
using namespace scission::torchscript;

namespace {

// A .npy file's bytes.
std::string npy(int version, const std::string& header, const std::string& elements) {
  std::string bytes = "\x93NUMPY";
  bytes += static_cast<char>(version);
  bytes += '\0';
  bytes += static_cast<char>(header.size());
  bytes += '\0';
  if (version > 1) bytes += std::string(2, '\0');
  return bytes + header + elements;
}

template <typename T>
std::string bytes_of(const std::vector<T>& elements) {
  return {reinterpret_cast<const char*>(elements.data()), elements.size() * sizeof(T)};
}

std::string header(const std::string& type, const std::string& shape, bool fortran = false) {
  return "{'descr': '" + type + "', 'fortran_order': " + (fortran ? "True" : "False") +
         ", 'shape': (" + shape + "), }     \n";
}

std::vector<InputSpec> read(const std::vector<std::filesystem::path>& paths) {
  return read_input_files(paths, {tensor_file_reader()});
}

at::Tensor only(const std::filesystem::path& path) {
  const auto inputs = read({path});
  REQUIRE(inputs.size() == 1);
  return from_bytes(*inputs[0].tensor);
}

std::filesystem::path save(const Scratch& folder, const std::string& name,
                           const c10::IValue& value) {
  const std::vector<char> bytes = torch::pickle_save(value);
  return folder.file(name, std::string(bytes.begin(), bytes.end()));
}

torch::jit::Module module_of(const std::string& code) {
  torch::jit::Module module("net");
  module.define(code);
  return module;
}

at::Tensor run(const std::string& code, const std::string& inputs) {
  torch::jit::Module module = module_of(code);
  const auto specs = parse_inputs(inputs);
  bind_inputs(module, specs, "model net");
  std::vector<c10::IValue> stack;
  for (const at::Tensor& tensor : random_inputs({specs, 1})) stack.emplace_back(tensor);
  return module.forward(stack).toTensor();
}

at::Tensor nth(const std::string& inputs, std::size_t index) {
  return random_inputs({parse_inputs(inputs), 1}).at(index);
}

const char* const of_dict = R"(
def forward(self, batch: Dict[str, Tensor], scale: float = 2.0):
    return batch["x"] * scale + batch["y"]
)";

}  // namespace

TEST_CASE("a .npy file of any version and order is read") {
  const Scratch folder;
  const std::string six = bytes_of<float>({0, 1, 2, 3, 4, 5});
  const at::Tensor expected = at::arange(6, at::kFloat).view({2, 3});
  for (const int version : {1, 2, 3}) {
    CHECK(only(folder.file("c.npy", npy(version, header("<f4", "2, 3"), six))).equal(expected));
  }
  const at::Tensor turned = only(folder.file("f.npy", npy(1, header("<f4", "2, 3", true), six)));
  CHECK(turned.equal(at::arange(6, at::kFloat).view({3, 2}).t()));
  CHECK(only(folder.file("s.npy", npy(1, header("<i8", ""), bytes_of<std::int64_t>({7}))))
            .equal(at::scalar_tensor(7, at::kLong)));
  CHECK(only(folder.file("e.npy", npy(1, header("|b1", "0, 3"), ""))).sizes() ==
        at::IntArrayRef({0, 3}));
  CHECK(only(folder.file("z.npy", npy(1, header("<c8", "1,"), bytes_of<float>({1, 2}))))
            .scalar_type() == at::kComplexFloat);
}

TEST_CASE("a .npy file that cannot be an input is refused with its reason") {
  const Scratch folder;
  const auto refused = [&](const std::string& bytes, ErrorCode code, const char* part) {
    const auto path = folder.file("x.npy", bytes);
    CHECK_ERROR(read({path}), code, part);
    CHECK_ERROR(read({path}), code, "x.npy");
  };
  refused("GIF89a", ErrorCode::damaged, "is not a .npy file");
  refused(npy(1, header("<f4", "2, 3"), "123"), ErrorCode::damaged, "ends after 3 of the 24 bytes");
  refused(npy(9, header("<f4", "2"), "12345678"), ErrorCode::unsupported, "version 9");
  refused(npy(1, header(">f4", "2"), "12345678"), ErrorCode::unsupported, "big-endian");
  refused(npy(1, header("<u4", "2"), "12345678"), ErrorCode::unsupported, "'<u4'");
  refused(npy(1, header("<f4", "-2"), ""), ErrorCode::damaged, "no valid shape");
  refused(npy(1, "{}", ""), ErrorCode::damaged, "no 'descr'");
  refused(npy(1, header("<f4", "2"), "12345678").substr(0, 9), ErrorCode::damaged,
          "ends within its header");
  CHECK_ERROR(read({folder.path() / "none.npy"}), ErrorCode::not_found, "none.npy");
}

TEST_CASE("a .pt file holds a tensor, a tuple or a dict") {
  const Scratch folder;
  const at::Tensor x = at::rand({2, 3});
  const at::Tensor y = at::zeros({4}, at::kLong);
  CHECK(only(save(folder, "x.pt", x)).equal(x));
  const auto pair = read({save(folder, "pair.pt", c10::ivalue::Tuple::create(x, y))});
  REQUIRE(pair.size() == 2);
  CHECK(from_bytes(*pair[1].tensor).equal(y));
  c10::Dict<std::string, at::Tensor> dict;
  dict.insert("mask", y);
  dict.insert("tokens", x);
  const auto named = read({save(folder, "batch.pt", dict)});
  REQUIRE(named.size() == 2);
  CHECK(named[0].name == "mask");
  CHECK(named[1].name == "tokens");
  CHECK_ERROR(read({folder.file("bad.pt", "nothing")}), ErrorCode::damaged,
              "write it with torch.save()");
  CHECK_ERROR(read({folder.file("x.txt", "1 2")}), ErrorCode::invalid_argument,
              "is neither a .npy nor a .pt file");
}

TEST_CASE("files are checked against the shapes that are given") {
  const Scratch folder;
  const auto files = read({save(folder, "x.pt", at::rand({2, 3}))});
  CHECK(with_files(parse_inputs("2,3"), files, "--input-shape").at(0).tensor);
  CHECK_ERROR(with_files(parse_inputs("2,4"), files, "--input-shape"), ErrorCode::mismatch,
              "x.pt: holds 2x3 float32, and --input-shape says 2x4 float32");
  CHECK_ERROR(with_files(parse_inputs("2,3:float64"), files, "--input-shape"), ErrorCode::mismatch,
              "says 2x3 float64");
  CHECK_ERROR(with_files(parse_inputs("2,3;1"), files, "--input-shape"), ErrorCode::mismatch,
              "the files hold 1 inputs, and --input-shape says 2");
  CHECK(with_files(parse_inputs("1,3"), files, "the model", true).at(0).shape.at(0) == 2);
}

TEST_CASE("a tensor from a file is repeated for a larger batch and shortened for a smaller one") {
  const Scratch folder;
  const at::Tensor x = at::rand({2, 3});
  auto inputs = read({save(folder, "x.pt", x)});
  CHECK(random_inputs({inputs}).at(0).equal(x));
  CHECK(random_inputs({scale_batch(inputs, 2)}).at(0).equal(at::cat({x, x})));
  inputs[0].shape[0] = 1;
  CHECK(random_inputs({inputs}).at(0).equal(x.narrow(0, 0, 1)));
}

TEST_CASE("the entries of a dict are given by name, in any order") {
  const std::string inputs = "batch.y=2,3;batch.x=2,3";
  CHECK(run(of_dict, inputs).equal(nth(inputs, 1) * 2 + nth(inputs, 0)));
  const std::string with_number = inputs + ";scale=number:0.5";
  CHECK(run(of_dict, with_number).equal(nth(inputs, 1) * 0.5 + nth(inputs, 0)));
}

TEST_CASE("arguments, parts of tuples and elements of lists are given by name") {
  const char* const code = R"(
def forward(self, x, state: Tuple[Tensor, Tensor], more: List[Tensor], mask: Optional[Tensor], n: int):
    if mask is not None:
        x = x + mask
    return (x + state[0] * 2 + state[1] * 3 + more[0] * 5 + more[1] * 7) * n
)";
  const std::string inputs = "state.1=4;state.0=4;n=number:3;x=4;more.0=4;more.1=4";
  const at::Tensor expected = (nth(inputs, 2) + nth(inputs, 1) * 2 + nth(inputs, 0) * 3 +
                               nth(inputs, 3) * 5 + nth(inputs, 4) * 7) *
                              3;
  CHECK(run(code, inputs).equal(expected));
}

TEST_CASE("a model whose inputs are named is split, and its inputs keep the names") {
  torch::jit::Module module = module_of(R"(
def forward(self, batch: Dict[str, Tensor]):
    h = torch.relu(batch["x"] + batch["y"])
    return torch.tanh(h)
)");
  const auto specs = parse_inputs("batch.x=2,3;batch.y=2,3");
  bind_inputs(module, specs, "model net");
  const SplitModel model(module, "net", random_inputs({specs}));
  REQUIRE(model.graph().layers.at(0).outputs.size() == 2);
  CHECK(model.graph().values.at(0).name == "input.batch.x");
  CHECK(model.cuts().cuts.size() >= 2);
  CHECK(model.runs_on_any_batch(model.cuts().cuts));
}

TEST_CASE("inputs that forward() does not take are refused with its names") {
  CHECK_ERROR(run(of_dict, "bach.x=2"), ErrorCode::mismatch,
              "forward() has no argument 'bach'; did you mean 'batch'?");
  CHECK_ERROR(run(of_dict, "batch=2"), ErrorCode::mismatch, "name its parts, as in batch.KEY=");
  CHECK_ERROR(run(of_dict, "batch.x=2;batch.x=2"), ErrorCode::invalid_argument, "is given twice");
  CHECK_ERROR(run(of_dict, "batch.x=2;scale=2"), ErrorCode::mismatch, "give it as scale=number:5");
  CHECK_ERROR(run(of_dict, "batch.x=2;batch.y=2;scale=number:true"), ErrorCode::mismatch,
              "not the number true");
  CHECK_ERROR(run("def forward(self, x, y):\n    return x + y\n", "x=2"), ErrorCode::mismatch,
              "'y', a Tensor, which was not given");
}

TEST_CASE("files in a folder are inputs by their names where forward() has them, else in order") {
  const Scratch folder;
  const at::Tensor a = at::rand({3});
  const at::Tensor b = at::rand({3});
  std::filesystem::create_directory(folder.path() / "in");
  save(folder, "in/a.pt", a);
  save(folder, "in/b.pt", b);
  const auto difference = [&](const char* code) {
    torch::jit::Module module = module_of(code);
    const auto inputs = read({folder.path() / "in"});
    bind_inputs(module, inputs, "model net");
    std::vector<c10::IValue> stack;
    for (const at::Tensor& tensor : random_inputs({inputs})) stack.emplace_back(tensor);
    return module.forward(stack).toTensor();
  };
  CHECK(difference("def forward(self, b, a):\n    return a - b\n").equal(a - b));
  CHECK(difference("def forward(self, x, y):\n    return x - y\n").equal(a - b));
  CHECK_ERROR(difference("def forward(self, a, c):\n    return a - c\n"), ErrorCode::mismatch,
              "forward() has no argument 'b'");
  CHECK(difference("def forward(self, d: Dict[str, Tensor]):\n    return d['a'] - d['b']\n")
            .equal(a - b));
}

TEST_CASE("the batch may be another dimension than the first") {
  torch::jit::Module module = module_of(R"(
def forward(self, x):
    h = torch.zeros(x.size(1), 8)
    for t in range(x.size(0)):
        h = torch.tanh(h + x[t])
    return torch.relu(h)
)");
  const auto inputs = random_inputs({parse_inputs("5,2,8")});
  const SplitModel by_first(module, "net", inputs);
  CHECK_FALSE(by_first.runs_on_any_batch(by_first.cuts().cuts));
  const SplitModel by_second(module, "net", inputs, {}, {.batch_dimensions = {1}});
  CHECK(by_second.runs_on_any_batch(by_second.cuts().cuts));
}
