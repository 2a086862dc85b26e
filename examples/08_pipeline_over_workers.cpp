// Two workers and a pipeline through both, in one process: segments are deployed over the network,
// tensors go from worker to worker, and every hop reports its times. The segments are text
// files; scission::torchscript::load_stage() would load TorchScript files instead.
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "scission/runtime/pipeline/pipeline.hpp"
#include "scission/runtime/worker/worker.hpp"
#include "scission/scission.hpp"

namespace {

namespace fs = std::filesystem;
using namespace scission;

/// Applies "add 1" or "multiply 10" to every number.
class Arithmetic final : public StageModel {
 public:
  explicit Arithmetic(const std::string& text) { std::istringstream(text) >> verb_ >> operand_; }

  std::vector<Tensor> run(std::vector<Tensor> inputs) override {
    for (Tensor& tensor : inputs) {
      std::vector<float> numbers(tensor.bytes.size / sizeof(float));
      std::memcpy(numbers.data(), tensor.bytes.data, tensor.bytes.size);
      for (float& number : numbers) number = verb_ == "add" ? number + operand_ : number * operand_;
      tensor.bytes =
          to_shared_bytes({reinterpret_cast<const char*>(numbers.data()), tensor.bytes.size});
    }
    return inputs;
  }

 private:
  std::string verb_;
  float operand_ = 0;
};

std::unique_ptr<StageModel> load(const fs::path& file, const Segment&) {
  std::ifstream text(file);
  return std::make_unique<Arithmetic>(std::string(std::istreambuf_iterator<char>(text), {}));
}

/// A segment of one layer, with the checksum that scission-split writes into manifest.json.
runtime::StageAssignment assign(const fs::path& folder, const std::string& system, int layer,
                                const std::string& text, const std::string& sha256) {
  const TensorSpec vector{"x", "float32", {1, 3}};
  Segment segment;
  segment.file = "stage-" + std::to_string(layer) + ".txt";
  segment.first_layer = segment.last_layer = layer;
  segment.layers = {text};
  segment.inputs = segment.outputs = {vector};
  segment.bytes = static_cast<std::int64_t>(text.size());
  segment.sha256 = sha256;
  std::ofstream(folder / segment.file) << text;
  return {system, segment, folder / segment.file, {}};
}

std::unique_ptr<runtime::Worker> start_worker(const std::string& name, const fs::path& folder) {
  runtime::WorkerOptions options;
  options.name = name;
  options.listen = "127.0.0.1:0";  // any free port
  options.store = folder / name;
  options.load = load;
  return std::make_unique<runtime::Worker>(options);
}

std::string address_of(const runtime::Worker& worker) {
  return "127.0.0.1:" + std::to_string(worker.port());
}

}  // namespace

int main() {
  const fs::path folder = fs::temp_directory_path() / "scission-example-pipeline";
  try {
    fs::create_directories(folder);
    const auto edge = start_worker("edge", folder);
    const auto cloud = start_worker("cloud", folder);
    const runtime::Clients clients =
        runtime::connect({{"edge", address_of(*edge)}, {"cloud", address_of(*cloud)}}, {});
    const std::vector<runtime::StageAssignment> stages = {
        assign(folder, "edge", 0, "add 1",
               "d44a9ad397a04fb65eb32f6edbd69c2d98b94317f07942084cf50f81699ba850"),
        assign(folder, "cloud", 1, "multiply 10",
               "75b4dd91b88bb5eb972f3d8d9038bc4f3e8bce65b6afe4ea62d006c65f389002")};

    runtime::PipelineOptions options;
    options.source = "here";
    runtime::Pipeline pipeline(runtime::deploy_stages("example", stages, clients, {}), options);
    const float numbers[] = {1, 2, 3};
    const std::string bytes(reinterpret_cast<const char*>(numbers), sizeof(numbers));
    const runtime::PipelineResult result =
        pipeline.run({{"x", "float32", {1, 3}, to_shared_bytes(bytes)}});
    if (!result.is_answered) {
      std::cerr << result.failure.message << '\n';
      return 1;
    }
    float answer[3];
    std::memcpy(answer, result.outputs.front().bytes.data, sizeof(answer));
    std::cout << answer[0] << ' ' << answer[1] << ' ' << answer[2] << " after "
              << format_duration(result.latency_s) << " over " << result.hops.size() << " hops\n";
    return answer[0] == 20 && answer[1] == 30 && answer[2] == 40 ? 0 : 1;
  } catch (const Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
