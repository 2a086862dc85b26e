// Random ONNX graphs: cut everywhere, the chain gives the whole model's results bit for bit.
#include <random>

#include "onnx/small_models.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

namespace scission::onnx {
namespace {

using namespace scission::testing;

/// Adds random nodes to a model whose values have the shape 2 × 6, or 12 × 1 behind a reshape. Some
/// read the same constants, and an input may be an output, too.
class RandomGraph {
 public:
  explicit RandomGraph(unsigned seed) : random_(seed) {
    model_.input("x", {-1, 6}).input("z", {-1, 6});
    model_.weight("scale", {}).set_raw_data(std::string("\0\0\x80\x3c", 4));
    model_.weight("limit", {});
    model_.weight("shared", {6, 6});
    model_.weight("gates", {1, 24, 6});
    model_.numbers("first", {0});
    scalar("trips", ::onnx::TensorProto::INT64).add_int64_data(2);
    scalar("yes", ::onnx::TensorProto::BOOL).add_int32_data(1);
    values_ = {"x", "z"};
  }

  OnnxBuilder build(int nodes) {
    for (int i = 0; i < nodes; ++i) add();
    const int outputs = 1 + pick(3);
    for (int i = 0; i < outputs; ++i) {
      const std::string name = "y" + std::to_string(i);
      model_.node("Identity", {any()}, {name});
      model_.output(name, {-1, 6});
    }
    if (pick(4) == 0) model_.output("z", {-1, 6});
    return model_;
  }

 private:
  int pick(int count) { return static_cast<int>(random_() % static_cast<unsigned>(count)); }
  const std::string& any() {
    const int recent = std::min<int>(4, static_cast<int>(values_.size()));
    const bool far = pick(5) == 0;
    return values_[values_.size() - 1 -
                   static_cast<std::size_t>(pick(far ? static_cast<int>(values_.size()) : recent))];
  }
  ::onnx::TensorProto& scalar(const std::string& name, int type) {
    ::onnx::TensorProto& tensor = *model_.graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    return tensor;
  }
  /// A body that makes one value of these, which are from outside of it or its last input.
  OnnxBuilder body(const std::string& op, const std::vector<std::string>& inputs) {
    OnnxBuilder inner;
    const std::string out = fresh();
    inner.node(op, inputs, {out});
    inner.output(out, {-1, 6});
    return inner;
  }
  std::string fresh() { return "v" + std::to_string(count_++); }

  void add() {
    const std::string out = fresh();
    switch (pick(12)) {
      case 0:
        model_.node("Tanh", {any()}, {out});
        break;
      case 1:
        model_.node("Add", {any(), any()}, {out});
        break;
      case 2:
        model_.node("Mul", {any(), any()}, {out});
        break;
      case 3: {
        const std::string weight = fresh();
        model_.weight(weight, {6, 6});
        model_.node("MatMul", {any(), weight}, {out});
        break;
      }
      case 4: {  // to another shape and back, by the shape of any value
        const std::string flat = fresh(), shape = fresh();
        model_.numbers(flat + "_to", {-1, 1});
        model_.node("Reshape", {any(), flat + "_to"}, {flat});
        model_.node("Shape", {any()}, {shape});
        model_.node("Reshape", {flat, shape}, {out});
        break;
      }
      case 5: {  // quantised and back
        const std::string narrow = fresh();
        model_.node("QuantizeLinear", {any(), "scale"}, {narrow});
        model_.node("DequantizeLinear", {narrow, "scale"}, {out});
        break;
      }
      case 6:
        model_.node("MatMul", {any(), "shared"}, {out});
        break;
      case 7:  // without a lower limit
        model_.node("Clip", {any(), "", "limit"}, {out});
        break;
      case 8: {
        OnnxBuilder then_branch = body("Sub", {any(), any()});
        OnnxBuilder else_branch = body("Neg", {any()});
        auto& choice = model_.node("If", {"yes"}, {out});
        set_graph(choice, "then_branch", then_branch.graph());
        set_graph(choice, "else_branch", else_branch.graph());
        break;
      }
      case 9: {
        const std::string step = fresh(), before = fresh(), state = fresh(), after = fresh();
        OnnxBuilder repeated;
        repeated.input(step, {}, ::onnx::TensorProto::INT64);
        repeated.input(before, {}, ::onnx::TensorProto::BOOL).input(state, {-1, 6});
        repeated.node("Identity", {before}, {after});
        repeated.output(after, {}, ::onnx::TensorProto::BOOL);
        const std::string sum = fresh(), next = fresh();
        repeated.node("Add", {state, any()}, {sum});
        repeated.node("Tanh", {sum}, {next});
        repeated.output(next, {-1, 6});
        set_graph(model_.node("Loop", {"trips", "", any()}, {out}), "body", repeated.graph());
        break;
      }
      case 10: {  // its first output is left out
        const std::string sequence = fresh(), last = fresh();
        model_.node("Unsqueeze", {any(), "first"}, {sequence});
        set_integer(model_.node("LSTM", {sequence, "gates", "gates"}, {"", last}), "hidden_size",
                    6);
        model_.node("Squeeze", {last, "first"}, {out});
        break;
      }
      default: {
        const std::string left = fresh(), right = fresh();
        auto& split = model_.node("Split", {any()}, {left, right});
        set_integer(split, "axis", 1);
        auto& joined = model_.node("Concat", {right, left}, {out});
        set_integer(joined, "axis", 1);
      }
    }
    values_.push_back(out);
  }

  OnnxBuilder model_;
  std::mt19937 random_;
  std::vector<std::string> values_;
  int count_ = 0;
};

TEST_CASE("random graphs, cut everywhere, give the whole model's results") {
  NEEDS_ONNX_RUNTIME();
  for (unsigned seed = 0; seed < 40; ++seed) {
    INFO("seed " << seed);
    const Scratch folder;
    const auto file = RandomGraph(seed).build(5 + static_cast<int>(seed % 20)).write(folder.path());
    for (const CutKind cuts : {CutKind::frontier, CutKind::single}) {
      check_split(source_of(file, "2,6;2,6"), folder.path() / to_string(cuts), cuts);
    }
  }
}

}  // namespace
}  // namespace scission::onnx
