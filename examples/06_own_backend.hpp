// A backend of one's own: networks of dense layers, computed by Eigen. 06_own_backend.cpp uses it.
//
// A file is the line "dense N W0 W1 …" with the numbers of layers and the widths, and then each
// layer's weights as float32. A segment is such a file, too.
#pragma once

#include <openssl/evp.h>

#include <Eigen/Core>
#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "scission/scission.hpp"

namespace example {

using Matrix = Eigen::MatrixXf;  // a column for each element of the batch: NumPy's order of bytes
using scission::Error;
using scission::ErrorCode;

inline scission::Tensor to_tensor(const Matrix& values, const std::string& name) {
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return {name, "float32", {values.cols(), values.rows()}, scission::to_shared_bytes(bytes)};
}

/// Throws Error(mismatch) unless the tensor is float32 of batch × width.
inline Matrix to_matrix(const std::vector<scission::Tensor>& tensors, int width) {
  if (tensors.size() != 1 || tensors[0].dtype != "float32" || tensors[0].shape.size() != 2 ||
      tensors[0].shape[1] != width) {
    throw Error(ErrorCode::mismatch, "takes one float32 tensor of N x " + std::to_string(width));
  }
  scission::validate_tensor(tensors[0]);
  Matrix values(width, tensors[0].shape[0]);
  std::memcpy(values.data(), tensors[0].bytes.data, tensors[0].bytes.size);
  return values;
}

/// Layer 0 is the input; every other layer is a weight matrix and its activation.
struct Network {
  std::vector<int> widths;
  std::vector<Matrix> weights;  ///< one fewer than widths

  Matrix run(Matrix values, int first, int last) const {
    for (int layer = std::max(first, 1); layer <= last; ++layer) {
      values = (weights[layer - 1] * values).cwiseMax(0.0F);
    }
    return values;
  }
  int last_layer() const { return static_cast<int>(weights.size()); }
};

inline Network random_network(const std::vector<int>& widths) {
  Network network{widths, {}};
  for (std::size_t i = 1; i < widths.size(); ++i) {
    network.weights.push_back(Matrix::Random(widths[i], widths[i - 1]));
  }
  return network;
}

inline void write(const Network& network, const std::filesystem::path& file) {
  std::ofstream out(file, std::ios::binary);
  out << "dense " << network.weights.size();
  for (const int width : network.widths) out << ' ' << width;
  out << '\n';
  for (const Matrix& weights : network.weights) {
    out.write(reinterpret_cast<const char*>(weights.data()),
              static_cast<std::streamsize>(weights.size() * sizeof(float)));
  }
  if (!out.flush()) throw Error(ErrorCode::io, "cannot be written", file.string());
}

/// Throws Error(not_found | damaged).
inline Network read(const std::filesystem::path& file) {
  constexpr int most = 1 << 20;
  std::ifstream in(file, std::ios::binary);
  if (!in) throw Error(ErrorCode::not_found, "there is no such file", file.string());
  std::string word;
  int layers = 0;
  Network network;
  if (!(in >> word >> layers) || word != "dense" || layers < 0 || layers > most) {
    throw Error(ErrorCode::damaged, "is no dense network", file.string());
  }
  for (int i = 0; i <= layers; ++i) {
    int width = 0;
    if (!(in >> width) || width < 1 || width > most) {
      throw Error(ErrorCode::damaged, "is no dense network", file.string());
    }
    network.widths.push_back(width);
  }
  in.get();  // the end of the line
  for (int i = 1; i <= layers; ++i) {
    Matrix weights(network.widths[i], network.widths[i - 1]);
    in.read(reinterpret_cast<char*>(weights.data()),
            static_cast<std::streamsize>(weights.size() * sizeof(float)));
    if (!in) throw Error(ErrorCode::damaged, "is cut off", file.string());
    network.weights.push_back(std::move(weights));
  }
  return network;
}

inline std::string sha256_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr);
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    for (const int digit : {digest[i] >> 4, digest[i] & 15}) text += "0123456789abcdef"[digit];
  }
  return text;
}

inline scission::ModelGraph graph_of(const Network& network, const std::string& name, int batch) {
  scission::ModelGraph graph;
  graph.name = name;
  for (int layer = 0; layer <= network.last_layer(); ++layer) {
    const int width = network.widths[layer];
    scission::Value made;
    made.name = "y" + std::to_string(layer);
    made.dtype = "float32";
    made.shape = {batch, width};
    made.bytes = std::int64_t{4} * batch * width;
    graph.values.push_back(made);
    scission::Layer one;
    one.name = layer == 0 ? "input" : "dense" + std::to_string(layer);
    one.type = layer == 0 ? "InputLayer" : "Dense";
    one.outputs = {layer};
    if (layer > 0) one.inputs = {layer - 1};
    if (layer > 0) one.parameters = network.weights[layer - 1].size();
    graph.layers.push_back(one);
  }
  graph.outputs = {network.last_layer()};
  return graph;
}

/// For benchmarks: the whole network, and its blocks one after the other.
class DenseRunnable final : public scission::Runnable {
 public:
  DenseRunnable(Network network, scission::ModelGraph graph, std::vector<scission::Block> blocks,
                Matrix input)
      : network_(std::move(network)),
        graph_(std::move(graph)),
        blocks_(std::move(blocks)),
        input_(std::move(input)) {}

  const scission::ModelGraph& graph() const override { return graph_; }
  const std::vector<scission::Block>& blocks() const override { return blocks_; }
  void run_whole() override { whole_ = network_.run(input_, 0, network_.last_layer()); }
  void run_block(int block) override {
    const scission::Block& span = blocks_.at(block);
    passed_on_ = network_.run(block == 0 ? input_ : std::move(passed_on_), span.first_layer,
                              span.last_layer);
  }
  bool chain_equals_whole() const override { return passed_on_ == whole_; }
  std::string backend() const override { return "Dense"; }
  std::string backend_version() const override { return "1"; }

 private:
  Network network_;
  scission::ModelGraph graph_;
  std::vector<scission::Block> blocks_;
  Matrix input_;
  Matrix passed_on_;
  Matrix whole_;
};

/// For workers: a segment.
class DenseStage final : public scission::StageModel {
 public:
  DenseStage(Network network, std::string output)
      : network_(std::move(network)), output_(std::move(output)) {}

  std::vector<scission::Tensor> run(std::vector<scission::Tensor> inputs) override {
    Matrix values = to_matrix(inputs, network_.widths.front());
    return {to_tensor(network_.run(std::move(values), 0, network_.last_layer()), output_)};
  }

 private:
  Network network_;
  std::string output_;
};

class OpenDense final : public scission::OpenModel {
 public:
  OpenDense(Network network, const std::string& name, Matrix input,
            const scission::SplitOptions& options)
      : network_(std::move(network)), input_(std::move(input)), options_(options) {
    graph_ = graph_of(network_, name, static_cast<int>(input_.cols()));
    cuts_ = scission::find_cuts(graph_, options.cuts);
    options_.order = options.order.value_or(scission::LayerOrder::file);
  }

  const scission::ModelGraph& graph() const override { return graph_; }
  const scission::CutList& cuts() const override { return cuts_; }
  const scission::SplitOptions& options() const override { return options_; }

  std::unique_ptr<scission::Runnable> make_runnable(const scission::RunOptions&) const override {
    return std::make_unique<DenseRunnable>(network_, graph_,
                                           scission::blocks_between(graph_, cuts_.cuts), input_);
  }

  scission::SegmentManifest write_segments(const std::vector<scission::Cut>& cuts,
                                           const std::filesystem::path& folder,
                                           const scission::WriteOptions& options) const override {
    if (options.triton) {
      throw Error(ErrorCode::unsupported, "Triton serves no dense networks", "--triton");
    }
    scission::SegmentManifest manifest;
    manifest.model = graph_.name;
    manifest.cuts = to_string(options_.cuts);
    manifest.granularity = to_string(options_.granularity);
    manifest.order = to_string(*options_.order);
    manifest.backend = "Dense";
    manifest.backend_version = "1";
    for (const scission::Block& block : scission::blocks_between(graph_, cuts)) {
      const std::string name = "segment-" + std::to_string(manifest.segments.size()) + ".dense";
      manifest.segments.push_back(write_segment(block, folder, name));
    }
    scission::write_manifest(manifest, folder);
    return manifest;
  }

 private:
  scission::TensorSpec spec_of(int layer) const {
    const scission::Value& value = graph_.values[layer];
    return {value.name, value.dtype, value.shape};
  }

  scission::Segment write_segment(const scission::Block& block, const std::filesystem::path& folder,
                                  const std::string& name) const {
    const int before = std::max(block.first_layer - 1, 0);  // whose output is the segment's input
    Network part;
    part.widths.assign(network_.widths.begin() + before,
                       network_.widths.begin() + block.last_layer + 1);
    part.weights.assign(network_.weights.begin() + before,
                        network_.weights.begin() + block.last_layer);
    write(part, folder / name);
    scission::Segment segment;
    segment.file = name;
    segment.first_layer = block.first_layer;
    segment.last_layer = block.last_layer;
    for (int layer = block.first_layer; layer <= block.last_layer; ++layer) {
      segment.layers.push_back(graph_.layers[layer].name);
    }
    segment.inputs = {spec_of(before)};
    segment.outputs = {spec_of(block.last_layer)};
    segment.bytes = static_cast<std::int64_t>(std::filesystem::file_size(folder / name));
    segment.sha256 = sha256_of(folder / name);
    segment.backend = "Dense";
    return segment;
  }

  Network network_;
  Matrix input_;
  scission::SplitOptions options_;
  scission::ModelGraph graph_;
  scission::CutList cuts_;
};

class DenseBackend final : public scission::Backend {
 public:
  std::string name() const override { return "Dense"; }
  std::string version() const override { return "1"; }
  std::string format() const override { return "dense network"; }
  std::vector<std::string> extensions() const override { return {".dense"}; }

  bool recognises(const std::filesystem::path& file) const override {
    std::string head(6, '\0');
    std::ifstream(file, std::ios::binary).read(head.data(), 6);
    return head == "dense ";
  }

  void require_model_file(const std::filesystem::path& file) const override { read(file); }

  std::optional<std::vector<scission::InputSpec>> recorded_inputs(
      const std::filesystem::path& file) const override {
    return std::vector<scission::InputSpec>{{{1, read(file).widths.front()}}};
  }

  std::unique_ptr<scission::OpenModel> open(
      const scission::ModelSource& source, const scission::SplitOptions& options,
      const std::vector<scission::Tensor>& inputs) const override {
    Network network = read(source.file);
    const int width = network.widths.front();
    Matrix input = to_matrix(inputs.empty() ? random_inputs({source.inputs}) : inputs, width);
    return std::make_unique<OpenDense>(std::move(network), source.name, std::move(input), options);
  }

  std::vector<scission::Tensor> run_model(
      const scission::ModelSource& source,
      const std::vector<scission::Tensor>& inputs) const override {
    const Network network = read(source.file);
    const Matrix values = to_matrix(inputs, network.widths.front());
    return {to_tensor(network.run(values, 0, network.last_layer()), "output")};
  }

  std::unique_ptr<scission::StageModel> load_stage(
      const std::filesystem::path& file, const scission::Segment& segment) const override {
    return std::make_unique<DenseStage>(read(file), segment.outputs.at(0).name);
  }

  std::vector<scission::BatchComparison> verify_segments(
      const std::filesystem::path& folder, const scission::ModelSource& source,
      const scission::VerifyOptions& options) const override {
    const scission::SegmentManifest manifest = scission::read_manifest(folder);
    std::vector<scission::BatchComparison> verdicts;
    for (const std::int64_t batch : options.batches) {
      scission::InputOptions inputs = options.inputs;
      inputs.tensors = scission::scale_batch(inputs.tensors, batch);
      std::vector<scission::Tensor> passed_on = random_inputs(inputs);
      const std::vector<scission::Tensor> expected = run_model(source, passed_on);
      for (const scission::Segment& segment : manifest.segments) {
        passed_on = load_stage(folder / segment.file, segment)->run(std::move(passed_on));
      }
      scission::BatchComparison verdict;
      verdict.batch = batch;
      verdict.largest_difference = scission::relative_difference(passed_on, expected);
      verdict.bit_equal = verdict.largest_difference == 0;
      verdicts.push_back(verdict);
    }
    return verdicts;
  }

  std::vector<scission::Tensor> random_inputs(
      const scission::InputOptions& options) const override {
    scission::validate_inputs(options.tensors);
    std::mt19937_64 generator(options.seed);
    std::normal_distribution<float> normal;
    std::vector<scission::Tensor> tensors;
    for (const scission::InputSpec& input : options.tensors) {
      if (input.tensor) tensors.push_back(scission::stored_input(input));
      if (input.tensor || input.is_number()) continue;
      if (input.dtype != "float32" || input.shape.size() != 2) {
        throw Error(ErrorCode::invalid_argument, "takes float32 of N x WIDTH only", "inputs");
      }
      Matrix values(input.shape[1], input.shape[0]);
      for (float& value : values.reshaped()) value = normal(generator);
      tensors.push_back(to_tensor(values, input.name));
    }
    return tensors;
  }

  void validate_device(const std::string& device) const override {
    if (device != "cpu") {
      throw Error(ErrorCode::invalid_argument, "must be cpu", "device '" + device + "'");
    }
  }
  int threads() const override { return Eigen::nbThreads(); }
  void set_threads(int count) const override { Eigen::setNbThreads(count); }
};

}  // namespace example
