// A custom backend: a network of dense layers, computed by Eigen, behind the interface that
// the benchmark takes. Its profile is searched like any other.
#include <Eigen/Core>
#include <iostream>
#include <string>
#include <vector>

#include "scission/scission.hpp"

namespace {

using Matrix = Eigen::MatrixXf;

/// Layer 0 is the input; every other layer is a weight matrix and its activation.
class DenseModel final : public scission::Runnable {
 public:
  explicit DenseModel(const std::vector<int>& widths) : input_(Matrix::Random(widths[0], batch)) {
    graph_.name = "dense";
    for (std::size_t i = 0; i < widths.size(); ++i) add_layer(widths, static_cast<int>(i));
    graph_.outputs = {static_cast<int>(widths.size()) - 1};
    const scission::CutList cuts = scission::find_cuts(graph_, scission::CutKind::single);
    blocks_ = scission::blocks_between(graph_, cuts.cuts);
  }

  const scission::ModelGraph& graph() const override { return graph_; }
  const std::vector<scission::Block>& blocks() const override { return blocks_; }

  void run_whole() override { whole_ = through(0, last_layer(), input_); }

  void run_block(int block) override {
    const scission::Block& span = blocks_.at(block);
    passed_on_ = through(span.first_layer, span.last_layer, block == 0 ? input_ : passed_on_);
  }

  bool chain_equals_whole() const override { return passed_on_ == whole_; }
  std::string backend() const override { return "Eigen"; }
  std::string backend_version() const override { return std::to_string(EIGEN_MINOR_VERSION); }

 private:
  static constexpr int batch = 16;

  void add_layer(const std::vector<int>& widths, int layer) {
    scission::Value made;
    made.name = "y" + std::to_string(layer);
    made.dtype = "float32";
    made.shape = {batch, widths[layer]};
    made.bytes = std::int64_t{4} * batch * widths[layer];
    graph_.values.push_back(made);
    scission::Layer one;
    one.name = layer == 0 ? "input" : "dense" + std::to_string(layer);
    one.type = layer == 0 ? "InputLayer" : "Dense";
    one.outputs = {layer};
    if (layer > 0) {
      one.inputs = {layer - 1};
      weights_.push_back(Matrix::Random(widths[layer], widths[layer - 1]));
      one.parameters = weights_.back().size();
    }
    graph_.layers.push_back(one);
  }

  int last_layer() const { return static_cast<int>(graph_.layers.size()) - 1; }

  Matrix through(int first, int last, Matrix values) const {
    for (int layer = std::max(first, 1); layer <= last; ++layer) {
      values = (weights_[layer - 1] * values).cwiseMax(0.0F);
    }
    return values;
  }

  scission::ModelGraph graph_;
  std::vector<scission::Block> blocks_;
  std::vector<Matrix> weights_;
  Matrix input_;
  Matrix passed_on_;
  Matrix whole_;
};

/// The profile of a machine that takes `factor` times as long.
scission::SystemProfile system(const std::string& platform, scission::ModelProfile profile,
                               double factor) {
  for (scission::BlockTiming& timing : profile.blocks) timing.seconds *= factor;
  return {platform, "my-" + platform, scission::this_host(), {std::move(profile)}};
}

}  // namespace

int main() {
  try {
    DenseModel model({2'000, 1'000, 50, 1'000, 10});
    scission::MeasureOptions options;
    options.max_time_s = 1;
    const scission::ModelProfile here = scission::measure(model, options);
    for (const scission::BlockTiming& timing : here.blocks) {
      std::cout << "layers " << timing.block.first_layer << " to " << timing.block.last_layer
                << ": " << scission::format_duration(timing.seconds) << '\n';
    }

    const scission::Network network = scission::parse_network(
        "source,destination,ping(ms),bandwidth(mbps)\ndevice,edge,1,100\n", "example");
    const auto problem = scission::make_problem(
        {system("device", here, 30), system("edge", here, 1)}, network, "dense");
    scission::Query query;
    query.input_bytes = 4.0 * 16 * 2'000;
    int rank = 0;
    for (const scission::Plan& plan : scission::search(problem, query).plans) {
      std::cout << scission::format_result_line(problem, query, plan, ++rank) << '\n';
    }
  } catch (const scission::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
