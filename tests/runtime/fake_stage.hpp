// Segments without a backend: the file says in words what it does to tensors.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/checksum.hpp"
#include "base/file.hpp"
#include "scission/backend.hpp"
#include "scission/base.hpp"
#include "scission/runtime/client/client.hpp"
#include "support/scratch.hpp"

namespace scission::testing {

/// What "wait" stands before until a test opens it.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }

  void pass() {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return is_open_; });
  }

  /// Until `count` have come here in all; false when they do not within half a minute.
  bool wait_for_arrivals(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return arrived_ >= count; });
  }

  int arrived() {
    const std::lock_guard lock(mutex_);
    return arrived_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int arrived_ = 0;
  bool is_open_ = false;
};

/// "add 1" and "multiply 2" do so to every float32 element, "same" hands on what comes, "wait"
/// passes the gate first, "throw" and "mismatch" fail. "add 1 5" takes 5 ms to do so. Output i is
/// made of input i.
class FakeStage : public StageModel {
 public:
  FakeStage(const std::string& words, Segment segment, std::shared_ptr<Gate> gate)
      : segment_(std::move(segment)), gate_(std::move(gate)) {
    std::istringstream stream(words);
    stream >> verb_ >> number_ >> milliseconds_;
  }

  std::vector<Tensor> run(std::vector<Tensor> inputs) override {
    if (verb_ == "throw") throw std::runtime_error("the model is out\nof order");
    if (verb_ == "mismatch") throw Error(ErrorCode::mismatch, "does not run on such tensors");
    if (verb_ == "wait" && gate_) gate_->pass();
    std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(milliseconds_));
    inputs.resize(segment_.outputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      inputs[i].name = segment_.outputs[i].name;
      if (inputs[i].dtype == "float32") inputs[i].bytes = changed(inputs[i].bytes);
    }
    return inputs;
  }

 private:
  SharedBytes changed(const SharedBytes& bytes) const {
    std::vector<float> numbers(bytes.size / sizeof(float));
    if (!numbers.empty()) std::memcpy(numbers.data(), bytes.data, bytes.size);
    for (float& number : numbers) {
      if (verb_ == "add") number += number_;
      if (verb_ == "multiply") number *= number_;
    }
    return to_shared_bytes(std::string(reinterpret_cast<const char*>(numbers.data()), bytes.size));
  }

  Segment segment_;
  std::shared_ptr<Gate> gate_;
  std::string verb_;
  float number_ = 0;
  double milliseconds_ = 0;
};

/// Takes files that begin with what a FakeStage knows; throws Error(damaged) on others.
inline StageLoader fake_loader(std::shared_ptr<Gate> gate = {}) {
  return [gate](const std::filesystem::path& file, const Segment& segment) {
    const std::string words = read_file(file);
    const std::string verb = words.substr(0, words.find(' '));
    for (const char* known : {"add", "multiply", "same", "wait", "throw", "mismatch"}) {
      if (verb == known) return std::make_unique<FakeStage>(words, segment, gate);
    }
    throw Error(ErrorCode::damaged, "is no fake stage", file.string());
  };
}

/// One float32 tensor of [1, 4] in, one out.
inline Segment small_segment() {
  Segment segment;
  segment.file = "stage.pt";
  segment.layers = {"all"};
  segment.inputs = {{"x", "float32", {1, 4}}};
  segment.outputs = {{"y", "float32", {1, 4}}};
  return segment;
}

/// A file in the folder that holds `words`, as a deployment of `segment` under the name `model`.
inline runtime::Deployment fake_deployment(const Scratch& folder, const std::string& model,
                                           const std::string& words,
                                           Segment segment = small_segment()) {
  segment.sha256 = sha256_of(words);
  segment.bytes = static_cast<std::int64_t>(words.size());
  return {model, segment, folder.file(segment.sha256 + ".fake", words)};
}

inline Tensor float_tensor(const std::string& name, const std::vector<float>& numbers,
                           std::vector<std::int64_t> shape = {}) {
  if (shape.empty()) shape = {1, static_cast<std::int64_t>(numbers.size())};
  std::string bytes(numbers.size() * sizeof(float), '\0');
  if (!numbers.empty()) std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return {name, "float32", std::move(shape), to_shared_bytes(std::move(bytes))};
}

inline std::vector<float> floats_of(const Tensor& tensor) {
  std::vector<float> numbers(tensor.bytes.size / sizeof(float));
  if (!numbers.empty()) std::memcpy(numbers.data(), tensor.bytes.data, tensor.bytes.size);
  return numbers;
}

/// Takes and gives whether the model has ended and what it answers then; the last stage names the
/// answer "out".
inline Segment segment_with_exit() {
  Segment segment = small_segment();
  segment.inputs = {{"taken", "bool", {1}}, {"x", "float32", {1, 4}}};
  segment.outputs = {{"exit:0", "bool", {1}}, {"exit:1", "float32", {1, 4}}};
  segment.exits = {{"exit:0", {"exit:1"}, {"out"}}};
  return segment;
}

inline std::vector<Tensor> inputs_with_exit(bool taken, const std::vector<float>& numbers) {
  return {{"taken", "bool", {1}, to_shared_bytes(std::string(1, taken ? '\1' : '\0'))},
          float_tensor("x", numbers)};
}

}  // namespace scission::testing
